//! ICAO Visible Digital Seals for Non-Constrained environments: JSON, signed with the key of a
//! certificate that travels inside (ICAO Technical Report VDS-NC 1.1, 2021).

use gdhcn_codes::icd11::Disease;
use gdhcn_envelope::json::{self, JsonError, Object, Value};
use gdhcn_envelope::{base64url, jcs};

use crate::statement::{Coding, Credential, Statement, Test, Vaccination, system};
use crate::{DateText, Limits, Person, Problem, Rule};

/// The most certificates of a `trustchain`.
const MOST_CERTIFICATES: usize = 4;

/// A seal, read and not verified.
#[derive(Clone, Debug, PartialEq)]
pub struct Seal {
    /// `hdr.t`: `icao.vacc` or `icao.test`.
    pub kind: String,
    /// `hdr.v`: version of the layout.
    pub version: Option<i64>,
    /// `hdr.is`: the issuing state, three letters (ICAO Doc 9303).
    pub issuer: String,
    /// `sig.alg`
    pub algorithm: String,
    /// The certificates of `sig.cer` or `sig.trustchain` in DER; the first is the signer's.
    pub certificates: Vec<Vec<u8>>,
    /// `sig.sigvl`
    pub signature: Vec<u8>,
    /// What is signed: the canonical form (RFC 8785) of `data`.
    pub to_be_signed: String,
    /// `msg` as it was signed.
    pub message: serde_json::Value,
    /// What it states.
    pub credential: Credential,
    /// Deviations from the report.
    pub problems: Vec<Problem>,
}

/// Why a text is no seal that can be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The text is no JSON.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// A member that every seal has is missing or of another type.
    #[error("the seal has no usable {member:?}")]
    Missing {
        /// The member, as a path.
        member: &'static str,
    },
    /// A value is no base64url.
    #[error("{member:?} is not base64url")]
    Base64 {
        /// The member, as a path.
        member: &'static str,
    },
}

impl Seal {
    /// Reads a seal.
    ///
    /// # Errors
    ///
    /// When the text is no JSON object of the form `{"data": {"hdr", "msg"}, "sig"}`.
    pub fn read(text: &str, limits: &Limits) -> Result<Self, SealError> {
        let text = text.trim_start_matches('\u{feff}');
        let seal = json::parse(text.as_bytes(), &limits.json)?;
        let missing = |member| SealError::Missing { member };
        let seal = seal.as_object().ok_or(missing("data"))?;
        let data = seal.get("data").ok_or(missing("data"))?;
        let members = data.as_object().ok_or(missing("data"))?;
        let header = members.object("hdr").ok_or(missing("data.hdr"))?;
        let message = members.get("msg").ok_or(missing("data.msg"))?;
        let sig = seal.object("sig").ok_or(missing("sig"))?;
        let kind = header.text("t").ok_or(missing("data.hdr.t"))?.to_owned();
        let issuer = header.text("is").ok_or(missing("data.hdr.is"))?.to_owned();
        let signature = sig.text("sigvl").ok_or(missing("sig.sigvl"))?;
        let mut problems = Vec::new();
        let version = match header.get("v") {
            Some(Value::Integer(version)) => Some(*version),
            _ => None,
        };
        if version != Some(1) {
            problems.push(Problem::new("hdr/v", Rule::UnknownVersion));
        }
        let message = message.to_json();
        let mut credential = read_message(&kind, &message, &mut problems);
        credential.version = version.map(|version| version.to_string());
        credential.issuer = Some(issuer.clone());
        Ok(Self {
            algorithm: sig.text("alg").ok_or(missing("sig.alg"))?.to_owned(),
            certificates: certificates(sig)?,
            signature: decode(signature, "sig.sigvl")?,
            to_be_signed: jcs::canonical(data),
            kind,
            version,
            issuer,
            message,
            credential,
            problems,
        })
    }
}

fn certificates(sig: &Object<'_>) -> Result<Vec<Vec<u8>>, SealError> {
    if let Some(one) = sig.text("cer") {
        return Ok(vec![decode(one, "sig.cer")?]);
    }
    let chain = sig.get("trustchain").and_then(Value::as_list).unwrap_or_default();
    let texts = chain.iter().take(MOST_CERTIFICATES).filter_map(Value::as_text);
    let chain: Vec<_> =
        texts.map(|text| decode(text, "sig.trustchain")).collect::<Result<_, _>>()?;
    if chain.is_empty() { Err(SealError::Missing { member: "sig.cer" }) } else { Ok(chain) }
}

/// base64url, also with padding and, as some write it, in the standard alphabet.
fn decode(text: &str, member: &'static str) -> Result<Vec<u8>, SealError> {
    base64url::decode(text).ok_or(SealError::Base64 { member })
}

fn read_message(
    kind: &str,
    message: &serde_json::Value,
    problems: &mut Vec<Problem>,
) -> Credential {
    let person = person(message);
    let text = |path: &str| text(message, path);
    let mut need = |path: &str, there: bool| {
        if !there {
            problems.push(Problem::new(path, Rule::Missing));
        }
    };
    let named = |path: &str| !text(path).is_empty();
    match kind {
        "icao.vacc" => need("pid/i", named("/pid/i") || named("/pid/dob")),
        "icao.test" => {
            need("pid/dob", named("/pid/dob"));
            need("pid/dt", named("/pid/dt"));
            need("pid/dn", named("/pid/dn"));
        }
        _ => {}
    }
    if person.name.is_empty() {
        problems.push(Problem::new("pid/n", Rule::NoName));
    }
    let (identifier, statements) = match kind {
        "icao.vacc" => (text("/uvci"), vaccinations(message)),
        "icao.test" => (text("/utci"), vec![Statement::Test(test(message))]),
        _ => ("", Vec::new()),
    };
    if statements.is_empty() {
        problems.push(Problem::new("msg", Rule::NoStatement));
    }
    Credential {
        person,
        statements,
        identifier: Some(identifier.to_owned()).filter(|text| !text.is_empty()),
        ..Credential::default()
    }
}

