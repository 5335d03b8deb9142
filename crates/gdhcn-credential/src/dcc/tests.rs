use gdhcn_envelope::cbor::Value;
use serde_json::{Value as Json, json};

use super::*;
use crate::{Rule, from_json};

fn sound() -> Json {
    json!({
        "ver": "1.3.0",
        "nam": {"fn": "Müller", "fnt": "MUELLER", "gn": "Anna Lena", "gnt": "ANNA<LENA"},
        "dob": "1963-07-12",
        "v": [{
            "tg": "840539006", "vp": "1119349007", "mp": "EU/1/20/1528", "ma": "ORG-100030215",
            "dn": 3, "sd": 2, "dt": "2021-06-11", "co": "XA", "is": "Ministry of Health",
            "ci": "URN:UVCI:01:XA:1#A"
        }]
    })
}

/// The document changed by a JSON merge patch (RFC 7396) on one level of `v[0]` or the top.
fn problems_of(change: impl FnOnce(&mut Json)) -> Vec<String> {
    let mut document = sound();
    change(&mut document);
    Dcc::read(&from_json(&document)).problems.iter().map(ToString::to_string).collect()
}

#[test]
fn a_sound_certificate_is_read_whole() {
    let dcc = Dcc::read(&from_json(&sound()));
    assert_eq!(dcc.problems, []);
    assert_eq!(dcc.person().name, "Anna Lena Müller");
    assert_eq!(dcc.person().machine_readable_name.as_deref(), Some("MUELLER<<ANNA<LENA"));
    let Some(Statement::Vaccination(vaccination)) = dcc.statement else { panic!("vaccination") };
    assert_eq!((vaccination.dose, vaccination.series), (Some(3), Some(2)));
    assert_eq!(vaccination.date.date().unwrap().to_string(), "2021-06-11");
    assert_eq!(vaccination.id, "URN:UVCI:01:XA:1#A");
}

#[test]
fn what_is_written_reads_back_the_same() {
    let vaccination = Dcc::read(&from_json(&sound()));
    let name = vaccination.name.clone();
    let test = Dcc::new(
        name.clone(),
        "1963",
        Statement::Test(Test {
            disease: "840539006".into(),
            test_type: "LP6464-4".into(),
            name: Some("PCR".into()),
            sampled_at: "2021-06-11T12:00:00Z".into(),
            result: "260415000".into(),
            country: "XA".into(),
            ..Test::default()
        }),
    );
    let recovery = Dcc::new(
        name,
        "",
        Statement::Recovery(Recovery {
            first_positive: "2021-06-11".into(),
            valid_from: "2021-06-22".into(),
            valid_until: "2021-12-11".into(),
            country: "XA".into(),
            ..Recovery::default()
        }),
    );
    for dcc in [vaccination, test, recovery] {
        assert_eq!(Dcc::read(&dcc.to_cbor()), dcc);
    }
}

#[test]
fn each_deviation_names_its_field_and_rule() {
    let field = |key: &str, value: Json| {
        let key = key.to_owned();
        move |document: &mut Json| document["v"][0][&key] = value
    };
    assert_eq!(problems_of(field("dn", json!(0))), ["v/0/dn: not between 1 and 4294967295"]);
    assert_eq!(problems_of(field("dn", json!("1"))), ["v/0/dn: not an integer"]);
    assert_eq!(problems_of(field("dn", json!(1.5))), ["v/0/dn: not an integer"]);
    assert_eq!(problems_of(field("dn", json!(1.0))), Vec::<String>::new());
    assert_eq!(problems_of(field("is", Json::Null)), ["v/0/is: null in place of leaving it out"]);
    assert_eq!(
        problems_of(field("ci", json!("x".repeat(81)))),
        ["v/0/ci: longer than 80 characters"]
    );
    assert_eq!(problems_of(field("ci", json!("ä".repeat(80)))), Vec::<String>::new());
    assert_eq!(
        problems_of(field("co", json!(""))),
        ["v/0/co: not of the form a country code in capital letters"]
    );
    assert_eq!(
        problems_of(|document| {
            document["v"][0].as_object_mut().unwrap().remove("tg");
        }),
        ["v/0/tg: missing"]
    );
    assert_eq!(
        problems_of(|document| document["nam"]["fnt"] = json!("Mueller")),
        ["nam/fnt: not of the form capital letters and \"<\""]
    );
    assert_eq!(
        problems_of(|document| document["dob"] = json!("12.07.1963")),
        ["dob: not of the form YYYY, YYYY-MM, YYYY-MM-DD or empty"]
    );
    assert_eq!(
        problems_of(|document| document["ver"] = json!("2.0.0")),
        ["ver: unknown schema version"]
    );
}

#[test]
fn exactly_one_statement_with_one_entry_is_allowed() {
    let structural = |change: fn(&mut Json)| {
        let mut document = sound();
        change(&mut document);
        let dcc = Dcc::read(&from_json(&document));
        dcc.problems.iter().filter(|problem| problem.is_structural()).map(|p| p.rule).next()
    };
    assert_eq!(structural(|document| document["v"] = json!([])), Some(Rule::NoStatement));
    assert_eq!(structural(|document| document["v"] = Json::Null), Some(Rule::NoStatement));
    assert_eq!(structural(|document| document["v"] = json!([1])), Some(Rule::NotAMap));
    assert_eq!(
        structural(|document| document["t"] = document["v"].clone()),
        Some(Rule::SeveralStatements)
    );
    assert_eq!(
        structural(|document| {
            let entry = document["v"][0].clone();
            document["v"].as_array_mut().unwrap().push(entry);
        }),
        Some(Rule::SeveralStatements)
    );
    assert_eq!(structural(|document| document["nam"] = json!({})), Some(Rule::NoName));
    assert_eq!(structural(|document| document["nam"] = json!("x")), Some(Rule::NotAMap));
    assert_eq!(structural(|document| *document = json!([])), Some(Rule::NotAMap));
}

#[test]
fn groups_that_are_null_count_as_absent() {
    let mut document = sound();
    document["t"] = Json::Null;
    document["r"] = Json::Null;
    let dcc = Dcc::read(&from_json(&document));
    assert!(dcc.statement.is_some());
    assert_eq!(dcc.problems.len(), 2);
    assert!(dcc.problems.iter().all(|problem| !problem.is_structural()));
}

#[test]
fn of_a_doubled_field_the_last_counts_and_the_double_is_noted() {
    let doubled =
        [0xa2, 0x63, b'd', b'o', b'b', 0x60, 0x63, b'd', b'o', b'b', 0x64, 0x31, 0x39, 0x36, 0x33];
    let value = gdhcn_envelope::cbor::decode(&doubled, &Default::default()).unwrap();
    let dcc = Dcc::read(&value);
    assert_eq!(dcc.birth_date.as_str(), "1963");
    assert!(dcc.problems.iter().any(|problem| problem.rule == Rule::DuplicateKey));
}

#[test]
fn dates_under_cbor_tags_are_read() {
    let tagged = |tag, value| Value::Tag(tag, Box::new(value));
    let with = |date| {
        let entry = Value::map([(Value::from("sc"), date)]);
        let value = Value::map([(Value::from("t"), Value::Array(vec![entry]))]);
        let Some(Statement::Test(test)) = Dcc::read(&value).statement else { panic!("test") };
        test.sampled_at
    };
    assert_eq!(
        with(tagged(0, Value::from("2021-06-11T12:00:00Z"))).as_str(),
        "2021-06-11T12:00:00Z"
    );
    assert_eq!(with(tagged(1, Value::Unsigned(0))).as_str(), "1970-01-01T00:00:00Z");
}
