use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gdhcn_codes::{Domain, KeyUsage};
use gdhcn_crypto::{Backend, Thumbprint};
use gdhcn_envelope::cms::{CmsError, Content, SignedMessage};
use gdhcn_envelope::x509::{Certificate, CertificateError};

use crate::participant::{OnboardingError, anchor_of};
use crate::path::{self, Authority, PathError, Standing};

/// A certificate as a peer lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerItem {
    /// The kid: base64 of 8 bytes, or a custom text.
    pub kid: String,
    /// The participant's alpha-2 code.
    pub country: String,
    /// The certificate group.
    pub group: String,
    /// The trust domain, where the list gives one.
    pub domain: Option<String>,
    /// What else its uploader says of it.
    pub properties: Option<BTreeMap<String, String>>,
    /// The identifier of the row at the peer.
    pub uuid: Option<String>,
    /// The row's version at the peer.
    pub version: Option<i64>,
    /// The gateway that the peer has it from.
    pub source_gateway: Option<String>,
    /// SHA-256 of the certificate, where the list gives it.
    pub thumbprint: Option<String>,
    /// Base64 of the CMS message over the certificate.
    pub signature: String,
    /// Base64 of the certificate's DER bytes.
    pub raw_data: String,
}

/// A group whose certificates are taken over.
///
/// A peer's clients, its own anchors and the servers that it trusts are its own affair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PeerGroup {
    /// Signing authorities, signed by the peer's trust anchor.
    Csca,
    /// Upload certificates, signed by the peer's trust anchor.
    Upload,
    /// Data exchange authorities, signed by the peer's trust anchor.
    Deca,
    /// Document signers, uploaded.
    Dsc,
    /// Signers under a DECA, uploaded.
    Desc,
    /// Uploaded for other uses.
    Sign,
    /// Uploaded for other uses.
    Auth,
    /// Uploaded for other uses.
    Custom,
}

impl PeerGroup {
    /// Every group.
    pub const ALL: [Self; 8] = [
        Self::Csca,
        Self::Upload,
        Self::Deca,
        Self::Dsc,
        Self::Desc,
        Self::Sign,
        Self::Auth,
        Self::Custom,
    ];

    /// The text in tables and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Csca => "CSCA",
            Self::Upload => "UPLOAD",
            Self::Deca => "DECA",
            Self::Dsc => "DSC",
            Self::Desc => "DESC",
            Self::Sign => "SIGN",
            Self::Auth => "AUTH",
            Self::Custom => "CUSTOM",
        }
    }

    /// Whether its certificates are onboarded by the trust anchor, and not uploaded.
    pub const fn is_onboarded(self) -> bool {
        matches!(self, Self::Csca | Self::Upload | Self::Deca)
    }

    /// The usage of the certificate that issuers are looked for with.
    const fn issued_as(self) -> KeyUsage {
        match self {
            Self::Desc => KeyUsage::Desc,
            _ => KeyUsage::Dsc,
        }
    }

    fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str().eq_ignore_ascii_case(text))
    }
}

/// Groups of a peer that are passed over without a word.
const NOT_TAKEN: [&str; 3] = ["AUTHENTICATION", "TRUSTANCHOR", "AUTHENTICATION_FEDERATION"];

/// An item whose signatures hold up to an anchor that is assigned to the peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The group.
    pub group: PeerGroup,
    /// The item as the peer lists it, signature and all.
    pub item: PeerItem,
    /// The certificate.
    pub certificate: Certificate,
    /// The trust domain; `DCC` where the peer names none.
    pub domain: Domain,
}

/// Checks a peer's list. Items of groups that are never taken are left out; every other one is
/// either accepted or named with the reason against it.
///
/// What the peer's anchor signs stands by that signature. What participants upload stands by an
/// authority of the same country that issued it (by signature) and an upload certificate of the
/// same country that signed the upload. The reference's clients let an upload pass whose signature
/// is wrong, if only the certificate in it is right; here it is refused.
pub fn accept(
    items: &[PeerItem],
    anchors: &[Certificate],
    backend: Backend,
) -> (Vec<Accepted>, Vec<(PeerItem, PeerRefusal)>) {
    let mut accepted = Vec::new();
    let mut refused = Vec::new();
    let mut uploaded = Vec::new();
    let taken =
        |item: &&PeerItem| !NOT_TAKEN.iter().any(|group| group.eq_ignore_ascii_case(&item.group));
    for item in items.iter().filter(taken) {
        let read = read(item).and_then(|read| {
            let signed = || {
                anchor_of(read.certificate.der(), &item.signature, anchors, backend)
                    .map_err(PeerRefusal::Anchor)
            };
            if !read.group.is_onboarded() {
                return Ok((read, false));
            }
            signed()?;
            Ok((read, true))
        });
        match read {
            Ok((read, true)) => accepted.push(read),
            Ok((read, false)) => uploaded.push(read),
            Err(refusal) => refused.push((item.clone(), refusal)),
        }
    }
    let onboarded = Onboarded::of(&accepted, backend);
    let mut standing = Vec::new();
    for read in uploaded {
        match onboarded.check(&read, backend) {
            Ok(()) => standing.push(read),
            Err(refusal) => refused.push((read.item, refusal)),
        }
    }
    accepted.append(&mut standing);
    (accepted, refused)
}

