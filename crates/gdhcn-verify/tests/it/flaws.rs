//! One flaw at a time: the right check fails with the right code, and nothing else is blamed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gdhcn_codes::StatementKind;
use gdhcn_credential::{SubclaimKey, hcert};
use gdhcn_crypto::{
    Backend, Curve, DigestAlgorithm, KeyKind, Kid, RsaSize, SignatureScheme, Signer as _,
    SoftwareKey,
};
use gdhcn_envelope::cbor::Value;
use gdhcn_envelope::cose;
use gdhcn_trust::TrustStoreBuilder;
use gdhcn_trust::ceremony::Request;
use gdhcn_trust::profile::Role;
use gdhcn_verify::{CheckId, Content, Outcome, PolicyName, Status, Verdict};

use crate::forge::{Code, Country, dcc, judge, judge_at, noon, seconds};

fn assert_decided(verdict: &Verdict, outcome: Outcome, id: CheckId, code: &str) {
    let deciding = verdict.deciding().expect("a check decided");
    assert_eq!(
        (verdict.outcome, deciding.id, deciding.reason.code()),
        (outcome, id, code),
        "{}",
        deciding.reason
    );
}

fn status(verdict: &Verdict, id: CheckId) -> Status {
    verdict.check(id).unwrap_or_else(|| panic!("{id} was not come to")).status
}

#[test]
fn a_sound_code_is_accepted_under_every_policy_that_can_check_everything() {
    let country = Country::new("XXA");
    let text = Code::dcc().text(&country);
    for policy in PolicyName::ALL {
        let verdict = judge_at(&text, &country.trust(), policy, noon());
        assert_eq!(verdict.outcome, Outcome::Accepted, "{policy}: {:?}", verdict.deciding());
        assert!(verdict.authentic().is_some());
    }
    // Strict wants the chain, which needs the SCA.
    let trust = country.trust_without_sca();
    let lenient = judge_at(&text, &trust, PolicyName::Border, noon());
    assert_eq!(lenient.outcome, Outcome::Accepted);
    assert_eq!(status(&lenient, CheckId::Chain), Status::NotDone);
    let strict = judge_at(&text, &trust, PolicyName::Strict, noon());
    assert_decided(&strict, Outcome::NotAccepted, CheckId::Chain, "NO_SCA");
}

#[test]
fn rsa_signers_are_accepted_too() {
    let country = Country::with("XXA", KeyKind::Rsa(RsaSize::Bits2048), &[]);
    let code = Code {
        algorithm: cose::PS256,
        scheme: SignatureScheme::pss(DigestAlgorithm::Sha256),
        ..Code::dcc()
    };
    let verdict = judge(&code.text(&country), &country.trust());
    assert_eq!(verdict.outcome, Outcome::Accepted, "{:?}", verdict.deciding());
}

#[test]
fn no_flipped_bit_of_the_signed_message_is_accepted() {
    let country = Country::new("XXA");
    let trust = country.trust();
    let sound = Code::dcc().cose(&country);
    for byte in 0..sound.len() {
        for bit in [0, 3, 7] {
            let mut spoiled = sound.clone();
            spoiled[byte] ^= 1 << bit;
            let verdict = judge(&hcert::close(&spoiled), &trust);
            assert_ne!(verdict.outcome, Outcome::Accepted, "byte {byte}, bit {bit}");
            assert!(verdict.authentic().is_none(), "byte {byte}, bit {bit}");
        }
    }
}

#[test]
fn no_changed_character_of_the_text_is_accepted() {
    let country = Country::new("XXA");
    let trust = country.trust();
    let text = Code::dcc().text(&country);
    for at in 0..text.len() {
        let mut spoiled = text.clone();
        let other = if &text[at..=at] == "0" { "1" } else { "0" };
        spoiled.replace_range(at..=at, other);
        assert_ne!(judge(&spoiled, &trust).outcome, Outcome::Accepted, "character {at}");
        assert_ne!(judge(&text[..at], &trust).outcome, Outcome::Accepted, "cut at {at}");
    }
}

