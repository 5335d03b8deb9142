//! The two certificate tables: their rows, and what their signatures prove.

use std::collections::HashMap;

use gdhcn_crypto::Backend;
use gdhcn_envelope::cms::Content;
use gdhcn_envelope::x509::Certificate;
use gdhcn_store::limit;
use gdhcn_store::signer_information::{SignerInformation, SignerType};
use gdhcn_store::takeover::Taken;
use gdhcn_store::tombstone::Tombstone;
use gdhcn_store::trusted_party::{PartyType, Role, TrustedParty};
use gdhcn_trust::participant;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::Judged;
use super::fields::Fields;
use super::proof::{self, Parties};
use super::reason::Reason;
use super::report::Generation;
use crate::gateway::list::DEFAULT_DOMAIN;

/// Columns that four tables share.
pub(super) struct Shared {
    pub(super) uuid: Option<String>,
    pub(super) domain: Option<String>,
    pub(super) version: i64,
}

impl Shared {
    /// Rows of other gateways are pulled again: what is stored of them was changed on the way.
    pub(super) fn read(fields: &Fields<'_>) -> Result<Self, Reason> {
        if fields.optional("source_gateway_id", limit::UUID)?.is_some() {
            return Err(Reason::Pulled);
        }
        let domain = if fields.has("domain") {
            fields.optional("domain", limit::DOMAIN)?
        } else {
            // The certificate tables of the EU's gateway know of one domain only.
            Some(DEFAULT_DOMAIN.to_owned())
        };
        Ok(Self {
            uuid: fields.optional("uuid", limit::UUID)?,
            domain,
            version: fields.optional_integer("version")?.unwrap_or(1),
        })
    }
}

/// What the rows of both tables are measured by.
pub(super) struct Measures<'a> {
    pub(super) anchors: &'a [Certificate],
    pub(super) generation: Generation,
    pub(super) now: Timestamp,
    /// How long withdrawn certificates are told of.
    pub(super) tombstones: SignedDuration,
}

/// The computed thumbprint, and a word if the stored one had lost its leading `00`, as the reference
/// once did and mended on some databases only (deviation D-28).
fn thumbprint(certificate: &Certificate, stored: &str) -> Result<(String, Option<Reason>), Reason> {
    let computed = certificate.thumbprint().to_string();
    if stored == computed {
        return Ok((computed, None));
    }
    if stored.len() == 62 && computed.strip_prefix("00") == Some(stored) {
        return Ok((computed, Some(Reason::LostZeros)));
    }
    Err(Reason::Thumbprint { computed, stored: stored.chars().take(80).collect() })
}

/// An onboarded certificate. Only what the trust anchor vouches for is taken over: the old gateway
/// shows nothing else, so taking more would change whom people trust.
pub(super) fn party(
    fields: &Fields<'_>,
    roles: &HashMap<i64, Vec<Role>>,
    measures: &Measures<'_>,
) -> Result<Judged, Reason> {
    let shared = Shared::read(fields)?;
    let country = fields.country()?;
    let certificate_type: PartyType = fields.named("certificate_type", |text| text.parse().ok())?;
    let stored_kid = fields.optional("kid", limit::KID)?;
    let (certificate, raw_data) = proof::certificate(&fields.text("raw_data", limit::RAW_DATA)?)?;
    let signature = fields.text("signature", limit::SIGNATURE)?;
    let signature = proof::decode("signature", &signature)?;
    let stored = fields.text("thumbprint", limit::RAW_DATA)?;
    let (thumbprint, lost) = thumbprint(&certificate, &stored)?;
    let row = participant::TrustedParty {
        trust_anchor_signature: signature.text.clone(),
        certificate_raw_data: raw_data.text.clone(),
        certificate_thumbprint: thumbprint.clone(),
        country: country.clone(),
    };
    row.check(measures.anchors, Backend::default())?;
    // The anchor's signature covers the certificate and not the row's country.
    let own_country = certificate.subject().country() == Some(country.as_str());
    let acts_for_its_country = matches!(
        certificate_type,
        PartyType::Upload | PartyType::Authentication | PartyType::Csca | PartyType::Deca
    );
    if !own_country && acts_for_its_country {
        let subject = certificate.subject().countries().join(", ").chars().take(80).collect();
        return Err(Reason::OthersCertificate { subject, country });
    }
    let kid = stored_kid.unwrap_or_else(|| certificate.kid().to_base64());
    let mut judged = Judged::new(Taken::Party(TrustedParty {
        id: Uuid::now_v7().to_string(),
        uuid: shared.uuid,
        created_at: fields.instant("created_at")?,
        country,
        thumbprint,
        raw_data: raw_data.text,
        signature: signature.text,
        certificate_type,
        kid,
        domain: shared.domain,
        source_gateway_id: None,
        assigned_gateway: fields.optional("assigned_gateway", limit::UUID)?,
        version: shared.version,
        roles: roles.get(&fields.integer("id")?).cloned().unwrap_or_default(),
    }));
    judged.certificate = Some(certificate);
    judged.reasons.extend(lost);
    judged.note_if(raw_data.had_blanks || signature.had_blanks, Reason::Blanks);
    judged.note_if(!own_country, Reason::OtherCountry);
    Ok(judged)
}

