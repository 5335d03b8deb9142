//! Certificates from the request to the code, and what is refused on the way.

use gdhcn_codes::Participant;
use gdhcn_codes::icd11::Disease;
use gdhcn_codes::icvp_product;
use gdhcn_credential::dcc::{Name, Statement, StatementKind, Vaccination};
use gdhcn_credential::icvp::Dose;
use gdhcn_credential::{Cwt, Dcc, HealthDocument, HealthLink, Icvp, Limits, TimeClaim, hcert};
use gdhcn_crypto::{
    Backend, Curve, KeyKind, Kid, RsaSize, SignatureScheme, Signer, SoftwareKey, ecdsa_signature,
};
use gdhcn_envelope::cbor::Value;
use gdhcn_envelope::cose::{HeaderSide, Tagging};
use gdhcn_envelope::x509::{
    BasicConstraints, Certificate, CertificateTemplate, KeyUsageBits, NameBuilder, oid,
};
use gdhcn_issue::hcert::{IssueError, Refusal, Request, issue, prepare};
use jiff::Timestamp;

const ES256: KeyKind = KeyKind::Ec(Curve::P256);

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn participant() -> Participant {
    Participant::from_alpha3("XXA").unwrap()
}

/// A document signer of XXA, valid in 2026, and its key.
struct Dsc {
    key: SoftwareKey,
    certificate: Certificate,
}

fn dsc(kind: KeyKind) -> Dsc {
    dsc_with(kind, |_| {})
}

fn dsc_with(kind: KeyKind, change: impl FnOnce(&mut CertificateTemplate)) -> Dsc {
    let key = SoftwareKey::generate(kind).unwrap();
    let name = NameBuilder::new()
        .country(participant().alpha2())
        .organization("Ministry of Health")
        .common_name("DSC of XXA")
        .build()
        .unwrap();
    let mut template = CertificateTemplate::new(
        name.clone(),
        [7; 16],
        at("2026-01-01T00:00:00Z"),
        at("2027-01-01T00:00:00Z"),
    );
    template.key_usage = Some(KeyUsageBits::DIGITAL_SIGNATURE);
    change(&mut template);
    // Who signs the certificate does not matter here.
    let scheme = key.public_key().default_scheme();
    let certificate = template.sign(key.public_key(), &name, &key, scheme).unwrap();
    Dsc { key, certificate }
}

fn vaccination() -> Dcc {
    let vaccination = Vaccination {
        disease: "840539006".into(),
        prophylaxis: "1119349007".into(),
        product: "EU/1/20/1528".into(),
        holder: "ORG-100030215".into(),
        dose: Some(2),
        series: Some(2),
        date: "2026-02-01".into(),
        country: "XA".into(),
        issuer: "Ministry of Health".into(),
        id: "URN:UVCI:01:XA:1".into(),
    };
    let name = Name {
        surname: Some("Mu\u{308}ller".into()),
        standardised_surname: Some("MUELLER".into()),
        forename: Some("Ana".into()),
        standardised_forename: Some("ANA".into()),
    };
    Dcc::new(name, "1963-07-12", Statement::Vaccination(vaccination))
}

fn yellow_fever() -> Icvp {
    let product = icvp_product::all().iter().find(|p| p.disease() == Disease::YellowFever).unwrap();
    let dose = Dose {
        product: product.code.into(),
        date: "2026-02-25".into(),
        batch: "B-7".into(),
        authority: Some("XXA".into()),
        ..Dose::default()
    };
    Icvp::new("Ana M\u{fc}ller", "1963-07-12", "female", "XXA", dose)
}

fn document(dcc: Dcc) -> HealthDocument {
    HealthDocument::Dcc(Box::new(dcc))
}

fn request(document: HealthDocument, dsc: &Dsc) -> Request<'_> {
    Request {
        document,
        issuer: participant(),
        issued_at: at("2026-03-01T10:00:00.75Z"),
        expires_at: at("2026-12-31T00:00:00Z"),
        certificate: &dsc.certificate,
    }
}