/// D12: errors name the layer and the place in it.
#[test]
fn each_broken_layer_is_named() {
    let country = Country::new("XXA");
    let trust = country.trust();
    let text = Code::dcc().text(&country);
    let body = text.strip_prefix("HC1:").unwrap();
    for (spoiled, code) in [
        (format!("HC2:{body}"), "PREFIX"),
        (format!("HL1:{body}"), "PREFIX"),
        (body.to_owned(), "PREFIX"),
        (format!("HC1:{}", body.to_lowercase()), "BASE45"),
        (format!("HC1:{}", &body[..body.len() - 3]), "ZLIB"),
        ("HC1:".to_owned(), "ZLIB"),
        (hcert::close(b"\x83\x01\x02\x03"), "COSE"),
        ("https://example.org/".to_owned(), "NOT_SUPPORTED"),
        ("shc:/5676".to_owned(), "SIGNING_FORMAT"),
        (String::new(), "NOT_SUPPORTED"),
    ] {
        let verdict = judge(&spoiled, &trust);
        assert_decided(&verdict, Outcome::NotAccepted, CheckId::Container, code);
        assert_eq!(*verdict.content(), Content::Unreadable);
    }
}

#[test]
fn a_line_end_from_a_scanner_is_no_flaw_and_a_lost_blank_is() {
    let country = Country::new("XXA");
    let trust = country.trust();
    let text = Code::dcc().text(&country);
    for end in ["\n", "\r\n", "\t"] {
        assert_eq!(judge(&format!("{text}{end}"), &trust).outcome, Outcome::Accepted);
    }
    if text.contains(' ') {
        assert_eq!(judge(&text.replace(' ', ""), &trust).outcome, Outcome::NotAccepted);
    }
}

#[test]
fn an_unknown_key_leaves_the_matter_open_and_shows_nothing_as_authentic() {
    let (country, other) = (Country::new("XXA"), Country::new("XXB"));
    let verdict = judge(&Code::dcc().text(&country), &other.trust());
    assert_decided(&verdict, Outcome::CannotTell, CheckId::KeyKnown, "KEY_NOT_FOUND");
    assert_eq!(status(&verdict, CheckId::Signature), Status::NotDone);
    assert!(matches!(verdict.content(), Content::Unproven(_)));
    assert!(verdict.authentic().is_none());

    let nothing = TrustStoreBuilder::new(Backend::default()).build();
    let verdict = judge(&Code::dcc().text(&country), &nothing);
    assert_decided(&verdict, Outcome::CannotTell, CheckId::TrustData, "NO_TRUST_SOURCE");
}

#[test]
fn a_refusal_outweighs_an_unknown_key() {
    let (country, other) = (Country::new("XXA"), Country::new("XXB"));
    let late = noon() + seconds(48 * 3600);
    let text = Code::dcc().text(&country);
    let verdict = judge_at(&text, &other.trust(), PolicyName::Border, late);
    assert_decided(&verdict, Outcome::NotAccepted, CheckId::ExpiresAt, "EXPIRED");
}

/// D18: all candidates of a kid are tried, and the one that verified is named.
#[test]
fn every_key_with_the_kid_is_tried_and_the_one_that_fits_is_named() {
    let (country, other) = (Country::new("XXA"), Country::new("XXB"));
    // A gateway's list may give one kid to two certificates of two countries.
    let kid = Kid::of_certificate(other.dsc.der());
    let code = Code { protected: Some(cose::protected_header(cose::ES256, &kid)), ..Code::dcc() };
    let verdict = judge(&code.text(&country), &other.trust());
    assert_decided(&verdict, Outcome::NotAccepted, CheckId::Signature, "SIGNATURE");
    assert!(verdict.signer.is_none(), "nobody is named for a signature that does not hold");

    let kid = Kid::from(&b"shared"[..]);
    let code = Code { protected: Some(cose::protected_header(cose::ES256, &kid)), ..Code::dcc() };
    for first in [[&other, &country], [&country, &other]] {
        let mut builder = TrustStoreBuilder::new(Backend::default());
        for owner in first {
            let list = serde_json::json!({
                "id": format!("did:web:h:{}", owner.dsc.kid().to_hex()),
                "verificationMethod": [{
                    "id": "did:web:h:XXA:DSC#shared",
                    "publicKeyJwk": owner.jwks("shared")["keys"][0],
                }],
            });
            builder.add_did_document("list", list.to_string().as_bytes());
        }
        let verdict = judge(&code.text(&country), &builder.build());
        assert_eq!(status(&verdict, CheckId::Signature), Status::Pass, "{:?}", verdict.deciding());
        assert!(verdict.authentic().is_some());
    }
}

