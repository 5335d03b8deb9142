//! Keys in SoftHSM, judged by our own verifiers and by OpenSSL.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::process::Command;

use gdhcn_crypto::{
    Backend, Curve, DigestAlgorithm, KeyKind, RsaSize, SignError, SignatureScheme, Signer as _,
    SoftwareKey,
};
use gdhcn_testkit::{Softhsm, openssl, softhsm};
use gdhcn_token::{Pin, TokenAddress, TokenError, TokenKey};
use zeroize::Zeroizing;

const INNER: &str = "GDHCN_TEST_TOKEN";

/// Runs the test of that name again in a process whose environment names the token: SoftHSM reads
/// nothing else, and a process's own environment is not to be changed under other threads.
fn in_process_with(token: &Softhsm, name: &str) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env("SOFTHSM2_CONF", token.config())
        .env(INNER, "1")
        .output()
        .unwrap();
    let (out, error) = (output.stdout, output.stderr);
    let said = format!("{}{}", String::from_utf8_lossy(&out), String::from_utf8_lossy(&error));
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

fn is_inner() -> bool {
    std::env::var_os(INNER).is_some()
}

fn address(rest: &str) -> TokenAddress {
    let token = Softhsm::TOKEN.replace(' ', "%20");
    let module = Softhsm::module();
    format!("pkcs11:token={token};{rest}?module-path={}", module.display()).parse().unwrap()
}

fn pin(text: &str) -> Pin {
    Pin::Text(Zeroizing::new(text.to_owned()))
}

#[test]
fn a_key_made_in_the_token_signs_and_is_found_again() {
    if !is_inner() {
        return in_process_with(&softhsm(), "a_key_made_in_the_token_signs_and_is_found_again");
    }
    let (address, pin) = (address("object=anchor"), pin(Softhsm::PIN));
    let made = TokenKey::generate(&address, &pin).unwrap();
    let found = TokenKey::open(&address, &pin).unwrap();
    assert_eq!(made.public_key(), found.public_key());
    assert!(matches!(TokenKey::generate(&address, &pin), Err(TokenError::Exists)));

    let scheme = SignatureScheme::EcdsaDer(DigestAlgorithm::Sha256);
    let signature = found.sign(scheme, b"onboarded").unwrap();
    let openssl = openssl();
    openssl.write("key.der", found.public_key().to_spki_der());
    openssl.write("signature", &signature);
    openssl.write("message", "onboarded");
    openssl.write("other", "off-boarded");
    let verify = "dgst -sha256 -verify key.der -keyform DER -signature signature";
    openssl.run(&format!("{verify} message"));
    assert!(!openssl.try_run(&format!("{verify} other")).status.success());
}

#[test]
fn every_kind_of_key_signs_under_every_scheme_that_it_has() {
    let name = "every_kind_of_key_signs_under_every_scheme_that_it_has";
    let digests = [DigestAlgorithm::Sha256, DigestAlgorithm::Sha384, DigestAlgorithm::Sha512];
    if !is_inner() {
        let token = softhsm();
        let kinds = [
            ("p256", KeyKind::Ec(Curve::P256)),
            ("p384", KeyKind::Ec(Curve::P384)),
            ("p521", KeyKind::Ec(Curve::P521)),
            ("rsa", KeyKind::Rsa(RsaSize::Bits3072)),
        ];
        for (index, (label, kind)) in kinds.into_iter().enumerate() {
            let key = SoftwareKey::generate(kind).unwrap();
            token.import(&key.to_pem(), label, &format!("0{index}"));
        }
        return in_process_with(&token, name);
    }
    for label in ["p256", "p384", "p521", "rsa"] {
        let key = TokenKey::open(&address(&format!("object={label}")), &pin(Softhsm::PIN)).unwrap();
        let verifier = Backend::RustCrypto.verifier(key.public_key()).unwrap();
        let schemes: Vec<_> = digests
            .into_iter()
            .flat_map(|digest| match label {
                "rsa" => [SignatureScheme::RsaPkcs1(digest), SignatureScheme::pss(digest)],
                _ => [SignatureScheme::EcdsaDer(digest), SignatureScheme::EcdsaFixed(digest)],
            })
            .collect();
        for scheme in schemes {
            let signature = key.sign(scheme, b"message").unwrap();
            verifier.verify(scheme, b"message", &signature).unwrap();
            assert!(verifier.verify(scheme, b"other", &signature).is_err(), "{label} {scheme}");
        }
        let wrong = key.sign(SignatureScheme::Ed25519, b"message").unwrap_err();
        assert!(matches!(wrong, SignError::KeyMismatch { .. }), "{label}");
    }
}

#[test]
fn what_does_not_fit_is_named() {
    if !is_inner() {
        let token = softhsm();
        for id in ["01", "02"] {
            let key = SoftwareKey::generate(KeyKind::Ec(Curve::P256)).unwrap();
            token.import(&key.to_pem(), "twin", id);
        }
        return in_process_with(&token, "what_does_not_fit_is_named");
    }
    let right = pin(Softhsm::PIN);
    let open = |address: &TokenAddress, pin: &Pin| match TokenKey::open(address, pin) {
        Err(error) => error.to_string(),
        Ok(key) => panic!("{key:?}"),
    };
    assert!(open(&address("object=twin"), &right).contains("2 private keys"));
    assert!(TokenKey::open(&address("object=twin;id=%02"), &right).is_ok());
    assert!(open(&address("object=none"), &right).contains("no private key"));
    let elsewhere = TokenAddress { token: Some("other".into()), ..address("object=twin") };
    assert!(open(&elsewhere, &right).contains(Softhsm::TOKEN));
    let no_module = TokenAddress { module: None, ..address("object=twin") };
    assert!(open(&no_module, &right).contains("module-path"));
    let wrong_module = TokenAddress { module: Some("nothing.so".into()), ..address("object=twin") };
    assert!(open(&wrong_module, &right).contains("nothing.so"));
    let said = format!("{:?}", pin("123456"));
    assert!(!said.contains("123456"));
}

#[test]
fn a_wrong_pin_is_refused_as_such() {
    if !is_inner() {
        return in_process_with(&softhsm(), "a_wrong_pin_is_refused_as_such");
    }
    let refused = TokenKey::open(&address("object=any"), &pin("654321"));
    assert!(matches!(refused, Err(TokenError::Pin)), "{refused:?}");
}
