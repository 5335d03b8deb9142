use std::fmt;
use std::sync::{Mutex, PoisonError};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsPssParams};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;
use gdhcn_crypto::ecdsa_signature::fixed_to_der;
use gdhcn_crypto::{Curve, DigestAlgorithm, PublicKey, SignError, SignatureScheme, Signer};
use zeroize::Zeroizing;

use crate::{TokenAddress, TokenError};

/// What opens a token.
#[derive(Clone)]
pub enum Pin {
    /// The user's PIN.
    Text(Zeroizing<String>),
    /// The token has a keypad of its own, or asks nobody.
    None,
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin")
    }
}

/// A private key in a token, with an open session.
///
/// Signatures are made one after the other: a session does one thing at a time.
pub struct TokenKey {
    public_key: PublicKey,
    session: Mutex<Session>,
    private: ObjectHandle,
}

impl TokenKey {
    /// Opens the token and finds the one key that the address names.
    ///
    /// # Errors
    ///
    /// See [`TokenError`].
    pub fn open(address: &TokenAddress, pin: &Pin) -> Result<Self, TokenError> {
        let session = Self::session(address, pin, false)?;
        Self::find(address, session)
    }

    /// Makes a key on P-256 in the token, under the label of the address. It can sign and never
    /// leave the token.
    ///
    /// # Errors
    ///
    /// See [`TokenError`]; a key of that label is not replaced.
    pub fn generate(address: &TokenAddress, pin: &Pin) -> Result<Self, TokenError> {
        let label = address.object.clone().ok_or(TokenError::NoLabel)?.into_bytes();
        let session = Self::session(address, pin, true)?;
        let same = [Attribute::Class(ObjectClass::PRIVATE_KEY), Attribute::Label(label.clone())];
        if !session.find_objects(&same)?.is_empty() {
            return Err(TokenError::Exists);
        }
        let id = match &address.id {
            Some(id) => id.clone(),
            None => session.generate_random_vec(8)?,
        };
        let named = [Attribute::Token(true), Attribute::Label(label), Attribute::Id(id.clone())];
        let mut public = named.to_vec();
        public.extend([
            Attribute::Private(false),
            Attribute::Verify(true),
            Attribute::EcParams(P256.to_vec()),
        ]);
        let mut private = named.to_vec();
        private.extend([
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Sign(true),
        ]);
        session.generate_key_pair(&Mechanism::EccKeyPairGen, &public, &private)?;
        Self::find(&TokenAddress { id: Some(id), ..address.clone() }, session)
    }

    fn session(address: &TokenAddress, pin: &Pin, writes: bool) -> Result<Session, TokenError> {
        let path = address.module.clone().ok_or(TokenError::NoModule)?;
        let failed = |source| TokenError::Module { path: path.clone(), source };
        let module = Pkcs11::new(&path).map_err(failed)?;
        match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
            // A module is one for the whole process.
            Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
            Err(source) => return Err(failed(source)),
        }
        let slot = slot(&module, address)?;
        let session =
            if writes { module.open_rw_session(slot)? } else { module.open_ro_session(slot)? };
        let pin = match pin {
            Pin::Text(text) => Some(AuthPin::new(text.as_str().into())),
            Pin::None => None,
        };
        match session.login(UserType::User, pin.as_ref()) {
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(session),
            Err(Error::Pkcs11(RvError::PinIncorrect | RvError::PinLenRange, _)) => {
                Err(TokenError::Pin)
            }
            Err(Error::Pkcs11(RvError::PinLocked, _)) => Err(TokenError::Locked),
            Err(other) => Err(other.into()),
        }
    }

    fn find(address: &TokenAddress, session: Session) -> Result<Self, TokenError> {
        let mut wanted = vec![Attribute::Class(ObjectClass::PRIVATE_KEY)];
        wanted.extend(address.object.clone().map(|label| Attribute::Label(label.into_bytes())));
        wanted.extend(address.id.clone().map(Attribute::Id));
        let found = session.find_objects(&wanted)?;
        let private = match found[..] {
            [] => return Err(TokenError::NoKey),
            [one] => one,
            _ => return Err(TokenError::SeveralKeys { count: found.len() }),
        };
        let public_key = public_key(&session, private, address)?;
        Ok(Self { public_key, session: Mutex::new(session), private })
    }

    fn sign_with(&self, mechanism: &Mechanism<'_>, data: &[u8]) -> Result<Vec<u8>, SignError> {
        // A panic in another thread leaves nothing half done here: each signature is one call.
        let session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        session.sign(mechanism, self.private, data).map_err(|_| SignError::Refused)
    }
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenKey({})", self.public_key)
    }
}