#[test]
fn of_two_entries_for_one_key_the_better_one_counts() {
    let country = Country::new("XXA");
    let kid = Kid::of_certificate(country.dsc.der());
    let text = Code { protected: Some(cose::protected_header(cose::ES256, &kid)), ..Code::dcc() }
        .text(&country);
    // The bare key comes first and cannot show a chain; the certificate can.
    let mut builder = TrustStoreBuilder::new(Backend::default());
    builder.add_certificates("sca", country.sca.der());
    let kid = kid.to_base64();
    let list = serde_json::json!({
        "id": "did:web:h:l",
        "verificationMethod": [{
            "id": format!("did:web:h:XXA:DSC#{kid}"),
            "publicKeyJwk": country.jwks(&kid)["keys"][0],
        }],
    });
    builder.add_did_document("list", list.to_string().as_bytes());
    builder.add_certificates("dsc", country.dsc.der());
    let verdict = judge_at(&text, &builder.build(), PolicyName::Strict, noon());
    assert_eq!(verdict.outcome, Outcome::Accepted, "{:?}", verdict.deciding());
}

#[test]
fn the_key_must_be_of_the_kind_that_the_algorithm_names() {
    let country = Country::new("XXA");
    let code = Code { algorithm: cose::PS256, ..Code::dcc() };
    let verdict = judge(&code.text(&country), &country.trust());
    assert_decided(&verdict, Outcome::NotAccepted, CheckId::Algorithm, "ALG");

    for algorithm in [-8, -35, -257, 0, 5] {
        let code = Code { algorithm, ..Code::dcc() };
        let verdict = judge(&code.text(&country), &country.trust());
        assert_decided(&verdict, Outcome::NotAccepted, CheckId::Algorithm, "ALG");
        assert!(verdict.authentic().is_none());
    }
}

#[test]
fn a_signature_in_der_is_refused_without_a_crash() {
    let country = Country::new("XXA");
    let scheme = SignatureScheme::EcdsaDer(DigestAlgorithm::Sha256);
    let code = Code { scheme, ..Code::dcc() };
    let verdict = judge(&code.text(&country), &country.trust());
    assert_decided(&verdict, Outcome::NotAccepted, CheckId::Signature, "SIGNATURE");
    assert!(verdict.deciding().unwrap().reason.to_string().contains("form"));
}

#[test]
fn a_missing_kid_is_named() {
    let country = Country::new("XXA");
    let header = Value::map([(Value::from(1), Value::from(cose::ES256))]).to_vec();
    let code = Code { protected: Some(header), ..Code::dcc() };
    let verdict = judge(&code.text(&country), &country.trust());
    assert_decided(&verdict, Outcome::NotAccepted, CheckId::KeyKnown, "KID_MISSING");
}

