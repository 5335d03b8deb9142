//! Trusted references: pointers of participants to services outside the gateway.

use gdhcn_codes::Domain;
use gdhcn_envelope::json::{self, JsonError, Limits, Object, Value};
use gdhcn_envelope::violation::Violations;

/// A reference as a participant signs it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TrustedReference {
    /// `url`: where the service is.
    pub url: String,
    /// `country`: two characters of the sender.
    pub country: String,
    /// `type`: what is found there.
    pub kind: ReferenceKind,
    /// `service`.
    pub service: String,
    /// `thumbprint` of the service's certificate.
    pub thumbprint: String,
    /// `name` for people.
    pub name: String,
    /// `sslPublicKey` of the service.
    pub ssl_public_key: String,
    /// `contentType` of what is served.
    pub content_type: String,
    /// `signatureType` of what is served.
    pub signature_type: SignatureType,
    /// `referenceVersion`.
    pub reference_version: String,
    /// `uuid` of the stored reference whose place this one takes.
    pub uuid: Option<String>,
    /// `domain`, as it was given; `DDCC` where it was not.
    pub domain: String,
}

/// What a reference leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReferenceKind {
    /// Digital COVID certificates.
    Dcc,
    /// A FHIR service.
    Fhir,
}

impl ReferenceKind {
    const ALL: [Self; 2] = [Self::Dcc, Self::Fhir];

    /// The text in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dcc => "DCC",
            Self::Fhir => "FHIR",
        }
    }

    /// The kind with this text.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == text)
    }
}

/// How what a reference leads to is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignatureType {
    /// As a CMS message.
    Cms,
    /// As a JSON Web Signature.
    Jws,
    /// Not at all.
    None,
}

impl SignatureType {
    const ALL: [Self; 3] = [Self::Cms, Self::Jws, Self::None];

    /// The text in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cms => "CMS",
            Self::Jws => "JWS",
            Self::None => "NONE",
        }
    }

    /// The type with this text.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == text)
    }
}

impl TrustedReference {
    /// Bounds on the JSON of a reference.
    pub const LIMITS: Limits = Limits { bytes: 64 << 10, depth: 8, values: 200, members: 100 };

    /// Judges what a participant of `country` has sent: the JSON, the country and the values, in
    /// the order of the reference gateway. The first failing step decides; of the values all
    /// violations are named. Members that are not known are passed by.
    ///
    /// # Errors
    ///
    /// See [`ReferenceError`].
    pub fn accept(text: &[u8], country: &str, limits: &Limits) -> Result<Self, ReferenceError> {
        let document = json::parse(text, limits)?;
        let members = Members::of(&document)?;
        let kind = members.code("type", ReferenceKind::from_text, "DCC or FHIR")?;
        let signature_type =
            members.code("signatureType", SignatureType::from_text, "CMS, JWS or NONE")?;
        if let Some(found) = members.text("country")?.filter(|found| *found != country) {
            return Err(ReferenceError::Country {
                found: found.chars().take(40).collect(),
                country: country.to_owned(),
            });
        }

        let mut violations = Violations::default();
        let mut value = |member, longest, wanted| -> Result<Option<String>, ReferenceError> {
            let text = members.text(member)?;
            let fits = text.filter(|text| (1..=longest).contains(&text.chars().count()));
            let fits = fits.filter(|text| is_storable(text));
            Ok(violations.need(fits, member, wanted).map(str::to_owned))
        };
        let url = value("url", 100, "must have 1 to 100 characters")?;
        let country = value("country", 2, "must have two characters")?;
        let service = value("service", 1024, "must have 1 to 1024 characters")?;
        let thumbprint = value("thumbprint", 64, "must have 1 to 64 characters")?;
        let name = value("name", 512, "must have 1 to 512 characters")?;
        let ssl_public_key = value("sslPublicKey", 2048, "must have 1 to 2048 characters")?;
        let content_type = value("contentType", 512, "must have 1 to 512 characters")?;
        let version = members.text("referenceVersion")?;
        let version = version.filter(|text| text.chars().count() <= 256 && is_storable(text));
        let version =
            violations.need(version, "referenceVersion", "must have up to 256 characters");
        let kind = violations.need(kind, "type", "must be DCC or FHIR");
        let signature_type =
            violations.need(signature_type, "signatureType", "must be CMS, JWS or NONE");
        let domain = members.text("domain")?.unwrap_or(Domain::ddcc().as_str()).to_owned();
        if domain.parse::<Domain>().is_err() {
            violations.add("domain", "must have 1 to 32 letters, digits and hyphens");
        }
        let uuid = members.text("uuid")?.map(str::to_owned);
        let complete = || {
            Some(Self {
                url: url?,
                country: country?,
                kind: kind?,
                service: service?,
                thumbprint: thumbprint?,
                name: name?,
                ssl_public_key: ssl_public_key?,
                content_type: content_type?,
                signature_type: signature_type?,
                reference_version: version?.to_owned(),
                uuid,
                domain,
            })
        };
        match complete() {
            Some(reference) if violations.is_empty() => Ok(reference),
            _ => Err(ReferenceError::Values(violations)),
        }
    }

    /// Reads the request to withdraw a reference: `{"uuid":"…"}`. A request without an identifier
    /// is one for a reference that does not exist.
    ///
    /// # Errors
    ///
    /// When the text is no JSON object, or `uuid` is no text.
    pub fn withdrawal(text: &[u8], limits: &Limits) -> Result<Option<String>, ReferenceError> {
        let document = json::parse(text, limits)?;
        Ok(Members::of(&document)?.text("uuid")?.map(str::to_owned))
    }
}

struct Members<'d>(&'d Object<'d>);

