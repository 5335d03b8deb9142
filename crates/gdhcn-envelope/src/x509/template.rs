use const_oid::ObjectIdentifier;
use der::Decode;
use gdhcn_crypto::{PublicKey, SignError, SignatureScheme, Signer, sha256};
use jiff::Timestamp;
use spki::SubjectPublicKeyInfoRef;

use crate::algorithm::{AlgorithmError, encode_signature_algorithm};
use crate::x509::encode::{self, SEQUENCE};
use crate::x509::{
    BasicConstraints, Certificate, CertificateError, GeneralName, KeyUsageBits, Name,
    PrivateKeyUsagePeriod, oid,
};

/// What a new certificate shall say; [`CertificateTemplate::sign`] makes it.
///
/// The certificate is of version 3 and always carries a subject key identifier after RFC 7093,
/// method 1 ([`subject_key_id`]). Basic constraints and key usage are critical, all other
/// extensions are not.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CertificateTemplate {
    /// Whose key is certified.
    pub subject: Name,
    /// The serial number, taken as an unsigned number. Draw it at random.
    pub serial: [u8; 16],
    /// First second of validity.
    pub not_before: Timestamp,
    /// Last second of validity.
    pub not_after: Timestamp,
    /// Absent for end entities of the network.
    pub basic_constraints: Option<BasicConstraints>,
    /// What the key is for.
    pub key_usage: Option<KeyUsageBits>,
    /// The purposes; no extension when empty.
    pub extended_key_usage: Vec<ObjectIdentifier>,
    /// The subject key identifier of the issuer; absent in self-signed certificates.
    pub authority_key_id: Option<Vec<u8>>,
    /// When the private key may sign.
    pub private_key_usage_period: Option<PrivateKeyUsagePeriod>,
    /// DNS names and addresses of a server; no extension when empty.
    pub subject_alt_names: Vec<GeneralName>,
    /// Where revocation lists are served; no extension when empty.
    pub crl_uris: Vec<String>,
}

impl CertificateTemplate {
    /// A template without extensions.
    pub fn new(
        subject: Name,
        serial: [u8; 16],
        not_before: Timestamp,
        not_after: Timestamp,
    ) -> Self {
        Self {
            subject,
            serial,
            not_before,
            not_after,
            basic_constraints: None,
            key_usage: None,
            extended_key_usage: Vec::new(),
            authority_key_id: None,
            private_key_usage_period: None,
            subject_alt_names: Vec::new(),
            crl_uris: Vec::new(),
        }
    }

    /// Certifies `subject_key` under the name `issuer` with the key of `signer`.
    ///
    /// # Errors
    ///
    /// When a field of the template cannot be written, or the key does not sign with `scheme`.
    pub fn sign(
        &self,
        subject_key: &PublicKey,
        issuer: &Name,
        signer: &dyn Signer,
        scheme: SignatureScheme,
    ) -> Result<Certificate, TemplateError> {
        let algorithm = encode_signature_algorithm(scheme)?;
        let tbs = self.to_be_signed(subject_key, issuer, &algorithm)?;
        let signature = signer.sign(scheme, &tbs)?;
        let der = encode::nested(SEQUENCE, &[&tbs, &algorithm, &encode::bit_string(&signature)]);
        Ok(Certificate::from_der(&der)?)
    }

    fn to_be_signed(
        &self,
        subject_key: &PublicKey,
        issuer: &Name,
        algorithm: &[u8],
    ) -> Result<Vec<u8>, TemplateError> {
        if self.serial == [0; 16] {
            return Err(TemplateError::ZeroSerial);
        }
        if self.not_after < self.not_before {
            return Err(TemplateError::EndsBeforeItBegins {
                not_before: self.not_before,
                not_after: self.not_after,
            });
        }
        let time = |at| encode::time(at).ok_or(TemplateError::Time { at });
        let validity = encode::nested(SEQUENCE, &[&time(self.not_before)?, &time(self.not_after)?]);
        let extensions = encode::tlv(SEQUENCE, &self.extensions(subject_key)?.concat());
        Ok(encode::nested(
            SEQUENCE,
            &[
                &VERSION_3,
                &encode::unsigned(&self.serial),
                algorithm,
                issuer.der(),
                &validity,
                self.subject.der(),
                &subject_key.to_spki_der(),
                &encode::tlv(0xa3, &extensions),
            ],
        ))
    }

