use gdhcn_codes::icvp_product;
use serde_json::{Value as Json, json};

use super::*;
use crate::from_json;

fn yellow_fever() -> String {
    let is_yellow_fever = |product: &&IcvpProduct| product.disease() == Disease::YellowFever;
    icvp_product::all().iter().find(is_yellow_fever).unwrap().code.to_owned()
}

fn read(json: &Json) -> Icvp {
    Icvp::read(&from_json(json))
}

fn third() -> Json {
    json!({
        "n": "Jane Doe", "dob": "1990-05-04", "s": "female", "nt": "XXA", "id": "P123", "dt": "PPN",
        "v": "1.0.0",
        "vx": {"vp": yellow_fever(), "dv": "2026-02-01", "bo": "B-7", "is": "XXA"}
    })
}

#[test]
fn the_third_generation_is_read_and_written() {
    let certificate = read(&third());
    assert_eq!(certificate.problems, []);
    assert_eq!(certificate.generation, Generation::Third);
    assert_eq!(certificate.document_type.as_deref(), Some("PPN"));
    let dose = certificate.dose().unwrap();
    assert_eq!(dose.disease(), Some(Disease::YellowFever));
    assert_eq!(dose.first_valid_day().unwrap().to_string(), "2026-02-11");
    assert_eq!(Icvp::read(&certificate.to_cbor()), certificate);
}

#[test]
fn the_earlier_generations_are_told_apart_and_read() {
    let first = read(&json!({
        "n": "Jane Doe", "dob": "1990-05-04", "s": "F", "ntl": "CL", "nid": "7",
        "v": {"dn": "Primary", "tg": "1D47", "vp": "XM0N24", "mp": "1", "ma": "Maker",
              "dt": "2024-02-01", "bo": "B-7", "vls": "2024-02-11", "is": "somebody"}
    }));
    assert_eq!((first.generation, first.problems.as_slice()), (Generation::First, [].as_slice()));
    let dose = first.dose().unwrap();
    assert_eq!(dose.manufacturer.as_deref(), Some("Maker"));
    assert_eq!(dose.first_valid_day().unwrap().to_string(), "2024-02-11");
    assert_eq!(first.nationality.as_deref(), Some("CL"));

    let dose = json!({"vp": yellow_fever(), "dt": "2025-02-01", "bo": "B-7", "cn": "Dr X"});
    for doses in [dose.clone(), json!([dose])] {
        let second = read(&json!({"n": "J", "dob": "1990-05-04", "ndt": "NI", "v": doses}));
        assert_eq!(second.generation, Generation::Second);
        assert_eq!(second.problems, []);
        assert_eq!(second.document_type.as_deref(), Some("NI"));
        assert_eq!(second.dose().unwrap().day().unwrap().to_string(), "2025-02-01");
    }
}

#[test]
fn the_draft_with_the_old_name_of_the_date_is_read() {
    let mut draft = third();
    let date = draft["vx"].as_object_mut().unwrap().remove("dv").unwrap();
    draft["vx"]["dt"] = date;
    assert_eq!(read(&draft), read(&third()));
}

#[test]
fn each_deviation_names_its_field_and_rule() {
    let problems = |change: fn(&mut Json)| -> Vec<String> {
        let mut document = third();
        change(&mut document);
        read(&document).problems.iter().map(ToString::to_string).collect()
    };
    assert_eq!(problems(|d| d["s"] = json!("F")), ["s: not a code of AdministrativeGender"]);
    assert_eq!(
        problems(|d| d["nt"] = json!("CL")),
        ["nt: not of the form three capital letters (ISO 3166-1 alpha-3)"]
    );
    assert_eq!(problems(|d| d["dob"] = json!("1990")), ["dob: not of the form YYYY-MM-DD"]);
    assert_eq!(
        problems(|d| d["vx"]["vp"] = json!("Aspirin")),
        ["vx/vp: a product that is not on WHO's list for this certificate"]
    );
    assert_eq!(
        problems(|d| d["vx"]["is"] = json!("QQQ")),
        ["vx/is: not a code of the network's participants"]
    );
    let nobody = problems(|d| {
        d["vx"].as_object_mut().unwrap().remove("is");
    });
    assert_eq!(nobody, ["vx: neither a clinician nor an issuing authority is named"]);
    let nothing = problems(|d| {
        d.as_object_mut().unwrap().remove("vx");
    });
    assert_eq!(nothing, ["vx: no vaccination, test or recovery inside"]);
}

#[test]
fn anything_else_is_read_as_a_faulty_certificate() {
    for json in [json!(null), json!([]), json!({}), json!({"v": 7}), json!({"v": "1", "vx": []})] {
        let certificate = read(&json);
        assert!(certificate.problems.iter().any(Problem::is_structural), "{json}");
    }
}
