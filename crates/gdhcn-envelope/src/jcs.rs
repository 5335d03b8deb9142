//! The JSON Canonicalization Scheme (RFC 8785): one byte sequence for one JSON value.

use std::fmt::Write as _;

use crate::json::{Object, Value};

/// The canonical form of a value.
///
/// Numbers are written as ECMAScript writes the double that they are (RFC 8785, 3.2.2.3), also
/// integers that no double holds exactly.
pub fn canonical(value: &Value<'_>) -> String {
    let mut out = String::new();
    write_value(&mut out, value);
    out
}

/// The canonical form of an object.
pub fn canonical_object(object: &Object<'_>) -> String {
    let mut out = String::new();
    write_object(&mut out, object);
    out
}

fn write_object(out: &mut String, object: &Object<'_>) {
    let mut members: Vec<_> = object.members().collect();
    // RFC 8785, 3.2.3: by UTF-16 code units.
    members.sort_by(|(one, _), (other, _)| one.encode_utf16().cmp(other.encode_utf16()));
    out.push('{');
    for (index, (name, value)) in members.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_string(out, name);
        out.push(':');
        write_value(out, value);
    }
    out.push('}');
}

fn write_value(out: &mut String, value: &Value<'_>) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        // To the nearest double, which is what the scheme's numbers are.
        #[allow(clippy::cast_precision_loss)]
        Value::Integer(number) => write_number(out, *number as f64),
        Value::Float(number) => write_number(out, *number),
        Value::Text(text) => write_string(out, text),
        Value::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_value(out, item);
            }
            out.push(']');
        }
        Value::Object(object) => write_object(out, object),
    }
}

fn write_number(out: &mut String, number: f64) {
    out.push_str(ryu_js::Buffer::new().format(number));
}
fn write_string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            c if c < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{self, Limits};

    fn of(text: &str) -> String {
        canonical(&json::parse(text.as_bytes(), &Limits::default()).unwrap())
    }

    // RFC 8785, 3.2.3: the order of UTF-16 code units is not that of code points.
    #[test]
    fn sorts_members_by_utf_16_code_units() {
        assert_eq!(
            of("{\"\u{fb33}\":1,\"\u{1f600}\":[null,true,-3],\"\\r\":\"\\u0001\"}"),
            "{\"\\r\":\"\\u0001\",\"\u{1f600}\":[null,true,-3],\"\u{fb33}\":1}"
        );
    }

    // RFC 8785, 3.2.2.3 and appendix B.
    #[test]
    fn writes_numbers_as_ecmascript_does() {
        for (number, canonical) in [
            ("1.0", "1"),
            ("-0", "0"),
            ("-0.0", "0"),
            ("1e21", "1e+21"),
            ("123456789012345680000", "123456789012345680000"),
            ("4.50", "4.5"),
            ("2e-3", "0.002"),
            ("0.000000000000000000000000001", "1e-27"),
            ("333333333.33333329", "333333333.3333333"),
            ("9007199254740993", "9007199254740992"),
            ("5e-324", "5e-324"),
        ] {
            assert_eq!(of(number), canonical, "{number}");
        }
    }
}