impl Signer for TokenKey {
    fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    fn sign(&self, scheme: SignatureScheme, message: &[u8]) -> Result<Vec<u8>, SignError> {
        match (&self.public_key, scheme) {
            (PublicKey::Ec(_), SignatureScheme::EcdsaFixed(digest)) => {
                self.sign_with(&Mechanism::Ecdsa, &digest.digest(message))
            }
            (PublicKey::Ec(key), SignatureScheme::EcdsaDer(digest)) => {
                let fixed = self.sign_with(&Mechanism::Ecdsa, &digest.digest(message))?;
                fixed_to_der(key.curve(), &fixed).map_err(|_| SignError::Refused)
            }
            (PublicKey::Rsa(_), SignatureScheme::RsaPkcs1(digest)) => {
                let mechanism = match digest {
                    DigestAlgorithm::Sha256 => Mechanism::Sha256RsaPkcs,
                    DigestAlgorithm::Sha384 => Mechanism::Sha384RsaPkcs,
                    DigestAlgorithm::Sha512 => Mechanism::Sha512RsaPkcs,
                };
                self.sign_with(&mechanism, message)
            }
            (PublicKey::Rsa(_), SignatureScheme::RsaPss { digest, salt_len }) => {
                let unsupported =
                    || SignError::Unsupported { key: self.public_key.to_string(), scheme };
                let s_len = u32::try_from(salt_len).map_err(|_| unsupported())?;
                self.sign_with(&pss(digest, s_len), message)
            }
            _ => Err(SignError::KeyMismatch { key: self.public_key.to_string(), scheme }),
        }
    }
}

fn pss(digest: DigestAlgorithm, salt_len: u32) -> Mechanism<'static> {
    let s_len = u64::from(salt_len).into();
    let parameters = |hash_alg, mgf| PkcsPssParams { hash_alg, mgf, s_len };
    match digest {
        DigestAlgorithm::Sha256 => {
            Mechanism::Sha256RsaPkcsPss(parameters(MechanismType::SHA256, PkcsMgfType::MGF1_SHA256))
        }
        DigestAlgorithm::Sha384 => {
            Mechanism::Sha384RsaPkcsPss(parameters(MechanismType::SHA384, PkcsMgfType::MGF1_SHA384))
        }
        DigestAlgorithm::Sha512 => {
            Mechanism::Sha512RsaPkcsPss(parameters(MechanismType::SHA512, PkcsMgfType::MGF1_SHA512))
        }
    }
}

/// The one slot whose token fits the address.
fn slot(module: &Pkcs11, address: &TokenAddress) -> Result<Slot, TokenError> {
    let mut fitting = Vec::new();
    let mut all = Vec::new();
    for slot in module.get_slots_with_initialized_token()? {
        let token = module.get_token_info(slot)?;
        let (label, serial) = (token.label().trim(), token.serial_number().trim());
        let fits = address.token.as_deref().is_none_or(|wanted| wanted == label)
            && address.serial.as_deref().is_none_or(|wanted| wanted == serial);
        if fits {
            fitting.push((slot, format!("{label:?} (serial {serial})")));
        }
        all.push(format!("{label:?}"));
    }
    match &fitting[..] {
        [] => Err(TokenError::NoToken { found: all }),
        [(slot, _)] => Ok(*slot),
        _ => Err(TokenError::SeveralTokens {
            found: fitting.into_iter().map(|(_, name)| name).collect(),
        }),
    }
}

/// `namedCurve` of P-256 as `ECParameters` (RFC 5480, 2.1.1).
const P256: [u8; 10] = [6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];

const CURVES: [(&[u8], Curve); 3] = [
    (&P256, Curve::P256),
    (&[6, 5, 0x2b, 0x81, 4, 0, 0x22], Curve::P384),
    (&[6, 5, 0x2b, 0x81, 4, 0, 0x23], Curve::P521),
];

/// The public half: of an RSA key in the private object itself, else in the object beside it.
fn public_key(
    session: &Session,
    private: ObjectHandle,
    address: &TokenAddress,
) -> Result<PublicKey, TokenError> {
    let mut beside = vec![Attribute::Class(ObjectClass::PUBLIC_KEY)];
    for attribute in session.get_attributes(private, &[AttributeType::Id])? {
        if matches!(&attribute, Attribute::Id(id) if !id.is_empty()) {
            beside.push(attribute);
        }
    }
    if beside.len() == 1 {
        // Without an identifier the label is all that binds the halves.
        beside.extend(address.object.clone().map(|label| Attribute::Label(label.into_bytes())));
    }
    let public = session.find_objects(&beside)?;
    let [public] = public[..] else { return Err(TokenError::NoPublicKey) };
    let wanted = [
        AttributeType::KeyType,
        AttributeType::EcParams,
        AttributeType::EcPoint,
        AttributeType::Modulus,
        AttributeType::PublicExponent,
    ];
    let (mut kind, mut curve, mut point, mut modulus, mut exponent) =
        (None, Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for attribute in session.get_attributes(public, &wanted)? {
        match attribute {
            Attribute::KeyType(value) => kind = Some(value),
            Attribute::EcParams(value) => curve = value,
            Attribute::EcPoint(value) => point = value,
            Attribute::Modulus(value) => modulus = value,
            Attribute::PublicExponent(value) => exponent = value,
            _ => {}
        }
    }
    if kind == Some(KeyType::RSA) {
        return Ok(PublicKey::rsa_from_components(&modulus, &exponent)?);
    }
    let (_, curve) =
        CURVES.iter().find(|(known, _)| *known == curve).ok_or(TokenError::NoPublicKey)?;
    Ok(PublicKey::ec_from_sec1(*curve, unwrapped(&point))?)
}

/// The point is a DER OCTET STRING by the standard, and bare in some modules.
fn unwrapped(point: &[u8]) -> &[u8] {
    match point {
        [4, length @ ..=0x7f, rest @ ..] if usize::from(*length) == rest.len() => rest,
        [4, 0x81, length, rest @ ..] if usize::from(*length) == rest.len() => rest,
        bare => bare,
    }
}
