//! What a signed text says that it is about. A signature counts only for that, so that nobody can
//! bring an old message forward for another thing of the same participant.

use gdhcn_envelope::json::{self, Limits, Value};

use crate::entry::{Action, Entry, Kind, rule_key};

/// Far more than a gateway takes; the entry itself bounds the length.
const LIMITS: Limits = Limits { bytes: 1 << 16, depth: 64, values: 20_000, members: 1_000 };

/// Whether the text that was signed is about the thing that the entry names. Certificates are
/// compared by their thumbprints instead; new batches and references get their identifiers from
/// the gateway, so of these the kind of text and the country count.
pub(crate) fn is_about(entry: &Entry, text: &[u8]) -> bool {
    let key = entry.key.as_str();
    let removes = entry.action.removes();
    // As gateways read texts: what is no UTF-8 is replaced.
    let lossy = String::from_utf8_lossy(text);
    let document = || json::parse(lossy.as_bytes(), &LIMITS).ok();
    match entry.kind {
        Kind::ValidationRule if removes => {
            key.rsplit_once(' ').is_some_and(|(identifier, _)| identifier == lossy)
        }
        Kind::ValidationRule => document().is_some_and(|rule| {
            let names = member(&rule, "Identifier").zip(member(&rule, "Version"));
            names.is_some_and(|(identifier, version)| rule_key(identifier, version) == key)
        }),
        Kind::RevocationBatch | Kind::TrustedReference => document().is_some_and(|document| {
            let (name, of_this_kind) = match entry.kind {
                Kind::RevocationBatch => ("batchId", "hashType"),
                _ => ("uuid", "service"),
            };
            let named = member(&document, name) == Some(key);
            let own = member(&document, "country") == entry.country.as_deref()
                && member(&document, of_this_kind).is_some();
            match entry.action {
                Action::Updated => named && own,
                _ if removes => named,
                _ => own,
            }
        }),
        Kind::TrustedIssuer => lossy.split(';').next() == entry.country.as_deref(),
        Kind::FederationGateway => removes || lossy.split(';').next() == Some(key),
        Kind::TrustedParty | Kind::SignerInformation | Kind::ValueSet => true,
    }
}

/// Whether the signed text of another gateway says that what comes from it is for everybody: its sixth
/// part is the target.
pub(crate) fn is_passed_on(text: &[u8]) -> bool {
    text.split(|byte| *byte == b';').nth(5) != Some(b"GATEWAY_ONLY")
}

fn member<'d>(document: &'d Value<'_>, name: &str) -> Option<&'d str> {
    document.as_object()?.get(name)?.as_text()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn a_text_counts_for_what_it_names_only() {
        use Action::{Deleted, Imported, Stored, Updated};
        use Kind::{
            FederationGateway, RevocationBatch, TrustedIssuer, TrustedReference, ValidationRule,
        };
        let rule = r#"{"Identifier":"GR-XA-0001","Version":"1.0.0"}"#;
        let batch = r#"{"country":"XA","hashType":"UCI"}"#;
        let reference = r#"{"country":"XA","service":"s","uuid":"u"}"#;
        for (kind, action, key, text, expected) in [
            (ValidationRule, Stored, "GR-XA-0001 1.0.0", rule, true),
            (ValidationRule, Imported, "GR-XA-0001 1.0.1", rule, false),
            (ValidationRule, Stored, "GR-XA-0001 1.0.0", "[]", false),
            (ValidationRule, Deleted, "GR-XA-0001 1.0.0", "GR-XA-0001", true),
            (ValidationRule, Deleted, "GR-XA-0001 1.0.0", "GR-XA-0002", false),
            (ValidationRule, Deleted, "GR-XA-0001", "GR-XA-0001", false),
            (ValidationRule, Deleted, "a b 1.0.0", "a b", true),
            (RevocationBatch, Stored, "b", batch, true),
            (RevocationBatch, Stored, "b", rule, false),
            (RevocationBatch, Stored, "b", r#"{"country":"XB","hashType":"UCI"}"#, false),
            (RevocationBatch, Deleted, "b", r#"{"batchId":"b"}"#, true),
            (RevocationBatch, Deleted, "b", r#"{"batchId":"c"}"#, false),
            (RevocationBatch, Deleted, "1", r#"{"batchId":1}"#, false),
            (RevocationBatch, Deleted, "c", r#"{"batchId":"b","batchId":"c"}"#, false),
            (TrustedReference, Stored, "v", reference, true),
            (TrustedReference, Stored, "v", batch, false),
            (TrustedReference, Updated, "u", reference, true),
            (TrustedReference, Updated, "v", reference, false),
            (TrustedReference, Deleted, "u", r#"{"uuid":"u"}"#, true),
            (TrustedReference, Deleted, "u", r#"{"uuid":"v"}"#, false),
            (TrustedIssuer, Stored, "u", "XA;name;url;DID", true),
            (TrustedIssuer, Stored, "u", "XB;name;url;DID", false),
            (FederationGateway, Updated, "b", "b;https://b.example", true),
            (FederationGateway, Updated, "b", "c;https://b.example", false),
        ] {
            let mut entry = Entry::new(Timestamp::UNIX_EPOCH, action, kind, key);
            entry.country = Some("XA".to_owned());
            assert_eq!(is_about(&entry, text.as_bytes()), expected, "{action} {kind} {text}");
        }
        let mut entry = Entry::new(Timestamp::UNIX_EPOCH, Stored, ValidationRule, "I 1");
        entry.country = Some("XA".to_owned());
        assert!(is_about(&entry, b"{\"Identifier\":\"I\",\"Version\":\"1\",\"D\":\"\xff\"}"));
    }
}
