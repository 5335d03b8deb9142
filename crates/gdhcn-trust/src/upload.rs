//! Whether a participant may upload or withdraw a signer certificate at the gateway.
//!
//! The steps and their order are those that clients of the reference gateway see. What stands in
//! the database comes in as [`Registry`]; the server maps the typed reasons to its codes.

use std::sync::Arc;

use gdhcn_crypto::{Backend, KeyError, Thumbprint};
use gdhcn_envelope::x509::{Certificate, CertificateError};
use jiff::Timestamp;

/// What a participant asks the gateway to store.
#[derive(Clone, Debug)]
pub struct Upload<'a> {
    /// The certificate in the message: read, not judged.
    pub certificate: &'a Certificate,
    /// The certificate that the message's signature verified with.
    pub signer: &'a Certificate,
    /// The participant's alpha-2 code, from the client's own certificate.
    pub country: &'a str,
    /// The group that was asked for; without it `DSC`.
    pub group: Option<&'a str>,
    /// The domain that was asked for.
    pub domain: Option<&'a str>,
    /// The names of the properties that were given.
    pub properties: &'a [&'a str],
}

/// What the gateway's database says about the participant.
///
/// Whether the certificate or its kid is stored already is not in it: of several concurrent
/// uploads the database alone can tell, in the transaction that stores the one that gets through.
///
/// The certificates are those whose trust anchor signature was checked
/// ([`TrustedParty::check`](crate::participant::TrustedParty::check)) and whose country is the
/// participant's.
#[derive(Clone, Copy, Debug)]
pub struct Registry<'a> {
    /// Upload certificates.
    pub uploaders: &'a [Certificate],
    /// Signing authorities (group CSCA), the issuers of every group but DESC.
    pub scas: &'a [Certificate],
    /// Data exchange authorities, the issuers of DESC.
    pub decas: &'a [Certificate],
}

/// What the operator allows beyond the defaults.
#[derive(Clone, Copy, Debug, Default)]
pub struct Allowed<'a> {
    /// The domains that may be named.
    pub domains: &'a [&'a str],
    /// The properties that may be given.
    pub properties: &'a [&'a str],
}

/// An upload that passed: what to store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AcceptedUpload {
    /// What the certificate is for.
    pub group: UploadGroup,
    /// The authority that issued the certificate.
    pub issuer: Thumbprint,
}

/// The groups that an upload may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UploadGroup {
    /// Document signer, under an SCA.
    Dsc,
    /// Signer of other things, under an SCA.
    Sign,
    /// Authentication key outside the gateway, under an SCA.
    Auth,
    /// Any other use, under an SCA.
    Custom,
    /// Data exchange signer, under a DECA.
    Desc,
}

impl UploadGroup {
    fn of(text: &str) -> Option<Self> {
        Some(match text {
            "DSC" => Self::Dsc,
            "SIGN" => Self::Sign,
            "AUTH" => Self::Auth,
            "CUSTOM" => Self::Custom,
            "DESC" => Self::Desc,
            _ => return None,
        })
    }
}

