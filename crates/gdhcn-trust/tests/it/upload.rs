use gdhcn_envelope::x509::Certificate;
use gdhcn_trust::profile::Role;
use gdhcn_trust::upload::{Allowed, Registry, Upload, UploadGroup, UploadRefusal};

use crate::network::{BACKEND, Holder, Party};

/// A participant's rows and an upload by it that passes.
struct Case {
    party: Party,
    deca: Holder,
    scas: Vec<Certificate>,
    uploaders: Vec<Certificate>,
    decas: Vec<Certificate>,
}

impl Case {
    fn new() -> Self {
        let (party, deca) = (Party::new("XXA"), Holder::new(Role::Sca, "XXA", 9));
        let scas =
            vec![Holder::new(Role::Sca, "XXA", 8).certificate, party.sca.certificate.clone()];
        let uploaders = vec![party.up.certificate.clone()];
        let decas = vec![deca.certificate.clone()];
        Self { party, deca, scas, uploaders, decas }
    }

    fn registry(&self) -> Registry<'_> {
        Registry { uploaders: &self.uploaders, scas: &self.scas, decas: &self.decas }
    }

    fn upload(&self) -> Upload<'_> {
        Upload {
            certificate: &self.party.dsc.certificate,
            signer: &self.party.up.certificate,
            country: "XA",
            group: None,
            domain: None,
            properties: &[],
        }
    }
}

fn refusal(upload: &Upload<'_>, registry: &Registry<'_>) -> UploadRefusal {
    let allowed = Allowed { domains: &["DCC"], properties: &["note"] };
    upload.check(registry, &allowed, BACKEND).unwrap_err()
}

#[test]
fn an_upload_under_one_of_several_authorities_passes() {
    let case = Case::new();
    let allowed = Allowed { domains: &["DCC"], properties: &["note"] };
    let upload =
        Upload { group: Some("DSC"), domain: Some("DCC"), properties: &["note"], ..case.upload() };
    let accepted = upload.check(&case.registry(), &allowed, BACKEND).unwrap();
    assert_eq!(accepted.group, UploadGroup::Dsc);
    assert_eq!(accepted.issuer, case.party.sca.certificate.thumbprint());
}

#[test]
fn a_data_exchange_signer_needs_a_data_exchange_authority() {
    let case = Case::new();
    let desc = case.deca.issue("XXA", 5);
    let upload = Upload { certificate: &desc.certificate, group: Some("DESC"), ..case.upload() };
    let accepted = upload.check(&case.registry(), &Allowed::default(), BACKEND).unwrap();
    assert_eq!(accepted.group, UploadGroup::Desc);
    let as_dsc = Upload { group: None, ..upload };
    assert!(matches!(refusal(&as_dsc, &case.registry()), UploadRefusal::NotIssued { .. }));
}

#[test]
fn the_first_failing_step_decides() {
    let case = Case::new();
    let (good, registry) = (case.upload(), case.registry());
    let foreign = Party::new("XXB");
    let everything_wrong = Upload {
        certificate: &foreign.dsc.certificate,
        signer: &foreign.up.certificate,
        group: Some("DSC"),
        domain: Some("nowhere"),
        properties: &["unknown"],
        country: "XA",
    };
    let nothing = Registry { uploaders: &[], scas: &[], ..registry };
    // Step by step one more thing is right.
    let wrong = everything_wrong;
    assert!(matches!(refusal(&wrong, &nothing), UploadRefusal::UnknownUploader { .. }));
    let (wrong, nothing) = (
        Upload { signer: good.signer, ..wrong },
        Registry { uploaders: registry.uploaders, ..nothing },
    );
    assert_eq!(
        refusal(&wrong, &nothing),
        UploadRefusal::CountryOfOrigin { found: vec!["XB".to_owned()], country: "XA".to_owned() }
    );
    let wrong = Upload { certificate: good.certificate, group: Some("dsc"), ..wrong };
    assert_eq!(refusal(&wrong, &nothing).to_string(), "\"dsc\" is not allowed as group");
    let wrong = Upload { group: None, ..wrong };
    assert_eq!(refusal(&wrong, &nothing).to_string(), "\"nowhere\" is not allowed as domain");
    let wrong = Upload { domain: Some("DCC"), ..wrong };
    assert_eq!(refusal(&wrong, &nothing).to_string(), "\"unknown\" is not allowed as property");
    let right = Upload { properties: &[], ..wrong };
    assert_eq!(refusal(&right, &nothing), UploadRefusal::NoAuthority { country: "XA".to_owned() });
    let others = [foreign.sca.certificate];
    let nothing = Registry { scas: &others, ..nothing };
    assert!(matches!(refusal(&right, &nothing), UploadRefusal::NotIssued { reason: Some(_) }));
    let nothing = Registry { scas: registry.scas, ..nothing };
    let allowed = Allowed { domains: &["DCC"], properties: &[] };
    assert!(right.check(&nothing, &allowed, BACKEND).is_ok());
}

#[test]
fn the_country_is_compared_for_every_group() {
    let case = Case::new();
    let foreign = case.party.sca.issue("XXB", 5);
    let upload =
        Upload { certificate: &foreign.certificate, group: Some("CUSTOM"), ..case.upload() };
    let registry = case.registry();
    let refused = upload.check(&registry, &Allowed::default(), BACKEND);
    assert!(matches!(refused, Err(UploadRefusal::CountryOfOrigin { .. })));
    assert!(matches!(upload.check_sender(&registry), Err(UploadRefusal::CountryOfOrigin { .. })));
}

#[test]
fn a_key_that_verifiers_cannot_use_is_not_stored() {
    let case = Case::new();
    let openssl = gdhcn_testkit::openssl();
    openssl.run(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:brainpoolP256r1 -nodes -keyout k.pem \
         -subj /C=XA/CN=odd -outform DER -out odd.der",
    );
    let odd = Certificate::from_der(&openssl.read("odd.der")).unwrap();
    let upload = Upload { certificate: &odd, ..case.upload() };
    assert!(matches!(refusal(&upload, &case.registry()), UploadRefusal::UnusableKey(_)));
}

#[test]
fn a_withdrawal_needs_the_uploader_only() {
    let case = Case::new();
    let no_authority = Registry { scas: &[], ..case.registry() };
    assert_eq!(case.upload().check_sender(&no_authority), Ok(()));
    let by_tls = Upload { signer: &case.party.tls.certificate, ..case.upload() };
    let refused = by_tls.check_sender(&case.registry());
    assert!(matches!(refused, Err(UploadRefusal::UnknownUploader { .. })));
}
