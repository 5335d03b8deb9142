//! What failed people in the field, one test for each: the letters and numbers are those of the
//! project's list of such failures (B for the officer, D for the developer). More of them stand
//! beside what they are about.

use std::borrow::Cow;

use gdhcn_credential::dcc::{Statement, Test};
use gdhcn_credential::{Dcc, HealthDocument, hcert};
use gdhcn_crypto::Backend;
use gdhcn_envelope::cbor::Value;
use gdhcn_trust::TrustStoreBuilder;
use gdhcn_verify::{CheckId, Outcome, PolicyName, Reason, Status, Verdict};
use serde_json::json;

use crate::forge::{Code, Country, dcc, judge, judge_at, noon, seconds};

fn status(verdict: &Verdict, id: CheckId) -> Status {
    verdict.check(id).unwrap().status
}

fn of(certificate: &Dcc) -> Code {
    Code { document: certificate.to_cbor().into_owned(), ..Code::dcc() }
}

/// B3: a positive test is genuine; what it means for entry is another matter.
#[test]
fn b3_what_a_test_says_does_not_change_whether_it_is_genuine() {
    let country = Country::new("XXA");
    let mut certificate = dcc();
    let id = certificate.statement.as_ref().unwrap().id().to_owned();
    for result in ["260373001", "260415000"] {
        certificate.statement = Some(Statement::Test(Test {
            disease: "840539006".into(),
            test_type: "LP6464-4".into(),
            name: Some("PCR".into()),
            device: None,
            sampled_at: "2026-11-24T10:00:00Z".into(),
            result: result.into(),
            centre: Some("Clinic".into()),
            country: "XA".into(),
            issuer: "Ministry of Health".into(),
            id: id.clone(),
        }));
        let verdict = judge(&of(&certificate).text(&country), &country.trust());
        assert_eq!(status(&verdict, CheckId::Signature), Status::Pass, "{result}");
        assert_eq!(verdict.outcome, Outcome::Accepted, "{result}: {:?}", verdict.deciding());
    }
}

/// B11: blanks are data of Base45 and never touched; a line end of the scanner is none.
#[test]
fn b11_blanks_are_data_and_line_ends_are_not() {
    let country = Country::new("XXA");
    let trust = country.trust();
    let text = Code::dcc().text(&country);
    assert!(text.contains(' '), "shows nothing otherwise");
    for spoilt in [text.replace(' ', ""), text.replace(' ', "%20"), text.replace(' ', "+")] {
        assert_eq!(judge(&spoilt, &trust).outcome, Outcome::NotAccepted, "{spoilt}");
    }
    // One more at the beginning or the end of the data is one too many.
    for spoilt in [text.replace("HC1:", "HC1: "), format!("{text} ")] {
        assert_eq!(judge(&spoilt, &trust).outcome, Outcome::NotAccepted, "{spoilt}");
    }
    for end in ["\n", "\r\n", "\t\n"] {
        assert_eq!(judge(&format!("{text}{end}"), &trust).outcome, Outcome::Accepted, "{end:?}");
    }
}

/// B13: an issuer who is not on the list is no forger, and the list's age is said.
#[test]
fn b13_an_unlisted_issuer_leaves_the_matter_open_and_is_told_from_a_listed_one() {
    let (listed, stranger) = (Country::new("XXA"), Country::new("XXB"));
    let trust = {
        let mut builder = TrustStoreBuilder::new(Backend::default());
        builder.fetched_at(Some(noon() - seconds(5 * 24 * 3600)), None);
        builder.add_certificates("list", listed.dsc.der());
        builder.build()
    };
    for (claimed, words) in [("XB", "of whom your list has no key"), ("XA", "other keys of theirs")]
    {
        let text = Code { issuer: claimed.into(), ..Code::dcc() }.text(&stranger);
        let verdict = judge(&text, &trust);
        assert_eq!(verdict.outcome, Outcome::CannotTell);
        let reason = &verdict.deciding().unwrap().reason;
        assert!(matches!(reason, Reason::KeyNotFound { days: Some(5), .. }), "{reason:?}");
        let reason = reason.to_string();
        assert!(reason.contains(words) && reason.contains("5 days old"), "{reason}");
    }
}