impl Upload<'_> {
    /// Judges an upload up to the steps that the database decides. The first failing step decides.
    ///
    /// The certificate's own validity is not looked at: clients upload ahead, and tests upload
    /// certificates of seconds.
    ///
    /// # Errors
    ///
    /// See [`UploadRefusal`].
    pub fn check(
        &self,
        registry: &Registry<'_>,
        allowed: &Allowed<'_>,
        backend: Backend,
    ) -> Result<AcceptedUpload, UploadRefusal> {
        self.check_uploader(registry)?;
        // For every group (deviation D-18): only the country in the certificate could withdraw it.
        self.check_country()?;
        let group = self.group.unwrap_or("DSC");
        let group = UploadGroup::of(group).ok_or_else(|| not_allowed(Property::Group, group))?;
        if let Some(domain) = self.domain.filter(|domain| !allowed.domains.contains(domain)) {
            return Err(not_allowed(Property::Domain, domain));
        }
        if let Some(name) = self.properties.iter().find(|name| !allowed.properties.contains(name)) {
            return Err(not_allowed(Property::Name, name));
        }
        self.certificate.public_key().map_err(|error| UploadRefusal::UnusableKey(error.clone()))?;
        let authorities = match group {
            UploadGroup::Desc => registry.decas,
            _ => registry.scas,
        };
        let issuer = self.issuer(authorities, backend)?;
        Ok(AcceptedUpload { group, issuer })
    }

    /// Judges who sends: the signer, then the country of the certificate. A withdrawal asks no
    /// more.
    ///
    /// # Errors
    ///
    /// [`UploadRefusal::UnknownUploader`] and [`UploadRefusal::CountryOfOrigin`].
    pub fn check_sender(&self, registry: &Registry<'_>) -> Result<(), UploadRefusal> {
        self.check_uploader(registry)?;
        self.check_country()
    }

    fn check_uploader(&self, registry: &Registry<'_>) -> Result<(), UploadRefusal> {
        if registry.uploaders.contains(self.signer) {
            return Ok(());
        }
        Err(UploadRefusal::UnknownUploader {
            signer: self.signer.thumbprint(),
            country: self.country.to_owned(),
        })
    }

    fn check_country(&self) -> Result<(), UploadRefusal> {
        // Exactly one C, compared letter by letter as the reference does.
        if self.certificate.subject().country() == Some(self.country) {
            return Ok(());
        }
        Err(UploadRefusal::CountryOfOrigin {
            found: self.certificate.subject().countries().iter().map(|c| (*c).to_owned()).collect(),
            country: self.country.to_owned(),
        })
    }

    /// By signature alone: the reference compares neither names nor validity here, so a
    /// participant may have uploaded under an authority of another spelling.
    fn issuer(
        &self,
        authorities: &[Certificate],
        backend: Backend,
    ) -> Result<Thumbprint, UploadRefusal> {
        let mut last = None;
        for authority in authorities {
            let verifier =
                authority.public_key().map_err(Clone::clone).and_then(|key| backend.verifier(key));
            let outcome = match verifier {
                Ok(verifier) => {
                    self.certificate.verify_signature(Arc::as_ref(&verifier)).map_err(Some)
                }
                Err(_) => Err(None),
            };
            match outcome {
                Ok(()) => return Ok(authority.thumbprint()),
                Err(error) => last = error.or(last),
            }
        }
        if authorities.is_empty() {
            return Err(UploadRefusal::NoAuthority { country: self.country.to_owned() });
        }
        Err(UploadRefusal::NotIssued { reason: last })
    }
}

fn not_allowed(what: Property, found: &str) -> UploadRefusal {
    UploadRefusal::PropertyNotAllowed { what, found: found.chars().take(80).collect() }
}

/// A part of an upload that the operator can limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Property {
    /// The certificate group.
    Group,
    /// The trust domain.
    Domain,
    /// A property's name.
    Name,
}

/// Why an upload or a withdrawal is refused, in the order of the steps.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UploadRefusal {
    /// The message was not signed with an onboarded upload certificate of the participant.
    #[error("the message is signed by {signer}, which is no upload certificate of {country}")]
    UnknownUploader {
        /// The signer's certificate.
        signer: Thumbprint,
        /// The participant.
        country: String,
    },
    /// The upload certificate is not valid at present, and that is asked for.
    #[error("the message is signed by {signer}, which is valid from {begin} to {end} only")]
    UploaderOutside {
        /// The signer's certificate.
        signer: Thumbprint,
        /// Its first instant.
        begin: Timestamp,
        /// Its last instant.
        end: Timestamp,
    },
    /// The certificate is another country's.
    #[error("the certificate's subject has the country {found:?}, the client is {country}")]
    CountryOfOrigin {
        /// All values of `C` in the subject.
        found: Vec<String>,
        /// The participant.
        country: String,
    },
    /// Group, domain or property are not allowed here.
    #[error("{found:?} is not allowed as {}", match .what {
        Property::Group => "group",
        Property::Domain => "domain",
        Property::Name => "property",
    })]
    PropertyNotAllowed {
        /// Which part.
        what: Property,
        /// What was asked for.
        found: String,
    },
    /// Verifiers could not use the key, so it is not spread.
    #[error("the certificate's key cannot be used by verifiers: {0}")]
    UnusableKey(KeyError),
    /// The participant has no authority of the kind that issues this group.
    #[error("{country} has no onboarded signing authority for this group")]
    NoAuthority {
        /// The participant.
        country: String,
    },
    /// None of the participant's authorities signed the certificate.
    #[error("the certificate is signed by none of the participant's onboarded authorities{}",
        .reason.as_ref().map(|reason| format!(" (last tried: {reason})")).unwrap_or_default())]
    NotIssued {
        /// What was found with the authority that was tried last.
        reason: Option<CertificateError>,
    },
    /// The certificate is stored already.
    #[error("the certificate {thumbprint} is stored already")]
    AlreadyStored {
        /// The certificate.
        thumbprint: Thumbprint,
    },
    /// Another certificate has this kid.
    #[error("another certificate with this kid is stored")]
    KidTaken,
    /// There is nothing to withdraw.
    #[error("no certificate {thumbprint} is stored")]
    NotStored {
        /// The certificate.
        thumbprint: Thumbprint,
    },
}
