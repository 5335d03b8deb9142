//! Lint: for each rule a folder in which it finds just that fault (K5), and the published folders.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use gdhcn_codes::{KeyUsage, StatementKind};
use gdhcn_crypto::{
    Curve, DigestAlgorithm, KeyKind, RsaSize, SignatureScheme, Signer, SoftwareKey,
};
use gdhcn_crypto::{Thumbprint, sha256};
use gdhcn_envelope::x509::oid::{self, ObjectIdentifier};
use gdhcn_envelope::x509::{
    BasicConstraints, Certificate, KeyUsageBits, NameBuilder, PrivateKeyUsagePeriod,
};
use gdhcn_trust::lint::{
    Context, Environment, Finding, KNOWN_TEST_KEYS, KnownCertificate, Rule, Severity,
    is_custom_kid, lint,
};
use gdhcn_trust::participant_folder::{File, Limits, ParticipantFolder};
use gdhcn_trust::profile::Role;

use crate::lint_folder::{
    CA, SCA, Sound, TLS, UP, by_openssl, days, key, name, self_signed, template,
};
use crate::network::at;

const ALL: [Environment; 4] = [
    Environment::Template,
    Environment::Development,
    Environment::Acceptance,
    Environment::Production,
];

#[test]
fn a_folder_after_the_profiles_has_no_fault_in_any_environment() {
    for environment in ALL {
        let report = Sound::new().lint(environment);
        assert!(report.findings.is_empty(), "{:#?}", report.findings);
        assert!(report.is_acceptable());
        assert_eq!(report.certificates, 5);
    }
}

type Spoil = fn(&mut Sound);

const SIGNER_USAGE: [&str; 2] =
    ["keyUsage = critical, digitalSignature", "subjectKeyIdentifier = hash"];

fn upload_by_openssl(sound: &mut Sound, newkey: &str, digest: &str, more: &[&str]) {
    let extensions = [&SIGNER_USAGE[..], more].concat();
    let subject = "/C=XA/O=Tests/CN=XXA-UP-2026";
    let certificate = by_openssl(newkey, None, subject, digest, 730, &extensions);
    sound.put(UP, &certificate);
}

const EC: &str = "ec -pkeyopt ec_paramgen_curve:prime256v1";

