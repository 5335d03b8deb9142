//! Links to health documents elsewhere (subclaim 5): SMART and Verifiable Health Links.
//!
//! The specifications and the field disagree on the form, so all that were seen are recognised.
//! The link itself is kept as text; following it is another matter.

use gdhcn_envelope::cbor::Value;

/// A link inside an HC1 code.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HealthLink {
    /// The link: `shlink:/…`, `vhlink:/…`, perhaps after the address of a viewer and `#`; for
    /// [`Form::Payload`] the address of the manifest.
    pub text: String,
    /// How it was written.
    pub form: Form,
    /// The scheme, if it has one of the two.
    pub scheme: Option<Scheme>,
}

/// How a link is written in CBOR.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
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
        // An address of a viewer may stand before the link, separated by "#".
        let link = text.rsplit_once('#').map_or(text, |(_, link)| link);
        let scheme = link.get(..8)?;
        if scheme.eq_ignore_ascii_case("shlink:/") {
            Some(Self::Shlink)
        } else if scheme.eq_ignore_ascii_case("vhlink:/") {
            Some(Self::Vhlink)
        } else {
            None
        }
    }
}

impl HealthLink {
    /// Reads subclaim 5, or `None` when it has no known form.
    pub fn read(value: &Value<'_>) -> Option<Self> {
        let (text, form) = match value {
            Value::Text(text) => (&**text, Form::Text),
            Value::Array(elements) => match &**elements {
                [Value::Text(text)] => (&**text, Form::ArrayOfText),
                [Value::Map(map)] => (map.get("u")?.as_text()?, Form::ArrayOfMap),
                _ => return None,
            },
            Value::Map(map) => match map.get("u") {
                Some(link) => (link.as_text()?, Form::Map),
                None => (map.get("url")?.as_text()?, Form::Payload),
            },
            _ => return None,
        };
        Some(Self { text: text.to_owned(), form, scheme: Scheme::of(text) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_the_specifications_is_recognised() {
        let link = || Value::from("vhlink:/eyJ1");
        let map = |key| Value::map([(Value::from(key), link())]);
        for (value, form) in [
            (link(), Form::Text),
            (Value::Array(vec![map("u")]), Form::ArrayOfMap),
            (Value::Array(vec![link()]), Form::ArrayOfText),
            (map("u"), Form::Map),
            (map("url"), Form::Payload),
        ] {
            let read = HealthLink::read(&value).unwrap();
            assert_eq!((read.form, read.scheme), (form, Some(Scheme::Vhlink)));
            assert_eq!(read.text, "vhlink:/eyJ1");
        }
        assert_eq!(HealthLink::read(&Value::Array(vec![link(), link()])), None);
        assert_eq!(HealthLink::read(&Value::Unsigned(5)), None);
    }

    #[test]
    fn the_scheme_is_found_behind_a_viewer() {
        assert_eq!(Scheme::of("https://viewer.example/#SHLINK:/eyJ1"), Some(Scheme::Shlink));
        assert_eq!(Scheme::of("shlink://eyJ1"), Some(Scheme::Shlink));
        assert_eq!(Scheme::of("https://example.org"), None);
        assert_eq!(Scheme::of("shlink"), None);
    }
}
