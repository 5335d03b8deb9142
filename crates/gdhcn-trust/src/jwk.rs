use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use gdhcn_crypto::{Curve, KeyError, PublicKey, sha256};
use gdhcn_envelope::json::Object;

/// The key that a JWK (RFC 7517) spells out, or `None` where only its certificate tells: published
/// lists call every curve but P-256 "UNKNOWN CURVE".
///
/// Coordinates and modulus are bytes of Java big integers: with a sign byte or shorter than the
/// field.
pub(crate) fn read(jwk: &Object<'_>) -> Result<Option<PublicKey>, JwkError> {
    if jwk.get("d").is_some() {
        return Err(JwkError::Private);
    }
    if !is_for_signatures(jwk) {
        return Err(JwkError::Use);
    }
    let kty = jwk.text("kty").ok_or(JwkError::Missing { member: "kty" })?;
    let key = match kty {
        "EC" => {
            let curve = jwk.text("crv").ok_or(JwkError::Missing { member: "crv" })?;
            let Some(curve) =
                [Curve::P256, Curve::P384, Curve::P521].into_iter().find(|c| c.name() == curve)
            else {
                return Ok(None);
            };
            PublicKey::ec_from_coordinates(curve, &number(jwk, "x")?, &number(jwk, "y")?)?
        }
        "RSA" => PublicKey::rsa_from_components(&number(jwk, "n")?, &number(jwk, "e")?)?,
        "OKP" => match jwk.text("crv") {
            Some("Ed25519") => PublicKey::ed25519_from_bytes(&number(jwk, "x")?)?,
            _ => return Ok(None),
        },
        other => return Err(JwkError::KeyType { found: other.chars().take(40).collect() }),
    };
    Ok(Some(key))
}

/// Whether `use` and `key_ops` (RFC 7517, 4.2 and 4.3), where they stand, allow to check signatures.
fn is_for_signatures(jwk: &Object<'_>) -> bool {
    let usage = jwk.get("use").is_none_or(|usage| usage.as_text() == Some("sig"));
    let operations = jwk.get("key_ops").is_none_or(|operations| {
        let mut operations = operations.as_list().unwrap_or_default().iter();
        operations.any(|operation| operation.as_text() == Some("verify"))
    });
    usage && operations
}

/// The thumbprint of a key (RFC 7638) with SHA-256, in base64url: SMART Health Cards name their
/// keys by it.
pub fn thumbprint(key: &PublicKey) -> String {
    let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let members = match key {
        PublicKey::Ec(key) => format!(
            r#"{{"crv":"{}","kty":"EC","x":"{}","y":"{}"}}"#,
            key.curve(),
            text(key.x()),
            text(key.y())
        ),
        PublicKey::Rsa(key) => format!(
            r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#,
            text(key.exponent()),
            text(key.modulus())
        ),
        PublicKey::Ed25519(key) => {
            format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, text(key.as_bytes()))
        }
        // `PublicKey` grows with the algorithms of the network.
        _ => String::new(),
    };
    text(&sha256(members.as_bytes()))
}

/// A big-endian number in base64url (RFC 7518, 2) or, as some lists have it, in base64.
fn number(jwk: &Object<'_>, member: &'static str) -> Result<Vec<u8>, JwkError> {
    const TOLERANT: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    const URL: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, TOLERANT);
    const PLAIN: GeneralPurpose = GeneralPurpose::new(&STANDARD, TOLERANT);
    let text = jwk.text(member).ok_or(JwkError::Missing { member })?;
    URL.decode(text).or_else(|_| PLAIN.decode(text)).map_err(|_| JwkError::Base64 { member })
}

/// Why a JWK gives no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JwkError {
    /// A member is absent or no string.
    #[error("the JWK has no text in {member:?}")]
    Missing {
        /// The member's name.
        member: &'static str,
    },
    /// A number is no base64.
    #[error("the JWK's {member:?} is no base64url")]
    Base64 {
        /// The member's name.
        member: &'static str,
    },
    /// The JWK holds a private key: whoever has the list can sign.
    #[error("the JWK holds a private key (member \"d\"); it is worth nothing any more")]
    Private,
    /// Its owner means the key for something else.
    #[error("the JWK is not for signatures (members \"use\" and \"key_ops\")")]
    Use,
    /// The key type is none of the network's.
    #[error("the JWK is of key type {found:?}; EC and RSA are used")]
    KeyType {
        /// The value of `kty`.
        found: String,
    },
    /// The numbers give no usable key.
    #[error(transparent)]
    Key(#[from] KeyError),
}

#[cfg(test)]
mod tests {
    use gdhcn_envelope::linked_data::{Document, Limits, Method};

    use super::*;

    fn key(jwk: &str) -> Result<Option<PublicKey>, JwkError> {
        let text = format!(r#"{{"id":"did:x","verificationMethod":[{{"publicKeyJwk":{jwk}}}]}}"#);
        let document = Document::parse(text.as_bytes(), &Limits::default()).unwrap();
        let [Method::Embedded(entry)] = document.methods() else { panic!("one entry") };
        read(entry.object("publicKeyJwk").unwrap())
    }

    // The base point of P-256 (FIPS 186-4, D.1.2.3).
    const X: &str = "axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY";
    const Y: &str = "T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU";

    #[test]
    fn reads_coordinates_as_java_and_others_write_them() {
        let plain = key(&format!(r#"{{"kty":"EC","crv":"P-256","x":"{X}","y":"{Y}"}}"#)).unwrap();
        assert!(plain.is_some());
        // A sign byte before x; standard alphabet and padding in y.
        let signed = "AGsX0fLhLEJH-Lzm5WOkQPJ3A32BLeszoPShOUXYmMKW";
        let standard = "T+NC4v4af5uO5+tKfA+eFivOM1drMV7Oy7ZAaDe/UfU=";
        let odd = key(&format!(r#"{{"kty":"EC","crv":"P-256","x":"{signed}","y":"{standard}"}}"#));
        assert_eq!(odd.unwrap(), plain);
    }

    #[test]
    fn an_unknown_curve_leaves_the_key_to_the_certificate() {
        assert_eq!(key(r#"{"kty":"EC","crv":"UNKNOWN CURVE","x":"AA","y":"AA"}"#), Ok(None));
        assert_eq!(key(r#"{"kty":"OKP","crv":"X25519","x":"AA"}"#), Ok(None));
    }

    #[test]
    fn names_what_is_wrong() {
        let errors: Vec<String> = [
            "{}".to_owned(),
            r#"{"kty":"oct"}"#.to_owned(),
            r#"{"kty":"EC","x":"AA"}"#.to_owned(),
            r#"{"kty":"EC","crv":"P-256","x":"AA"}"#.to_owned(),
            r#"{"kty":"RSA","n":"*","e":"AQAB"}"#.to_owned(),
            r#"{"kty":"RSA","n":"AQAB","e":"AQAB"}"#.to_owned(),
            format!(r#"{{"kty":"EC","crv":"P-256","x":"{X}","y":"{X}"}}"#),
        ]
        .iter()
        .map(|jwk| key(jwk).expect_err(jwk).to_string())
        .collect();
        assert_eq!(
            errors,
            [
                "the JWK has no text in \"kty\"",
                "the JWK is of key type \"oct\"; EC and RSA are used",
                "the JWK has no text in \"crv\"",
                "the JWK has no text in \"y\"",
                "the JWK's \"n\" is no base64url",
                "an RSA key of 17 bits is refused; 2048 to 8192 are allowed",
                "the point is not on the curve P-256",
            ]
        );
    }
}
