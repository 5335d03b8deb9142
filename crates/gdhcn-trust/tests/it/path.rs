use gdhcn_codes::KeyUsage;
use gdhcn_envelope::pem;
use gdhcn_envelope::x509::Certificate;
use gdhcn_trust::path::{Authority, PathError, Standing, find_issuer, validity_is_nested};
use gdhcn_trust::profile::Role;
use gdhcn_trust::{SignerMisfit, TrustStoreBuilder};

use crate::network::{BACKEND, Holder, base64};

fn authority(certificate: &Certificate, standing: Standing) -> Authority {
    Authority::new(certificate.clone(), KeyUsage::Sca, standing, BACKEND)
}

fn listed(certificate: &Certificate) -> Authority {
    authority(certificate, Standing::Authority)
}

#[test]
fn the_issuer_is_found_among_generations_of_one_name() {
    // Three keys under the very same name.
    let generations: Vec<_> = (1..4).map(|serial| Holder::new(Role::Sca, "XXA", serial)).collect();
    let dsc = generations[1].issue("XXA", 9);
    let authorities: Vec<_> =
        generations.iter().map(|holder| listed(&holder.certificate)).collect();
    let issuer = find_issuer(&dsc.certificate, &authorities).unwrap();
    assert_eq!(issuer.certificate(), &generations[1].certificate);
    assert!(validity_is_nested(&dsc.certificate, issuer.certificate()));
    assert!(!validity_is_nested(issuer.certificate(), &dsc.certificate));
}

#[test]
fn what_is_missing_is_told_apart() {
    let sca = Holder::new(Role::Sca, "XXA", 1);
    let dsc = sca.issue("XXA", 2).certificate;
    let found = |authorities: &[Authority]| find_issuer(&dsc, authorities).err();
    assert_eq!(found(&[]), Some(PathError::NoAuthority));

    let foreign = Holder::new(Role::Sca, "XXB", 3);
    let unknown = found(&[listed(&foreign.certificate)]).unwrap();
    assert_eq!(
        unknown.to_string(),
        "none of the participant's known signing authorities is the issuer \
         (CN=XXA SCA 2026, O=Ministry of Tests, C=XA)"
    );
    // Same name, another key: the key identifiers say that it is another generation.
    let older = Holder::new(Role::Sca, "XXA", 4);
    assert_eq!(found(&[listed(&older.certificate)]), Some(unknown.clone()));
    assert!(unknown.is_undecided());
}

/// Certificates that other software made, with what its users ran into.
struct Foreign(gdhcn_testkit::Openssl);

impl Foreign {
    fn new() -> Self {
        Self(gdhcn_testkit::openssl())
    }

    /// A self-signed authority `name`, made with these arguments.
    fn authority(&self, name: &str, arguments: &str) -> Certificate {
        self.0.run(&format!(
            "req -x509 {arguments} -nodes -keyout {name}.key -out {name}.pem -days 3000"
        ));
        self.read(name)
    }

    fn issue(&self, issuer: &str, name: &str, arguments: &str) -> Certificate {
        self.0.run(&format!(
            "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {name}.key \
             -subj /C=XA/CN=dsc -out {name}.csr"
        ));
        self.0.run(&format!(
            "x509 -req -in {name}.csr -CA {issuer}.pem -CAkey {issuer}.key -out {name}.pem \
             -days 700 {arguments}"
        ));
        self.read(name)
    }

    fn read(&self, name: &str) -> Certificate {
        pem::certificates(&self.0.read(&format!("{name}.pem"))).remove(0).unwrap()
    }
}

const PSS: &str = "-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 -sha256";

#[test]
fn accepts_pss_signatures_organisation_identifiers_and_long_names() {
    let foreign = Foreign::new();
    let long = "o".repeat(64);
    let names = [
        format!("/C=XA/O={long}/organizationIdentifier=VATXA-1/CN=odd"),
        "/C=XA/serialNumber=001/2.5.4.97=NTRXA-2/street=S/CN=odd+UID=1".to_owned(),
        "/DC=example/DC=ca/C=XA/emailAddress=a@b.example/CN=odd".to_owned(),
    ];
    for (index, name) in names.iter().enumerate() {
        let (sca, dsc) = (format!("sca{index}"), format!("dsc{index}"));
        let authority = foreign
            .authority(&sca, &format!("-newkey rsa:3072 {PSS} -multivalue-rdn -subj {name}"));
        let certificate = foreign.issue(&sca, &dsc, PSS);
        assert!(find_issuer(&certificate, &[listed(&authority)]).is_ok(), "{name}");
    }
}

