//! The other tables: issuers, references, gateways, rules, value sets, revocation, audit trail.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use gdhcn_crypto::{Backend, sha256};
use gdhcn_envelope::cms::Content;
use gdhcn_envelope::x509::Certificate;
use gdhcn_revocation::{Batch as SignedBatch, HashType};
use gdhcn_rules::Rule as SignedRule;
use gdhcn_rules::upload::check_text;
use gdhcn_store::audit_event::AuditEvent;
use gdhcn_store::federation_gateway::NewFederationGateway;
use gdhcn_store::takeover::{Batch, OLD_EVENT, Rule, Taken, ValueSet};
use gdhcn_store::trusted_issuer::{NewTrustedIssuer, TrustedIssuer};
use gdhcn_store::trusted_reference::TrustedReference;
use gdhcn_store::{SignedText, limit};
use gdhcn_trust::federation::Peer;
use gdhcn_trust::issuer::{self as trust, IssuerKind, IssuerText};
use jiff::Timestamp;
use uuid::{Builder, Uuid};

use super::Judged;
use super::certificates::Shared;
use super::fields::{FieldFault, Fields};
use super::proof::{self, Parties};
use super::reason::Reason;

/// Longest text of a value set.
const VALUE_SET: usize = 2 << 20;

/// A text that is one of these names.
fn one_of(names: &'static [&'static str]) -> impl FnOnce(&str) -> Option<String> {
    move |text| names.contains(&text).then(|| text.to_owned())
}

/// A digest of texts. No text of a dump holds a NUL.
fn digest_of(parts: &[&str]) -> [u8; 32] {
    sha256(parts.join("\0").as_bytes())
}

/// The uuid of a row that had none: the log and the operator know it by that, so every dump that
/// has the row must give the same.
fn uuid_of(parts: &[&str]) -> String {
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest_of(parts)).for_each(|(to, from)| *to = from);
    Builder::from_custom_bytes(bytes).into_uuid().to_string()
}

/// A trusted issuer. The trust anchor signs `country;name;url;type`, at the EU's gateway with
/// another semicolon behind it.
pub(super) fn issuer(fields: &Fields<'_>, anchors: &[Certificate]) -> Result<Judged, Reason> {
    let shared = Shared::read(fields)?;
    let country = fields.country()?;
    let url = fields.text("url", 1024 * 4)?;
    let name = fields.text("name", 512 * 4)?;
    let kind = fields.named("url_type", IssuerKind::from_text)?;
    let signature = fields.text("signature", limit::SIGNATURE)?;
    let signature = proof::decode("signature", &signature)?;
    let issuer = trust::TrustedIssuer::new(&country, &name, &url, kind)?;
    let forms = [IssuerText::Who, IssuerText::Eu];
    let (_, form) = issuer.check(&signature.text, anchors, &forms, Backend::default())?;
    let signed = issuer.text(form);
    let had_uuid = shared.uuid.is_some();
    let url_type = fields.text("url_type", 25)?;
    let parts = ["trusted_issuer", &country, &name, &url, &url_type];
    let uuid = shared.uuid.unwrap_or_else(|| uuid_of(&parts));
    let row = TrustedIssuer {
        id: Uuid::now_v7().to_string(),
        uuid: Some(uuid),
        issuer: NewTrustedIssuer {
            created_at: fields.instant("created_at")?,
            country,
            url,
            name,
            url_type,
            thumbprint: fields.optional("thumbprint", limit::THUMBPRINT)?,
            ssl_public_key: fields.optional("ssl_public_key", 2048 * 4)?,
            key_storage_type: fields.optional("key_storage_type", 128 * 4)?,
            signature: signature.text,
            domain: shared.domain,
        },
        source_gateway_id: None,
        version: shared.version,
    };
    let mut judged = Judged::new(Taken::Issuer(row, signed));
    judged.note_if(form == IssuerText::Eu, Reason::EuForm);
    judged.note_if(signature.had_blanks, Reason::Blanks);
    judged.note_if(!had_uuid, Reason::Uuid);
    Ok(judged)
}

/// A trusted reference. The old gateway did not keep what was signed, so nothing proves it.
pub(super) fn reference(fields: &Fields<'_>) -> Result<Judged, Reason> {
    let shared = Shared::read(fields)?;
    let had_uuid = shared.uuid.is_some();
    let country = fields.country()?;
    let url = fields.text("url", 100 * 4)?;
    let service = fields.text("service", 1024 * 4)?;
    let name = fields.text("name", 512 * 4)?;
    let reference_version = fields.text("reference_version", 256 * 4)?;
    let parts = ["trusted_reference", &country, &url, &service, &name, &reference_version];
    let uuid = shared.uuid.unwrap_or_else(|| uuid_of(&parts));
    let mut judged = Judged::new(Taken::Reference(TrustedReference {
        id: Uuid::now_v7().to_string(),
        uuid,
        created_at: fields.instant("created_at")?,
        url,
        country,
        reference_type: fields.named("reference_type", one_of(&["DCC", "FHIR"]))?,
        service,
        thumbprint: fields.optional("thumbprint", limit::THUMBPRINT)?,
        name,
        ssl_public_key: fields.optional("ssl_public_key", 2048 * 4)?,
        content_type: fields.text("content_type", 512 * 4)?,
        signature_type: fields.named("signature_type", one_of(&["CMS", "JWS", "NONE"]))?,
        reference_version,
        cms: None,
        source_gateway_id: None,
        domain: shared.domain,
        version: shared.version,
    }));
    judged.reasons.push(Reason::NeverKept);
    judged.note_if(!had_uuid, Reason::Uuid);
    Ok(judged)
}

