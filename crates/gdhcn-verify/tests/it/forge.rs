//! Makes codes of our own, sound or with one deliberate flaw.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gdhcn_codes::{Participant, StatementKind};
use gdhcn_credential::dcc::{Name, Statement, Vaccination};
use gdhcn_credential::icvp::Dose;
use gdhcn_credential::{CwtClaims, Dcc, Icvp, SubclaimKey, hcert};
use gdhcn_crypto::{
    Backend, Curve, DigestAlgorithm, KeyKind, Kid, PublicKey, SignatureScheme, Signer, SoftwareKey,
};
use gdhcn_envelope::cbor::Value;
use gdhcn_envelope::cose;
use gdhcn_envelope::x509::Certificate;
use gdhcn_trust::ceremony::Request;
use gdhcn_trust::profile::Role;
use gdhcn_trust::{TrustStore, TrustStoreBuilder};
use gdhcn_verify::{Context, Limits, Policy, PolicyName, Verdict, verify};
use jiff::{SignedDuration, Timestamp};

/// The instant of all tests, unless they say otherwise.
pub(crate) fn noon() -> Timestamp {
    "2026-11-25T12:00:00Z".parse().unwrap()
}

pub(crate) fn seconds(seconds: i64) -> SignedDuration {
    SignedDuration::from_secs(seconds)
}

/// A country with an SCA and one document signer.
pub(crate) struct Country {
    pub(crate) sca: Certificate,
    pub(crate) dsc: Certificate,
    pub(crate) key: SoftwareKey,
}

impl Country {
    pub(crate) fn new(code: &str) -> Self {
        Self::with(code, KeyKind::Ec(Curve::P256), &[])
    }

    pub(crate) fn with(code: &str, kind: KeyKind, purposes: &[StatementKind]) -> Self {
        let owner = Participant::parse(code).unwrap();
        let sca_key = SoftwareKey::generate(KeyKind::Ec(Curve::P256)).unwrap();
        let key = SoftwareKey::generate(kind).unwrap();
        let request = |role, key| Request::new(role, Some(owner), "Test", key, [7; 16], noon());
        let sca = request(Role::Sca, sca_key.public_key()).self_signed(&sca_key).unwrap();
        let mut dsc = request(Role::Dsc, key.public_key());
        dsc.purposes = purposes;
        let dsc = dsc.issued_by(&sca, &sca_key).unwrap();
        Self { sca, dsc, key }
    }

    /// Trust in this country's SCA and DSC, as files.
    pub(crate) fn trust(&self) -> TrustStore {
        let mut builder = TrustStoreBuilder::new(Backend::default());
        builder.add_certificates("sca.pem", self.sca.der());
        builder.add_certificates("dsc.pem", self.dsc.der());
        builder.build()
    }

    /// The document signer's bare key as a JWK set.
    pub(crate) fn jwks(&self, kid: &str) -> serde_json::Value {
        let PublicKey::Ec(key) = self.key.public_key() else { panic!("an EC key") };
        let number = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        serde_json::json!({ "keys": [{ "kty": "EC", "kid": kid, "crv": "P-256",
            "x": number(key.x()), "y": number(key.y()) }] })
    }

    pub(crate) fn trust_without_sca(&self) -> TrustStore {
        let mut builder = TrustStoreBuilder::new(Backend::default());
        builder.add_certificates("dsc.pem", self.dsc.der());
        builder.build()
    }
}

/// What is to be signed and how; every field can be spoiled.
pub(crate) struct Code {
    pub(crate) issuer: String,
    pub(crate) issued_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    pub(crate) key: SubclaimKey,
    pub(crate) document: Value<'static>,
    pub(crate) algorithm: i64,
    pub(crate) scheme: SignatureScheme,
    /// In place of the claims made from the fields above.
    pub(crate) payload: Option<Vec<u8>>,
    /// In place of the header made from the fields above.
    pub(crate) protected: Option<Vec<u8>>,
}

impl Code {
    pub(crate) fn dcc() -> Self {
        Self {
            issuer: "XA".into(),
            issued_at: noon() - seconds(60),
            expires_at: noon() + seconds(24 * 3600),
            key: SubclaimKey::DCC,
            document: dcc().to_cbor().into_owned(),
            algorithm: cose::ES256,
            scheme: SignatureScheme::EcdsaFixed(DigestAlgorithm::Sha256),
            payload: None,
            protected: None,
        }
    }

    pub(crate) fn icvp(date: &str) -> Self {
        Self { key: SubclaimKey::ICVP, document: icvp(date).to_cbor().into_owned(), ..Self::dcc() }
    }

    pub(crate) fn payload(&self) -> Vec<u8> {
        self.payload.clone().unwrap_or_else(|| {
            CwtClaims {
                issuer: &self.issuer,
                issued_at: self.issued_at,
                expires_at: self.expires_at,
                not_before: None,
                key: self.key,
                document: self.document.clone(),
            }
            .to_vec()
        })
    }

    /// The COSE_Sign1, signed by the country's DSC.
    pub(crate) fn cose(&self, country: &Country) -> Vec<u8> {
        let kid = Kid::of_certificate(country.dsc.der());
        let header = cose::protected_header(self.algorithm, &kid);
        let protected = self.protected.clone().unwrap_or(header);
        let payload = self.payload();
        let message = cose::sig_structure(&protected, &payload);
        let signature = country.key.sign(self.scheme, &message).unwrap();
        cose::encode(&protected, &payload, &signature)
    }

    pub(crate) fn text(&self, country: &Country) -> String {
        hcert::close(&self.cose(country))
    }
}

pub(crate) fn dcc() -> Dcc {
    let name = Name {
        surname: Some("Núñez".into()),
        standardised_surname: Some("NUNEZ".into()),
        forename: Some("Amara".into()),
        standardised_forename: Some("AMARA".into()),
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
        issuer: "Ministry of Health".into(),
        id: "URN:UVCI:01:XA:187/37512422923".into(),
    };
    Dcc::new(name, "1990-04-12", Statement::Vaccination(vaccination))
}

pub(crate) fn icvp(date: &str) -> Icvp {
    let dose = Dose {
        product: "YellowFeverProduct223330a7c15da86b21cc363f591de002".into(),
        date: date.into(),
        batch: "B1".into(),
        authority: Some("XXA".into()),
        ..Dose::default()
    };
    Icvp::new("Amara Núñez", "1990-04-12", "female", "XXA", dose)
}

pub(crate) fn judge_at(
    text: &str,
    trust: &TrustStore,
    policy: PolicyName,
    at: Timestamp,
) -> Verdict {
    let context = Context { trust, at, policy: Policy::new(policy), limits: Limits::default() };
    verify(text, &context)
}

pub(crate) fn judge(text: &str, trust: &TrustStore) -> Verdict {
    judge_at(text, trust, PolicyName::Border, noon())
}
