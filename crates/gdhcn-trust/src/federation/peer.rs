use std::fmt;
use std::str::FromStr;

use gdhcn_crypto::{Backend, Thumbprint};
use gdhcn_envelope::x509::Certificate;

use crate::participant::{OnboardingError, anchor_of};

/// Another gateway that ours pulls from: the members that the trust anchor signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its identity: what rows that come from it carry.
    pub gateway_id: String,
    /// Its address, `https://host[:port][/prefix]`.
    pub endpoint: String,
    /// The name of our client key for it in our configuration.
    pub kid: String,
    /// Reserved; nothing reads it.
    pub public_key: Option<String>,
    /// Which interface it has.
    pub downloader: Option<Downloader>,
    /// Who gets what comes from it.
    pub target: DownloadTarget,
    /// What becomes of other content.
    pub mode: Mode,
}

/// The interface of a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Downloader {
    /// WHO's gateways.
    Ddcc,
    /// The EU's gateway.
    Legacy,
    /// None: every pull succeeds and changes nothing.
    Dummy,
}

/// Who gets what comes from a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DownloadTarget {
    /// Whoever asks for lists with federation.
    Federation,
    /// Nobody: it counts at this gateway alone.
    GatewayOnly,
}

/// What becomes of other content when a peer's comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// It stays; only what came from this peer before is replaced.
    Append,
    /// All goes, but for our own clients' TLS certificates and the federation itself.
    Override,
}

/// A text that stands for none of the known values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is none of {known}")]
pub struct UnknownPeerValue {
    given: String,
    known: &'static str,
}

macro_rules! named {
    ($type:ident, $known:literal, $($value:ident = $name:literal),+) => {
        impl $type {
            /// The text in the table and in the signed text.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$value => $name),+ }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $type {
            type Err = UnknownPeerValue;

            fn from_str(text: &str) -> Result<Self, UnknownPeerValue> {
                match text {
                    $($name => Ok(Self::$value),)+
                    _ => Err(UnknownPeerValue {
                        given: text.chars().take(60).collect(),
                        known: $known,
                    }),
                }
            }
        }
    };
}

named!(
    Downloader,
    "DdccDownloader_V1, legacyDgcgDownloader_V1, dummyDownloader_V1",
    Ddcc = "DdccDownloader_V1",
    Legacy = "legacyDgcgDownloader_V1",
    Dummy = "dummyDownloader_V1"
);
named!(
    DownloadTarget,
    "FEDERATION, GATEWAY_ONLY",
    Federation = "FEDERATION",
    GatewayOnly = "GATEWAY_ONLY"
);
named!(Mode, "APPEND, OVERRIDE", Append = "APPEND", Override = "OVERRIDE");

impl Peer {
    /// The text that the trust anchor signs. An absent member contributes the letters `null`, as
    /// it does at the reference.
    ///
    /// # Errors
    ///
    /// When a member holds the separator `;`, which would make the text ambiguous.
    pub fn signed_text(&self) -> Result<String, PeerError> {
        let null = "null";
        let members = [
            ("gateway_id", self.gateway_id.as_str()),
            ("gateway_endpoint", &self.endpoint),
            ("gateway_kid", &self.kid),
            ("gateway_public_key", self.public_key.as_deref().unwrap_or(null)),
            ("downloader_implementation", self.downloader.map_or(null, Downloader::as_str)),
            ("download_target", self.target.as_str()),
            ("mode", self.mode.as_str()),
        ];
        if let Some((member, _)) = members.iter().find(|(_, text)| text.contains(';')) {
            return Err(PeerError::Separator { member });
        }
        Ok(members.map(|(_, text)| text).join(";"))
    }

    /// Checks the trust anchor's signature (base64 CMS) over the configuration; says by which
    /// anchor it is.
    ///
    /// # Errors
    ///
    /// See [`PeerError`].
    pub fn check(
        &self,
        signature: &str,
        anchors: &[Certificate],
        backend: Backend,
    ) -> Result<Thumbprint, PeerError> {
        Ok(anchor_of(self.signed_text()?.as_bytes(), signature, anchors, backend)?)
    }
}

/// Why a peer's configuration does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PeerError {
    /// A member holds a semicolon.
    #[error("{member} holds a `;`, which separates members in the signed text")]
    Separator {
        /// The column.
        member: &'static str,
    },
    /// The trust anchor does not vouch for it.
    #[error("the peer's configuration is not signed by our trust anchor: {0}")]
    Signature(#[from] OnboardingError),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer() -> Peer {
        Peer {
            gateway_id: "6f1e".to_owned(),
            endpoint: "https://b.example".to_owned(),
            kid: "to-b".to_owned(),
            public_key: None,
            downloader: Some(Downloader::Ddcc),
            target: DownloadTarget::GatewayOnly,
            mode: Mode::Append,
        }
    }

    #[test]
    fn the_signed_text_is_that_of_the_reference() {
        assert_eq!(
            peer().signed_text().unwrap(),
            "6f1e;https://b.example;to-b;null;DdccDownloader_V1;GATEWAY_ONLY;APPEND"
        );
        let bare = Peer { downloader: None, public_key: Some("k".to_owned()), ..peer() };
        assert_eq!(
            bare.signed_text().unwrap(),
            "6f1e;https://b.example;to-b;k;null;GATEWAY_ONLY;APPEND"
        );
    }

    #[test]
    fn a_separator_in_a_member_is_refused_by_name() {
        let ambiguous = Peer { kid: "a;b".to_owned(), ..peer() };
        assert_eq!(ambiguous.signed_text(), Err(PeerError::Separator { member: "gateway_kid" }));
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        assert_eq!("OVERRIDE".parse(), Ok(Mode::Override));
        assert_eq!("legacyDgcgDownloader_V1".parse(), Ok(Downloader::Legacy));
        // The guide's spelling is not the one that is signed.
        let error = "GATEWAYONLY".parse::<DownloadTarget>().unwrap_err();
        assert_eq!(error.to_string(), "\"GATEWAYONLY\" is none of FEDERATION, GATEWAY_ONLY");
    }
}
