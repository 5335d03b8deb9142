//! A participant's folder: the layout, its real variants, and private keys where none may be.

use gdhcn_codes::{Domain, KeyUsage};
use gdhcn_crypto::{Curve, KeyKind, RsaSize, SoftwareKey};
use gdhcn_testkit::openssl;
use gdhcn_trust::participant_folder::{
    File, Limits, Oddity, ParticipantFolder, SignedResultContent,
};
use gdhcn_trust::private_key::{PrivateKeyForm, find};
use gdhcn_trust::profile::Role;

use crate::lint_folder::{CA, DSC, SCA, Sound, TLS, UP};
use crate::network::{BACKEND, Holder, onboard};

fn oddities(folder: &ParticipantFolder) -> Vec<(&str, &Oddity)> {
    folder.remarks.iter().map(|remark| (remark.path.as_str(), &remark.oddity)).collect()
}

#[test]
fn the_layout_is_read_wherever_the_folder_was_cut_off() {
    let sound = Sound::new();
    for cut in ["", "XXA/", "XXA/onboarding/"] {
        let files: Vec<_> = sound
            .files
            .iter()
            .map(|(path, bytes)| File { path: path.strip_prefix(cut).unwrap(), bytes })
            .collect();
        let folder = ParticipantFolder::read(files, &Limits::default());
        assert_eq!(folder.participant.is_some(), cut.is_empty(), "{cut}");
        assert_eq!(oddities(&folder), [], "{cut}");
        let usages: Vec<_> = folder.certificates.iter().map(|one| one.usage).collect();
        assert_eq!(usages, [KeyUsage::Dsc, KeyUsage::Sca, KeyUsage::Tls, KeyUsage::Up]);
        assert_eq!(folder.tls_issuers.len(), 1);
        assert!(folder.domains.iter().eq([&Domain::dcc()]));
    }
}

#[test]
fn the_real_variants_are_understood_and_told() {
    let mut sound = Sound::new();
    let certificate = sound.files[SCA].clone();
    let mut put = |path: &str, bytes: &[u8]| {
        sound.files.insert(format!("XXA/onboarding/{path}"), bytes.to_vec());
    };
    for name in ["SCA_1.pem", "SCA_1_1.pem", "SCA-2024.pem", "SCA .pem", "CSCA.pem"] {
        put(&format!("DCC/SCA/{name}"), &certificate);
    }
    put("DCC/up/UP2.pem", &certificate);
    put("DCC/csca/SCA.pem", &certificate);
    put("DCC/TLS/CA.p7c", b"bundle");
    put("DCC/TLS/Failure", b"");
    put("DCC/Failure", b"");
    put("DCC/SCA/.DS_Store", b"\0\0");
    put("DCC/readme.md", b"# Read me");
    put("DCC/SCA/notes.txt", b"notes");
    put("DDCC/ISSUER/Trusted_Issuer.json", b"{}\n");
    put("DDCC/ISSUER/DID.txt", b"Put your DID here");
    put("DDCC/REFERENCES/Trusted_Reference.json", b"{}\n");
    put("a b/UP/UP.pem", &certificate);
    let folder = sound.folder();
    let odd = oddities(&folder)
        .into_iter()
        .map(|(path, oddity)| {
            let path = path.strip_prefix("XXA/onboarding/").unwrap();
            format!("{path} {oddity}")
        })
        .collect::<Vec<_>>();
    insta::assert_snapshot!(odd.join("\n"));
    assert_eq!(folder.of(&Domain::dcc(), KeyUsage::Sca).count(), 7);
    assert_eq!(folder.of(&Domain::dcc(), KeyUsage::Up).count(), 2);
}

#[test]
fn results_of_the_trust_anchor_are_read_in_both_forms() {
    let anchor = Holder::new(Role::TrustAnchor, "CHE", 9);
    let upload = Holder::new(Role::Upload, "XXA", 2);
    let party = onboard(&upload.certificate, &anchor);
    let mut sound = Sound::new();
    let mut put = |name: &str, text: &str| sound.text(&format!("DCC/UP/signed/{name}"), text);
    put("TNG_TA.signed.UP.json", &serde_json::to_string(&party).unwrap());
    put(
        "TNG_TA.signed.UP_1.txt",
        &format!(
            "TrustAnchor Signature:\n{}\n\nCertificate Raw Data:\n{}\n\nCertificate Thumbprint:\n{}\n\n\
             Certificate Country:\n{}\n",
            party.trust_anchor_signature,
            party.certificate_raw_data,
            party.certificate_thumbprint,
            party.country
        ),
    );
    put("TNG_TA.signed.UP_2.json", "{}");
    put("UP.pem.der", "whatever");
    let folder = sound.folder();
    assert_eq!(folder.signed.len(), 2);
    for signed in &folder.signed {
        let SignedResultContent::Certificate(KeyUsage::Up, found) = &signed.content else {
            panic!("{signed:?}")
        };
        assert_eq!(*found, party);
        found.check(std::slice::from_ref(&anchor.certificate), BACKEND).unwrap();
    }
    let [(path, Oddity::SignedResult { .. })] = oddities(&folder)[..] else {
        panic!("{:?}", folder.remarks)
    };
    assert!(path.ends_with("UP_2.json"));
}

