use std::borrow::Cow;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use gdhcn_crypto::{KeyError, PublicKey};
use gdhcn_envelope::x509::Certificate;

/// A public key and its certificate: as values, or as bytes until somebody asks.
///
/// Checking that a point is on its curve and taking a certificate apart cost more than everything
/// else that is done for a key of a large list, and most of its keys are never used.
#[derive(Debug)]
pub(super) struct Material {
    stored: Option<Stored>,
    public_key: OnceLock<Result<PublicKey, KeyError>>,
    certificate: OnceLock<Option<Certificate>>,
}

/// Where the bytes are that a key is read from.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    /// The file, shared by all its keys.
    pub(crate) bytes: Arc<Vec<u8>>,
    /// The part of it that is the certificate or the `SubjectPublicKeyInfo`.
    pub(crate) range: Range<usize>,
    /// Which of the two.
    pub(crate) form: Form,
}

/// What stored bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A `SubjectPublicKeyInfo`.
    PublicKey,
    /// A certificate.
    Certificate,
    /// A certificate whose source may spell out the parameters of its curve.
    ExplicitCurve,
}

impl Form {
    /// All forms; a snapshot stores the index.
    pub(crate) const ALL: [Self; 3] = [Self::PublicKey, Self::Certificate, Self::ExplicitCurve];

    pub(super) fn of(certificate: &Certificate) -> Self {
        let strict = PublicKey::from_spki_der(certificate.public_key_info());
        match (certificate.public_key(), strict) {
            (Ok(_), Err(KeyError::ExplicitCurveParameters)) => Self::ExplicitCurve,
            _ => Self::Certificate,
        }
    }
}

impl Stored {
    pub(super) fn get(&self) -> &[u8] {
        self.bytes.get(self.range.clone()).unwrap_or_default()
    }

    pub(super) fn certificate(&self) -> Option<Certificate> {
        let read = || Certificate::from_der(self.get()).ok();
        match self.form {
            Form::PublicKey => None,
            Form::Certificate => read(),
            Form::ExplicitCurve => read().map(|one| one.with_explicit_curve()),
        }
    }
}

impl Material {
    pub(super) fn new(public_key: PublicKey, certificate: Option<Certificate>) -> Self {
        Self {
            stored: None,
            public_key: OnceLock::from(Ok(public_key)),
            certificate: OnceLock::from(certificate),
        }
    }

    pub(super) const fn stored(stored: Stored) -> Self {
        Self { stored: Some(stored), public_key: OnceLock::new(), certificate: OnceLock::new() }
    }

    /// The same key for another store; what has been read stays read.
    pub(super) fn copied(&self) -> Self {
        Self {
            stored: self.stored.clone(),
            public_key: self.public_key.clone(),
            certificate: self.certificate.clone(),
        }
    }

    /// The bytes to store.
    pub(super) fn to_stored(&self) -> (Cow<'_, [u8]>, Form) {
        match (&self.stored, self.certificate.get()) {
            (Some(stored), _) => (Cow::Borrowed(stored.get()), stored.form),
            (None, Some(Some(certificate))) => {
                (Cow::Borrowed(certificate.der()), Form::of(certificate))
            }
            (None, _) => {
                let key = self.public_key().map(PublicKey::to_spki_der);
                (Cow::Owned(key.unwrap_or_default()), Form::PublicKey)
            }
        }
    }

    pub(super) fn certificate(&self) -> Option<&Certificate> {
        let read = || self.stored.as_ref().and_then(Stored::certificate);
        self.certificate.get_or_init(read).as_ref()
    }

    pub(super) fn public_key(&self) -> Result<&PublicKey, &KeyError> {
        self.public_key.get_or_init(|| self.read_public_key()).as_ref()
    }

    fn read_public_key(&self) -> Result<PublicKey, KeyError> {
        let gone = KeyError::Malformed { what: "the stored key" };
        match (&self.stored, self.certificate()) {
            (_, Some(certificate)) => certificate.public_key().cloned().map_err(Clone::clone),
            (Some(stored), None) if stored.form == Form::PublicKey => {
                PublicKey::from_spki_der(stored.get())
            }
            _ => Err(gone),
        }
    }
}
