//! From what a peer lists to what is stored: checked, guarded, in our tables' form.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use gdhcn_client::wire::{TrustedIssuerItem, TrustedReferenceItem};
use gdhcn_crypto::Backend;
use gdhcn_envelope::cms::{self, Content, OpenedMessage};
use gdhcn_envelope::x509::Certificate;
use gdhcn_store::federated::{FederatedContent, Pulled, PulledIssuer, PulledReference};
use gdhcn_store::signer_information::{NewSignerInformation, SignerType};
use gdhcn_store::trusted_issuer::NewTrustedIssuer;
use gdhcn_store::trusted_party::{NewTrustedParty, PartyType};
use gdhcn_store::{SignedText, StoreError};
use gdhcn_trust::federation::{Accepted, Guarded, Held, PeerGroup, PeerItem, Word, accept, guard};
use gdhcn_trust::issuer::{IssuerKind, IssuerText, TrustedIssuer};
use gdhcn_trust::reference::{ReferenceKind, SignatureType, TrustedReference};
use jiff::Timestamp;

use super::download::Listed;

/// The domain of an entry that names none.
const DEFAULT_DOMAIN: &str = "DCC";

/// What a peer lists, as far as it holds.
#[derive(Debug, Default)]
pub(super) struct Checked {
    pub(super) content: FederatedContent,
    pub(super) refused: Vec<String>,
    pub(super) held: Vec<Held>,
    pub(super) unproven: usize,
}

/// Checks every entry up to the peer's anchors. Takes time: a signature or two for each.
pub(super) fn check(
    listed: Listed,
    anchors: &[Certificate],
    present: &BTreeSet<Held>,
    word: &Word,
) -> Checked {
    let backend = Backend::default();
    let mut checked = Checked { refused: listed.unreadable, ..Checked::default() };
    // What fits no table is left out first, so that nothing stands on it.
    let mut items = Vec::with_capacity(listed.items.len());
    for item in listed.items {
        match fits(&item) {
            Ok(()) => items.push(item),
            Err(why) => {
                checked.refused.push(reason(&[&item.country, &item.group, &item.kid], why));
            }
        }
    }
    let (accepted, refused) = accept(&items, anchors, backend);
    drop(items);
    checked.refused.extend(
        refused.iter().map(|(item, why)| reason(&[&item.country, &item.group, &item.kid], why)),
    );
    let uploaders = uploaders(&accepted);
    let Guarded { items, held } = guard(present, accepted, word);
    checked.content.held = held.iter().map(|held| held.country.clone()).collect();
    checked.held = held;
    let mut seen = BTreeSet::new();
    for one in items {
        // A certificate twice in one list: one of them is enough.
        if seen.insert((one.group.is_onboarded(), one.certificate.thumbprint().to_string())) {
            checked.certificate(one);
        }
    }
    if let Some(items) = listed.issuers {
        let mut issuers = Vec::new();
        for item in items {
            let name = [item.country.clone(), "issuer".to_owned(), item.name.clone()];
            match issuer(item, anchors, backend) {
                Ok(issuer) if !issuers.iter().any(|known| same_issuer(known, &issuer)) => {
                    issuers.push(issuer);
                }
                Ok(_) => {}
                Err(why) => checked.refused.push(reason(&name.each_ref().map(String::as_str), why)),
            }
        }
        checked.content.issuers = Some(issuers);
    }
    if let Some(items) = listed.references {
        let mut references: BTreeMap<String, Pulled<PulledReference>> = BTreeMap::new();
        for item in items {
            let name = [item.country.clone(), "reference".to_owned(), item.name.clone()];
            let key = format!(
                "{}\n{}\n{}\n{}\n{}\n{}\n{}",
                item.country,
                item.r#type,
                item.url,
                item.service,
                item.name,
                item.reference_version,
                item.domain.as_deref().unwrap_or(DEFAULT_DOMAIN),
            );
            match reference(item, &uploaders, backend) {
                Ok(reference) => {
                    references.entry(key).or_insert(reference);
                }
                Err(why) => checked.refused.push(reason(&name.each_ref().map(String::as_str), why)),
            }
        }
        let proven = |one: &&Pulled<PulledReference>| one.new.message.is_some();
        checked.unproven = references.values().filter(|one| !proven(one)).count();
        checked.content.references = Some(references.into_values().collect());
    }
    checked
}

