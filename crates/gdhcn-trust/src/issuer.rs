//! Trusted issuers: services outside the gateway that the trust anchor vouches for.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gdhcn_crypto::{Backend, Signer, Thumbprint};
use gdhcn_envelope::cms;
use gdhcn_envelope::x509::Certificate;
use jiff::Timestamp;

use crate::participant::{OnboardingError, anchor_of};

/// The part of a trusted issuer that the trust anchor signs.
///
/// Thumbprint, public key and kind of key storage of an issuer are not in it: nobody vouches for
/// them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedIssuer {
    country: String,
    name: String,
    url: String,
    kind: IssuerKind,
}

/// How an issuer is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IssuerKind {
    /// At an address of the web.
    Http,
    /// By a decentralised identifier.
    Did,
}

impl IssuerKind {
    const ALL: [Self; 2] = [Self::Http, Self::Did];

    /// The text in the signed text, in tables and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "HTTP",
            Self::Did => "DID",
        }
    }

    /// The kind with this text.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == text)
    }
}

/// Which text the trust anchor has signed: two families of gateways and clients differ by a
/// semicolon, and a signature holds for one of them only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IssuerText {
    /// `country;name;url;type`, of the WHO's gateway.
    Who,
    /// `country;name;url;type;`, of the EU's gateway.
    Eu,
}

impl TrustedIssuer {
    /// An issuer.
    ///
    /// # Errors
    ///
    /// When a part holds the semicolon that separates the parts: the text would be ambiguous.
    pub fn new(
        country: impl Into<String>,
        name: impl Into<String>,
        url: impl Into<String>,
        kind: IssuerKind,
    ) -> Result<Self, Ambiguous> {
        let (country, name, url) = (country.into(), name.into(), url.into());
        for (part, value) in [("country", &country), ("name", &name), ("url", &url)] {
            if value.contains(';') {
                return Err(Ambiguous { part });
            }
        }
        Ok(Self { country, name, url, kind })
    }

    /// The text that is signed.
    pub fn text(&self, form: IssuerText) -> String {
        let end = match form {
            IssuerText::Who => "",
            IssuerText::Eu => ";",
        };
        format!("{};{};{};{}{end}", self.country, self.name, self.url, self.kind.as_str())
    }

    /// Signs the WHO text with the trust anchor: a detached CMS message in Base64.
    ///
    /// # Errors
    ///
    /// When the key is not the anchor's, or does not sign.
    pub fn sign(
        &self,
        anchor: &Certificate,
        signer: &dyn Signer,
        signing_time: Timestamp,
    ) -> Result<String, OnboardingError> {
        let text = self.text(IssuerText::Who);
        let message = cms::sign(text.as_bytes(), anchor, signer, signing_time, cms::Form::Detached)
            .map_err(OnboardingError::Signing)?;
        Ok(STANDARD.encode(message))
    }

    /// Checks that one of `anchors` has signed one of `forms`, tried in their order; says which
    /// anchor and which form.
    ///
    /// # Errors
    ///
    /// That of the first form.
    pub fn check(
        &self,
        signature: &str,
        anchors: &[Certificate],
        forms: &[IssuerText],
        backend: Backend,
    ) -> Result<(Thumbprint, IssuerText), OnboardingError> {
        if signature.is_empty() {
            return Err(OnboardingError::Empty);
        }
        let mut first = None;
        for form in forms {
            match anchor_of(self.text(*form).as_bytes(), signature, anchors, backend) {
                Ok(anchor) => return Ok((anchor, *form)),
                Err(error) => first = first.or(Some(error)),
            }
        }
        Err(first.unwrap_or(OnboardingError::Empty))
    }
}

/// A part of an issuer holds the sign that separates the parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {part} holds a semicolon, which would make the signed text ambiguous")]
pub struct Ambiguous {
    /// The part.
    pub part: &'static str,
}