    fn extensions(&self, subject_key: &PublicKey) -> Result<Vec<Vec<u8>>, TemplateError> {
        let mut list = Vec::new();
        if let Some(constraints) = self.basic_constraints {
            list.push(extension(oid::BASIC_CONSTRAINTS, true, &basic_constraints(constraints)));
        }
        if let Some(usage) = self.key_usage {
            list.push(extension(oid::KEY_USAGE, true, &usage.to_der()));
        }
        if !self.extended_key_usage.is_empty() {
            let purposes = self
                .extended_key_usage
                .iter()
                .flat_map(|oid| encode::oid(*oid))
                .collect::<Vec<_>>();
            list.push(extension(oid::EXTENDED_KEY_USAGE, false, &encode::tlv(SEQUENCE, &purposes)));
        }
        let key_id = encode::tlv(encode::OCTET_STRING, &subject_key_id(subject_key));
        list.push(extension(oid::SUBJECT_KEY_ID, false, &key_id));
        if let Some(key_id) = &self.authority_key_id {
            let value = encode::tlv(SEQUENCE, &encode::tlv(0x80, key_id));
            list.push(extension(oid::AUTHORITY_KEY_ID, false, &value));
        }
        if let Some(period) = self.private_key_usage_period {
            let value = private_key_usage_period(period)?;
            list.push(extension(oid::PRIVATE_KEY_USAGE_PERIOD, false, &value));
        }
        if !self.subject_alt_names.is_empty() {
            let names = general_names(&self.subject_alt_names)?;
            let value = encode::tlv(SEQUENCE, &names);
            list.push(extension(oid::SUBJECT_ALT_NAME, false, &value));
        }
        if !self.crl_uris.is_empty() {
            let mut points = Vec::new();
            for uri in &self.crl_uris {
                let full_name =
                    encode::tlv(0xa0, &general_names(&[GeneralName::Uri(uri.clone())])?);
                points.extend(encode::tlv(SEQUENCE, &encode::tlv(0xa0, &full_name)));
            }
            let value = encode::tlv(SEQUENCE, &points);
            list.push(extension(oid::CRL_DISTRIBUTION_POINTS, false, &value));
        }
        Ok(list)
    }
}

/// The subject key identifier of a key: the first 20 bytes of SHA-256 over the content of its BIT
/// STRING (RFC 7093, 2, method 1).
pub fn subject_key_id(key: &PublicKey) -> Vec<u8> {
    let info = key.to_spki_der();
    let bits = SubjectPublicKeyInfoRef::from_der(&info)
        .ok()
        .and_then(|info| info.subject_public_key.as_bytes())
        .unwrap_or_default();
    sha256(bits).iter().take(20).copied().collect()
}

/// Why a certificate was not made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TemplateError {
    /// RFC 5280, 4.1.2.2 demands a positive serial number.
    #[error("the serial number is zero; draw 16 random bytes")]
    ZeroSerial,
    /// The validity is empty.
    #[error("the certificate would end at {not_after}, before it begins at {not_before}")]
    EndsBeforeItBegins {
        /// First second of validity.
        not_before: Timestamp,
        /// Last second of validity.
        not_after: Timestamp,
    },
    /// The instant has no form in X.509.
    #[error("a certificate cannot say the instant {at}")]
    Time {
        /// The instant.
        at: Timestamp,
    },
    /// DNS names and URIs in certificates are ASCII (IA5String).
    #[error("{text:?} is not ASCII; write international names in their encoded form")]
    NotAscii {
        /// The name or URI.
        text: String,
    },
    /// The scheme has no identifier in X.509.
    #[error(transparent)]
    Algorithm(#[from] AlgorithmError),
    /// The issuer's key did not sign.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// The result does not read back, for instance because it is too long.
    #[error("the new certificate cannot be read back: {0}")]
    Unreadable(#[from] CertificateError),
}

/// `[0] EXPLICIT INTEGER 2`.
const VERSION_3: [u8; 5] = [0xa0, 3, 2, 1, 2];

fn extension(oid: ObjectIdentifier, critical: bool, value: &[u8]) -> Vec<u8> {
    let critical: &[u8] = if critical { &encode::BOOLEAN_TRUE } else { &[] };
    let value = encode::tlv(encode::OCTET_STRING, value);
    encode::nested(SEQUENCE, &[&encode::oid(oid), critical, &value])
}

fn basic_constraints(constraints: BasicConstraints) -> Vec<u8> {
    let ca: &[u8] = if constraints.ca { &encode::BOOLEAN_TRUE } else { &[] };
    let path_len =
        constraints.path_len.map(|len| encode::unsigned(&len.to_be_bytes())).unwrap_or_default();
    encode::nested(SEQUENCE, &[ca, &path_len])
}

fn private_key_usage_period(period: PrivateKeyUsagePeriod) -> Result<Vec<u8>, TemplateError> {
    let mut content = Vec::new();
    for (tag, at) in [(0x80, period.not_before), (0x81, period.not_after)] {
        if let Some(at) = at {
            let text = encode::general_text(at).ok_or(TemplateError::Time { at })?;
            content.extend(encode::tlv(tag, text.as_bytes()));
        }
    }
    Ok(encode::tlv(SEQUENCE, &content))
}

fn general_names(names: &[GeneralName]) -> Result<Vec<u8>, TemplateError> {
    let mut content = Vec::new();
    for name in names {
        if let GeneralName::Dns(text) | GeneralName::Uri(text) = name
            && !text.is_ascii()
        {
            return Err(TemplateError::NotAscii { text: text.clone() });
        }
        content.extend(name.to_der());
    }
    Ok(content)
}
