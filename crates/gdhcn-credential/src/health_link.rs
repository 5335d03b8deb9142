//! Links to health documents elsewhere: SMART Health Links and Verifiable Health Links, bare or
//! signed in an HC1 code (subclaim 5).
//!
//! The specifications and the field disagree on the form, so all that were seen are recognised.
//! The link is read, never followed.

use gdhcn_envelope::base64url;
use gdhcn_envelope::cbor::Value;
use gdhcn_envelope::json::{self, JsonError};

use crate::{Limits, Problem, Rule, TimeClaim};

/// The longest address of a manifest in a SMART Health Link.
const LONGEST_SMART_ADDRESS: usize = 128;
/// The longest label.
const LONGEST_LABEL: usize = 80;
/// The length of a key in base64url: 32 bytes.
const KEY_CHARACTERS: usize = 43;

/// A link to health documents.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct HealthLink {
    /// The link: `shlink:/…`, `vhlink:/…`, perhaps after the address of a viewer and `#`; for
    /// [`Form::Payload`] the address of the manifest.
    pub text: String,
    /// How it was written.
    pub form: Form,
    /// The scheme, if it has one of the two.
    pub scheme: Option<Scheme>,
    /// What the link holds.
    pub payload: Result<Payload, LinkError>,
    /// Deviations from the specification.
    pub problems: Vec<Problem>,
}

/// What a link holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Payload {
    /// `url`: where the manifest, or the file, is to be had.
    pub url: String,
    /// `exp`: when the link ends. A hint in SMART Health Links.
    pub expires_at: Option<TimeClaim>,
    /// `flag`: L long-term, P passcode, U direct file.
    pub flag: String,
    /// `label`
    pub label: Option<String>,
    /// `v`: version of the specification, 1 when left out.
    pub version: i64,
}

/// Why a link cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// What follows the scheme is not base64url.
    #[error("what follows the scheme is not base64url")]
    Base64,
    /// It is no JSON.
    #[error("the payload of the link: {0}")]
    Json(#[from] JsonError),
    /// The payload is no object with an address.
    #[error("the payload of the link has no \"url\"")]
    NoAddress,
}

/// How a link is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// As a text of its own, outside a signed code.
    Bare,
    /// A text string, as the HCERT model has it.
    Text,
    /// An array with one map `{"u": link}`, the WHO validator's form.
    ArrayOfMap,
    /// An array with one text string.
    ArrayOfText,
    /// A map `{"u": link}`.
    Map,
    /// A map with the fields of the link's payload: `url`, `key`, `flag`, …
    Payload,
}

/// The scheme of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// `shlink:/`: SMART Health Link.
    Shlink,
    /// `vhlink:/`: Verifiable Health Link (IHE ITI VHL).
    Vhlink,
}

impl Scheme {
    /// The scheme of the link in `text`.
    pub fn of(text: &str) -> Option<Self> {
        let scheme = link(text).get(..8)?;
        if scheme.eq_ignore_ascii_case("shlink:/") {
            Some(Self::Shlink)
        } else if scheme.eq_ignore_ascii_case("vhlink:/") {
            Some(Self::Vhlink)
        } else {
            None
        }
    }
}

/// The link without the address of a viewer that may stand before it, separated by "#".
fn link(text: &str) -> &str {
    text.rsplit_once('#').map_or(text, |(_, link)| link).trim_ascii()
}

/// The JSON text inside a link, with the key of its documents; nothing of it is read.
pub fn payload(text: &str) -> Option<Vec<u8>> {
    Scheme::of(text)?;
    // Some write two slashes.
    base64url::decode(link(text).get(8..)?.trim_start_matches('/'))
}

impl HealthLink {
    /// Reads a link that is a text of its own; `None` when it has neither scheme.
    pub fn read_text(text: &str, limits: &Limits) -> Option<Self> {
        Self::of_text(text, Form::Bare, limits)
    }

    /// Reads subclaim 5, or `None` when it has no known form.
    pub fn read(value: &Value<'_>) -> Option<Self> {
        let limits = Limits::default();
        let (text, form) = match value {
            Value::Text(text) => (&**text, Form::Text),
            Value::Array(elements) => match &**elements {
                [Value::Text(text)] => (&**text, Form::ArrayOfText),
                [Value::Map(map)] => (map.get("u")?.as_text()?, Form::ArrayOfMap),
                _ => return None,
            },
            Value::Map(map) => match map.get("u") {
                Some(link) => (link.as_text()?, Form::Map),
                None => {
                    let fields = crate::to_json(value);
                    let text = map.get("url")?.as_text()?.to_owned();
                    let mut problems = Vec::new();
                    let payload =
                        Payload::read(fields.to_string().as_bytes(), &limits, None, &mut problems);
                    return Some(Self {
                        text,
                        form: Form::Payload,
                        scheme: None,
                        payload,
                        problems,
                    });
                }
            },
            _ => return None,
        };
        Self::of_text(text, form, &limits)
    }

    fn of_text(text: &str, form: Form, limits: &Limits) -> Option<Self> {
        let scheme = Scheme::of(text)?;
        let mut problems = Vec::new();
        let payload = payload(text)
            .ok_or(LinkError::Base64)
            .and_then(|payload| Payload::read(&payload, limits, Some(scheme), &mut problems));
        Some(Self { text: text.to_owned(), form, scheme: Some(scheme), payload, problems })
    }
}

