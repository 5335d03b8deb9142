//! The list that a gateway serves, in either of its forms.

use anyhow::anyhow;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gdhcn_client::gateway::Entries;
use gdhcn_client::wire::{
    TrustListItem, TrustedCertificateItem, TrustedIssuerItem, TrustedReferenceItem,
};
use gdhcn_crypto::Thumbprint;
use gdhcn_envelope::cms::{Content, SignedMessage};
use gdhcn_log::{Attribute, ItemId, Kind, Scope, Served, properties_digest};
use gdhcn_store::signer_information::SignerType;
use serde::Deserialize;

use super::AuditArguments;
use crate::cli::GatewayAccess;
use crate::exit::{Fault, OrInput};
use crate::input::read_file;
use crate::trust_source::download_everything;

/// Either form; their members tell them apart.
#[derive(Deserialize)]
#[serde(untagged)]
enum File {
    TrustList(Vec<TrustListItem>),
    Certificates(Vec<TrustedCertificateItem>),
}

/// A list, and what it should hold.
pub(super) type List = (Vec<Served>, Scope);

/// The lists to compare with the log, if any was named. The first is of certificates.
pub(super) fn served(
    arguments: &AuditArguments,
    access: &GatewayAccess,
) -> Result<Vec<List>, Fault> {
    if let Some(address) = &arguments.gateway {
        let lists = download_everything(address, access)?;
        let certificates = of_certificates(readable(lists.certificates, address)?, address)?;
        let issuers = readable(lists.issuers, address)?.into_iter().map(of_issuer);
        let references = readable(lists.references, address)?.into_iter().map(of_reference);
        return Ok(vec![
            (certificates, Scope::Certificates { federated: true }),
            (issuers.collect(), Scope::Issuers),
            (references.collect(), Scope::References),
        ]);
    }
    let Some(file) = &arguments.list else { return Ok(Vec::new()) };
    let list = serde_json::from_slice(&read_file(file)?)
        .map_err(|_| anyhow!("no answer to /trustList or /trustList/certificate"))
        .or_input(file.display())?;
    Ok(vec![match list {
        File::TrustList(items) => (items.iter().map(of_trust_list).collect(), Scope::TrustList),
        File::Certificates(items) => {
            let federated = items.iter().any(|item| item.source_gateway.is_some());
            let served = of_certificates(items, &file.display().to_string())?;
            (served, Scope::Certificates { federated })
        }
    }])
}

fn readable<Item>(list: Entries<Item>, address: &str) -> Result<Vec<Item>, Fault> {
    match list.unreadable.first() {
        None => Ok(list.items),
        Some(entry) => {
            let (position, reason) = (entry.position, &entry.reason);
            Err(Fault::Input(anyhow!("{address}: entry {position}: {reason}")))
        }
    }
}

fn of_certificates(items: Vec<TrustedCertificateItem>, list: &str) -> Result<Vec<Served>, Fault> {
    let served = items.into_iter().map(of_certificate).collect::<Option<_>>();
    served.ok_or_else(|| anyhow!("a certificate that is not base64")).or_input(list)
}

/// The log's name of a certificate: those of some groups are uploaded, all others onboarded.
fn id(group: &str, thumbprint: String, source_gateway: Option<String>) -> ItemId {
    let kind = match group.parse::<SignerType>() {
        Ok(_) => Kind::SignerInformation,
        Err(_) => Kind::TrustedParty,
    };
    ItemId { kind, key: thumbprint, source_gateway }
}

fn of_trust_list(item: &TrustListItem) -> Served {
    let group = item.certificate_type.to_string();
    // The thumbprint is the gateway's word; what counts is the certificate.
    let thumbprint = STANDARD
        .decode(&item.raw_data)
        .map_or_else(|_| item.thumbprint.clone(), |der| Thumbprint::of(&der).to_string());
    Served {
        id: id(&group, thumbprint, None),
        country: item.country.clone(),
        told: vec![(Attribute::Group, Some(group)), (Attribute::Kid, Some(item.kid.clone()))],
        signature: Some(item.signature.clone()),
    }
}

fn of_certificate(item: TrustedCertificateItem) -> Option<Served> {
    let thumbprint = Thumbprint::of(&STANDARD.decode(&item.certificate).ok()?).to_string();
    let properties = item.properties.filter(|properties| !properties.is_empty());
    Some(Served {
        id: id(&item.group, thumbprint, item.source_gateway),
        country: item.country,
        told: vec![
            (Attribute::Group, Some(item.group)),
            (Attribute::Kid, Some(item.kid)),
            (Attribute::Domain, item.domain),
            (Attribute::PropertiesSha256, properties.as_ref().map(properties_digest)),
        ],
        signature: Some(item.signature),
    })
}

fn of_issuer(item: TrustedIssuerItem) -> Served {
    let key = item.uuid.unwrap_or_default();
    Served {
        id: ItemId { kind: Kind::TrustedIssuer, key, source_gateway: item.source_gateway },
        country: item.country,
        told: vec![(Attribute::Domain, item.domain)],
        signature: Some(item.signature),
    }
}

fn of_reference(item: TrustedReferenceItem) -> Served {
    // The log has the message without its content.
    let message = item.cms.and_then(|cms| {
        SignedMessage::from_base64(cms.as_bytes(), Content::Embedded)
            .map_or(Some(cms.clone()), |message| Some(STANDARD.encode(message.to_detached_der())))
    });
    let key = item.uuid.unwrap_or_default();
    Served {
        id: ItemId { kind: Kind::TrustedReference, key, source_gateway: item.source_gateway },
        country: item.country,
        told: Vec::new(),
        signature: message,
    }
}
