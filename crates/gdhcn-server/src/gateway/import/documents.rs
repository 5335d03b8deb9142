//! The other tables: issuers, references, gateways, rules, value sets, revocation, audit trail.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use gdhcn_crypto::Backend;
use gdhcn_envelope::cms::Content;
use gdhcn_envelope::x509::Certificate;
use gdhcn_rules::Version;
use gdhcn_store::audit_event::AuditEvent;
use gdhcn_store::federation_gateway::NewFederationGateway;
use gdhcn_store::takeover::{Batch, OldEvent, Rule, Taken, ValueSet};
use gdhcn_store::trusted_issuer::{NewTrustedIssuer, TrustedIssuer};
use gdhcn_store::trusted_reference::TrustedReference;
use gdhcn_store::{SignedText, limit};
use gdhcn_trust::federation::Peer;
use gdhcn_trust::issuer::{self as trust, IssuerKind, IssuerText};
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

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
    let row = TrustedIssuer {
        id: Uuid::now_v7().to_string(),
        // The log and the operator know an issuer by it.
        uuid: Some(shared.uuid.unwrap_or_else(|| Uuid::new_v4().to_string())),
        issuer: NewTrustedIssuer {
            created_at: fields.instant("created_at")?,
            country,
            url,
            name,
            url_type: fields.text("url_type", 25)?,
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
    let mut judged = Judged::new(Taken::Reference(TrustedReference {
        id: Uuid::now_v7().to_string(),
        uuid: shared.uuid.unwrap_or_else(|| Uuid::new_v4().to_string()),
        created_at: fields.instant("created_at")?,
        url: fields.text("url", 100 * 4)?,
        country: fields.country()?,
        reference_type: fields.named("reference_type", one_of(&["DCC", "FHIR"]))?,
        service: fields.text("service", 1024 * 4)?,
        thumbprint: fields.optional("thumbprint", limit::THUMBPRINT)?,
        name: fields.text("name", 512 * 4)?,
        ssl_public_key: fields.optional("ssl_public_key", 2048 * 4)?,
        content_type: fields.text("content_type", 512 * 4)?,
        signature_type: fields.named("signature_type", one_of(&["CMS", "JWS", "NONE"]))?,
        reference_version: fields.text("reference_version", 256 * 4)?,
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
        interval_seconds: interval.and_then(|seconds| seconds.try_into().ok()),
    }));
    judged.note_if(signature.had_blanks, Reason::Blanks);
    Ok(judged)
}

/// A signed document of a column.
struct Document {
    message: SignedText,
    json: Value,
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
        let json = serde_json::from_slice(message.content()).map_err(Reason::NoJson)?;
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
        Ok(Self { message, json, reasons })
    }
}

/// Refuses a row whose columns say something else than the signed text.
fn agree(json: &Value, member: &str, stored: &str) -> Result<(), Reason> {
    match json.get(member) {
        Some(Value::String(said)) if said == stored => Ok(()),
        other => {
            let said: String = other.unwrap_or(&Value::Null).to_string().chars().take(80).collect();
            let said = format!("{member} {said}");
            Err(Reason::Contradiction { said, stored: stored.to_owned() })
        }
    }
}

/// A version of a business rule. The old number stays its place among the versions.
pub(super) fn rule(fields: &Fields<'_>, parties: &Parties) -> Result<Judged, Reason> {
    let country = fields.country()?;
    let rule_id = fields.text("rule_id", 100)?;
    let version = fields.named("version", Version::from_text)?.as_str().to_owned();
    let rule_type = fields.named("type", one_of(&["ACCEPTANCE", "INVALIDATION"]))?;
    let stored = fields.text("signature", limit::RULE)?;
    let document = Document::read("signature", &stored, &country, parties)?;
    agree(&document.json, "Identifier", &rule_id)?;
    agree(&document.json, "Version", &version)?;
    agree(&document.json, "Country", &country)?;
    let mut judged = Judged::new(Taken::Rule(Rule {
        sequence: fields.integer("id")?,
        created_at: fields.instant("created_at")?,
        rule_id,
        version,
        country,
        rule_type,
        valid_from: fields.instant("valid_from")?,
        valid_to: fields.instant("valid_to")?,
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
    let hash_type = fields.named("type", one_of(&["SIGNATURE", "UCI", "COUNTRYCODEUCI"]))?;
    let kid = fields.optional("kid", 12 * 4)?;
    let changed = fields.instant("changed")?;
    let expires_at = fields.instant("expires")?;
    let stored = fields.optional("signed_batch", limit::BATCH)?;
    let mut reasons = Vec::new();
    let message = match stored {
        None if deleted => None,
        None => return Err(Reason::NeitherSignedNorWithdrawn),
        Some(_) if deleted => {
            reasons.push(Reason::ContentLeftOut);
            None
        }
        Some(stored) => {
            let document = Document::read("signed_batch", &stored, &country, parties)?;
            agree(&document.json, "country", &country)?;
            agree(&document.json, "hashType", &hash_type)?;
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
            hash_type,
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
    Ok(Judged::new(Taken::Event(OldEvent {
        number: fields.integer("id")?,
        event: AuditEvent {
            occurred_at: fields.instant("timestamp")?,
            request_id: String::new(),
            country: Some(fields.country()?),
            uploader_fingerprint: fingerprint("uploader_sha256_fingerprint")?,
            authentication_fingerprint: fingerprint("authentication_sha256_fingerprint")?,
            event: fields.text("event", limit::EVENT)?,
            description: fields.text("description", limit::DESCRIPTION)?,
            code: None,
            payload_sha256: None,
        },
    })))
}
