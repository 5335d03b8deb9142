use std::fmt;

use serde_json::Value as Json;

use crate::hcert::base45;
use crate::health_link::Scheme;
use crate::{keyboard, shc};

/// The longest JSON text that is looked into.
const JSON_MAX: usize = 256 * 1024;

/// What kind of text was scanned.
///
/// `Display` completes the sentence "this is …".
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TextKind {
    /// An HC1 code.
    Hcert,
    /// An HC1 code whose letters are in the wrong case.
    HcertLowerCase,
    /// A container of a later version, `HC2:` to `HCZ:`; the character says which.
    HcertFuture(char),
    /// A Base45 text that may be an HC1 code without its prefix.
    HcertWithoutPrefix,
    /// An HC1 code that a scanner typed while the computer was set to this keyboard.
    HcertTyped(keyboard::Layout),
    /// A national variant of HC1 with this prefix, such as `AT1:`.
    National(String),
    /// A SMART Health Card, `shc:/`.
    SmartHealthCard,
    /// The file form of SMART Health Cards.
    SmartHealthCardFile,
    /// A SMART Health Link, `shlink:/`.
    SmartHealthLink,
    /// A Verifiable Health Link, `vhlink:/`, outside an HC1 code.
    VerifiableHealthLink,
    /// A DIVOC certificate (ZIP, perhaps in base64).
    Divoc,
    /// An ICAO Visible Digital Seal for Non-Constrained environments.
    VdsNc,
    /// A W3C verifiable credential with a linked-data proof.
    VerifiableCredential,
    /// An address of the web.
    WebAddress,
    /// Other JSON.
    Json,
    /// Nothing at all.
    Empty,
    /// Anything else.
    Unknown,
}

/// Says what kind of text this is. Recognition only: nothing is opened and nothing verified.
pub fn detect(text: &str) -> TextKind {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim_ascii_start();
    if text.is_empty() {
        return TextKind::Empty;
    }
    if let Some(kind) = by_prefix(text) {
        return kind;
    }
    if is_signature(text) {
        return TextKind::SmartHealthCard;
    }
    match Scheme::of(text) {
        Some(Scheme::Shlink) => return TextKind::SmartHealthLink,
        Some(Scheme::Vhlink) => return TextKind::VerifiableHealthLink,
        None => {}
    }
    if text.starts_with('{') {
        return json(text);
    }
    if text.split_once('#').is_some_and(|(_, fragment)| is_card_fragment(fragment)) {
        return TextKind::SmartHealthCardFile;
    }
    if starts_with(text, "https://") || starts_with(text, "http://") {
        return TextKind::WebAddress;
    }
    // What deflate makes begins with 78, and 78xx begins with "NC" or "6B" in Base45.
    match base45::decode(text.trim_ascii_end()) {
        Ok(bytes) if bytes.starts_with(&[0x78]) => TextKind::HcertWithoutPrefix,
        _ => keyboard::undo(text.trim_ascii_end())
            .map_or(TextKind::Unknown, |(layout, _)| TextKind::HcertTyped(layout)),
    }
}

/// The codes of a text file or body: a line each where one of several lines is an HC1 code, and the
/// damaged lines count too; otherwise the whole is one code.
pub fn codes_of_text(text: &str) -> Vec<&str> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    if lines.len() > 1 && lines.iter().any(|line| line.starts_with(crate::hcert::PREFIX)) {
        lines
    } else {
        vec![text]
    }
}

fn by_prefix(text: &str) -> Option<TextKind> {
    if starts_with(text, shc::PREFIX) || shc::numeric::is_card(text) {
        return Some(TextKind::SmartHealthCard);
    }
    if text.starts_with("B64:") || text.starts_with("PK\u{3}\u{4}") {
        return Some(TextKind::Divoc);
    }
    let &[first, second, version, b':', ..] = text.as_bytes() else { return None };
    let is_code = first.is_ascii_alphabetic() && second.is_ascii_alphabetic();
    if !is_code || !version.is_ascii_alphanumeric() {
        return None;
    }
    match ([first, second], version) {
        ([b'H', b'C'], b'1') => Some(TextKind::Hcert),
        ([b'H', b'C'], b'2'..=b'9' | b'A'..=b'Z') => Some(TextKind::HcertFuture(version.into())),
        ([b'H' | b'h', b'C' | b'c'], b'1') => Some(TextKind::HcertLowerCase),
        (_, b'1'..=b'9') if first.is_ascii_uppercase() && second.is_ascii_uppercase() => {
            text.get(..4).map(|prefix| TextKind::National(prefix.to_owned()))
        }
        _ => None,
    }
}

/// A bare JSON Web Signature: three parts of base64url, the first of which is a JSON object.
fn is_signature(text: &str) -> bool {
    let base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let text = text.trim_ascii_end();
    text.starts_with("eyJ") && text.matches('.').count() == 2 && text.bytes().all(base64)
}

