use gdhcn_envelope::cbor::Value;

use super::{Dcc, Name, Recovery, Statement, Test, Vaccination};

type Entry<'a> = (Value<'a>, Value<'a>);

impl Dcc {
    /// The certificate as subclaim 1, with its first statement. Optional fields that are absent are left out; nothing is
    /// checked, but [`Dcc::read`] of the result does.
    pub fn to_cbor(&self) -> Value<'_> {
        let mut entries = vec![
            text("ver", &self.version),
            (Value::from("nam"), self.name.to_cbor()),
            text("dob", self.birth_date.as_str()),
        ];
        if let Some(statement) = &self.statement {
            let content = match statement {
                Statement::Vaccination(vaccination) => vaccination.to_cbor(),
                Statement::Test(test) => test.to_cbor(),
                Statement::Recovery(recovery) => recovery.to_cbor(),
            };
            entries.push((Value::from(statement.kind().key()), Value::Array(vec![content])));
        }
        Value::map(entries)
    }
}

impl Name {
    fn to_cbor(&self) -> Value<'_> {
        let parts = [
            optional("fn", self.surname.as_deref()),
            optional("fnt", self.standardised_surname.as_deref()),
            optional("gn", self.forename.as_deref()),
            optional("gnt", self.standardised_forename.as_deref()),
        ];
        Value::map(parts.into_iter().flatten())
    }
}

impl Vaccination {
    fn to_cbor(&self) -> Value<'_> {
        let entries = [
            Some(text("tg", &self.disease)),
            Some(text("vp", &self.prophylaxis)),
            Some(text("mp", &self.product)),
            Some(text("ma", &self.holder)),
            number("dn", self.dose),
            number("sd", self.series),
            Some(text("dt", self.date.as_str())),
            Some(text("co", &self.country)),
            Some(text("is", &self.issuer)),
            Some(text("ci", &self.id)),
        ];
        Value::map(entries.into_iter().flatten())
    }
}

impl Test {
    fn to_cbor(&self) -> Value<'_> {
        let entries = [
            Some(text("tg", &self.disease)),
            Some(text("tt", &self.test_type)),
            optional("nm", self.name.as_deref()),
            optional("ma", self.device.as_deref()),
            Some(text("sc", self.sampled_at.as_str())),
            Some(text("tr", &self.result)),
            optional("tc", self.centre.as_deref()),
            Some(text("co", &self.country)),
            Some(text("is", &self.issuer)),
            Some(text("ci", &self.id)),
        ];
        Value::map(entries.into_iter().flatten())
    }
}

impl Recovery {
    fn to_cbor(&self) -> Value<'_> {
        Value::map([
            text("tg", &self.disease),
            text("fr", self.first_positive.as_str()),
            text("df", self.valid_from.as_str()),
            text("du", self.valid_until.as_str()),
            text("co", &self.country),
            text("is", &self.issuer),
            text("ci", &self.id),
        ])
    }
}

fn text<'a>(key: &'a str, value: &'a str) -> Entry<'a> {
    (Value::from(key), Value::from(value))
}

fn optional<'a>(key: &'a str, value: Option<&'a str>) -> Option<Entry<'a>> {
    value.map(|value| text(key, value))
}

fn number(key: &str, value: Option<u32>) -> Option<Entry<'_>> {
    value.map(|value| (Value::from(key), Value::Unsigned(value.into())))
}
