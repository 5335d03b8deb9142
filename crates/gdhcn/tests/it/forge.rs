//! Certificates that the demo does not make: with odd times, names and keys.

use gdhcn_codes::Participant;
use gdhcn_credential::dcc::{Name, Statement, Vaccination};
use gdhcn_credential::{CwtClaims, Dcc, SubclaimKey, hcert};
use gdhcn_crypto::{Curve, DigestAlgorithm, KeyKind, SignatureScheme, Signer, SoftwareKey};
use gdhcn_envelope::cose;
use gdhcn_envelope::pem;
use gdhcn_envelope::x509::Certificate;
use gdhcn_trust::ceremony::Request;
use gdhcn_trust::profile::Role;
use jiff::Timestamp;

/// When the countries were made, and a moment at which their certificates are good.
pub(crate) const MADE: &str = "2025-01-10T12:00:00Z";
pub(crate) const GOOD: &str = "2025-06-01T12:00:00Z";
/// The document signer's two years are over, what it signed has not run out.
pub(crate) const AFTER_THE_KEY: &str = "2028-06-01T12:00:00Z";
const UNTIL: &str = "2030-01-01T00:00:00Z";

/// A country with an SCA and one document signer.
pub(crate) struct Country {
    pub(crate) sca: Certificate,
    pub(crate) dsc: Certificate,
    key: SoftwareKey,
}

impl Country {
    pub(crate) fn new(code: &str) -> Self {
        Self::made_at(code, "Ministry", MADE)
    }

    pub(crate) fn made_at(code: &str, organization: &str, at: &str) -> Self {
        let owner = Participant::parse(code).unwrap();
        let at = instant(at);
        let [sca_key, key] =
            [(); 2].map(|()| SoftwareKey::generate(KeyKind::Ec(Curve::P256)).unwrap());
        let request = |role, key| Request::new(role, Some(owner), organization, key, [7; 16], at);
        let sca = request(Role::Sca, sca_key.public_key()).self_signed(&sca_key).unwrap();
        let dsc = request(Role::Dsc, key.public_key()).issued_by(&sca, &sca_key).unwrap();
        Self { sca, dsc, key }
    }

    pub(crate) fn sca_pem(&self) -> String {
        pem::encode("CERTIFICATE", self.sca.der())
    }

    pub(crate) fn dsc_pem(&self) -> String {
        pem::encode("CERTIFICATE", self.dsc.der())
    }

    /// A vaccination certificate for a person of that surname.
    pub(crate) fn certificate_for(&self, surname: &str) -> String {
        self.certify(&vaccination(surname))
    }

    /// The same for a dose of that day.
    pub(crate) fn certificate_of_day(&self, day: &str) -> String {
        let mut document = vaccination("Muster");
        if let Some(Statement::Vaccination(dose)) = &mut document.statement {
            dose.date = day.into();
        }
        self.certify(&document)
    }

    fn certify(&self, document: &Dcc) -> String {
        let claims = CwtClaims {
            issuer: "XA",
            issued_at: instant("2025-02-01T00:00:00Z"),
            expires_at: instant(UNTIL),
            not_before: None,
            key: SubclaimKey::DCC,
            document: document.to_cbor(),
        };
        self.sign(&claims.to_vec())
    }

    /// The text of a code around `payload`, with a good signature.
    pub(crate) fn sign(&self, payload: &[u8]) -> String {
        let protected = cose::protected_header(cose::ES256, &self.dsc.kid());
        let message = cose::sig_structure(&protected, payload);
        let scheme = SignatureScheme::EcdsaFixed(DigestAlgorithm::Sha256);
        let signature = self.key.sign(scheme, &message).unwrap();
        hcert::close(&cose::encode(&protected, payload, &signature))
    }
}

fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn vaccination(surname: &str) -> Dcc {
    let name = Name {
        surname: Some(surname.to_owned()),
        standardised_surname: Some("MUSTER".to_owned()),
        forename: Some("Zoë".to_owned()),
        standardised_forename: Some("ZOE".to_owned()),
    };
    let vaccination = Vaccination {
        disease: "840539006".to_owned(),
        prophylaxis: "1119349007".to_owned(),
        product: "EU/1/20/1528".to_owned(),
        holder: "ORG-100030215".to_owned(),
        dose: Some(2),
        series: Some(2),
        date: "2025-01-20".into(),
        country: "XA".to_owned(),
        issuer: "Ministry".to_owned(),
        id: "URN:UVCI:01:XA:187/37512422923".to_owned(),
    };
    Dcc::new(name, "1990-04-12", Statement::Vaccination(vaccination))
}