fn refusal(request: &Request<'_>) -> Refusal {
    let refusal = prepare(request).unwrap_err();
    assert!(!refusal.to_string().is_empty() && !refusal.remedy().is_empty());
    refusal
}

#[test]
fn nothing_of_a_document_is_left_out_in_silence() {
    let dsc = dsc(ES256);
    let refused = |document| refusal(&request(document, &dsc));
    let mut twice = vaccination();
    twice.further = twice.statement.iter().cloned().collect();
    assert_eq!(refused(document(twice)), Refusal::NotWritable { what: "a second entry" });
    let icvp = |change: fn(&mut Icvp)| {
        let mut icvp = yellow_fever();
        change(&mut icvp);
        refused(HealthDocument::Icvp(Box::new(icvp)))
    };
    let second = icvp(|icvp| icvp.doses.push(Dose::default()));
    assert_eq!(second, Refusal::NotWritable { what: "a second dose" });
    let validity = icvp(|icvp| icvp.doses[0].valid_until = Some("2030-01-01".into()));
    assert_eq!(validity, Refusal::NotWritable { what: "a validity of its own" });
    let old = icvp(|icvp| icvp.doses[0].manufacturer = Some("X".into()));
    assert_eq!(old, Refusal::NotWritable { what: "fields of the first generation" });
}

#[test]
fn a_statement_without_sense_is_not_signed() {
    let dsc = dsc(ES256);
    let with = |change: fn(&mut Vaccination)| {
        let mut dcc = vaccination();
        let Some(Statement::Vaccination(dose)) = &mut dcc.statement else { panic!() };
        change(dose);
        refusal(&request(document(dcc), &dsc))
    };
    assert_eq!(with(|dose| dose.product = " ".into()), Refusal::Blank { field: "mp" });
    assert_eq!(with(|dose| dose.id = String::new()), Refusal::Blank { field: "ci" });
    assert_eq!(with(|dose| dose.date = "soon".into()), Refusal::EventUnreadable);
}

#[test]
fn a_code_has_exactly_the_prescribed_form_and_verifies() {
    for (kind, algorithm) in [(ES256, -7), (KeyKind::Rsa(RsaSize::Bits2048), -37)] {
        let dsc = dsc(kind);
        let issued = issue(&request(document(vaccination()), &dsc), &dsc.key).unwrap();
        let code = hcert::open(&issued.text, &Limits::default()).unwrap();
        assert_eq!(code.cose_bytes, issued.cose);
        let cose = &code.cose;
        assert_eq!(cose.tagging(), Tagging::Sign1);
        assert_eq!(cose.alg(), Some(algorithm));
        assert_eq!(cose.alg_side(), Some(HeaderSide::Protected));
        assert_eq!(cose.kid(), Some(&Kid::of_certificate(dsc.certificate.der())));
        assert_eq!(cose.unprotected(), [0xa0]);
        let scheme = prepare(&request(document(vaccination()), &dsc)).unwrap().scheme();
        let verifier = Backend::RustCrypto.verifier(dsc.key.public_key()).unwrap();
        verifier.verify(scheme, &cose.to_be_signed(), cose.signature()).unwrap();

        let claims = Cwt::parse(cose.payload(), &Limits::default()).unwrap();
        assert_eq!(claims.issuer.as_deref(), Some("XA"));
        assert_eq!(claims.issued_at, TimeClaim::At(at("2026-03-01T10:00:00Z")));
        assert_eq!(claims.expires_at, TimeClaim::At(at("2026-12-31T00:00:00Z")));
        assert_eq!(claims.not_before, TimeClaim::Absent);
        assert_eq!(claims.warnings, []);
        let HealthDocument::Dcc(dcc) = &claims.subclaims[0].document else { panic!("a DCC") };
        assert_eq!(dcc.problems, []);
        assert_eq!(dcc.name.surname.as_deref(), Some("M\u{fc}ller"), "in normal form C");
    }
}