/// One second before, on and after each border in time.
/// D8: one second before, at, and one second after each border.
#[test]
fn borders_in_time_count_to_the_second() {
    let country = Country::new("XXA");
    let trust = country.trust();
    let code = Code::dcc();
    let text = code.text(&country);
    let accepted =
        |at| judge_at(&text, &trust, PolicyName::Border, at).outcome == Outcome::Accepted;
    for (border, expected) in
        [(code.issued_at, [false, true, true]), (code.expires_at, [true, true, false])]
    {
        let found = [-1, 0, 1].map(|offset| accepted(border + seconds(offset)));
        assert_eq!(found, expected, "{border}");
    }

    // The certificate's borders, with a code that outlasts them.
    let (from, until) = (country.dsc.not_before(), country.dsc.not_after());
    let code = Code { issued_at: from - seconds(9), expires_at: until + seconds(9), ..code };
    let text = code.text(&country);
    let key_in_time = |at| {
        let verdict = judge_at(&text, &trust, PolicyName::Border, at);
        status(&verdict, CheckId::KeyValidity) == Status::Pass
    };
    assert_eq!([-1, 0, 1].map(|offset| key_in_time(from + seconds(offset))), [false, true, true]);
    assert_eq!([-1, 0, 1].map(|offset| key_in_time(until + seconds(offset))), [true, true, false]);
}

/// B27: whose certificate ran out is said, and the policy decides.
#[test]
fn an_expired_signer_is_refused_at_the_border_and_noted_by_lenient() {
    let country = Country::new("XXA");
    let trust = country.trust();
    let until = country.dsc.not_after();
    let code = Code { expires_at: until + seconds(99), ..Code::dcc() };
    let text = code.text(&country);
    let late = until + seconds(1);
    let border = judge_at(&text, &trust, PolicyName::Border, late);
    assert_decided(&border, Outcome::NotAccepted, CheckId::KeyValidity, "KEY_EXPIRED");
    let lenient = judge_at(&text, &trust, PolicyName::Lenient, late);
    assert_eq!(lenient.outcome, Outcome::Accepted);
    assert_eq!(status(&lenient, CheckId::KeyValidity), Status::Warn);
    assert_eq!(status(&lenient, CheckId::KeyWindow), Status::Warn);
}

#[test]
fn a_signer_for_tests_may_not_sign_vaccinations() {
    let country = Country::with("XXA", KeyKind::Ec(Curve::P256), &[StatementKind::Test]);
    let verdict = judge(&Code::dcc().text(&country), &country.trust());
    assert_decided(&verdict, Outcome::NotAccepted, CheckId::KeyUsage, "KEY_USAGE");
}

#[test]
fn a_listed_certificate_that_is_no_signers_is_noted_and_refused_by_strict() {
    let mut country = Country::new("XXA");
    let key = SoftwareKey::generate(KeyKind::Ec(Curve::P256)).unwrap();
    let owner = gdhcn_codes::Participant::parse("XXA").unwrap();
    let request = Request::new(Role::Sca, Some(owner), "T", key.public_key(), [9; 16], noon());
    country.dsc = request.self_signed(&key).unwrap();
    country.key = key;
    let list = serde_json::json!({
        "id": "did:web:h:l",
        "verificationMethod": [{
            "id": format!("did:web:h:XXA:DSC#{}", country.dsc.kid()),
            "publicKeyJwk": {
                "kty": "EC", "crv": "UNKNOWN CURVE", "x5c": [STANDARD.encode(country.dsc.der())],
            },
            "keyusage": { "code": "DSC" },
        }],
    });
    let mut builder = TrustStoreBuilder::new(Backend::default());
    builder.add_did_document("list", list.to_string().as_bytes());
    let trust = builder.build();
    for text in [Code::dcc().text(&country), Code::icvp("2026-11-01").text(&country)] {
        let check = judge(&text, &trust).check(CheckId::KeyUsage).unwrap().clone();
        assert_eq!((check.status, check.reason.code()), (Status::Warn, "KEY_USAGE"));
        let strict = judge_at(&text, &trust, PolicyName::Strict, noon());
        assert_eq!(status(&strict, CheckId::KeyUsage), Status::Fail);
    }
}

