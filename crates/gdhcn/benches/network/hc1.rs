//! From the text of an HC1 code to its verdict, beside the bare signature check.

use std::hint::black_box;
use std::time::{Duration, Instant};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey};
use gdhcn_codes::Participant;
use gdhcn_credential::dcc::{Name, Statement, Vaccination};
use gdhcn_credential::{Dcc, HealthDocument, Limits as CredentialLimits, hcert};
use gdhcn_crypto::{Backend, Curve, KeyKind, PublicKey, Signer, SoftwareKey};
use gdhcn_envelope::x509::Certificate;
use gdhcn_issue::hcert::{Request, issue};
use gdhcn_trust::TrustStoreBuilder;
use gdhcn_trust::ceremony;
use gdhcn_trust::profile::Role;
use gdhcn_verify::{Context, Limits, Outcome, Policy, PolicyName};
use jiff::{SignedDuration, Timestamp};

use crate::{Row, Target, median};

/// Document signers in the index.
const KEYS: u8 = 200;
const BATCHES: usize = 41;
const BATCH: Duration = Duration::from_millis(40);

pub(crate) fn verify() -> Row {
    let at: Timestamp = "2026-11-25T12:00:00Z".parse().unwrap();
    let participant = Participant::parse("XXA").unwrap();
    let new_key = || SoftwareKey::generate(KeyKind::Ec(Curve::P256)).unwrap();
    let sca_key = new_key();
    let serial = |number| [number; 16];
    let sca = ceremony::Request::new(
        Role::Sca,
        Some(participant),
        "Bench",
        sca_key.public_key(),
        serial(0),
        at,
    )
    .self_signed(&sca_key)
    .unwrap();
    let mut builder = TrustStoreBuilder::new(Backend::default());
    builder.add_certificates("sca", sca.der());
    let mut last = None;
    for number in 1..=KEYS {
        let key = new_key();
        let dsc = ceremony::Request::new(
            Role::Dsc,
            Some(participant),
            "Bench",
            key.public_key(),
            serial(number),
            at,
        )
        .issued_by(&sca, &sca_key)
        .unwrap();
        builder.add_certificates("dsc", dsc.der());
        last = Some((key, dsc));
    }
    let trust = builder.build();
    let (key, dsc) = last.unwrap();
    let text = code(participant, &key, &dsc, at);
    let context = Context {
        trust: &trust,
        at,
        policy: Policy::new(PolicyName::Border),
        limits: Limits::default(),
    };
    let verdict = gdhcn_verify::verify(&text, &context);
    assert_eq!(verdict.outcome, Outcome::Accepted, "{:?}", verdict.deciding());

    let opened = hcert::open(&text, &CredentialLimits::default()).unwrap();
    let message = opened.cose.to_be_signed();
    let PublicKey::Ec(point) = key.public_key() else { unreachable!() };
    let bare = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point.sec1()).unwrap();
    let baseline =
        || bare.verify_sig(black_box(&message), black_box(opened.cose.signature())).unwrap();
    let whole = || {
        let verdict = gdhcn_verify::verify(black_box(&text), &context);
        assert!(black_box(verdict).outcome == Outcome::Accepted);
    };

    let (mut ours, mut theirs, mut ratios) = (vec![], vec![], vec![]);
    for _ in 0..BATCHES {
        let one = microseconds(whole);
        let other = microseconds(baseline);
        ours.push(one);
        theirs.push(other);
        ratios.push(one / other);
    }
    println!("hc1_verify: a code of {} characters, {KEYS} keys in the index", text.len());
    Row {
        name: "hc1_verify",
        value: median(ours),
        unit: "us",
        baseline: Some(median(theirs)),
        ratio: Some(median(ratios)),
        target: Target::AtMost(1.10),
    }
}

/// A vaccination certificate of ordinary length.
fn code(owner: Participant, key: &SoftwareKey, dsc: &Certificate, at: Timestamp) -> String {
    let name = Name {
        surname: Some("Okonkwo-Núñez".into()),
        standardised_surname: Some("OKONKWO<NUNEZ".into()),
        forename: Some("Amara Zoë".into()),
        standardised_forename: Some("AMARA<ZOE".into()),
    };
    let vaccination = Vaccination {
        disease: "840539006".into(),
        prophylaxis: "1119349007".into(),
        product: "EU/1/20/1528".into(),
        holder: "ORG-100030215".into(),
        dose: Some(2),
        series: Some(2),
        date: "2026-10-01".into(),
        country: "XA".into(),
        issuer: "Ministry of Health of XXA".into(),
        id: "URN:UVCI:01:XA:391A9D7CCB3449FABF0DD26E037F647A#S".into(),
    };
    let document = Dcc::new(name, "1990-04-12", Statement::Vaccination(vaccination));
    let request = Request {
        document: HealthDocument::Dcc(Box::new(document)),
        issuer: owner,
        issued_at: at,
        expires_at: at + SignedDuration::from_hours(24),
        certificate: dsc,
    };
    issue(&request, key).unwrap().text
}

/// Mean time of one call over a batch.
fn microseconds(call: impl Fn()) -> f64 {
    let begin = Instant::now();
    let mut calls = 0_u32;
    while begin.elapsed() < BATCH {
        for _ in 0..16 {
            call();
        }
        calls += 16;
    }
    begin.elapsed().as_secs_f64() * 1e6 / f64::from(calls)
}