/// Another gateway. The trust anchor signs seven of its columns.
pub(super) fn gateway(fields: &Fields<'_>, anchors: &[Certificate]) -> Result<Judged, Reason> {
    let peer = Peer {
        gateway_id: fields.text("gateway_id", limit::UUID)?,
        endpoint: fields.text("gateway_endpoint", 200)?,
        kid: fields.text("gateway_kid", 50)?,
        public_key: fields.optional("gateway_public_key", 200)?,
        downloader: fields.optional_named("downloader_implementation")?,
        target: fields.named("download_target", |text| text.parse().ok())?,
        mode: fields.named("mode", |text| text.parse().ok())?,
    };
    let signature = fields.text("signature", limit::SIGNATURE)?;
    let signature = proof::decode("signature", &signature)?;
    peer.check(&signature.text, anchors, Backend::default())?;
    let interval = fields.optional_integer("download_interval")?;
    let mut judged = Judged::new(Taken::Gateway(NewFederationGateway {
        created_at: fields.instant("timestamp")?,
        peer,
        signature: signature.text,
        interval_seconds: interval
            .and_then(|seconds| u32::try_from(seconds).ok().filter(|seconds| *seconds > 0)),
    }));
    // None in the dump is none here, too: without one nothing is pulled.
    if let (Some(seconds), Taken::Gateway(NewFederationGateway { interval_seconds: None, .. })) =
        (interval, &judged.row)
    {
        judged.reasons.push(Reason::Interval(seconds));
    }
    judged.note_if(signature.had_blanks, Reason::Blanks);
    Ok(judged)
}

/// A signed document of a column.
struct Document {
    message: SignedText,
    reasons: Vec<Reason>,
}

impl Document {
    fn read(
        column: &'static str,
        text: &str,
        country: &str,
        parties: &Parties,
    ) -> Result<Self, Reason> {
        let decoded = proof::decode(column, text)?;
        let message = proof::message(&decoded.bytes, Content::Embedded)?;
        let detached = BASE64_STANDARD.encode(message.to_detached_der());
        if detached.len() > limit::SIGNATURE {
            let (length, limit) = (detached.len(), limit::SIGNATURE);
            return Err(FieldFault::TooLong { column, length, limit }.into());
        }
        let signer = message.signer_certificate();
        let mut reasons = Vec::new();
        if !parties.uploads(signer, country) {
            let signer = signer.thumbprint().to_string();
            reasons.push(Reason::Uploader { signer, country: country.to_owned() });
        }
        reasons.extend(decoded.had_blanks.then_some(Reason::Blanks));
        let content = message.content().to_vec();
        let message = SignedText { content, cms: decoded.text, detached };
        Ok(Self { message, reasons })
    }
}

/// Refuses a row whose column says something else than the signed text.
fn agree(member: &str, said: &str, stored: &str) -> Result<(), Reason> {
    if said == stored {
        return Ok(());
    }
    let brief = |text: &str| text.chars().take(80).collect::<String>();
    Err(Reason::Contradiction {
        said: format!("{member} {:?}", brief(said)),
        stored: brief(stored),
    })
}

/// The same of an instant, which columns hold less exactly.
fn agree_on(
    fields: &Fields<'_>,
    column: &'static str,
    member: &str,
    said: Timestamp,
) -> Result<(), Reason> {
    if fields.holds(column, said)? {
        return Ok(());
    }
    let said = format!("{member} {said}");
    Err(Reason::Contradiction { said, stored: fields.text(column, 64)? })
}

/// A version of a business rule. The old number decides its place among the versions.
pub(super) fn rule(fields: &Fields<'_>, parties: &Parties) -> Result<Judged, Reason> {
    let country = fields.country()?;
    let rule_type = fields.named("type", one_of(&["ACCEPTANCE", "INVALIDATION"]))?;
    let stored = fields.text("signature", limit::RULE)?;
    let document = Document::read("signature", &stored, &country, parties)?;
    let said = SignedRule::from_json(&document.message.content, &SignedRule::LIMITS)?;
    check_text(&said, &country)?;
    agree("Identifier", said.identifier.as_str(), &fields.text("rule_id", 100)?)?;
    agree("Version", said.version.as_str(), &fields.text("version", 64)?)?;
    agree("Type", &said.kind.as_str().to_ascii_uppercase(), &rule_type)?;
    agree_on(fields, "valid_from", "ValidFrom", said.valid_from)?;
    agree_on(fields, "valid_to", "ValidTo", said.valid_to)?;
    let mut judged = Judged::new(Taken::Rule(Rule {
        number: fields.number("id")?,
        created_at: fields.instant("created_at")?,
        rule_id: said.identifier.as_str().to_owned(),
        version: said.version.as_str().to_owned(),
        country,
        rule_type,
        valid_from: said.valid_from,
        valid_to: said.valid_to,
        message: document.message,
    }));
    judged.reasons = document.reasons;
    Ok(judged)
}