fn person(message: &serde_json::Value) -> Person {
    let optional = |path| optional(message, path);
    Person {
        name: text(message, "/pid/n").to_owned(),
        birth_date: DateText::from(text(message, "/pid/dob")),
        sex: optional("/pid/sex"),
        document_number: optional("/pid/i").or_else(|| optional("/pid/dn")),
        // HL7 v2 table 0203: a travel document number is a passport's, others by their letter.
        document_type: match (optional("/pid/i"), text(message, "/pid/dt")) {
            (Some(_), _) | (None, "P") => Some("PPN".to_owned()),
            (None, "A" | "C" | "I" | "D") => Some("DL".to_owned()),
            (None, "AC") => Some("EN".to_owned()),
            (None, "V") => Some("ACSN".to_owned()),
            _ => None,
        },
        ..Person::default()
    }
}

fn vaccinations(message: &serde_json::Value) -> Vec<Statement> {
    let list = |value: &serde_json::Value, name: &str| {
        value.get(name).and_then(serde_json::Value::as_array).cloned().unwrap_or_default()
    };
    let mut statements = Vec::new();
    for event in list(message, "ve") {
        for dose in list(&event, "vd") {
            statements.push(Statement::Vaccination(vaccination(&event, &dose)));
        }
    }
    statements
}

fn vaccination(event: &serde_json::Value, dose: &serde_json::Value) -> Vaccination {
    let number = dose.get("seq").and_then(serde_json::Value::as_u64);
    let disease = optional(event, "/dis").map(|code| {
        let name = Disease::from_code(&code).map(Disease::name);
        Coding::new(system::ICD11, code).with_display(name)
    });
    Vaccination {
        disease,
        vaccine: optional(event, "/des").map(|code| Coding::new(system::ICD11, code)),
        brand: optional(event, "/nam").map(Coding::text),
        lot: optional(dose, "/lot"),
        date: DateText::from(text(dose, "/dvc")),
        dose: number.and_then(|number| u32::try_from(number).ok()),
        country: optional(dose, "/ctr").map(|code| Coding::new(system::COUNTRY, code)),
        centre: optional(dose, "/adm"),
        next_dose: DateText::from(text(dose, "/dvn")),
        ..Vaccination::default()
    }
}

fn test(message: &serde_json::Value) -> Test {
    Test {
        // The report of 2021 knows tests for SARS-CoV-2 only.
        pathogen: Some(Coding::new(system::ICD11, "XN109").with_display(Some("SARS-CoV-2"))),
        test_type: optional(message, "/tr/tc").map(Coding::text),
        origin: optional(message, "/tr/m").map(Coding::text),
        sampled_at: DateText::from(text(message, "/dat/sc")),
        resulted_at: DateText::from(text(message, "/dat/ri")),
        result: optional(message, "/tr/r").map(Coding::text),
        centre: optional(message, "/sp/spn"),
        country: optional(message, "/sp/ctr").map(|code| Coding::new(system::COUNTRY, code)),
        ..Test::default()
    }
}

fn text<'v>(value: &'v serde_json::Value, path: &str) -> &'v str {
    value.pointer(path).and_then(serde_json::Value::as_str).unwrap_or_default()
}

fn optional(value: &serde_json::Value, path: &str) -> Option<String> {
    Some(text(value, path).to_owned()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Seal, SealError> {
        Seal::read(text, &Limits::default())
    }

    #[test]
    fn what_every_seal_has_is_asked_for() {
        for (text, error) in [
            ("[]", "the seal has no usable \"data\""),
            ("{\"data\":{}}", "the seal has no usable \"data.hdr\""),
            (
                "{\"data\":{\"hdr\":{\"t\":\"icao.vacc\",\"is\":\"UTO\"},\"msg\":{}},\"sig\":{\"alg\":\"ES256\",\"sigvl\":\"AA\"}}",
                "the seal has no usable \"sig.cer\"",
            ),
            (
                "{\"data\":{\"hdr\":{\"t\":\"icao.vacc\",\"is\":\"UTO\"},\"msg\":{}},\"sig\":{\"alg\":\"ES256\",\"sigvl\":\"AA\",\"cer\":\"*\"}}",
                "\"sig.cer\" is not base64url",
            ),
        ] {
            assert_eq!(read(text).expect_err(text).to_string(), error);
        }
        assert!(matches!(read("{\"data\":1,\"data\":2}"), Err(SealError::Json(_))));
    }

    #[test]
    fn doses_of_several_vaccines_are_statements_of_their_own() {
        let seal = read(
            r#"{"sig":{"sigvl":"AA==","cer":"AA","alg":"ES256"},"data":{"msg":{"uvci":"U1",
            "pid":{"n":"Doe John","dob":"1990-01-01","i":"A1"},"ve":[{"des":"XM68M6","dis":"RA01",
            "nam":"X","vd":[{"dvc":"2021-03-03","seq":1,"ctr":"AUS","adm":"C","lot":"L"},
            {"dvc":"2021-04-03","seq":2}]}]},"hdr":{"v":1,"t":"icao.vacc","is":"UTO"}}}"#,
        )
        .unwrap();
        assert_eq!(seal.problems, []);
        assert_eq!(seal.credential.statements.len(), 2);
        assert!(
            seal.to_be_signed.starts_with(r#"{"hdr":{"is":"UTO","t":"icao.vacc","v":1},"msg":"#)
        );
        assert_eq!(seal.credential.person.document_type.as_deref(), Some("PPN"));
    }
}
