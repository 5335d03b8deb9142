use gdhcn_envelope::cbor::Value;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// The same value with every text in Unicode normalisation form C, as HCERT asks of issuers.
///
/// Only ever applied before signing: what was signed is compared and hashed as it is.
pub fn normalized(value: Value<'_>) -> Value<'_> {
    match value {
        Value::Text(text) if is_nfc_quick(text.chars()) != IsNormalized::Yes => {
            Value::from(text.nfc().collect::<String>())
        }
        Value::Array(elements) => Value::Array(elements.into_iter().map(normalized).collect()),
        Value::Map(map) => Value::map(
            map.entries()
                .iter()
                .map(|(key, value)| (normalized(key.clone()), normalized(value.clone()))),
        ),
        Value::Tag(tag, inner) => Value::Tag(tag, Box::new(normalized(*inner))),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_and_marks_are_composed_at_every_depth() {
        let loose = Value::map([(
            Value::from("fn"),
            Value::Array(vec![Value::from("Mu\u{308}ller"), Value::Unsigned(1)]),
        )]);
        let composed = Value::map([(
            Value::from("fn"),
            Value::Array(vec![Value::from("M\u{fc}ller"), Value::Unsigned(1)]),
        )]);
        assert_eq!(normalized(loose), composed);
        assert_eq!(normalized(composed.clone()), composed);
    }
}