#[test]
fn a_signature_that_cannot_be_checked_leaves_it_open() {
    let foreign = Foreign::new();
    let authority =
        foreign.authority("sca", "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -subj /C=XA/CN=a");
    let weak = foreign.issue("sca", "weak", "-sha1");
    let error = find_issuer(&weak, &[listed(&authority)]).unwrap_err();
    assert!(matches!(error, PathError::Unsupported(_)) && error.is_undecided(), "{error}");
}

#[test]
fn an_authority_of_the_name_that_did_not_sign_breaks_the_path() {
    let foreign = Foreign::new();
    let ec = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -subj /C=XA/CN=a";
    foreign.authority("one", ec);
    let two = foreign.authority("two", ec);
    // Without a key identifier nothing excuses the mismatch.
    let dsc = foreign.issue("one", "dsc", "-sha256");
    let dsc = if dsc.extensions().authority_key_id.is_some() {
        std::fs::write(foreign.0.path("bare.ext"), "authorityKeyIdentifier=none\n").unwrap();
        foreign.issue("one", "dsc", "-sha256 -extfile bare.ext")
    } else {
        dsc
    };
    assert_eq!(dsc.extensions().authority_key_id, None);
    let error = find_issuer(&dsc, &[listed(&two)]).unwrap_err();
    assert!(matches!(error, PathError::NotSigned(_)) && !error.is_undecided(), "{error}");
    // A certificate that merely stands beside the leaf proves nothing by not having signed.
    let error = find_issuer(&dsc, &[authority(&two, Standing::Companion)]).unwrap_err();
    assert!(matches!(error, PathError::UnknownIssuer { .. }), "{error}");
}

/// RFC 5280, 4.2 and 4.2.1.3: what is listed as a document signer and is none.
#[test]
fn a_listed_certificate_that_is_none_for_signing_documents_is_noticed() {
    let foreign = Foreign::new();
    let ec = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -subj /C=XA/CN=a";
    foreign.authority("sca", ec);
    let signer = |name: &str, extensions: &str| {
        std::fs::write(foreign.0.path("signer.ext"), extensions).unwrap();
        foreign.issue("sca", name, "-sha256 -extfile signer.ext")
    };
    let misfit = |certificate: &Certificate| {
        let list = format!(
            r#"{{"id":"did:web:h:l","verificationMethod":[{{"id":"did:web:h:XA:DSC#{}",
               "publicKeyJwk":{{"kty":"EC","crv":"UNKNOWN CURVE","x5c":["{}"]}}}}]}}"#,
            certificate.kid(),
            base64(certificate.der())
        );
        let mut builder = TrustStoreBuilder::new(BACKEND);
        builder.add_did_document("list", list.as_bytes());
        builder.add_certificates("file", certificate.der());
        let store = builder.build();
        let [listed, given] = store.keys() else { panic!("{:?}", store.refused()) };
        assert_eq!(given.misfit(), None, "what the caller hands over is trusted as it is");
        listed.misfit()
    };
    for sound in ["keyUsage=digitalSignature", "extendedKeyUsage=critical,clientAuth", ""] {
        assert_eq!(misfit(&signer("sound", sound)), None, "{sound}");
    }
    let agreement = signer("agreement", "keyUsage=critical,keyAgreement,nonRepudiation");
    assert_eq!(misfit(&agreement), Some(SignerMisfit::NoDigitalSignature));
    let authority = "basicConstraints=CA:TRUE\nkeyUsage=digitalSignature,keyCertSign";
    assert_eq!(misfit(&signer("authority", authority)), Some(SignerMisfit::Authority));
    let unknown = misfit(&signer("unknown", "1.2.3.4=critical,ASN1:NULL")).unwrap();
    assert_eq!(unknown.to_string(), "its critical extension 1.2.3.4 is not known");
    assert_eq!(misfit(&signer("harmless", "1.2.3.4=ASN1:NULL")), None);
}