#[test]
fn folders_have_bounds() {
    let sound = Sound::new();
    let files = || sound.files.iter().map(|(path, bytes)| File { path, bytes });
    let mut limits = Limits::default();
    limits.max_files = 2;
    let folder = ParticipantFolder::read(files(), &limits);
    assert_eq!(folder.certificates.len(), 2);
    assert!(matches!(oddities(&folder)[..], [(_, Oddity::TooManyFiles { limit: 2 })]));
    let mut limits = Limits::default();
    limits.max_file_len = 100;
    let folder = ParticipantFolder::read(files(), &limits);
    assert!(folder.certificates.is_empty());
    assert_eq!(folder.remarks.len(), [SCA, UP, TLS, CA, DSC].len());
}

/// Acceptance sentence of K2: a private key in any common form.
#[test]
fn k2_a_private_key_is_found_in_every_form_and_under_every_name() {
    let openssl = openssl();
    let ec = SoftwareKey::generate(KeyKind::Ec(Curve::P256)).unwrap();
    let rsa = SoftwareKey::generate(KeyKind::Rsa(RsaSize::Bits2048)).unwrap();
    openssl.write("ec.pem", ec.to_pem().as_bytes());
    openssl.write("rsa.pem", rsa.to_pem().as_bytes());
    openssl.write("password", "secret");
    openssl.run("req -x509 -key ec.pem -subj /CN=a -out c.pem -days 1");
    openssl.run("pkcs12 -export -inkey ec.pem -in c.pem -passout file:password -out store.p12");
    openssl.run("ec -in ec.pem -out sec1.pem");
    openssl.run("ec -in ec.pem -outform DER -out sec1.der");
    openssl.run("rsa -in rsa.pem -traditional -out pkcs1.pem");
    openssl.run("rsa -in rsa.pem -traditional -outform DER -out pkcs1.der");
    openssl.run("pkcs8 -topk8 -in ec.pem -outform DER -nocrypt -out pkcs8.der");
    openssl.run("pkcs8 -topk8 -in rsa.pem -outform DER -nocrypt -out pkcs8-rsa.der");
    openssl.run("pkcs8 -topk8 -in ec.pem -outform DER -passout file:password -out encrypted.der");
    openssl.run("pkcs8 -topk8 -in ec.pem -passout file:password -out encrypted.pem");
    for (name, form) in [
        ("ec.pem", PrivateKeyForm::Pem),
        ("sec1.pem", PrivateKeyForm::Pem),
        ("pkcs1.pem", PrivateKeyForm::Pem),
        ("encrypted.pem", PrivateKeyForm::Pem),
        ("sec1.der", PrivateKeyForm::Der),
        ("pkcs1.der", PrivateKeyForm::Der),
        ("pkcs8.der", PrivateKeyForm::Der),
        ("pkcs8-rsa.der", PrivateKeyForm::Der),
        ("encrypted.der", PrivateKeyForm::Der),
        ("store.p12", PrivateKeyForm::Pkcs12),
    ] {
        let bytes = openssl.read(name);
        assert_eq!(find(&bytes), Some(form), "{name}");
        let base64 = crate::network::base64(&bytes);
        if form != PrivateKeyForm::Pem {
            assert_eq!(find(base64.as_bytes()), Some(form), "base64 of {name}");
        }
        // Behind a certificate, in a file that is called one.
        if form == PrivateKeyForm::Pem {
            let both = [openssl.read("c.pem"), bytes].concat();
            assert_eq!(find(&both), Some(form));
        }
    }
    let wide: Vec<u8> = ec.to_pem().encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(find(&wide), Some(PrivateKeyForm::Pem));
    let jwk = r#" {"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA","d":"AA"}]}"#;
    assert_eq!(find(jwk.as_bytes()), Some(PrivateKeyForm::Jwk));
    assert_eq!(find(b"\xfe\xed\xfe\xed\0\0\0\x02"), Some(PrivateKeyForm::JavaKeyStore));
    assert_eq!(find(b"-----BEGIN PGP PRIVATE KEY BLOCK-----\n"), Some(PrivateKeyForm::OtherTool));

    // And none where there is none.
    openssl.run("x509 -in c.pem -outform DER -out c.der");
    openssl.run("pkey -in ec.pem -pubout -out public.pem");
    openssl.run("req -new -key ec.pem -subj /CN=a -outform DER -out csr.der");
    for name in ["c.pem", "c.der", "public.pem", "csr.der"] {
        assert_eq!(find(&openssl.read(name)), None, "{name}");
    }
    assert_eq!(find(br#"{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}"#), None);
    assert_eq!(find(b""), None);
}