#[test]
fn an_icvp_counts_from_its_first_valid_day() {
    let dsc = dsc(ES256);
    let document = HealthDocument::Icvp(Box::new(yellow_fever()));
    let issued = issue(&request(document, &dsc), &dsc.key).unwrap();
    let code = hcert::open(&issued.text, &Limits::default()).unwrap();
    let claims = Cwt::parse(code.cose.payload(), &Limits::default()).unwrap();
    assert_eq!(claims.not_before, TimeClaim::At(at("2026-03-07T00:00:00Z")));
    assert_eq!(claims.subclaims[0].key.0, -6);
    let HealthDocument::Icvp(read) = &claims.subclaims[0].document else { panic!("an ICVP") };
    assert_eq!(**read, yellow_fever());
}

#[test]
fn the_same_request_gives_the_same_bytes_to_sign() {
    let dsc = dsc(ES256);
    let bytes = || {
        let prepared = prepare(&request(document(vaccination()), &dsc)).unwrap();
        prepared.to_be_signed().to_vec()
    };
    assert_eq!(bytes(), bytes());
}

#[test]
fn a_key_elsewhere_signs_between_prepare_and_finish() {
    let dsc = dsc(ES256);
    let prepared = prepare(&request(document(vaccination()), &dsc)).unwrap();
    let signature = dsc.key.sign(prepared.scheme(), prepared.to_be_signed()).unwrap();
    let der = ecdsa_signature::fixed_to_der(Curve::P256, &signature).unwrap();
    let error = prepared.clone().finish(&der).unwrap_err();
    assert!(matches!(error, IssueError::SignatureForm { length, .. } if length == der.len()));
    let mut wrong = signature.clone();
    wrong[40] ^= 1;
    let error = prepared.clone().finish(&wrong).unwrap_err();
    assert!(matches!(error, IssueError::Signature(_)), "{error:?}");
    assert!(prepared.finish(&signature).unwrap().text.starts_with("HC1:"));
}

#[test]
fn a_key_that_is_not_the_certificates_does_not_sign() {
    let dsc = dsc(ES256);
    let other = SoftwareKey::generate(ES256).unwrap();
    let error = issue(&request(document(vaccination()), &dsc), &other).unwrap_err();
    assert_eq!(error, IssueError::ForeignKey);
}

#[test]
fn times_outside_those_of_the_signer_are_refused() {
    let dsc = dsc(ES256);
    let with = |issued_at: &str, expires_at: &str| {
        let request = request(document(vaccination()), &dsc);
        refusal(&Request { issued_at: at(issued_at), expires_at: at(expires_at), ..request })
    };
    let (start, end) = ("2026-03-01T00:00:00Z", "2027-01-01T00:00:00Z");
    assert!(matches!(with(start, "2027-01-01T00:00:01Z"), Refusal::OutlivesSigner { .. }));
    assert!(matches!(with("2025-12-31T23:59:59Z", end), Refusal::BeforeSigner { .. }));
    assert!(matches!(with(start, start), Refusal::ExpiresBeforeIssued { .. }));
    let fits = Request {
        issued_at: at("2026-02-01T00:00:00Z"),
        expires_at: at(end),
        ..request(document(vaccination()), &dsc)
    };
    assert!(prepare(&fits).is_ok());
}

