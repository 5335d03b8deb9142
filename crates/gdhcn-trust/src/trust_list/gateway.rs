use gdhcn_codes::{Domain, KeyUsage, Participant};
use gdhcn_crypto::Backend;
use gdhcn_envelope::x509::Certificate;

use crate::listed::{self, GatewayRefusal, Onboarded};
use crate::participant::anchor_of;

/// One entry of a gateway's trust list as it comes over the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayItem {
    /// The kid: base64 of 8 bytes, or a custom text.
    pub kid: String,
    /// The participant's alpha-2 code.
    pub country: String,
    /// The certificate group, such as `CSCA`, `DSC`, `UPLOAD`.
    pub group: String,
    /// The trust domain, where the list gives one.
    pub domain: Option<String>,
    /// SHA-256 of the certificate in lower-case hexadecimal digits, where the list gives it.
    pub thumbprint: Option<String>,
    /// Base64 of a CMS message over the certificate: by the trust anchor for onboarded
    /// certificates, by the participant's upload key for document signers.
    pub signature: String,
    /// Base64 of the certificate's DER bytes.
    pub raw_data: String,
}

/// An entry whose signatures hold up to the trust anchor.
#[derive(Debug)]
pub(super) struct CheckedItem<'i> {
    pub(super) item: &'i GatewayItem,
    pub(super) usage: KeyUsage,
    pub(super) domain: Option<Domain>,
    pub(super) participant: Option<Participant>,
    pub(super) certificate: Certificate,
}

/// Checks a gateway's list as its clients must: first what the trust anchor signed, then the
/// document signers by their authority and by the upload key.
pub(super) fn check<'i>(
    items: &'i [GatewayItem],
    anchors: &[Certificate],
    backend: Backend,
) -> Vec<Result<CheckedItem<'i>, GatewayRefusal>> {
    let mut results: Vec<_> = items
        .iter()
        .map(|item| {
            let checked = read(item)?;
            if is_onboarded(checked.usage) {
                anchor_of(checked.certificate.der(), &item.signature, anchors, backend)?;
            }
            Ok(checked)
        })
        .collect();
    let mut onboarded = Onboarded::default();
    for CheckedItem { item, usage, certificate, .. } in results.iter().flatten() {
        onboarded.add(&item.country, *usage, certificate, backend);
    }
    for result in &mut results {
        if let Ok(CheckedItem { item, usage, certificate, .. }) = result
            && !is_onboarded(*usage)
            && let Err(refusal) =
                onboarded.check(&item.country, *usage, certificate, &item.signature, backend)
        {
            *result = Err(refusal);
        }
    }
    results
}

fn is_onboarded(usage: KeyUsage) -> bool {
    !matches!(usage, KeyUsage::Dsc | KeyUsage::Desc)
}

fn read(item: &GatewayItem) -> Result<CheckedItem<'_>, GatewayRefusal> {
    let usage = KeyUsage::from_list_code(&item.group)
        .ok_or_else(|| GatewayRefusal::Group { found: listed::brief(&item.group) })?;
    let domain = listed::domain(item.domain.as_deref())?;
    let certificate = listed::certificate(&item.raw_data, item.thumbprint.as_deref())?;
    certificate.public_key().map_err(|error| GatewayRefusal::Key(error.clone()))?;
    Ok(CheckedItem {
        item,
        usage,
        domain,
        participant: Participant::from_alpha2(&item.country),
        certificate,
    })
}