impl Checked {
    fn certificate(&mut self, one: Accepted) {
        let Accepted { group, item, certificate, domain } = one;
        let (uuid, version) = (item.uuid.clone(), item.version.unwrap_or(1));
        let thumbprint = certificate.thumbprint().to_string();
        let domain = domain.as_str();
        match kind(group) {
            Kind::Onboarded(certificate_type) => {
                let new = party(item, certificate_type, thumbprint, domain);
                self.content.parties.push(Pulled { new, uuid, version });
            }
            Kind::Uploaded(certificate_type) => {
                let new = signer(item, certificate_type, thumbprint, domain);
                self.content.signers.push(Pulled { new, uuid, version });
            }
        }
    }
}

fn party(
    item: PeerItem,
    certificate_type: PartyType,
    thumbprint: String,
    domain: &str,
) -> NewTrustedParty {
    NewTrustedParty {
        created_at: Timestamp::UNIX_EPOCH,
        country: item.country,
        thumbprint,
        raw_data: item.raw_data,
        signature: item.signature,
        certificate_type,
        kid: item.kid,
        domain: Some(domain.to_owned()),
        source_gateway_id: None,
        assigned_gateway: None,
        roles: Vec::new(),
    }
}

fn signer(
    item: PeerItem,
    certificate_type: SignerType,
    thumbprint: String,
    domain: &str,
) -> NewSignerInformation {
    let properties = item.properties.filter(|properties| !properties.is_empty());
    NewSignerInformation {
        created_at: Timestamp::UNIX_EPOCH,
        country: item.country,
        thumbprint,
        raw_data: item.raw_data,
        signature: item.signature,
        certificate_type,
        kid: item.kid,
        domain: Some(domain.to_owned()),
        properties: properties.and_then(|properties| serde_json::to_string(&properties).ok()),
        source_gateway_id: None,
    }
}

/// Whether both tables of certificates take what the item says.
fn fits(item: &PeerItem) -> Result<(), StoreError> {
    let domain = item.domain.as_deref().unwrap_or(DEFAULT_DOMAIN);
    party(item.clone(), PartyType::Csca, String::new(), domain).check()?;
    signer(item.clone(), SignerType::Dsc, String::new(), domain).check()
}

enum Kind {
    Onboarded(PartyType),
    Uploaded(SignerType),
}

const fn kind(group: PeerGroup) -> Kind {
    match group {
        PeerGroup::Csca => Kind::Onboarded(PartyType::Csca),
        PeerGroup::Upload => Kind::Onboarded(PartyType::Upload),
        PeerGroup::Deca => Kind::Onboarded(PartyType::Deca),
        PeerGroup::Dsc => Kind::Uploaded(SignerType::Dsc),
        PeerGroup::Desc => Kind::Uploaded(SignerType::Desc),
        PeerGroup::Sign => Kind::Uploaded(SignerType::Sign),
        PeerGroup::Auth => Kind::Uploaded(SignerType::Auth),
        PeerGroup::Custom => Kind::Uploaded(SignerType::Custom),
    }
}

/// The upload certificates of a peer's participants.
type Uploaders = Vec<(String, Certificate)>;

fn uploaders(accepted: &[Accepted]) -> Uploaders {
    let uploads = accepted.iter().filter(|one| one.group == PeerGroup::Upload);
    uploads.map(|one| (one.item.country.clone(), one.certificate.clone())).collect()
}

