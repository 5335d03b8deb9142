use gdhcn_envelope::cbor::Value;

use super::{Dose, Icvp};

impl Icvp {
    /// The certificate as subclaim -6 of the third generation, with its first dose. Nothing is
    /// checked, but [`Icvp::read`] of the result does.
    pub fn to_cbor(&self) -> Value<'_> {
        let entries = [
            Some(("n", Value::from(&*self.name))),
            Some(("dob", Value::from(self.birth_date.as_str()))),
            optional("s", self.sex.as_deref()),
            optional("nt", self.nationality.as_deref()),
            optional("id", self.document_number.as_deref()),
            optional("dt", self.document_type.as_deref()),
            optional("gn", self.guardian.as_deref()),
            optional("v", self.template_version.as_deref()),
            self.dose().map(|dose| ("vx", dose.to_cbor())),
        ];
        Value::map(entries.into_iter().flatten().map(|(key, value)| (Value::from(key), value)))
    }
}

impl Dose {
    fn to_cbor(&self) -> Value<'_> {
        let entries = [
            Some(("vp", Value::from(&*self.product))),
            Some(("dv", Value::from(self.date.as_str()))),
            Some(("bo", Value::from(&*self.batch))),
            optional("cn", self.clinician.as_deref()),
            optional("is", self.authority.as_deref()),
        ];
        Value::map(entries.into_iter().flatten().map(|(key, value)| (Value::from(key), value)))
    }
}

fn optional<'a>(key: &'static str, value: Option<&'a str>) -> Option<(&'static str, Value<'a>)> {
    value.map(|value| (key, Value::from(value)))
}