/// B17 and B18: fresh, usable with a note, no longer usable.
#[test]
fn b17_trust_data_ages_in_three_steps() {
    let country = Country::new("XXA");
    let text = Code::dcc().text(&country);
    let day = 24 * 3600;
    for (days, expected, outcome) in [
        (7, (Status::Pass, "OK"), Outcome::Accepted),
        (8, (Status::Warn, "TRUST_AGING"), Outcome::Accepted),
        (14, (Status::Warn, "TRUST_AGING"), Outcome::Accepted),
        (15, (Status::Fail, "TRUST_TOO_OLD"), Outcome::CannotTell),
    ] {
        let mut builder = TrustStoreBuilder::new(Backend::default());
        builder.fetched_at(Some(noon() - seconds(days * day)), None);
        builder.add_certificates("dsc", country.dsc.der());
        let trust = builder.build();
        for policy in PolicyName::ALL {
            let verdict = judge_at(&text, &trust, policy, noon());
            let check = verdict.check(CheckId::TrustData).unwrap();
            assert_eq!((check.status, check.reason.code()), expected, "{days} {policy}");
        }
        assert_eq!(judge(&text, &trust).outcome, outcome, "{days}");
    }
}

/// D6: the signature is over the received bytes, whatever the tags outside.
#[test]
fn d6_untagged_and_doubly_tagged_messages_verify_over_the_received_bytes() {
    let country = Country::new("XXA");
    let trust = country.trust();
    let tagged = Code::dcc().cose(&country);
    assert_eq!(tagged[0], 0xd2);
    let untagged = tagged[1..].to_vec();
    let cwt = [&[0xd8, 61], &tagged[..]].concat();
    for message in [untagged, cwt] {
        let verdict = judge(&hcert::close(&message), &trust);
        assert_eq!(verdict.outcome, Outcome::Accepted, "{:?}", verdict.deciding());
    }
}

/// D9: a kid is a hint: a list that puts another key under it lets nothing pass.
#[test]
fn d9_another_key_under_the_right_kid_proves_nothing() {
    let (country, other) = (Country::new("XXA"), Country::new("XXA"));
    let mut jwk = other.jwks("x")["keys"][0].clone();
    let kid = country.dsc.kid().to_base64();
    jwk["kid"] = kid.clone().into();
    let list = json!({
        "id": "did:web:h:l",
        "verificationMethod": [{ "id": format!("did:web:h:XXA:DSC#{kid}"), "publicKeyJwk": jwk }],
    });
    let mut builder = TrustStoreBuilder::new(Backend::default());
    builder.add_did_document("list", list.to_string().as_bytes());
    let trust = builder.build();
    assert_eq!(trust.keys().len(), 1, "{:?}", trust.refused());
    let verdict = judge(&Code::dcc().text(&country), &trust);
    assert_eq!(verdict.outcome, Outcome::NotAccepted);
    assert_eq!(verdict.deciding().unwrap().id, CheckId::Signature);
}

/// D10: names of any script come through unchanged, and bytes that are no text are an error.
#[test]
fn d10_every_script_is_read_and_broken_utf_8_is_named() {
    let country = Country::new("XXA");
    let mut certificate = dcc();
    for name in ["Żółć", "王小明", "محمد", "Ægir Þór", "Ο'Νιλ", "𐌰𐌱"] {
        certificate.name.surname = Some(name.into());
        let verdict = judge(&of(&certificate).text(&country), &country.trust());
        assert_eq!(verdict.outcome, Outcome::Accepted, "{name}: {:?}", verdict.deciding());
        let [HealthDocument::Dcc(read)] = verdict.authentic().unwrap() else { panic!("{name}") };
        assert_eq!(read.name.surname.as_deref(), Some(name));
    }
    certificate.name.surname = Some("QQQQ".into());
    let mut payload = of(&certificate).payload();
    let at = payload.windows(4).position(|four| four == b"QQQQ").unwrap();
    payload[at] = 0xff;
    let code = Code { payload: Some(payload), ..Code::dcc() };
    let verdict = judge(&code.text(&country), &country.trust());
    let deciding = verdict.deciding().unwrap();
    assert_eq!((deciding.id, deciding.reason.code()), (CheckId::Claims, "CWT"));
}