fn issuer(
    item: TrustedIssuerItem,
    anchors: &[Certificate],
    backend: Backend,
) -> Result<Pulled<PulledIssuer>, String> {
    if let Some(source) = &item.source_gateway {
        return Err(format!("the peer has it from the gateway {source:?}; pull from that one"));
    }
    let kind = IssuerKind::from_text(&item.r#type)
        .ok_or_else(|| format!("{:?} is no kind of issuer", item.r#type))?;
    let known = TrustedIssuer::new(&*item.country, &*item.name, &*item.url, kind)
        .map_err(|error| error.to_string())?;
    known
        .check(&item.signature, anchors, &[IssuerText::Who], backend)
        .map_err(|error| error.to_string())?;
    let issuer = NewTrustedIssuer {
        created_at: item.timestamp,
        country: item.country,
        url: item.url,
        name: item.name,
        url_type: item.r#type,
        thumbprint: item.thumbprint,
        ssl_public_key: item.ssl_public_key,
        key_storage_type: item.key_storage_type,
        signature: item.signature,
        domain: Some(item.domain.unwrap_or_else(|| DEFAULT_DOMAIN.to_owned())),
    };
    issuer.check().map_err(|error| error.to_string())?;
    let signed = known.text(IssuerText::Who);
    let new = PulledIssuer { issuer, signed };
    Ok(Pulled { new, uuid: item.uuid, version: item.version.unwrap_or(1) })
}

fn same_issuer(one: &Pulled<PulledIssuer>, other: &Pulled<PulledIssuer>) -> bool {
    one.new.signed == other.new.signed && one.new.issuer.domain == other.new.issuer.domain
}

/// A reference: proven by the participant's message where the peer serves it, or taken at the
/// peer's word. A message that does not hold or says something else refuses the reference.
fn reference(
    item: TrustedReferenceItem,
    uploaders: &Uploaders,
    backend: Backend,
) -> Result<Pulled<PulledReference>, String> {
    if let Some(source) = &item.source_gateway {
        return Err(format!("the peer has it from the gateway {source:?}; pull from that one"));
    }
    if ReferenceKind::from_text(&item.r#type).is_none() {
        return Err(format!("{:?} is no kind of reference", item.r#type));
    }
    if SignatureType::from_text(&item.signature_type).is_none() {
        return Err(format!("{:?} is no kind of signature", item.signature_type));
    }
    let message = match &item.cms {
        Some(cms) => Some(proof(cms, &item, uploaders, backend)?),
        None => None,
    };
    let new = PulledReference {
        url: item.url,
        country: item.country,
        reference_type: item.r#type,
        service: item.service,
        thumbprint: item.thumbprint,
        name: item.name,
        ssl_public_key: item.ssl_public_key,
        content_type: item.content_type,
        signature_type: item.signature_type,
        reference_version: item.reference_version,
        domain: Some(item.domain.unwrap_or_else(|| DEFAULT_DOMAIN.to_owned())),
        message,
    };
    new.check().map_err(|error| error.to_string())?;
    Ok(Pulled { new, uuid: item.uuid, version: item.version.unwrap_or(1) })
}

fn proof(
    cms: &str,
    item: &TrustedReferenceItem,
    uploaders: &Uploaders,
    backend: Backend,
) -> Result<SignedText, String> {
    let limits = cms::Limits::default();
    let message = OpenedMessage::from_base64(cms.as_bytes(), Content::Embedded, &limits)
        .and_then(OpenedMessage::into_signed)
        .map_err(|error| error.to_string())?;
    message.verify(backend).map_err(|error| error.to_string())?;
    let signer = message.signer_certificate();
    let known = |(country, uploader): &(String, Certificate)| {
        *country == item.country && uploader == signer
    };
    if !uploaders.iter().any(known) {
        return Err(format!(
            "signed with the certificate {}, which is no upload certificate of {}",
            signer.thumbprint(),
            item.country
        ));
    }
    let signed =
        TrustedReference::accept(message.content(), &item.country, &TrustedReference::LIMITS)
            .map_err(|error| error.to_string())?;
    let same = signed.url == item.url
        && signed.kind.as_str() == item.r#type
        && signed.service == item.service
        && Some(&signed.thumbprint) == item.thumbprint.as_ref()
        && signed.name == item.name
        && Some(&signed.ssl_public_key) == item.ssl_public_key.as_ref()
        && signed.content_type == item.content_type
        && signed.signature_type.as_str() == item.signature_type
        && signed.reference_version == item.reference_version
        && item.domain.as_ref().is_none_or(|domain| *domain == signed.domain)
        && (signed.uuid.is_none() || signed.uuid == item.uuid);
    if !same {
        return Err("the peer lists something else than the participant signed".to_owned());
    }
    Ok(SignedText {
        content: message.content().to_vec(),
        cms: cms.to_owned(),
        detached: BASE64_STANDARD.encode(message.to_detached_der()),
    })
}

/// An entry by name, and why it is not taken over. Names are the peer's.
fn reason(name: &[&str], why: impl Display) -> String {
    let brief: Vec<String> =
        name.iter().map(|part| part.chars().take(40).collect::<String>()).collect();
    format!("{}: {why}", brief.join(" ").escape_debug())
}
