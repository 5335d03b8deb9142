//! The cards of a file (`.smart-health-card`) or of a deep link.

use gdhcn_envelope::json::{self, Value};

use super::CardError;
use crate::Limits;

/// The most cards that are taken from one file.
const MOST_CARDS: usize = 100;

/// Each card of a file `{"verifiableCredential": […]}`, or of a link with such a text after its
/// `#`, as a bare signature.
///
/// # Errors
///
/// When the text is no JSON of this form, or holds too many cards.
pub fn cards(text: &str, limits: &Limits) -> Result<Vec<String>, CardError> {
    let text = text.trim_start_matches('\u{feff}').trim_ascii();
    let decoded;
    let json = match text.strip_prefix('{') {
        Some(_) => text,
        None => {
            let (_, fragment) = text.split_once('#').ok_or(CardError::Prefix)?;
            decoded = percent_decoded(fragment).ok_or(CardError::Prefix)?;
            &decoded
        }
    };
    let parsed = json::parse(json.as_bytes(), &limits.json)?;
    let list = parsed.as_object().and_then(|object| object.get("verifiableCredential"));
    let list = list.and_then(Value::as_list);
    let list = list.ok_or(CardError::Missing { member: "verifiableCredential" })?;
    if list.len() > MOST_CARDS {
        return Err(CardError::TooLong { limit: MOST_CARDS });
    }
    list.iter()
        .map(|card| card.as_text().map(str::to_owned))
        .collect::<Option<Vec<_>>>()
        .filter(|cards| !cards.is_empty())
        .ok_or(CardError::Missing { member: "card in verifiableCredential" })
}

/// Takes percent-encoding (RFC 3986, 2.1) off; `None` if it is malformed or gives no UTF-8.
fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|d| u8::try_from(d).ok());
            bytes.push(digit(rest.next()?)? * 16 + digit(rest.next()?)?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<String>, CardError> {
        cards(text, &Limits::default())
    }

    #[test]
    fn every_card_of_a_file_is_found() {
        let file = "\u{feff}{\"verifiableCredential\":[\"a.b.c\",\"d.e.f\"]}\n";
        assert_eq!(read(file).unwrap(), ["a.b.c", "d.e.f"]);
        let link =
            "https://example.org/SMARTHealthCard/#%7B%22verifiableCredential%22%3A%5B%22a%22%5D%7D";
        assert_eq!(read(link).unwrap(), ["a"]);
    }

    #[test]
    fn what_is_no_file_of_cards_is_refused() {
        for text in [
            "",
            "{}",
            "[]",
            "{\"verifiableCredential\":[]}",
            "{\"verifiableCredential\":[1]}",
            "https://x/#%7",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
        let many = format!("{{\"verifiableCredential\":[{}\"a\"]}}", "\"a\",".repeat(100));
        assert_eq!(read(&many), Err(CardError::TooLong { limit: 100 }));
    }
}
