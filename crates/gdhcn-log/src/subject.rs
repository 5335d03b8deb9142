//! What a signed text says that it is about. A signature counts only for that, so that nobody can
//! bring an old message forward for another thing of the same participant.

use serde_json::Value;

use crate::entry::{Entry, Kind, rule_key};

/// Whether the text that was signed is about the thing that the entry names. Certificates are
/// compared by their thumbprints instead; the identifiers of new batches and references are the
/// gateway's to give.
pub(crate) fn is_about(entry: &Entry, text: &[u8]) -> bool {
    let key = entry.key.as_str();
    let removes = entry.action.removes();
    match entry.kind {
        Kind::ValidationRule if removes => {
            key.split_once(' ').is_some_and(|(identifier, _)| identifier.as_bytes() == text)
        }
        Kind::ValidationRule => {
            let (identifier, version) = (member(text, "Identifier"), member(text, "Version"));
            identifier.zip(version).is_some_and(|(id, version)| rule_key(&id, &version) == key)
        }
        Kind::RevocationBatch if removes => member(text, "batchId").as_deref() == Some(key),
        Kind::TrustedReference if removes || entry.action == crate::Action::Updated => {
            member(text, "uuid").as_deref() == Some(key)
        }
        Kind::FederationGateway if !removes => {
            text.split(|byte| *byte == b';').next() == Some(key.as_bytes())
        }
        Kind::TrustedIssuer => {
            let country = text.split(|byte| *byte == b';').next().unwrap_or_default();
            entry.country.as_deref().is_some_and(|own| own.as_bytes() == country)
        }
        _ => true,
    }
}

fn member(text: &[u8], name: &str) -> Option<String> {
    match serde_json::from_slice::<Value>(text).ok()?.get_mut(name)?.take() {
        Value::String(text) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::Action;

    #[test]
    fn a_text_counts_for_what_it_names_only() {
        use Action::{Deleted, Imported, Stored, Updated};
        use Kind::{
            FederationGateway, RevocationBatch, TrustedIssuer, TrustedReference, ValidationRule,
        };
        let rule = r#"{"Identifier":"GR-XA-0001","Version":"1.0.0"}"#;
        for (kind, action, key, text, expected) in [
            (ValidationRule, Stored, "GR-XA-0001 1.0.0", rule, true),
            (ValidationRule, Imported, "GR-XA-0001 1.0.1", rule, false),
            (ValidationRule, Stored, "GR-XA-0001 1.0.0", "[]", false),
            (ValidationRule, Deleted, "GR-XA-0001 1.0.0", "GR-XA-0001", true),
            (ValidationRule, Deleted, "GR-XA-0001 1.0.0", "GR-XA-0002", false),
            (ValidationRule, Deleted, "GR-XA-0001", "GR-XA-0001", false),
            (RevocationBatch, Stored, "b", "{}", true),
            (RevocationBatch, Deleted, "b", r#"{"batchId":"b"}"#, true),
            (RevocationBatch, Deleted, "b", r#"{"batchId":"c"}"#, false),
            (RevocationBatch, Deleted, "1", r#"{"batchId":1}"#, false),
            (TrustedReference, Stored, "u", r#"{"name":"n"}"#, true),
            (TrustedReference, Updated, "u", r#"{"uuid":"u"}"#, true),
            (TrustedReference, Updated, "u", r#"{"name":"n"}"#, false),
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
    }
}