/// D11: a null in a field that may be left out is as good as none.
#[test]
fn d11_nulls_in_optional_fields_do_no_harm() {
    let country = Country::new("XXA");
    let mut document = dcc().to_cbor().into_owned();
    let Value::Map(map) = &document else { panic!("a map") };
    let mut entries: Vec<_> = map.entries().to_vec();
    for (key, value) in &mut entries {
        if let (Some("nam"), Value::Map(name)) = (key.as_text(), &mut *value) {
            let with_null = name.entries().iter().map(|(key, value)| match key.as_text() {
                Some("gnt") => (key.clone(), Value::Null),
                _ => (key.clone(), value.clone()),
            });
            *value = Value::map(with_null);
        }
    }
    entries.push((Value::Text(Cow::Borrowed("t")), Value::Null));
    document = Value::map(entries);
    let code = Code { document, ..Code::dcc() };
    let verdict = judge(&code.text(&country), &country.trust());
    assert_eq!(verdict.outcome, Outcome::Accepted, "{:?}", verdict.deciding());
}

/// D20: an identifier longer than the schema has it is a note, and the document one all the same.
#[test]
fn d20_limits_of_the_schema_are_a_note() {
    let country = Country::new("XXA");
    let mut certificate = dcc();
    let Some(Statement::Vaccination(dose)) = &mut certificate.statement else { panic!("a dose") };
    dose.id = format!("URN:UVCI:01:XA:{}", "A".repeat(66));
    assert_eq!(dose.id.len(), 81);
    let text = of(&certificate).text(&country);
    let border = judge(&text, &country.trust());
    assert_eq!(border.outcome, Outcome::Accepted, "{:?}", border.deciding());
    assert_eq!(status(&border, CheckId::Schema), Status::Warn);
    let strict = judge_at(&text, &country.trust(), PolicyName::Strict, noon());
    assert_eq!(strict.deciding().unwrap().id, CheckId::Schema);
}

/// A key that is trusted for one format signs no other: a pharmacy's card key is no country's.
#[test]
fn keys_of_other_formats_sign_no_hc1_code() {
    let country = Country::new("XXA");
    let kid = country.dsc.kid();
    let mut builder = TrustStoreBuilder::new(Backend::default());
    let jwks = country.jwks(&kid.to_base64()).to_string();
    builder.add_named_keys("jwks.json", "https://pharmacy.example", jwks.as_bytes());
    builder.add_named_keys("dsc.pem", "did:example:issuer", country.dsc.der());
    let trust = builder.build();
    assert_eq!(trust.keys().len(), 2, "{:?}", trust.refused());
    for code in [Code::dcc(), Code::icvp("2026-10-01")] {
        for policy in PolicyName::ALL {
            let verdict = judge_at(&code.text(&country), &trust, policy, noon());
            assert_eq!(verdict.outcome, Outcome::CannotTell, "{policy}");
            assert!(verdict.authentic().is_none());
        }
    }
}

/// Nothing is accepted that nobody has signed, whatever it is.
#[test]
fn what_is_accepted_is_always_authentic() {
    let country = Country::new("XXA");
    let trust = country.trust();
    for text in [
        Code::dcc().text(&country),
        "shlink:/eyJ1cmwiOiJodHRwczovL2V4YW1wbGUub3JnL2xpbmsifQ".to_owned(),
        "https://example.org".to_owned(),
        "{}".to_owned(),
        String::new(),
    ] {
        for policy in PolicyName::ALL {
            let verdict = judge_at(&text, &trust, policy, noon());
            let accepted = verdict.outcome == Outcome::Accepted;
            assert_eq!(accepted, accepted && verdict.authentic().is_some(), "{text}");
        }
    }
}
