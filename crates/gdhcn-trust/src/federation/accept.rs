use std::collections::BTreeMap;

use gdhcn_codes::{Domain, KeyUsage};
use gdhcn_crypto::Backend;
use gdhcn_envelope::x509::Certificate;

use crate::listed::{self, GatewayRefusal, Onboarded, brief};
use crate::participant::anchor_of;

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

    /// What the certificate is to those that stand on it, and what issuers are looked for with.
    const fn usage(self) -> KeyUsage {
        match self {
            Self::Csca => KeyUsage::Sca,
            Self::Deca => KeyUsage::Deca,
            Self::Upload => KeyUsage::Up,
            Self::Desc => KeyUsage::Desc,
            Self::Dsc | Self::Sign | Self::Auth | Self::Custom => KeyUsage::Dsc,
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
/// same country that signed the upload.
pub fn accept(
    items: &[PeerItem],
    anchors: &[Certificate],
    backend: Backend,
) -> (Vec<Accepted>, Vec<(PeerItem, GatewayRefusal)>) {
    let mut accepted = Vec::new();
    let mut refused = Vec::new();
    let mut uploaded = Vec::new();
    let taken =
        |item: &&PeerItem| !NOT_TAKEN.iter().any(|group| group.eq_ignore_ascii_case(&item.group));
    for item in items.iter().filter(taken) {
        let read = read(item).and_then(|read| {
            let signed = || {
                anchor_of(read.certificate.der(), &item.signature, anchors, backend)
                    .map_err(GatewayRefusal::Anchor)
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
    let mut onboarded = Onboarded::default();
    for one in &accepted {
        onboarded.add(&one.item.country, one.group.usage(), &one.certificate, backend);
    }
    let mut standing = Vec::new();
    for read in uploaded {
        let Accepted { group, item, certificate, .. } = &read;
        let usage = group.usage();
        match onboarded.check(&item.country, usage, certificate, &item.signature, backend) {
            Ok(()) => standing.push(read),
            Err(refusal) => refused.push((read.item, refusal)),
        }
    }
    accepted.append(&mut standing);
    (accepted, refused)
}

fn read(item: &PeerItem) -> Result<Accepted, GatewayRefusal> {
    if let Some(source) = &item.source_gateway {
        return Err(GatewayRefusal::SecondHand { source_gateway: brief(source) });
    }
    let group = PeerGroup::from_text(&item.group)
        .ok_or_else(|| GatewayRefusal::Group { found: brief(&item.group) })?;
    let domain = listed::domain(item.domain.as_deref())?.unwrap_or_else(Domain::dcc);
    let certificate = listed::certificate(&item.raw_data, item.thumbprint.as_deref())?;
    // The anchor's signature does not cover the list's country.
    if certificate.subject().country() != Some(item.country.as_str()) {
        return Err(GatewayRefusal::Country {
            listed: brief(&item.country),
            found: certificate.subject().countries().iter().map(|one| brief(one)).collect(),
        });
    }
    Ok(Accepted { group, item: item.clone(), certificate, domain })
}