/// Rule, severity in production, and how a sound folder is spoilt so that it alone is broken.
#[rustfmt::skip]
const CASES: [(Rule, Severity, Spoil); 48] = [
    (Rule::L001, Severity::Error, |folder| folder.text("DCC/SCA/SCA_1.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")),
    (Rule::L001, Severity::Error, |folder| folder.text("DCC/UP/UP.key", &key().to_pem())),
    (Rule::L002, Severity::Error, |folder| {
        let chain = [folder.files[TLS].clone(), folder.files[SCA].clone()].concat();
        folder.files.insert(TLS.to_owned(), chain);
    }),
    (Rule::L003, Severity::Error, |folder| { let other = self_signed(&template(Role::Tls, 9), &key()); folder.put(CA, &other); }),
    (Rule::L003, Severity::Error, |folder| {
        let pss = SoftwareKey::generate(KeyKind::Rsa(RsaSize::Bits3072)).unwrap();
        let template = template(Role::Tls, 9);
        let scheme = SignatureScheme::pss(DigestAlgorithm::Sha256);
        let certificate = template.sign(pss.public_key(), &template.subject, &pss, scheme).unwrap();
        folder.put(TLS, &certificate);
        folder.put(CA, &certificate);
    }),
    (Rule::L004, Severity::Error, |folder| folder.put_upload(|template| {
        template.subject = NameBuilder::new().country("XA").country("XB").common_name("two").build().unwrap();
    })),
    (Rule::L005, Severity::Error, |folder| folder.put_upload(|template| {
        template.subject = NameBuilder::new().country("XB").common_name("other").build().unwrap();
    })),
    (Rule::L005, Severity::Error, |folder| folder.put_upload(|template| {
        template.subject = NameBuilder::new().country("UK").common_name("other").build().unwrap();
    })),
    (Rule::L006, Severity::Error, |folder| {
        let certificate = by_openssl(EC, None, "/C=xa/CN=small", "sha256", 730, &SIGNER_USAGE);
        folder.put(UP, &certificate);
    }),
    (Rule::L007, Severity::Warning, |folder| folder.put_upload(|template| {
        template.subject = NameBuilder::new().country("XA").organization("Other").common_name("XXA SCA 2026").build().unwrap();
    })),
    (Rule::L007, Severity::Warning, |folder| folder.put_upload(|template| {
        template.subject = NameBuilder::new().country("XA").organization("No CN").build().unwrap();
    })),
    (Rule::L008, Severity::Warning, |folder| folder.put_upload(|template| template.subject = name("XXA SCA 2026"))),
    (Rule::L010, Severity::Error, |folder| {
        let short = SoftwareKey::generate(KeyKind::Rsa(RsaSize::Bits2048)).unwrap();
        let certificate = self_signed(&template(Role::Upload, 9), &short);
        folder.put(UP, &certificate);
    }),
    (Rule::L010, Severity::Error, |folder| upload_by_openssl(folder, "ec -pkeyopt ec_paramgen_curve:secp224r1", "sha256", &[])),
    (Rule::L010, Severity::Error, |folder| upload_by_openssl(folder, "rsa:3072 -pkeyopt rsa_keygen_pubexp:17", "sha256", &[])),
    (Rule::L011, Severity::Error, |folder| {
        let p384 = SoftwareKey::generate(KeyKind::Ec(Curve::P384)).unwrap();
        folder.put_signer_with(&p384, |_| ());
    }),
    (Rule::L011, Severity::Warning, |folder| {
        let rsa = SoftwareKey::generate(KeyKind::Rsa(RsaSize::Bits2048)).unwrap();
        folder.put_signer_with(&rsa, |_| ());
    }),
    (Rule::L012, Severity::Error, |folder| upload_by_openssl(folder, "ec -pkeyopt ec_paramgen_curve:prime256v1 -pkeyopt ec_param_enc:explicit", "sha256", &[])),
    (Rule::L013, Severity::Error, |folder| {
        let p384 = SoftwareKey::generate(KeyKind::Ec(Curve::P384)).unwrap();
        let certificate = self_signed(&template(Role::Upload, 9), &p384);
        folder.put(UP, &certificate);
    }),
    (Rule::L014, Severity::Error, |folder| upload_by_openssl(folder, EC, "sha1", &[])),
    (Rule::L015, Severity::Error, |folder| upload_by_openssl(folder, "ec -pkeyopt ec_paramgen_curve:brainpoolP256r1", "sha256", &[])),
    (Rule::L020, Severity::Error, |folder| folder.put_sca(|template| template.basic_constraints = Some(BasicConstraints { ca: true, path_len: Some(1) }))),
    (Rule::L020, Severity::Error, |folder| folder.put_sca(|template| template.basic_constraints = None)),
    (Rule::L021, Severity::Warning, |folder| folder.put_sca(|template| template.basic_constraints = Some(BasicConstraints { ca: true, path_len: None }))),
    (Rule::L022, Severity::Warning, |folder| folder.put_upload(|template| template.basic_constraints = Some(BasicConstraints { ca: true, path_len: None }))),
    (Rule::L023, Severity::Warning, |folder| {
        let mut template = template(Role::Sca, 9);
        template.subject = name("XXA DECA 2026");
        template.basic_constraints = None;
        let certificate = self_signed(&template, &key());
        folder.put("XXA/onboarding/DCC/DECA/DECA.pem", &certificate);
    }),
    (Rule::L030, Severity::Error, |folder| folder.put_upload(|template| template.key_usage = None)),
    (Rule::L031, Severity::Error, |folder| folder.put_upload(|template| template.key_usage = Some(KeyUsageBits::DIGITAL_SIGNATURE | KeyUsageBits::CRL_SIGN))),
    (Rule::L032, Severity::Error, |folder| folder.put_sca(|template| template.key_usage = Some(KeyUsageBits::CRL_SIGN))),
    (Rule::L032, Severity::Warning, |folder| folder.put_sca(|template| template.key_usage = Some(KeyUsageBits::KEY_CERT_SIGN))),
    (Rule::L033, Severity::Warning, |folder| folder.put_tls(|template| template.key_usage = Some(KeyUsageBits::DIGITAL_SIGNATURE))),
    (Rule::L034, Severity::Warning, |folder| folder.put_signer(|template| template.key_usage = Some(KeyUsageBits::DIGITAL_SIGNATURE | KeyUsageBits::CRL_SIGN))),
    (Rule::L035, Severity::Error, |folder| folder.put_tls(|template| template.extended_key_usage = vec![oid::SERVER_AUTH])),
    (Rule::L036, Severity::Information, |folder| folder.put_upload(|template| template.extended_key_usage = vec![oid::CLIENT_AUTH])),
    (Rule::L037, Severity::Warning, |folder| folder.put_signer(|template| {
        let [_, misprint] = StatementKind::Vaccination.extended_key_usages();
        template.extended_key_usage = vec![ObjectIdentifier::new(misprint).unwrap()];
    })),
    (Rule::L040, Severity::Error, |folder| {
        let extensions = ["basicConstraints = critical, CA:TRUE, pathlen:0", "keyUsage = critical, keyCertSign, cRLSign", "subjectKeyIdentifier = none"];
        let subject = "/C=XA/O=Tests/CN=XXA-SCA-2026";
        let certificate = by_openssl("", Some(&folder.sca), subject, "sha256", 1461, &extensions);
        folder.put(SCA, &certificate);
    }),
    (Rule::L041, Severity::Error, |folder| folder.put_signer(|template| template.authority_key_id = Some(vec![7; 20]))),
    (Rule::L041, Severity::Error, |folder| folder.put_signer(|template| template.authority_key_id = None)),
    (Rule::L042, Severity::Warning, |folder| folder.put_signer(|template| template.crl_uris = Vec::new())),
    (Rule::L043, Severity::Warning, |folder| folder.put_signer(|template| {
        template.private_key_usage_period = Some(PrivateKeyUsagePeriod { not_before: None, not_after: Some(at() + days(900)) });
    })),
    (Rule::L044, Severity::Error, |folder| folder.put_signer(|template| template.not_before = at() - days(2))),
    (Rule::L050, Severity::Error, |folder| folder.put_upload(|template| {
        template.not_before = at() - days(400);
        template.not_after = at() + days(10);
    })),
    (Rule::L051, Severity::Error, |folder| folder.put_sca(|template| template.not_after = template.not_before + days(1500))),
    (Rule::L052, Severity::Error, |folder| folder.put_upload(|template| template.not_after = template.not_before + days(364))),
    (Rule::L053, Severity::Warning, |folder| folder.put_signer(|template| template.not_after = template.not_before + days(732))),
    (Rule::L060, Severity::Error, |folder| {
        let certificate = self_signed(&template(Role::Upload, 9), &folder.tls);
        folder.put(UP, &certificate);
    }),
    (Rule::L064, Severity::Warning, |folder| upload_by_openssl(folder, EC, "sha256", &["basicConstraints = DER:30:03:01:01:00"])),
    (Rule::L064, Severity::Warning, |folder| folder.text("DCC/SCA/SCA_1.pem", "put your certificate here\n")),
];