impl Payload {
    fn read(
        payload: &[u8],
        limits: &Limits,
        scheme: Option<Scheme>,
        problems: &mut Vec<Problem>,
    ) -> Result<Self, LinkError> {
        let payload = json::parse(payload, &limits.json)?;
        let payload = payload.as_object().ok_or(LinkError::NoAddress)?;
        let url = payload.text("url").ok_or(LinkError::NoAddress)?.to_owned();
        let mut note = |path: &str, rule| problems.push(Problem::new(path, rule));
        if !url.starts_with("https://") {
            note("url", Rule::Form { form: "https://…" });
        }
        if scheme == Some(Scheme::Shlink) && url.chars().count() > LONGEST_SMART_ADDRESS {
            note("url", Rule::TooLong { max: LONGEST_SMART_ADDRESS });
        }
        let key = payload.text("key").unwrap_or_default();
        let is_key = key.len() == KEY_CHARACTERS
            && base64url::decode(key).is_some_and(|key| key.len() == 32);
        if !is_key {
            note("key", Rule::Form { form: "43 characters of base64url" });
        }
        let flag = payload.text("flag").unwrap_or_default().to_owned();
        if flag.contains('P') && flag.contains('U') {
            note("flag", Rule::Form { form: "not P and U together" });
        }
        let label = payload.text("label").map(str::to_owned);
        if label.as_ref().is_some_and(|label| label.chars().count() > LONGEST_LABEL) {
            note("label", Rule::TooLong { max: LONGEST_LABEL });
        }
        let version = match payload.get("v") {
            None => 1,
            Some(json::Value::Integer(version)) => *version,
            Some(_) => {
                note("v", Rule::Type { expected: "an integer" });
                1
            }
        };
        let expires_at = payload.get("exp").map(|exp| TimeClaim::of_json(Some(exp)));
        Ok(Self { url, expires_at, flag, label, version })
    }

    /// Whether a passcode is asked for before the documents are given out.
    pub fn needs_passcode(&self) -> bool {
        self.flag.contains('P')
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    fn encoded(payload: &str) -> String {
        URL_SAFE_NO_PAD.encode(payload)
    }

    fn sound() -> String {
        let key = "A".repeat(43);
        format!(r#"{{"url":"https://h.example/m","key":"{key}","exp":1760140221,"flag":"LP"}}"#)
    }

    #[test]
    fn every_form_of_the_specifications_is_recognised() {
        let text = format!("vhlink:/{}", encoded(&sound()));
        let link = || Value::from(text.as_str());
        let map = |key| Value::map([(Value::from(key), link())]);
        for (value, form) in [
            (link(), Form::Text),
            (Value::Array(vec![map("u")]), Form::ArrayOfMap),
            (Value::Array(vec![link()]), Form::ArrayOfText),
            (map("u"), Form::Map),
        ] {
            let read = HealthLink::read(&value).unwrap();
            assert_eq!((read.form, read.scheme), (form, Some(Scheme::Vhlink)));
            assert_eq!(read.problems, []);
            assert!(read.payload.unwrap().needs_passcode());
        }
        let fields = Value::map([(Value::from("url"), Value::from("https://h.example"))]);
        assert_eq!(HealthLink::read(&fields).unwrap().form, Form::Payload);
        assert_eq!(HealthLink::read(&Value::Array(vec![link(), link()])), None);
        assert_eq!(HealthLink::read(&Value::Unsigned(5)), None);
        assert_eq!(HealthLink::read(&Value::from("hello")), None);
    }

    #[test]
    fn the_scheme_is_found_behind_a_viewer() {
        assert_eq!(Scheme::of("https://viewer.example/#SHLINK:/eyJ1"), Some(Scheme::Shlink));
        assert_eq!(Scheme::of("shlink://eyJ1"), Some(Scheme::Shlink));
        assert_eq!(Scheme::of("https://example.org"), None);
        assert_eq!(Scheme::of("shlink"), None);
    }

    #[test]
    fn deviations_are_listed_and_what_cannot_be_read_is_named() {
        let read = |payload: &str| {
            let text = format!("shlink:/{}", encoded(payload));
            HealthLink::read_text(&text, &Limits::default()).unwrap()
        };
        let odd = read(r#"{"url":"http://h.example","key":"short","flag":"PU","v":"x"}"#);
        let paths: Vec<_> = odd.problems.iter().map(|problem| problem.path.as_str()).collect();
        assert_eq!(paths, ["url", "key", "flag", "v"]);
        assert_eq!(read("{}").payload, Err(LinkError::NoAddress));
        assert!(matches!(read("{").payload, Err(LinkError::Json(_))));
        let text = HealthLink::read_text("shlink:/*", &Limits::default()).unwrap();
        assert_eq!(text.payload, Err(LinkError::Base64));
        let later =
            read(r#"{"url":"https://h.example","v":2,"exp":1760140221000}"#).payload.unwrap();
        assert_eq!(later.version, 2);
        assert!(matches!(later.expires_at, Some(TimeClaim::Unreadable { .. })));
    }
}
