use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use der::{Decode, Reader, SliceReader};
use gdhcn_crypto::{KeyError, Kid, PublicKey, SignatureScheme, Thumbprint, Verifier, VerifyError};
use jiff::Timestamp;

use crate::algorithm::{self, AlgorithmError};
use crate::x509::{Extensions, Name, NameError};

/// An X.509 certificate (RFC 5280, 4.1) with the bytes that it came in. Cloning is cheap.
///
/// It is parsed, not judged: validity, usage and issuer are for the one who knows the purpose.
#[derive(Clone)]
pub struct Certificate(Arc<Parsed>);

#[derive(Clone)]
struct Parsed {
    der: Vec<u8>,
    thumbprint: Thumbprint,
    tbs: Range<usize>,
    version: u8,
    serial: Vec<u8>,
    serial_element: Range<usize>,
    issuer: Name,
    subject: Name,
    not_before: Timestamp,
    not_after: Timestamp,
    public_key_info: Range<usize>,
    public_key: Result<PublicKey, KeyError>,
    signature_scheme: Result<SignatureScheme, AlgorithmError>,
    algorithms_equal: bool,
    signature: Vec<u8>,
    extensions: Extensions,
}

/// Bounds on a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Longest encoding in bytes. Real ones have 400 to 4 000.
    pub max_len: usize,
}

impl Default for Limits {
    /// 64 KiB.
    fn default() -> Self {
        Self { max_len: 64 * 1024 }
    }
}

/// Where an instant lies relative to a certificate's validity (RFC 5280, 4.1.2.5).
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub enum Validity {
    /// Before `notBefore`.
    NotYetValid,
    /// From `notBefore` to `notAfter`, both included.
    Valid,
    /// After `notAfter`.
    Expired,
}

