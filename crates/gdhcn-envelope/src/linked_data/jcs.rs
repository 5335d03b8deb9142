use std::fmt::Write as _;

use super::UnsignedContent;
use super::json::{Object, Value};

/// The JSON Canonicalization Scheme (RFC 8785), without numbers that are no integers.
pub(super) fn canonical_json(object: &Object<'_>) -> Result<String, UnsignedContent> {
    let mut out = String::new();
    write_object(&mut out, object)?;
    Ok(out)
}

fn write_object(out: &mut String, object: &Object<'_>) -> Result<(), UnsignedContent> {
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
        write_value(out, value)?;
    }
    out.push('}');
    Ok(())
}

fn write_value(out: &mut String, value: &Value<'_>) -> Result<(), UnsignedContent> {
    /// The largest integer that every double holds exactly.
    const EXACT: u64 = 1 << 53;
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Integer(number) if number.unsigned_abs() <= EXACT => {
            out.push_str(&number.to_string());
        }
        Value::Integer(_) | Value::Float(_) => return Err(UnsignedContent::Number),
        Value::Text(text) => write_string(out, text),
        Value::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_value(out, item)?;
            }
            out.push(']');
        }
        Value::Object(object) => write_object(out, object)?,
    }
    Ok(())
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
    use super::super::{Document, Limits, Method};
    use super::*;

    // RFC 8785, 3.2.3: the order of UTF-16 code units is not that of code points.
    #[test]
    fn sorts_members_by_utf_16_code_units() {
        let text = "{\"id\":\"x\",\"verificationMethod\":[{\"\u{fb33}\":1,\"\u{1f600}\":[null,true,-3],\"\\r\":\"\\u0001\"}]}";
        let parsed = Document::parse(text.as_bytes(), &Limits::default()).unwrap();
        let Method::Embedded(object) = &parsed.methods()[0] else { panic!("an object") };
        assert_eq!(
            canonical_json(object).unwrap(),
            "{\"\\r\":\"\\u0001\",\"\u{1f600}\":[null,true,-3],\"\u{fb33}\":1}"
        );
    }
}