#[test]
fn signers_that_are_not_meant_for_this_are_refused() {
    let test_only = dsc_with(ES256, |template| {
        let usage = StatementKind::Test.extended_key_usages()[0];
        template.extended_key_usage = vec![oid::ObjectIdentifier::new(usage).unwrap()];
    });
    assert_eq!(
        refusal(&request(document(vaccination()), &test_only)),
        Refusal::KeyUsage { statement: StatementKind::Vaccination }
    );
    let icvp = HealthDocument::Icvp(Box::new(yellow_fever()));
    assert!(prepare(&request(icvp, &test_only)).is_ok(), "the usages speak of DCC only");

    let ca = dsc_with(ES256, |template| {
        template.basic_constraints = Some(BasicConstraints { ca: true, path_len: None });
    });
    let encryption = dsc_with(ES256, |template| {
        template.key_usage = Some(KeyUsageBits::KEY_ENCIPHERMENT);
    });
    for unfit in [ca, encryption] {
        let refusal = refusal(&request(document(vaccination()), &unfit));
        assert!(matches!(refusal, Refusal::NotADocumentSigner { .. }), "{refusal:?}");
    }
    for kind in [KeyKind::Ec(Curve::P384), KeyKind::Ed25519] {
        let other = dsc(kind);
        let refusal = refusal(&request(document(vaccination()), &other));
        assert!(matches!(refusal, Refusal::KeyKind { .. }), "{refusal:?}");
    }
    let dsc = dsc(ES256);
    let issuer = Participant::from_alpha3("XXB").unwrap();
    let foreign = Request { issuer, ..request(document(vaccination()), &dsc) };
    assert_eq!(refusal(&foreign), Refusal::ForeignSigner { issuer, found: Some("XA".to_owned()) });
}

#[test]
fn documents_that_are_not_sound_are_refused() {
    let dsc = dsc(ES256);
    let mut dcc = vaccination();
    dcc.name.standardised_surname = None;
    let Refusal::Schema(problems) = refusal(&request(document(dcc), &dsc)) else { panic!() };
    assert_eq!(problems[0].path, "nam/fnt");

    let icvp = |change: fn(&mut Icvp)| {
        let mut icvp = yellow_fever();
        change(&mut icvp);
        refusal(&request(HealthDocument::Icvp(Box::new(icvp)), &dsc))
    };
    assert_eq!(
        icvp(|icvp| icvp.doses[0].product = "Aspirin".into()),
        Refusal::UnknownProduct { code: "Aspirin".into() }
    );
    assert!(matches!(icvp(|icvp| icvp.doses[0].authority = None), Refusal::Schema(_)));
    assert!(matches!(icvp(|icvp| icvp.sex = Some("F".into())), Refusal::Schema(_)));
    assert!(matches!(
        icvp(|icvp| icvp.doses[0].date = "2026-03-03".into()),
        Refusal::EventInFuture { .. }
    ));
    let late = Request {
        expires_at: at("2026-03-06T23:59:59Z"),
        ..request(HealthDocument::Icvp(Box::new(yellow_fever())), &dsc)
    };
    assert!(matches!(refusal(&late), Refusal::NeverValid { .. }));

    let link = HealthLink::read(&Value::from("shlink:/e30")).unwrap();
    assert_eq!(refusal(&request(HealthDocument::Link(link), &dsc)), Refusal::Kind);
}

#[test]
fn certificates_before_the_amended_annex_are_refused() {
    let early = dsc_with(ES256, |template| template.not_before = at("2025-01-01T00:00:00Z"));
    let mut icvp = yellow_fever();
    icvp.doses[0].date = "2025-09-01".into();
    let issued_at = at("2025-09-17T00:00:00Z");
    let document = HealthDocument::Icvp(Box::new(icvp));
    let refusal = refusal(&Request { issued_at, ..request(document, &early) });
    assert!(matches!(refusal, Refusal::BeforeInForce { .. }));
}

#[test]
fn a_code_too_long_for_a_picture_is_refused() {
    let dsc = dsc(KeyKind::Rsa(RsaSize::Bits4096));
    let mut icvp = yellow_fever();
    // Text that does not compress.
    let mut state = 1_u32;
    let mut letter = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from_u32(0x4e00 + (state >> 16) % 0x5000).unwrap()
    };
    icvp.guardian = Some((0..400).map(|_| letter()).collect());
    let error = issue(&request(HealthDocument::Icvp(Box::new(icvp)), &dsc), &dsc.key).unwrap_err();
    assert!(matches!(error, IssueError::TooLong { length, limit: 2420 } if length > 2420));
}

#[test]
fn the_scheme_tells_a_remote_key_what_to_do() {
    let dsc = dsc(ES256);
    let prepared = prepare(&request(document(vaccination()), &dsc)).unwrap();
    assert!(matches!(prepared.scheme(), SignatureScheme::EcdsaFixed(_)));
}