impl Certificate {
    /// Reads one DER certificate within the default [`Limits`].
    ///
    /// # Errors
    ///
    /// See [`CertificateError`].
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        Self::from_der_within(der, &Limits::default())
    }

    /// Reads one DER certificate.
    ///
    /// # Errors
    ///
    /// When the bytes are too long, not DER, no certificate, or followed by others. A key or an
    /// algorithm that cannot be used is no error here.
    pub fn from_der_within(der: &[u8], limits: &Limits) -> Result<Self, CertificateError> {
        if der.len() > limits.max_len {
            return Err(CertificateError::TooLong { found: der.len(), limit: limits.max_len });
        }
        let parsed = match x509_cert::Certificate::from_der(der) {
            Ok(parsed) => parsed,
            Err(error) => return Err(malformed(&error)),
        };
        let slices = Slices::find(der).map_err(|error| malformed(&error))?;
        let tbs = parsed.tbs_certificate();
        let public_key_info = slices.public_key_info.clone();
        let outer = slices.get(der, &slices.outer_algorithm);
        let at = |time: &x509_cert::time::Time| timestamp(time.to_unix_duration());
        Ok(Self(Arc::new(Parsed {
            thumbprint: Thumbprint::of(der),
            version: tbs.version() as u8 + 1,
            serial: significant(tbs.serial_number().as_bytes()).to_vec(),
            serial_element: slices.serial.clone(),
            issuer: Name::from_der(slices.get(der, &slices.issuer))?,
            subject: Name::from_der(slices.get(der, &slices.subject))?,
            not_before: at(&tbs.validity().not_before),
            not_after: at(&tbs.validity().not_after),
            public_key: PublicKey::from_spki_der(slices.get(der, &public_key_info)),
            public_key_info,
            signature_scheme: algorithm::decode(outer)
                .map_err(|error| malformed(&error))
                .map(algorithm::signature_scheme)?,
            algorithms_equal: outer == slices.get(der, &slices.inner_algorithm),
            signature: parsed
                .signature()
                .as_bytes()
                .ok_or(CertificateError::SignatureBits)?
                .to_vec(),
            extensions: Extensions::read(tbs.extensions().map(Vec::as_slice).unwrap_or_default()),
            tbs: slices.tbs,
            der: der.to_vec(),
        })))
    }

    /// The bytes as received.
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// The part that is signed (`tbsCertificate`), as received.
    pub fn tbs(&self) -> &[u8] {
        self.0.der.get(self.0.tbs.clone()).unwrap_or_default()
    }

    /// SHA-256 of the bytes.
    pub fn thumbprint(&self) -> Thumbprint {
        self.0.thumbprint
    }

    /// The key identifier that the certificate has by default: 8 bytes of the thumbprint.
    pub fn kid(&self) -> Kid {
        self.0.thumbprint.kid()
    }

    /// The X.509 version: 1, 2 or 3.
    pub fn version(&self) -> u8 {
        self.0.version
    }

    /// The serial number, big-endian without leading zeros.
    pub fn serial(&self) -> &[u8] {
        &self.0.serial
    }

    /// The serial number as received, with tag and length.
    pub(crate) fn serial_element(&self) -> &[u8] {
        self.0.der.get(self.0.serial_element.clone()).unwrap_or_default()
    }

    /// Who signed the certificate.
    pub fn issuer(&self) -> &Name {
        &self.0.issuer
    }

    /// Whose key it holds.
    pub fn subject(&self) -> &Name {
        &self.0.subject
    }

    /// Whether subject and issuer have the same name. That it also signed itself is not checked.
    pub fn is_self_issued(&self) -> bool {
        self.0.subject == self.0.issuer
    }

    /// First instant of validity.
    pub fn not_before(&self) -> Timestamp {
        self.0.not_before
    }

    /// Last instant of validity. "Without end" (RFC 5280, 4.1.2.5: year 9999) is the latest
    /// instant that a [`Timestamp`] can hold.
    pub fn not_after(&self) -> Timestamp {
        self.0.not_after
    }

    /// Where `at` lies relative to the validity. `notAfter` holds to the end of its second.
    pub fn validity_at(&self, at: Timestamp) -> Validity {
        if at < self.0.not_before {
            Validity::NotYetValid
        } else if at.as_second() > self.0.not_after.as_second() {
            Validity::Expired
        } else {
            Validity::Valid
        }
    }

    /// The `SubjectPublicKeyInfo` as received.
    pub fn public_key_info(&self) -> &[u8] {
        self.0.der.get(self.0.public_key_info.clone()).unwrap_or_default()
    }

    /// The public key.
    ///
    /// # Errors
    ///
    /// When the key cannot be used: an unknown curve, explicit curve parameters, a short RSA key.
    pub fn public_key(&self) -> Result<&PublicKey, &KeyError> {
        self.0.public_key.as_ref()
    }

    /// The same certificate; where its key spells out the parameters of P-256, P-384 or P-521
    /// instead of naming the curve, [`Self::public_key`] takes it.
    ///
    /// ICAO Doc 9303-12 prescribes what RFC 5480 forbids, so this is for certificates of its
    /// network.
    #[must_use]
    pub fn with_explicit_curve(&self) -> Self {
        if self.0.public_key != Err(KeyError::ExplicitCurveParameters) {
            return self.clone();
        }
        let public_key = PublicKey::from_spki_der_with_explicit_curve(self.public_key_info());
        Self(Arc::new(Parsed { public_key, ..Parsed::clone(&self.0) }))
    }

    /// The algorithm by which the issuer signed.
    ///
    /// # Errors
    ///
    /// When it is too weak or not known.
    pub fn signature_scheme(&self) -> Result<SignatureScheme, AlgorithmError> {
        self.0.signature_scheme.clone()
    }

    /// The signature of the issuer.
    pub fn signature(&self) -> &[u8] {
        &self.0.signature
    }

    /// The extensions.
    pub fn extensions(&self) -> &Extensions {
        &self.0.extensions
    }

    /// Checks the issuer's signature over the received `tbsCertificate`.
    ///
    /// Names, validity and usage of the issuer are not looked at.
    ///
    /// # Errors
    ///
    /// When the two signature algorithms differ, the algorithm is not taken, or the signature was
    /// not made by `issuer_key`.
    pub fn verify_signature(&self, issuer_key: &dyn Verifier) -> Result<(), CertificateError> {
        if !self.0.algorithms_equal {
            return Err(CertificateError::AlgorithmsDiffer);
        }
        let scheme = self.signature_scheme()?;
        Ok(issuer_key.verify(scheme, self.tbs(), self.signature())?)
    }
}

impl PartialEq for Certificate {
    /// Equality of all bytes.
    fn eq(&self, other: &Self) -> bool {
        self.0.der == other.0.der
    }
}

impl Eq for Certificate {}

impl std::hash::Hash for Certificate {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.thumbprint.hash(state);
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({}, {})", self.0.subject, self.0.thumbprint)
    }
}