/// The fragment of a deep link: `{"verifiableCredential":…` in percent-encoding.
fn is_card_fragment(fragment: &str) -> bool {
    let start = fragment.get(..60).unwrap_or(fragment);
    start.contains("verifiableCredential") && (start.starts_with("%7B") || start.starts_with('{'))
}

fn json(text: &str) -> TextKind {
    if text.len() > JSON_MAX {
        return TextKind::Unknown;
    }
    let Ok(json) = serde_json::from_str::<Json>(text) else { return TextKind::Unknown };
    let seal = json.pointer("/data/hdr/t").and_then(Json::as_str);
    if seal.is_some_and(|kind| kind.starts_with("icao.")) {
        TextKind::VdsNc
    } else if json.get("verifiableCredential").is_some_and(Json::is_array) {
        TextKind::SmartHealthCardFile
    } else if json.get("proof").is_some() {
        TextKind::VerifiableCredential
    } else {
        TextKind::Json
    }
}

fn starts_with(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

impl fmt::Display for TextKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hcert => f.write_str("an HC1 health certificate"),
            Self::HcertLowerCase => {
                f.write_str("an HC1 health certificate whose letters were changed to lower case")
            }
            Self::HcertFuture(version) => {
                write!(f, "a health certificate of a later container version (HC{version})")
            }
            Self::HcertWithoutPrefix => {
                f.write_str("perhaps a health certificate whose beginning (\"HC1:\") was cut off")
            }
            Self::HcertTyped(layout) => write!(
                f,
                "an HC1 health certificate, but your scanner is set to an English keyboard and the \
                 computer to a {layout} one"
            ),
            Self::National(prefix) => write!(f, "a national variant with the prefix \"{prefix}\""),
            Self::SmartHealthCard => f.write_str("a SMART Health Card"),
            Self::SmartHealthCardFile => f.write_str("a file of SMART Health Cards"),
            Self::SmartHealthLink => f.write_str("a SMART Health Link"),
            Self::VerifiableHealthLink => {
                f.write_str("a Verifiable Health Link outside a signed code")
            }
            Self::Divoc => f.write_str("a DIVOC certificate"),
            Self::VdsNc => f.write_str("an ICAO visible digital seal (VDS-NC)"),
            Self::VerifiableCredential => {
                f.write_str("a verifiable credential with a linked-data proof")
            }
            Self::WebAddress => f.write_str("an address of the web"),
            Self::Json => f.write_str("a JSON document of an unknown kind"),
            Self::Empty => f.write_str("an empty text"),
            Self::Unknown => f.write_str("a text of an unknown kind"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_recognised_by_its_mark() {
        for (text, kind) in [
            ("HC1:NCF", TextKind::Hcert),
            ("  HC1:NCF", TextKind::Hcert),
            ("hc1:ncf", TextKind::HcertLowerCase),
            ("HC2:NCF", TextKind::HcertFuture('2')),
            ("HCA:NCF", TextKind::HcertFuture('A')),
            ("AT1:NCF", TextKind::National("AT1:".to_owned())),
            ("shc:/5676", TextKind::SmartHealthCard),
            ("SHC:/5676", TextKind::SmartHealthCard),
            ("shc/5676", TextKind::SmartHealthCard),
            ("eyJhbGciOiJFUzI1NiJ9.e30.AA", TextKind::SmartHealthCard),
            (
                "https://x.example/#%7B%22verifiableCredential%22%3A%5B%5D%7D",
                TextKind::SmartHealthCardFile,
            ),
            ("shlink:/eyJ1", TextKind::SmartHealthLink),
            ("https://viewer.example/#shlink:/eyJ1", TextKind::SmartHealthLink),
            ("vhlink:/eyJ1", TextKind::VerifiableHealthLink),
            ("B64:UEsDBA", TextKind::Divoc),
            ("PK\u{3}\u{4}rest", TextKind::Divoc),
            (r#"{"data":{"hdr":{"t":"icao.vacc"}}}"#, TextKind::VdsNc),
            (r#"{"verifiableCredential":["e30"]}"#, TextKind::SmartHealthCardFile),
            (r#"{"@context":[],"proof":{}}"#, TextKind::VerifiableCredential),
            ("{}", TextKind::Json),
            ("{", TextKind::Unknown),
            ("https://example.org/", TextKind::WebAddress),
            (" \n", TextKind::Empty),
            ("hello", TextKind::Unknown),
            ("\u{e9}\u{e9}\u{e9}", TextKind::Unknown),
        ] {
            assert_eq!(detect(text), kind, "{text}");
        }
    }

    #[test]
    fn a_code_without_its_prefix_is_suspected() {
        let text = crate::hcert::close(&[0xd2, 0x84, 0x40, 0xa0, 0x40, 0x40]);
        assert_eq!(detect(&text), TextKind::Hcert);
        assert_eq!(detect(&text[4..]), TextKind::HcertWithoutPrefix);
    }
}