/// B19 and B20: a clock is doubted on evidence of signed data, by more than five minutes, only.
#[test]
fn a_clock_before_the_newest_signed_data_leaves_the_matter_open() {
    let Some(corpus) = gdhcn_testkit::corpus("tng-cdn") else { return };
    let list = std::fs::read(corpus.join("prod/v2/trustlist-ref/did.json")).unwrap();
    let country = Country::new("XXA");
    let text = Code::dcc().text(&country);
    let mut builder = TrustStoreBuilder::new(Backend::default());
    builder.add_did_document("list", &list);
    builder.add_certificates("dsc", country.dsc.der());
    let trust = builder.build();
    let floor = trust.time_floor().expect("a list that proves its date");
    for (before, expected) in [(0, Status::Pass), (300, Status::Pass), (301, Status::Fail)] {
        let at = floor - seconds(before);
        let verdict = judge_at(&text, &trust, PolicyName::Border, at);
        let check = verdict.check(CheckId::Clock).unwrap();
        assert_eq!(check.status, expected, "{before} s before");
        if expected == Status::Fail {
            assert_eq!(check.reason.code(), "CLOCK");
        }
    }
}

/// D5: a time that cannot be read is a failing check, never "no expiry".
#[test]
fn claims_that_are_no_times_are_refused_and_missing_ones_are_for_the_policy() {
    let country = Country::new("XXA");
    let trust = country.trust();
    let claims = |exp: Option<Value<'static>>| {
        let mut map = vec![
            (Value::from(6), Value::from(noon().as_second() - 60)),
            (Value::from(-260), Value::map([(Value::from(1), dcc().to_cbor().into_owned())])),
        ];
        map.extend(exp.map(|exp| (Value::from(4), exp)));
        Code { payload: Some(Value::map(map).to_vec()), ..Code::dcc() }.text(&country)
    };
    for hostile in [
        Value::Float(f64::NAN),
        Value::Float(f64::INFINITY),
        Value::from("soon"),
        Value::Bool(true),
        Value::Unsigned(u64::MAX),
        Value::Null,
    ] {
        for policy in PolicyName::ALL {
            let verdict = judge_at(&claims(Some(hostile.clone())), &trust, policy, noon());
            assert_decided(&verdict, Outcome::NotAccepted, CheckId::ExpiresAt, "CWT");
        }
    }
    let absent = claims(None);
    let border = judge_at(&absent, &trust, PolicyName::Border, noon());
    assert_eq!(status(&border, CheckId::ExpiresAt), Status::Warn);
    assert_eq!(border.outcome, Outcome::Accepted);
    let strict = judge_at(&absent, &trust, PolicyName::Strict, noon());
    assert_decided(&strict, Outcome::NotAccepted, CheckId::ExpiresAt, "CWT");
}

#[test]
fn a_document_without_content_or_of_an_unknown_kind_is_named() {
    let country = Country::new("XXA");
    let trust = country.trust();
    let empty = Value::map([
        (Value::from(6), Value::from(0)),
        (Value::from(4), Value::from(i64::from(u32::MAX))),
    ]);
    let code = Code { payload: Some(empty.to_vec()), ..Code::dcc() };
    let verdict = judge(&code.text(&country), &trust);
    assert_decided(&verdict, Outcome::NotAccepted, CheckId::Content, "HCERT_MISSING");

    let code = Code { key: SubclaimKey(77), ..Code::dcc() };
    let verdict = judge(&code.text(&country), &trust);
    assert_decided(&verdict, Outcome::NotAccepted, CheckId::Content, "HCERT_MISSING");
}

#[test]
fn a_key_of_another_country_than_the_claimed_one_is_noted_and_refused_by_strict() {
    let country = Country::new("XXA");
    let trust = country.trust();
    let text = Code { issuer: "XB".into(), ..Code::dcc() }.text(&country);
    let border = judge(&text, &trust);
    assert_eq!(
        (border.outcome, status(&border, CheckId::Issuer)),
        (Outcome::Accepted, Status::Warn)
    );
    let strict = judge_at(&text, &trust, PolicyName::Strict, noon());
    assert_decided(&strict, Outcome::NotAccepted, CheckId::Issuer, "ISSUER");
}