/// An uploaded certificate. The old gateway shows it whatever its signature is worth, and people
/// hold documents that it signed; so only what contradicts itself stays behind.
pub(super) fn signer(
    fields: &Fields<'_>,
    measures: &Measures<'_>,
    parties: &Parties,
) -> Result<Judged, Reason> {
    let shared = Shared::read(fields)?;
    let country = fields.country()?;
    let certificate_type: SignerType =
        fields.named("certificate_type", |text| text.parse().ok())?;
    let stored_kid = fields.optional("kid", limit::KID)?;
    let properties = fields.properties()?;
    let created_at = fields.instant("created_at")?;
    let deleted_at = fields.optional_instant("deleted_at")?;
    let (certificate, raw_data) = proof::certificate(&fields.text("raw_data", limit::RAW_DATA)?)?;
    let stored = fields.text("thumbprint", limit::RAW_DATA)?;
    let (thumbprint, lost) = thumbprint(&certificate, &stored)?;
    let kid = stored_kid.unwrap_or_else(|| certificate.kid().to_base64());

    let signature = fields.optional("signature", limit::SIGNATURE)?;
    let signature = signature.filter(|text| !text.is_empty());
    if let Some(deleted_at) = deleted_at {
        if measures.now.duration_since(deleted_at) > measures.tombstones {
            return Err(Reason::WithdrawnLongAgo);
        }
        let mut judged = Judged::new(Taken::Tombstone(Tombstone {
            thumbprint,
            created_at,
            deleted_at,
            country,
            raw_data: raw_data.text,
            certificate_type,
            kid,
            domain: shared.domain,
        }));
        judged.reasons.push(Reason::Unsigned);
        judged.reasons.extend(lost);
        judged.note_if(signature.is_some(), Reason::WithdrawnAndSigned);
        return Ok(judged);
    }
    let signature = signature.ok_or(Reason::NeitherSignedNorWithdrawn)?;
    let signature = proof::decode("signature", &signature)?;
    let message = proof::message(&signature.bytes, Content::Detached(certificate.der()))?;
    let group = certificate_type.as_str();
    let unproven = parties.unproven(&certificate, message.signer_certificate(), &country, group);
    // The WHO's gateway stored such uploads as DSC whatever they were for (deviation D-01). That of
    // DDCC did not, and cannot be told from it by its tables.
    let may_be_other = measures.generation == Generation::Who
        && certificate_type == SignerType::Dsc
        && proof::message(&signature.bytes, Content::Embedded)
            .is_ok_and(|embedded| embedded.content() == certificate.der());
    let mut judged = Judged::new(Taken::Signer(SignerInformation {
        id: Uuid::now_v7().to_string(),
        uuid: shared.uuid,
        created_at,
        country,
        thumbprint,
        raw_data: raw_data.text,
        signature: signature.text,
        certificate_type,
        kid,
        domain: shared.domain,
        properties,
        source_gateway_id: None,
        version: shared.version,
    }));
    judged.reasons.extend(lost);
    judged.reasons.extend(unproven.map(Reason::Upload));
    judged.note_if(raw_data.had_blanks || signature.had_blanks, Reason::Blanks);
    judged.note_if(may_be_other, Reason::GroupMayBeLost);
    Ok(judged)
}