fn read(item: &PeerItem) -> Result<Accepted, PeerRefusal> {
    let brief = |text: &str| text.chars().take(60).collect::<String>();
    if let Some(source) = &item.source_gateway {
        return Err(PeerRefusal::SecondHand { source_gateway: brief(source) });
    }
    let group = PeerGroup::from_text(&item.group)
        .ok_or_else(|| PeerRefusal::Group { found: brief(&item.group) })?;
    let domain = match &item.domain {
        None => Domain::dcc(),
        Some(text) => text.parse().map_err(|_| PeerRefusal::Domain { found: brief(text) })?,
    };
    let der = STANDARD.decode(&item.raw_data).map_err(|_| PeerRefusal::Base64)?;
    let certificate = Certificate::from_der(&der)?;
    let computed = certificate.thumbprint();
    if let Some(stated) = &item.thumbprint
        && *stated != computed.to_string()
    {
        return Err(PeerRefusal::Thumbprint { computed, stated: brief(stated) });
    }
    // The anchor's signature does not cover the list's country.
    if certificate.subject().country() != Some(item.country.as_str()) {
        return Err(PeerRefusal::Country {
            listed: brief(&item.country),
            found: certificate.subject().countries().iter().map(|one| brief(one)).collect(),
        });
    }
    Ok(Accepted { group, item: item.clone(), certificate, domain })
}

/// The onboarded certificates of a peer, each with its country.
struct Onboarded<'a> {
    authorities: Vec<(&'a str, Authority)>,
    uploaders: Vec<(&'a str, &'a Certificate)>,
}

impl<'a> Onboarded<'a> {
    fn of(accepted: &'a [Accepted], backend: Backend) -> Self {
        let mut onboarded = Self { authorities: Vec::new(), uploaders: Vec::new() };
        for one in accepted {
            let country = one.item.country.as_str();
            let mut authority = |usage| {
                let certificate = one.certificate.clone();
                let authority = Authority::new(certificate, usage, Standing::Authority, backend);
                onboarded.authorities.push((country, authority));
            };
            match one.group {
                PeerGroup::Csca => authority(KeyUsage::Sca),
                PeerGroup::Deca => authority(KeyUsage::Deca),
                PeerGroup::Upload => onboarded.uploaders.push((country, &one.certificate)),
                _ => {}
            }
        }
        onboarded
    }

    fn check(&self, read: &Accepted, backend: Backend) -> Result<(), PeerRefusal> {
        let country = read.item.country.as_str();
        let usage = read.group.issued_as();
        let fitting = self
            .authorities
            .iter()
            .filter(|(of, authority)| *of == country && authority.may_issue(usage));
        path::find_issuer(&read.certificate, fitting.map(|(_, authority)| authority))?;
        let content = Content::Detached(read.certificate.der());
        let message = SignedMessage::from_base64(read.item.signature.as_bytes(), content)
            .map_err(PeerRefusal::UploadMessage)?;
        message.verify(backend).map_err(PeerRefusal::UploadSignature)?;
        let signer = message.signer_certificate();
        if self.uploaders.iter().any(|(of, uploader)| *of == country && *uploader == signer) {
            return Ok(());
        }
        Err(PeerRefusal::Uploader { signer: signer.thumbprint(), country: country.to_owned() })
    }
}

/// Why an item of a peer is not taken over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PeerRefusal {
    /// The peer has it from another gateway, and trust is not handed on.
    #[error("the peer has it from the gateway {source_gateway:?}; pull from that one")]
    SecondHand {
        /// That gateway.
        source_gateway: String,
    },
    /// The group is not known.
    #[error("certificates of the group {found:?} are not known")]
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
    /// The thumbprint is another certificate's.
    #[error("the certificate has the thumbprint {computed}, the list says {stated:?}")]
    Thumbprint {
        /// SHA-256 of the certificate.
        computed: Thumbprint,
        /// What the list says.
        stated: String,
    },
    /// The certificate is another country's.
    #[error("listed under {listed:?}, but the certificate's subject has the country {found:?}")]
    Country {
        /// The country in the list.
        listed: String,
        /// All values of `C` in the subject.
        found: Vec<String>,
    },
    /// No anchor that is assigned to the peer vouches for it.
    #[error("not vouched for by an anchor of the peer: {0}")]
    Anchor(OnboardingError),
    /// No accepted authority of the country issued it.
    #[error("not issued by an authority of the country: {0}")]
    Issuer(#[from] PathError),
    /// The upload message cannot be read.
    #[error("the upload signature cannot be read: {0}")]
    UploadMessage(CmsError),
    /// The upload message does not verify.
    #[error("the upload signature does not hold: {0}")]
    UploadSignature(CmsError),
    /// The upload message is by a key that is none of the country's.
    #[error("uploaded with the certificate {signer}, which is not onboarded for {country}")]
    Uploader {
        /// The signer's certificate.
        signer: Thumbprint,
        /// The participant.
        country: String,
    },
}