#[test]
fn a_bomb_of_zeros_stops_at_the_limit() {
    let bomb = hcert::close(&vec![0; 6 * 1024 * 1024]);
    let verdict = judge(&bomb, &Country::new("XXA").trust());
    assert_decided(&verdict, Outcome::NotAccepted, CheckId::Container, "ZLIB");
}

#[test]
fn a_yellow_card_counts_from_its_tenth_day() {
    let country = Country::new("XXA");
    let trust = country.trust();
    // At noon in UTC it is the 26th somewhere already.
    for (date, expected) in
        [("2026-11-16", Status::Pass), ("2026-11-17", Status::Warn), ("2026-11-27", Status::Fail)]
    {
        let verdict = judge(&Code::icvp(date).text(&country), &trust);
        assert_eq!(status(&verdict, CheckId::EventDates), expected, "{date}");
    }
}

#[test]
fn trust_data_that_is_too_old_leaves_the_matter_open() {
    let country = Country::new("XXA");
    let text = Code::dcc().text(&country);
    let day = 24 * 3600;
    for (age, outcome) in [(14 * day, Outcome::Accepted), (15 * day, Outcome::CannotTell)] {
        let mut builder = TrustStoreBuilder::new(Backend::default());
        builder.fetched_at(Some(noon() - seconds(age)), None);
        builder.add_certificates("dsc", country.dsc.der());
        let verdict = judge(&text, &builder.build());
        assert_eq!(verdict.outcome, outcome, "{age}");
        if outcome == Outcome::CannotTell {
            let deciding = (CheckId::TrustData, "TRUST_TOO_OLD");
            assert_decided(&verdict, outcome, deciding.0, deciding.1);
        }
    }
}

#[test]
fn every_check_stands_in_every_verdict_in_its_order() {
    let country = Country::new("XXA");
    let text = Code::dcc().text(&country);
    let unclaimed = Code { payload: Some(vec![0xf6]), ..Code::dcc() }.text(&country);
    for text in [text.as_str(), &unclaimed, "HC1:x", "hello", "shc:/5676", ""] {
        let verdict = judge(text, &country.trust());
        let ids: Vec<_> = verdict.checks.iter().map(|check| check.id).collect();
        assert_eq!(ids, CheckId::ALL, "{text}");
    }
}

#[test]
fn a_dose_whose_date_cannot_be_read_is_a_flaw() {
    let country = Country::new("XXA");
    let mut certificate = dcc();
    let Some(gdhcn_credential::dcc::Statement::Vaccination(dose)) = &mut certificate.statement
    else {
        panic!("a vaccination")
    };
    dose.date = "banana".into();
    let code = Code { document: certificate.to_cbor().into_owned(), ..Code::dcc() };
    let verdict = judge(&code.text(&country), &country.trust());
    let check = verdict.check(CheckId::EventDates).unwrap();
    assert_eq!((check.status, check.reason.code()), (Status::Warn, "EVENT_DATE"));
}

#[test]
fn without_a_dated_list_neither_age_nor_clock_can_be_judged() {
    let country = Country::new("XXA");
    let verdict = judge(&Code::dcc().text(&country), &country.trust());
    assert_eq!(status(&verdict, CheckId::TrustData), Status::NotDone);
    assert_eq!(status(&verdict, CheckId::Clock), Status::NotDone);
    assert_eq!(status(&verdict, CheckId::ListProof), Status::NotDone);
}

#[test]
fn a_good_code_after_a_bad_one_is_judged_by_itself() {
    let country = Country::new("XXA");
    let trust = country.trust();
    let good = Code::dcc().text(&country);
    let bad = Code { algorithm: 0, ..Code::dcc() }.text(&country);
    for (text, outcome) in [
        (&bad, Outcome::NotAccepted),
        (&good, Outcome::Accepted),
        (&bad, Outcome::NotAccepted),
        (&good, Outcome::Accepted),
    ] {
        assert_eq!(judge(text, &trust).outcome, outcome);
    }
}