/// A value set: its text as it stands, because clients may hash it.
pub(super) fn value_set(fields: &Fields<'_>) -> Result<Judged, Reason> {
    let json = fields.text("json", VALUE_SET)?;
    let is_json = serde_json::from_str::<serde::de::IgnoredAny>(&json).is_ok();
    let mut judged = Judged::new(Taken::ValueSet(ValueSet { id: fields.text("id", 100)?, json }));
    judged.reasons.push(Reason::Unsigned);
    judged.note_if(!is_json, Reason::NotJson);
    Ok(judged)
}

/// A revocation batch, with the time of its change: clients ask for what is newer than they have.
pub(super) fn batch(
    fields: &Fields<'_>,
    parties: &Parties,
    now: Timestamp,
) -> Result<Judged, Reason> {
    let country = fields.country()?;
    let batch_id = fields.text("batch_id", limit::UUID)?;
    let deleted = fields.flag("deleted")?;
    let hash_type = fields.named("type", HashType::from_text)?;
    let kid = fields.optional("kid", 12 * 4)?;
    let changed = fields.instant("changed")?;
    let mut expires_at = fields.instant("expires")?;
    let stored = fields.optional("signed_batch", limit::BATCH)?;
    let mut reasons = Vec::new();
    let message = match stored {
        None if deleted => {
            reasons.push(Reason::Unsigned);
            None
        }
        None => return Err(Reason::NeitherSignedNorWithdrawn),
        Some(_) if deleted => {
            reasons.extend([Reason::Unsigned, Reason::ContentLeftOut]);
            None
        }
        Some(stored) => {
            let document = Document::read("signed_batch", &stored, &country, parties)?;
            let said = SignedBatch::read(&document.message.content, &SignedBatch::LIMITS)?;
            agree("country", &said.country, &country)?;
            agree("hashType", said.hash_type.as_str(), hash_type.as_str())?;
            let none = "null";
            agree("kid", said.kid.as_deref().unwrap_or(none), kid.as_deref().unwrap_or(none))?;
            agree_on(fields, "expires", "expires", said.expires)?;
            expires_at = said.expires;
            reasons = document.reasons;
            Some(document.message)
        }
    };
    // The list tells of no second before it is over, and of later changes behind it only: one in
    // the future would hold everything back.
    reasons.extend((changed > now).then_some(Reason::FromTheFuture));
    let changed = changed.min(now);
    Ok(Judged {
        reasons,
        ..Judged::new(Taken::Batch(Batch {
            batch_id,
            country,
            // Clients name whole seconds when they ask for more.
            changed_at: Timestamp::from_second(changed.as_second()).unwrap_or(changed),
            expires_at,
            hash_type: hash_type.as_str().to_owned(),
            kid,
            message,
        }))
    })
}

/// An event of the audit trail, which is kept as an archive.
pub(super) fn event(fields: &Fields<'_>) -> Result<Judged, Reason> {
    // Revocation wrote the country where the fingerprint of the client belongs (deviation D-10).
    let fingerprint = |column| {
        let text = fields.optional(column, limit::THUMBPRINT)?;
        Ok::<_, Reason>(text.filter(|text| text.len() == limit::THUMBPRINT))
    };
    let occurred_at = fields.instant("timestamp")?;
    let country = fields.country()?;
    let uploader_fingerprint = fingerprint("uploader_sha256_fingerprint")?;
    let authentication_fingerprint = fingerprint("authentication_sha256_fingerprint")?;
    let event = fields.text("event", limit::EVENT)?;
    let description = fields.text("description", limit::DESCRIPTION)?;
    // Another gateway has another event of that number; a later dump of this one has the same.
    let digest = digest_of(&[
        &occurred_at.to_string(),
        &country,
        uploader_fingerprint.as_deref().unwrap_or_default(),
        authentication_fingerprint.as_deref().unwrap_or_default(),
        &event,
        &description,
    ]);
    let mut request_id = format!("{OLD_EVENT}{}-{}", fields.number("id")?, hex::encode(digest));
    request_id.truncate(limit::UUID);
    let mut judged = Judged::new(Taken::Event(AuditEvent {
        occurred_at,
        request_id,
        country: Some(country),
        uploader_fingerprint,
        authentication_fingerprint,
        event,
        description,
        code: None,
        payload_sha256: None,
    }));
    judged.reasons.push(Reason::Unsigned);
    Ok(judged)
}