#[rustfmt::skip]
const FOLDER_CASES: [(Rule, Severity, Spoil); 5] = [
    (Rule::L070, Severity::Error, |folder| folder.text("FOO/UP/.gitkeep", "")),
    (Rule::L071, Severity::Error, |folder| folder.text("DCC/KEYS/a.pem", "")),
    (Rule::L072, Severity::Warning, |folder| { folder.files.remove(UP); }),
    (Rule::L073, Severity::Information, |folder| { let upload = folder.files.remove(UP).unwrap(); folder.files.insert(UP.replace("UP.pem", "UP2.pem"), upload); }),
    (Rule::L074, Severity::Error, |folder| folder.text("DDCC/ISSUER/Trusted_Issuer.json", r#"{"name":"A","url":"did:web:a.example","urlType":"DID","country":"XA"}"#)),
];

/// Acceptance sentence of K5.
#[test]
fn k5_in_a_folder_with_one_fault_lint_finds_exactly_that_fault() {
    for (index, (rule, severity, spoil)) in CASES.iter().chain(&FOLDER_CASES).enumerate() {
        let mut sound = Sound::new();
        spoil(&mut sound);
        let findings = sound.lint(Environment::Production).findings;
        let found: Vec<_> = findings.iter().map(|one| (one.rule, one.severity)).collect();
        assert_eq!(found, [(*rule, *severity)], "case {index} of {rule}: {findings:#?}");
        assert!(!findings[0].found.is_empty() && !findings[0].mend.is_empty(), "{rule}");
    }
    let tried: Vec<_> = CASES.iter().chain(&FOLDER_CASES).map(|(rule, ..)| *rule).collect();
    // These need something beside the folder: the tests below.
    let elsewhere = [Rule::L061, Rule::L062, Rule::L063];
    let left: Vec<_> =
        Rule::all().filter(|rule| !tried.contains(rule) && !elsewhere.contains(rule)).collect();
    assert!(left.is_empty(), "no case for {left:?}");
}

fn only(sound: &Sound, environment: Environment) -> Finding {
    let findings = sound.lint(environment).findings;
    assert_eq!(findings.len(), 1, "{findings:#?}");
    findings.into_iter().next().unwrap()
}

/// Acceptance sentence of G9: both opinions by name.
#[test]
fn g9_where_two_texts_disagree_both_are_named() {
    let mut sound = Sound::new();
    let p384 = SoftwareKey::generate(KeyKind::Ec(Curve::P384)).unwrap();
    sound.put(UP, &self_signed(&template(Role::Upload, 9), &p384));
    let finding = only(&sound, Environment::Production);
    let said: Vec<_> = finding.opinions.iter().map(ToString::to_string).collect();
    assert!(said.contains(&"accepted by the guide's onboarding checklist".to_owned()), "{said:?}");
    assert!(said.contains(&"refused by the onboarding check".to_owned()), "{said:?}");
    assert!(sound.lint(Environment::Development).findings.is_empty(), "its check allows it");
}

/// Acceptance sentence of G8, the lint half.
#[test]
fn g8_a_self_signed_client_certificate_without_key_cert_sign_is_a_warning_of_others() {
    let mut sound = Sound::new();
    sound.put_tls(|template| template.key_usage = Some(KeyUsageBits::DIGITAL_SIGNATURE));
    let finding = only(&sound, Environment::Production);
    assert_eq!((finding.rule, finding.severity), (Rule::L033, Severity::Warning));
    let said = finding.opinions.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    assert!(said.contains("accepted by this gateway") && said.contains("OpenSSL"), "{said}");
}

/// Acceptance sentence of K3, the lint half.
#[test]
fn k3_a_wrong_country_is_told_with_what_was_meant() {
    for (code, meant) in [("UK", "GB (GBR)"), ("EL", "GR (GRC)"), ("EN", "GB (GBR)")] {
        let mut sound = Sound::new();
        sound.put_upload(|template| {
            template.subject =
                NameBuilder::new().country(code).common_name("wrong").build().unwrap();
        });
        let finding = only(&sound, Environment::Production);
        assert_eq!(finding.rule, Rule::L005);
        assert!(finding.found.contains(meant), "{}", finding.found);
    }
}

/// Acceptance sentence of K4: rule, value and first date that would pass.
#[test]
fn k4_a_wrong_date_is_told_with_the_first_that_passes() {
    let mut sound = Sound::new();
    sound.put_upload(|template| {
        template.not_before = at() - days(400);
        template.not_after = at() + days(10);
    });
    let finding = only(&sound, Environment::Production);
    assert_eq!(finding.found, "ends on 2026-09-01, in 10 days");
    assert!(finding.mend.contains("2026-09-21"), "{}", finding.mend);

    // Just what the text names passes, one day less does not.
    for (length, passes) in [(364, false), (365, true), (731, true), (732, false)] {
        let mut sound = Sound::new();
        sound.put_upload(|template| template.not_after = template.not_before + days(length));
        let report = sound.lint(Environment::Production);
        assert_eq!(report.findings.is_empty(), passes, "{length}");
        if let [finding] = &report.findings[..] {
            assert!(finding.mend.contains("2027-08-22 to 2028-08-22"), "{}", finding.mend);
        }
    }
}

/// Acceptance sentence of K6, the lint half.
#[test]
fn k6_lint_says_which_purpose_is_the_misprint() {
    let mut sound = Sound::new();
    let [registered, misprint] = StatementKind::Test.extended_key_usages();
    sound.put_signer(|template| {
        template.extended_key_usage = vec![registered, misprint]
            .into_iter()
            .map(|o| ObjectIdentifier::new(o).unwrap())
            .collect();
    });
    let finding = only(&sound, Environment::Production);
    assert_eq!(
        finding.found,
        format!("{misprint} is a misprint of {registered} (test), with a surplus .0")
    );
}

fn certificate_of(sound: &Sound, usage: KeyUsage) -> Certificate {
    let folder = sound.folder();
    folder.certificates.iter().find(|one| one.usage == usage).unwrap().certificate.clone()
}

#[test]
fn keys_that_are_weak_or_used_elsewhere_are_found() {
    let sound = Sound::new();
    let upload = certificate_of(&sound, KeyUsage::Up);
    let context = Context::new(Environment::Production, at());
    let rules = |context: &Context<'_>| {
        let findings = lint(&sound.folder(), context).findings;
        findings.iter().map(|one| (one.rule, one.found.clone())).collect::<Vec<_>>()
    };

    let weak = [sha256(upload.public_key_info())];
    let found = rules(&{
        let mut context = context;
        context.weak_keys = &weak;
        context
    });
    assert!(matches!(&found[..], [(Rule::L061, _)]), "{found:?}");

    let here = KnownCertificate::new(&upload, Some(KeyUsage::Up), "at this gateway".to_owned());
    let with = |known: KnownCertificate| {
        let known = [known];
        let mut context = context;
        context.known = &known;
        rules(&context)
    };
    assert_eq!(with(here.clone()), [], "its own row is no fault");
    let role = KnownCertificate { usage: Some(KeyUsage::Tls), ..here.clone() };
    assert!(matches!(&with(role)[..], [(Rule::L060, _)]));
    let owner = KnownCertificate { country: "XB".to_owned(), ..here.clone() };
    assert!(matches!(&with(owner)[..], [(Rule::L060, _)]));
    // "This key is known in UAT" (K10).
    let place = "in UAT".to_owned();
    let elsewhere = KnownCertificate { other_environment: true, place, ..here.clone() };
    let found = with(elsewhere);
    assert!(matches!(&found[..], [(Rule::L060, text)] if text.contains("in UAT")), "{found:?}");

    // Another certificate with the same first eight bytes.
    let digits = upload.thumbprint().to_string();
    let other = format!("{}{}", &digits[..16], "0".repeat(48));
    let thumbprint: Thumbprint = other.parse().unwrap();
    let taken = KnownCertificate { thumbprint, key: [0; 32], ..here };
    assert!(matches!(&with(taken)[..], [(Rule::L062, _)]));
}

#[test]
fn a_chosen_kid_on_a_list_is_found() {
    let upload = certificate_of(&Sound::new(), KeyUsage::Up);
    assert!(is_custom_kid(&upload, "ABCDEFGH"));
    assert!(!is_custom_kid(&upload, &upload.kid().to_base64()));
}

#[test]
fn the_known_test_keys_are_those_of_the_standards() {
    use gdhcn_crypto::PublicKey;
    let coordinate = |text: &str| gdhcn_envelope::base64url::decode(text).expect("base64url");
    let rfc7515 = PublicKey::ec_from_coordinates(
        Curve::P256,
        &coordinate("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"),
        &coordinate("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"),
    );
    let hash = hex::encode(sha256(&rfc7515.unwrap().to_spki_der()));
    assert!(KNOWN_TEST_KEYS.contains(&hash.as_str()));
}

/// The folders that WHO publishes, as a corpus: what is found stays what it is.
#[test]
fn the_published_folders_are_read_and_judged() {
    let Some(corpus) = gdhcn_testkit::corpus("tng-participants") else { return };
    let now = "2026-08-22T12:00:00Z".parse().unwrap();
    let mut lines = Vec::new();
    for (name, environment) in [
        ("dev", Environment::Development),
        ("uat", Environment::Acceptance),
        ("prod", Environment::Production),
    ] {
        let mut rules: BTreeMap<Rule, usize> = BTreeMap::new();
        let (mut folders, mut acceptable, mut certificates, mut signed) = (0, 0, 0, 0);
        let mut participants: Vec<_> = fs::read_dir(corpus.join(name))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.join("onboarding").is_dir())
            .collect();
        participants.sort();
        for path in participants {
            let mut files = Vec::new();
            walk(&path, &mut files);
            let base = path.parent().unwrap();
            let files: Vec<_> = files
                .into_iter()
                .map(|file| {
                    let inside = file.strip_prefix(base).unwrap().to_string_lossy().into_owned();
                    (inside, fs::read(file).unwrap())
                })
                .collect();
            let folder = ParticipantFolder::read(
                files.iter().map(|(path, bytes)| File { path, bytes }),
                &Limits::default(),
            );
            assert!(folder.participant.is_some(), "{}", path.display());
            assert_eq!(folder.private_keys().count(), 0, "{}", path.display());
            let report = lint(&folder, &Context::new(environment, now));
            folders += 1;
            acceptable += usize::from(report.is_acceptable());
            certificates += folder.certificates.len();
            signed += folder.signed.len();
            for (rule, count) in report.by_rule() {
                *rules.entry(rule).or_default() += count;
            }
        }
        lines.push(format!(
            "{name}: {folders} folders, {certificates} certificates, {signed} signed results, \
             {acceptable} folders without an error"
        ));
        lines.extend(
            rules.iter().map(|(rule, count)| format!("  {rule} {count:4} {}", rule.title())),
        );
    }
    println!("{}", lines.join("\n"));
    insta::assert_snapshot!(lines.join("\n"));
}

fn walk(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { walk(&path, found) } else { found.push(path) }
    }
}
