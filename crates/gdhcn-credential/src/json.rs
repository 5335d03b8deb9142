use gdhcn_envelope::cbor::Value;
use serde_json::{Map, Number, Value as Json};

/// A plain view of CBOR as JSON, for display and for tools that speak JSON.
///
/// Tags are dropped and their content kept; byte strings become hexadecimal text; numbers and
/// other values that JSON lacks become text; keys that are not text become their CBOR notation; of
/// two entries with the same key the last remains. The order is kept.
pub fn to_json(value: &Value<'_>) -> Json {
    match value {
        Value::Unsigned(n) => Json::from(*n),
        Value::Negative(_) => {
            value.as_i64().map_or_else(|| Json::from(value.to_string()), Json::from)
        }
        Value::Bytes(bytes) => {
            Json::from(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
        }
        Value::Text(text) => Json::from(&**text),
        Value::Array(elements) => elements.iter().map(to_json).collect(),
        Value::Map(map) => map
            .entries()
            .iter()
            .map(|(key, value)| {
                let key = key.as_text().map_or_else(|| key.to_string(), str::to_owned);
                (key, to_json(value))
            })
            .collect::<Map<_, _>>()
            .into(),
        Value::Tag(_, inner) => to_json(inner),
        Value::Bool(value) => Json::from(*value),
        Value::Null | Value::Undefined => Json::Null,
        Value::Simple(_) => Json::from(value.to_string()),
        Value::Float(float) => {
            Number::from_f64(*float).map_or_else(|| Json::from(value.to_string()), Json::Number)
        }
    }
}

/// JSON as CBOR: the way that issuers take a document into a code.
pub fn from_json(json: &Json) -> Value<'_> {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => match (number.as_u64(), number.as_i64()) {
            (Some(n), _) => Value::Unsigned(n),
            (None, Some(n)) => Value::from(n),
            (None, None) => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(elements) => Value::Array(elements.iter().map(from_json).collect()),
        Json::Object(members) => Value::map(
            members.iter().map(|(key, value)| (Value::from(key.as_str()), from_json(value))),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_survives_the_way_to_cbor_and_back() {
        let json: Json = serde_json::from_str(
            r#"{"ver":"1.3.0","v":[{"dn":1,"x":-5,"f":1.5}],"n":null,"t":true}"#,
        )
        .unwrap();
        assert_eq!(to_json(&from_json(&json)), json);
    }

    #[test]
    fn what_json_lacks_is_shown_as_text() {
        let value = Value::map([
            (Value::Unsigned(1), Value::from(&[0xab, 0x01][..])),
            (Value::from(-260), Value::Float(f64::NAN)),
            (Value::from("t"), Value::Tag(0, Box::new(Value::from("2021")))),
            (Value::from("u"), Value::Undefined),
            (Value::from("n"), Value::Negative(u64::MAX)),
        ]);
        assert_eq!(
            to_json(&value).to_string(),
            r#"{"1":"ab01","-260":"NaN","t":"2021","u":null,"n":"-18446744073709551616"}"#
        );
    }
}