impl<'d> Members<'d> {
    fn of(document: &'d Value<'d>) -> Result<Self, ReferenceError> {
        document.as_object().map(Self).ok_or(ReferenceError::NotAnObject)
    }

    /// A text, where the member is there and not null.
    fn text(&self, member: &'static str) -> Result<Option<&'d str>, ReferenceError> {
        match self.0.get(member) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(_) => Err(ReferenceError::Form { member, wanted: "a text" }),
        }
    }

    fn code<T>(
        &self,
        member: &'static str,
        read: impl Fn(&str) -> Option<T>,
        wanted: &'static str,
    ) -> Result<Option<T>, ReferenceError> {
        self.text(member)?
            .map(|text| read(text).ok_or(ReferenceError::Form { member, wanted }))
            .transpose()
    }
}

/// Why a reference, or a request to withdraw one, is not accepted; in the order of the steps.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReferenceError {
    /// It is not one JSON document within the limits.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// The document is a list or a plain value.
    #[error("the message must hold a JSON object")]
    NotAnObject,
    /// A member has another form than the one that is known.
    #[error("{member} must be {wanted}")]
    Form {
        /// The member.
        member: &'static str,
        /// What it must be.
        wanted: &'static str,
    },
    /// The reference is another country's.
    #[error("the reference is of {found:?}, the client is of {country}")]
    Country {
        /// The country in the reference.
        found: String,
        /// The participant.
        country: String,
    },
    /// Members break constraints.
    #[error("{0}")]
    Values(Violations),
}

/// Databases do not take a NUL character in a text.
fn is_storable(text: &str) -> bool {
    !text.contains('\0')
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn valid() -> Json {
        json!({
            "url": "https://fhir.example/vs",
            "country": "DE",
            "type": "FHIR",
            "service": "ValueSet",
            "thumbprint": "ab".repeat(32),
            "name": "A service",
            "sslPublicKey": "key",
            "contentType": "application/json",
            "signatureType": "NONE",
            "referenceVersion": "1.0",
            "version": 7,
            "sourceGateway": "ignored"
        })
    }

    fn with(member: &str, value: Json) -> Json {
        let mut document = valid();
        document[member] = value;
        document
    }

    fn accept(document: &Json) -> Result<TrustedReference, ReferenceError> {
        let text = document.to_string();
        TrustedReference::accept(text.as_bytes(), "DE", &TrustedReference::LIMITS)
    }

    #[test]
    fn reads_a_reference_with_the_default_domain() {
        let reference = accept(&valid()).unwrap();
        assert_eq!(reference.kind, ReferenceKind::Fhir);
        assert_eq!(reference.signature_type, SignatureType::None);
        assert_eq!((reference.domain.as_str(), reference.uuid), ("DDCC", None));
        let reference = accept(&with("domain", json!("PH4H"))).unwrap();
        assert_eq!(reference.domain, "PH4H");
        let reference = accept(&with("uuid", json!("an id"))).unwrap();
        assert_eq!(reference.uuid.as_deref(), Some("an id"));
    }

    #[test]
    fn every_constraint_can_be_broken() {
        for (member, longest) in [
            ("url", 100),
            ("service", 1024),
            ("thumbprint", 64),
            ("name", 512),
            ("sslPublicKey", 2048),
            ("contentType", 512),
            ("referenceVersion", 256),
            ("domain", 32),
        ] {
            accept(&with(member, json!("x".repeat(longest)))).unwrap();
            let mut broken = vec![json!("x".repeat(longest + 1))];
            broken.extend((member != "domain").then_some(Json::Null));
            broken.extend((member != "referenceVersion").then(|| json!("")));
            for value in broken {
                match accept(&with(member, value.clone())) {
                    Err(ReferenceError::Values(violations)) => {
                        let named: Vec<_> =
                            violations.iter().map(|violation| violation.member.as_str()).collect();
                        assert_eq!(named, [member], "{value}");
                    }
                    other => panic!("{member} {value}: {other:?}"),
                }
            }
        }
        for member in ["country", "type", "signatureType"] {
            let refused = accept(&with(member, Json::Null)).unwrap_err();
            assert!(matches!(refused, ReferenceError::Values(_)), "{member}: {refused}");
        }
    }

    #[test]
    fn codes_and_types_belong_to_the_form_and_the_country_comes_before_the_values() {
        for (member, value) in
            [("type", json!("PDF")), ("signatureType", json!("PGP")), ("url", json!(1))]
        {
            let refused = accept(&with(member, value)).unwrap_err();
            assert!(matches!(refused, ReferenceError::Form { .. }), "{member}: {refused}");
        }
        let mut document = with("country", json!("FR"));
        document["url"] = Json::Null;
        assert!(matches!(accept(&document), Err(ReferenceError::Country { .. })));
        for text in ["", "{} {}", "{\"url\":1,\"url\":1}"] {
            let refused =
                TrustedReference::accept(text.as_bytes(), "DE", &TrustedReference::LIMITS);
            assert!(matches!(refused, Err(ReferenceError::Json(_))), "{text}");
        }
        assert_eq!(accept(&json!([])), Err(ReferenceError::NotAnObject));
    }

    #[test]
    fn a_withdrawal_names_a_reference_or_none() {
        let read =
            |text: &str| TrustedReference::withdrawal(text.as_bytes(), &TrustedReference::LIMITS);
        assert_eq!(read(r#"{"uuid":"x"}"#), Ok(Some("x".to_owned())));
        assert_eq!(read("{}"), Ok(None));
        assert!(matches!(read(r#"{"uuid":1}"#), Err(ReferenceError::Form { .. })));
        assert!(matches!(read("x"), Err(ReferenceError::Json(_))));
    }
}
