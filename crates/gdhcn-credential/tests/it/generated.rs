//! Properties over generated input: nothing panics, and what is written reads back.

use gdhcn_credential::dcc::{Name, Statement, Vaccination};
use gdhcn_credential::hcert::{self, base45};
use gdhcn_credential::{
    Cwt, CwtClaims, Dcc, HealthDocument, Icvp, Limits, PartialDate, SubclaimKey, detect,
    parse_instant_loose, uvci,
};
use gdhcn_envelope::cbor;
use jiff::Timestamp;
use proptest::prelude::*;

proptest! {
    #[test]
    fn base45_agrees_with_the_base45_crate(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let text = base45::encode(&bytes);
        prop_assert_eq!(&text, &::base45::encode(&bytes));
        prop_assert_eq!(base45::decode(&text).unwrap(), bytes);
    }

    #[test]
    fn base45_accepts_nothing_that_does_not_encode_back(text in "[0-9A-Z $%*+./:-]{0,40}") {
        if let Ok(bytes) = base45::decode(&text) {
            prop_assert_eq!(base45::encode(&bytes), text);
        }
    }

    #[test]
    fn base45_faults_lie_inside_the_text(text in "\\PC{0,40}") {
        if let Err(error) = base45::decode(&text) {
            prop_assert!(error.at < text.len());
        }
    }

    #[test]
    fn any_text_is_opened_or_refused(text in "(HC1:)?\\PC{0,80}") {
        let _ = hcert::open(&text, &Limits::default());
        detect(&text);
        uvci::check(&text);
        let _ = parse_instant_loose(&text);
        PartialDate::parse(&text);
    }

    #[test]
    fn any_compressed_bytes_are_opened_or_refused(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let text = hcert::close(&bytes);
        if let Ok(code) = hcert::open(&text, &Limits::default()) {
            prop_assert_eq!(code.cose_bytes, bytes);
        }
    }

    #[test]
    fn any_claims_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Cwt::parse(&bytes, &Limits::default());
        // Bytes that are a document under each key.
        if let Ok(value) = cbor::decode(&bytes, &cbor::Limits::default()) {
            for key in [SubclaimKey::DCC, SubclaimKey::ICVP, SubclaimKey::HEALTH_LINK] {
                HealthDocument::read(key, &value).person();
            }
        }
    }

    #[test]
    fn a_dcc_survives_signing_and_reading(
        surname in "\\PC{0,30}", dose in 1..100_u32, id in "[A-Z0-9:/#]{0,80}",
        seconds in 0..4_000_000_000_i64,
    ) {
        let dcc = Dcc::new(
            Name { surname: Some(surname), standardised_surname: Some("X".into()), ..Name::default() },
            "1963-07-12",
            Statement::Vaccination(Vaccination {
                dose: Some(dose), series: Some(2), country: "XA".into(), id, ..Vaccination::default()
            }),
        );
        prop_assert_eq!(&through_claims(dcc.to_cbor(), SubclaimKey::DCC, seconds),
            &HealthDocument::Dcc(Box::new(dcc)));
    }

    #[test]
    fn an_icvp_survives_signing_and_reading(name in "[^\\p{C}\\s]{1,30}", batch in "\\PC{0,30}") {
        let dose = gdhcn_credential::icvp::Dose {
            batch, date: "2026-02-01".into(), clinician: Some("Dr X".into()), ..Default::default()
        };
        let mut certificate = Icvp::new(name, "1963-07-12", "female", "XXA", dose);
        let read = through_claims(certificate.to_cbor(), SubclaimKey::ICVP, 0);
        let HealthDocument::Icvp(read) = read else { panic!("an ICVP") };
        certificate.problems = read.problems.clone();
        prop_assert_eq!(*read, certificate);
    }
}

fn through_claims(document: cbor::Value<'_>, key: SubclaimKey, seconds: i64) -> HealthDocument {
    let at = Timestamp::from_second(seconds).unwrap();
    let claims =
        CwtClaims { issuer: "XA", issued_at: at, expires_at: at, not_before: None, key, document };
    let cwt = Cwt::parse(&claims.to_vec(), &Limits::default()).unwrap();
    assert_eq!(cwt.issued_at.at(), Some(at));
    cwt.subclaims.into_iter().next().unwrap().document
}