/// Why bytes are no certificate, or a certificate was not signed by a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// The input is longer than [`Limits::max_len`].
    #[error("{found} bytes are too long for a certificate; {limit} are allowed")]
    TooLong {
        /// Length of the input in bytes.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// The bytes are not a certificate in DER.
    #[error("not an X.509 certificate in DER{}: {reason}", at_byte(*.at))]
    Malformed {
        /// Where reading stopped, in bytes from the start.
        at: Option<usize>,
        /// What the parser says.
        reason: String,
    },
    /// The certificate is followed by other bytes.
    #[error("the certificate ends at byte {at}, but {surplus} bytes follow")]
    TrailingBytes {
        /// Length of the certificate.
        at: usize,
        /// Number of bytes after it.
        surplus: usize,
    },
    /// Issuer or subject cannot be read.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The signature is no whole number of bytes.
    #[error("the signature of the certificate is not a whole number of bytes")]
    SignatureBits,
    /// `signatureAlgorithm` and `tbsCertificate.signature` differ (RFC 5280, 4.1.1.2).
    #[error("the certificate names two signature algorithms, one inside and one outside")]
    AlgorithmsDiffer,
    /// The issuer's signature algorithm is not taken.
    #[error(transparent)]
    Algorithm(#[from] AlgorithmError),
    /// The signature does not verify.
    #[error("the certificate was not signed by this issuer: {0}")]
    Signature(#[from] VerifyError),
    /// The text holds neither a PEM block nor a DER certificate.
    #[error("no certificate found; give a PEM block \"BEGIN CERTIFICATE\" or the DER bytes")]
    NoneFound,
    /// A PEM block holds something else.
    #[error("line {line}: the PEM block is a {label:?}, not a CERTIFICATE")]
    OtherLabel {
        /// Line of the header, from 1.
        line: usize,
        /// Label of the block.
        label: String,
    },
    /// A PEM block cannot be read.
    #[error("line {line}: the PEM block cannot be read: {what}")]
    Pem {
        /// Line of the header, from 1.
        line: usize,
        /// What is wrong.
        what: &'static str,
    },
    /// There are more PEM blocks than a bundle may hold.
    #[error("more than {limit} PEM blocks; split the file")]
    TooManyBlocks {
        /// The limit.
        limit: usize,
    },
}

fn at_byte(at: Option<usize>) -> String {
    at.map(|at| format!(" (byte {at})")).unwrap_or_default()
}

fn malformed(error: &der::Error) -> CertificateError {
    let number = |length| usize::try_from(length).unwrap_or(usize::MAX);
    match error.kind() {
        der::ErrorKind::TrailingData { decoded, remaining } => {
            CertificateError::TrailingBytes { at: number(decoded), surplus: number(remaining) }
        }
        kind => CertificateError::Malformed {
            at: error.position().map(number),
            reason: kind.to_string(),
        },
    }
}

/// The instant so long after 1970, or the latest that can be said.
pub(crate) fn timestamp(since_epoch: Duration) -> Timestamp {
    i64::try_from(since_epoch.as_secs())
        .ok()
        .and_then(|seconds| Timestamp::from_second(seconds).ok())
        .unwrap_or(Timestamp::MAX)
}

/// The bytes without leading zeros, but for the last one.
fn significant(mut bytes: &[u8]) -> &[u8] {
    while let [0, rest @ ..] = bytes
        && !rest.is_empty()
    {
        bytes = rest;
    }
    bytes
}

/// Where the parts stand whose received bytes are needed.
struct Slices {
    tbs: Range<usize>,
    serial: Range<usize>,
    inner_algorithm: Range<usize>,
    issuer: Range<usize>,
    subject: Range<usize>,
    public_key_info: Range<usize>,
    outer_algorithm: Range<usize>,
}

impl Slices {
    /// Walks a certificate that was found well formed.
    fn find(der: &[u8]) -> der::Result<Self> {
        let mut reader = SliceReader::new(der)?;
        der::Header::decode(&mut reader)?;
        let tbs_start = number(reader.position());
        let tbs = span(&mut reader)?;
        let outer_algorithm = span(&mut reader)?;
        let mut reader = SliceReader::new(der.get(tbs.clone()).unwrap_or_default())?;
        der::Header::decode(&mut reader)?;
        let shift = |span: Range<usize>| span.start + tbs_start..span.end + tbs_start;
        // version [0] EXPLICIT, absent in version 1
        if reader.peek_byte() == Some(0xa0) {
            span(&mut reader)?;
        }
        let serial = shift(span(&mut reader)?);
        let inner_algorithm = shift(span(&mut reader)?);
        let issuer = shift(span(&mut reader)?);
        span(&mut reader)?; // validity
        let subject = shift(span(&mut reader)?);
        let public_key_info = shift(span(&mut reader)?);
        Ok(Self { tbs, serial, inner_algorithm, issuer, subject, public_key_info, outer_algorithm })
    }

    fn get<'a>(&self, der: &'a [u8], range: &Range<usize>) -> &'a [u8] {
        der.get(range.clone()).unwrap_or_default()
    }
}

fn span(reader: &mut SliceReader<'_>) -> der::Result<Range<usize>> {
    let start = number(reader.position());
    reader.tlv_bytes()?;
    Ok(start..number(reader.position()))
}

fn number(length: der::Length) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX)
}
