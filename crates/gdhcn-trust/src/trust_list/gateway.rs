use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gdhcn_codes::{Domain, KeyUsage, Participant};
use gdhcn_crypto::{Backend, KeyError, Thumbprint};
use gdhcn_envelope::cms::{CmsError, Content, SignedMessage};
use gdhcn_envelope::x509::{Certificate, CertificateError};

use crate::participant::{OnboardingError, anchor_of};
use crate::path::{self, Authority, PathError, Standing};

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
///
/// The reference client only logs an upload signature that fails. Here it refuses the entry.
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
    let onboarded = Onboarded::of(results.iter().flatten(), backend);
    for result in &mut results {
        if let Ok(checked) = result
            && !is_onboarded(checked.usage)
            && let Err(refusal) = onboarded.check_signer(checked, backend)
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
        .ok_or_else(|| GatewayRefusal::Group { found: item.group.chars().take(40).collect() })?;
    let domain = match &item.domain {
        Some(text) => Some(
            text.parse()
                .map_err(|_| GatewayRefusal::Domain { found: text.chars().take(40).collect() })?,
        ),
        None => None,
    };
    let der = STANDARD.decode(&item.raw_data).map_err(|_| GatewayRefusal::Base64)?;
    let certificate = Certificate::from_der(&der)?;
    let computed = certificate.thumbprint();
    if let Some(stated) = &item.thumbprint
        && *stated != computed.to_string()
    {
        return Err(GatewayRefusal::Thumbprint {
            computed,
            stated: stated.chars().take(80).collect(),
        });
    }
    certificate.public_key().map_err(|error| GatewayRefusal::Key(error.clone()))?;
    Ok(CheckedItem {
        item,
        usage,
        domain,
        participant: Participant::from_alpha2(&item.country),
        certificate,
    })
}

/// The onboarded certificates of a list, each with its country.
struct Onboarded {
    authorities: Vec<(String, Authority)>,
    uploaders: Vec<(String, Certificate)>,
}

impl Onboarded {
    fn of<'c, 'i: 'c>(
        checked: impl Iterator<Item = &'c CheckedItem<'i>>,
        backend: Backend,
    ) -> Self {
        let mut onboarded = Self { authorities: Vec::new(), uploaders: Vec::new() };
        for CheckedItem { item, usage, certificate, .. } in checked {
            let country = item.country.clone();
            match usage {
                KeyUsage::Sca | KeyUsage::Deca => {
                    let authority =
                        Authority::new(certificate.clone(), *usage, Standing::Authority, backend);
                    onboarded.authorities.push((country, authority));
                }
                KeyUsage::Up => onboarded.uploaders.push((country, certificate.clone())),
                _ => {}
            }
        }
        onboarded
    }

    fn check_signer(
        &self,
        checked: &CheckedItem<'_>,
        backend: Backend,
    ) -> Result<(), GatewayRefusal> {
        let country = &checked.item.country;
        let fitting = self
            .authorities
            .iter()
            .filter(|(of, authority)| of == country && authority.may_issue(checked.usage));
        path::find_issuer(&checked.certificate, fitting.map(|(_, authority)| authority))?;

        let content = Content::Detached(checked.certificate.der());
        let message = SignedMessage::from_base64(checked.item.signature.as_bytes(), content)
            .map_err(GatewayRefusal::UploadMessage)?;
        message.verify(backend).map_err(GatewayRefusal::UploadSignature)?;
        let signer = message.signer_certificate();
        if self.uploaders.iter().any(|(of, uploader)| of == country && uploader == signer) {
            return Ok(());
        }
        Err(GatewayRefusal::Uploader { signer: signer.thumbprint(), country: country.clone() })
    }
}

/// Why an entry of a gateway's list does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GatewayRefusal {
    /// The group is none whose keys count.
    #[error("certificates of the group {found:?} are not used")]
    Group {
        /// The group.
        found: String,
    },
    /// The domain is no token.
    #[error("{found:?} is no trust domain")]
    Domain {
        /// The domain.
        found: String,
    },
    /// The certificate is no base64.
    #[error("the certificate is not base64")]
    Base64,
    /// The certificate cannot be read.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The certificate's key cannot be used.
    #[error("the certificate's key cannot be used: {0}")]
    Key(KeyError),
    /// The thumbprint is another certificate's.
    #[error("the certificate has the thumbprint {computed}, the list says {stated:?}")]
    Thumbprint {
        /// SHA-256 of the certificate.
        computed: Thumbprint,
        /// What the list says.
        stated: String,
    },
    /// The trust anchor does not vouch for the certificate.
    #[error("not vouched for by the trust anchor: {0}")]
    Anchor(#[from] OnboardingError),
    /// No onboarded authority of the participant issued the certificate.
    #[error("not issued by an onboarded authority of the participant: {0}")]
    Issuer(#[from] PathError),
    /// The upload message cannot be read.
    #[error("the upload signature cannot be read: {0}")]
    UploadMessage(CmsError),
    /// The upload message does not verify.
    #[error("the upload signature does not hold: {0}")]
    UploadSignature(CmsError),
    /// The upload message is by a key that is not onboarded for the participant.
    #[error("uploaded with the certificate {signer}, which is not onboarded for {country}")]
    Uploader {
        /// The signer's certificate.
        signer: Thumbprint,
        /// The participant.
        country: String,
    },
}
