//! Writes the seeds of the fuzz corpora: small valid inputs, and hostile ones of each known kind.
//!
//! `cargo run --package xtask --example seeds`, or one target's with its name after `--`. Keys are fresh on each run, so the files change;
//! inputs that a fuzzer found beside them stay.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use gdhcn_credential::{CwtClaims, SubclaimKey, from_json, hcert, shc};
use gdhcn_crypto::{
    Backend, Curve, DigestAlgorithm, KeyKind, Kid, PublicKey, RsaSize, SignatureScheme, Signer,
    SoftwareKey,
};
use gdhcn_envelope::cms::{self, Form};
use gdhcn_envelope::x509::{
    BasicConstraints, Certificate, CertificateTemplate, KeyUsageBits, NameBuilder,
};
use gdhcn_envelope::{cose, inflate, jws, pem};
use gdhcn_issue::qr::{Options, QrCode};
use gdhcn_trust::TrustStoreBuilder;
use gdhcn_trust::snapshot;
use jiff::Timestamp;

fn main() {
    let signer = SoftwareKey::generate(KeyKind::Ec(Curve::P256)).unwrap();
    let certificate = certificate(&signer, "Document Signer", None);
    hc1(&signer, &certificate);
    cms(&signer, &certificate);
    x509(&certificate);
    did_document(&certificate);
    trust_source(&signer, &certificate);
    card(&signer);
    divoc();
    seal(&signer, &certificate);
    statements();
    dump();
}

fn dump() {
    let corpus = Corpus::of("dump");
    for (name, form, text) in [
        (
            "copy",
            b'u',
            "CREATE TABLE public.t (id bigint NOT NULL, \"a\" text);\nCOPY public.t (id, a) FROM stdin;\n1\t\\N\n2\tx\\ty\\\\\\101\\x42\n\\.\n",
        ),
        ("copy_cut", b'p', "COPY t (a) FROM stdin;\n1\tb\\"),
        ("copy_windows", b'p', "COPY t (a) FROM stdin;\r\n1\\r\r\n\\.\r\n"),
        (
            "inserts",
            b'p',
            "INSERT INTO t (a, b) VALUES (E'\\u00e9\\x4', B'101'), (-1.5e3, 'x''y'::text);",
        ),
        (
            "functions",
            b'p',
            "CREATE FUNCTION f() AS $_$ '; $1 $ $_$;\n/* a */ COMMENT ON t IS E'\\';';\nINSERT INTO t (a) VALUES (1);",
        ),
        (
            "mysql",
            b'u',
            "/*!40101 SET NAMES utf8mb4 */;\nCREATE TABLE `t` (`a` bit(1) DEFAULT b'0', KEY `k` (`a`)) COMMENT='x;\\'';\nINSERT INTO `t` VALUES (_binary '\\0'),(0x4a4),(x'4a'),(b'101'),('\\%\\Z');",
        ),
        (
            "mysql_delimiter",
            b'm',
            "USE `a`;\nDELIMITER ;;\nCREATE TRIGGER x BEGIN SELECT 1; END ;;\nDELIMITER ;\nREPLACE INTO t (a) VALUES ();",
        ),
        ("two_tables", b'u', "CREATE TABLE a.t (x int); CREATE TABLE b.t (x int);"),
        ("expression", b'm', "INSERT INTO t (a, b) VALUES (NOW(), f(',)', (1))), (1, 2);"),
        ("backslash", b'u', "INSERT INTO t (a) VALUES ('x\\y');"),
    ] {
        corpus.add(name, form, text.as_bytes());
    }
    corpus.add(
        "too_long",
        b'm',
        format!("INSERT INTO t (a,b) VALUES ('{}',1);", "x".repeat(2000)).as_bytes(),
    );
}

fn card(signer: &SoftwareKey) {
    let corpus = Corpus::of("card");
    let payload = r#"{"iss":"https://i.example","nbf":1622576398.9,"vc":{"type":
        ["https://smarthealth.cards#health-card"],"credentialSubject":{"fhirVersion":"4.0.1",
        "fhirBundle":{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","name":
        [{"family":"A","given":["B"]}],"birthDate":"1990-01-01"}},{"resource":{"resourceType":
        "Immunization","status":"completed","vaccineCode":{"coding":[{"system":"s","code":"208"}]},
        "occurrenceDateTime":"2021-01-01"}}]}}}}"#;
    let header = r#"{"zip":"DEF","alg":"ES256","kid":"k"}"#;
    let input = jws::signing_input(header, &inflate::deflate_raw(payload.as_bytes()));
    let scheme = SignatureScheme::EcdsaFixed(DigestAlgorithm::Sha256);
    let card = jws::compact(&input, &signer.sign(scheme, input.as_bytes()).unwrap());
    let code = shc::numeric::write(&card).unwrap();
    let (_, digits) = code.split_once('/').unwrap();
    corpus.add("payload", b'p', payload.as_bytes());
    corpus.add("payload_empty", b'p', b"{}");
    corpus.add("payload_twice", b'p', br#"{"iss":1,"iss":2}"#);
    corpus.add("code", b't', code.as_bytes());
    corpus.add("signature", b't', card.as_bytes());
    corpus.add("chunk", b't', format!("shc:/1/2/{}", &digits[..40]).as_bytes());
    corpus.add("chunk_of_one", b't', format!("shc:/1/1/{digits}").as_bytes());
    corpus.add("odd_digits", b't', b"shc:/567");
    let file = format!(r#"{{"verifiableCredential":["{card}","a.b.c"]}}"#);
    corpus.add("file", b't', file.as_bytes());
    corpus.add(
        "link",
        b't',
        b"https://x.example/#%7B%22verifiableCredential%22%3A%5B%22a%22%5D%7D",
    );
    corpus.add("health_link", b't', b"shlink:/eyJ1cmwiOiJodHRwczovL2guZXhhbXBsZSIsInYiOjJ9");
    corpus.add("no_algorithm", b't', b"eyJhbGciOiJub25lIn0.e30.");
}

fn divoc() {
    let corpus = Corpus::of("divoc");
    let header = "eyJhbGciOiJFZERTQSIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19";
    let document = |subject: &str| {
        format!(
            r#"{{"@context":["https://www.w3.org/2018/credentials/v1",
            "https://cowin.gov.in/credentials/vaccination/v2"],"type":["VerifiableCredential"],
            "issuer":"https://i.example/","issuanceDate":"2021-03-03T00:00:00Z","credentialSubject":
            {subject},"evidence":[{{"id":"urn:e","type":["Vaccination"],"batch":"B","vaccine":"V",
            "date":"2021-03-03","dose":1,"totalDoses":2.5,"facility":{{"name":"C","address":
            {{"city":""}}}}}}],"proof":{{"type":"Ed25519Signature2018","created":"2021-03-03T00:00:00Z",
            "verificationMethod":"did:x","proofPurpose":"assertionMethod","jws":"{header}..AA"}}}}"#
        )
    };
    let sound = document(r#"{"type":"Person","id":"did:Passport:A","name":"A","dob":"1990"}"#);
    corpus.add("sound", b'd', sound.as_bytes());
    corpus.add("relative_id", b'd', document(r#"{"type":"Person","id":"","name":"A"}"#).as_bytes());
    corpus.add("own_context", b'd', document(r#"{"@context":{"name":"urn:n"}}"#).as_bytes());
    corpus.add("keywords", b'd', document(r#"{"@graph":[],"@value":1,"@reverse":{}}"#).as_bytes());
    let deep = format!("{}1{}", r#"{"urn:a":"#.repeat(20), "}".repeat(20));
    corpus.add("deep", b'd', document(&deep).as_bytes());
    let alike = format!("[{}]", [r#"{"urn:a":{}}"#; 9].join(","));
    corpus.add("alike", b'd', document(&alike).as_bytes());
    corpus.add("archive_empty", b'z', b"");
    corpus.add(
        "archive_end_only",
        b'z',
        b"PK\x05\x06\0\0\0\0\x01\0\x01\0\0\0\0\0\xff\xff\xff\xff\0\0",
    );
}

fn seal(signer: &SoftwareKey, certificate: &Certificate) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/seal");
    fs::create_dir_all(&folder).unwrap();
    let data = r#"{"hdr":{"is":"XXA","t":"icao.vacc","v":1},"msg":{"pid":{"dob":"1990-01-01","n":"A B"},"uvci":"U","ve":[{"des":"X","vd":[{"dvc":"2021-01-01","seq":1}]}]}}"#;
    let scheme = SignatureScheme::EcdsaFixed(DigestAlgorithm::Sha256);
    let signature = URL_SAFE_NO_PAD.encode(signer.sign(scheme, data.as_bytes()).unwrap());
    let cer = URL_SAFE_NO_PAD.encode(certificate.der());
    let of = |data: &str, alg: &str, cer: &str| {
        format!(r#"{{"data":{data},"sig":{{"alg":"{alg}","cer":"{cer}","sigvl":"{signature}"}}}}"#)
    };
    for (name, text) in [
        ("sound", of(data, "ES256", &cer)),
        ("other_algorithm", of(data, "ES512", &cer)),
        ("no_certificate", of(data, "ES256", "AAAA")),
        ("numbers", of(&data.replace(":1}", ":1e400}"), "ES256", &cer)),
        ("test", of(&data.replace("icao.vacc", "icao.test"), "ES256", &cer)),
        ("empty", of("{}", "ES256", &cer)),
    ] {
        fs::write(folder.join(name), text).unwrap();
    }
}

fn statements() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/statements");
    fs::create_dir_all(&folder).unwrap();
    let clique: Vec<u8> =
        (0..6).flat_map(|a| (0..6).filter(move |b| *b != a).flat_map(move |b| [a, b])).collect();
    for (name, edges) in [
        ("one", vec![0, 1]),
        ("itself", vec![3, 3]),
        ("circle", vec![0, 1, 1, 2, 2, 0]),
        ("two_circles", vec![0, 1, 1, 0, 2, 3, 3, 2]),
        ("star", vec![0, 1, 0, 2, 0, 3, 0, 4]),
        ("clique", clique),
    ] {
        fs::write(folder.join(name), edges).unwrap();
    }
}

fn hc1(signer: &SoftwareKey, certificate: &Certificate) {
    let corpus = Corpus::of("hc1");
    for (name, key, document) in [
        ("dcc_vaccination", SubclaimKey::DCC, DCC),
        ("dcc_empty", SubclaimKey::DCC, "{}"),
        ("icvp", SubclaimKey::ICVP, ICVP),
        ("health_link", SubclaimKey::HEALTH_LINK, r#"[{"u":"shlink:/eyJ1cmwiOiJ4In0"}]"#),
        ("unknown_document", SubclaimKey(99), r#"{"a":[1,2.5,null,true,"x"]}"#),
    ] {
        let claims = CwtClaims {
            issuer: "XA",
            issued_at: instant("2026-01-01T00:00:00Z"),
            expires_at: instant("2027-01-01T00:00:00Z"),
            not_before: None,
            key,
            document: from_json(&document.parse().unwrap()),
        }
        .to_vec();
        let protected = cose::protected_header(cose::ES256, &certificate.kid());
        let message = cose::sig_structure(&protected, &claims);
        let scheme = SignatureScheme::EcdsaFixed(DigestAlgorithm::Sha256);
        let signature = signer.sign(scheme, &message).unwrap();
        let signed = cose::encode(&protected, &claims, &signature);
        corpus.add(&format!("text_{name}"), b't', hcert::close(&signed).as_bytes());
        corpus.add(&format!("zlib_{name}"), b'z', &inflate::deflate(&signed));
        corpus.add(&format!("cose_{name}"), b'c', &signed);
        corpus.add(&format!("cwt_{name}"), b'w', &claims);
        if name == "dcc_vaccination" {
            picture(&hcert::close(&signed));
        }
    }
    let sign1 = |payload: &[u8]| {
        let protected = cose::protected_header(cose::ES256, &Kid::from(vec![1; 8]));
        cose::encode(&protected, payload, &[7; 64])
    };
    for (name, text) in [
        ("prefix_only", "HC1:"),
        ("prefix_of_the_future", "HC2:6BF"),
        ("base45_foreign_letter", "HC1:6BFö"),
        ("base45_overflow", "HC1::::"),
        ("base45_dangling", "HC1:6BF0"),
        ("blanks", "HC1:   "),
    ] {
        corpus.add(&format!("text_{name}"), b't', text.as_bytes());
    }
    let bomb = inflate::deflate(&vec![0; 6 << 20]);
    corpus.add("zlib_bomb", b'z', &bomb);
    corpus.add("zlib_cut", b'z', &bomb[..40]);
    corpus.add("zlib_trailing", b'z', &[inflate::deflate(&sign1(&[0xa0])), vec![0; 9]].concat());

    let deep_arrays = vec![0x81; 20_000];
    let deep_maps = [0xa1, 0x01].repeat(10_000);
    let nested_bytes = (0..200).fold(vec![0xa0], |inner: Vec<u8>, _| {
        let mut outer = vec![0x59];
        outer.extend_from_slice(&u16::try_from(inner.len()).unwrap().to_be_bytes());
        outer.extend_from_slice(&inner);
        outer
    });
    for (name, bytes) in [
        ("deep_arrays", deep_arrays),
        ("deep_maps", deep_maps),
        ("deep_tags", vec![0xc1; 20_000]),
        ("deep_indefinite", vec![0x9f; 20_000]),
        ("nested_bytes", nested_bytes),
        ("giant_string", vec![0x7b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
        ("giant_bytes", vec![0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
        ("giant_array", vec![0x9b, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00]),
        ("giant_map", vec![0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
        ("duplicate_claim", vec![0xa2, 0x01, 0x61, b'A', 0x01, 0x61, b'B']),
        ("times_nan_and_infinite", vec![0xa2, 0x04, 0xf9, 0x7e, 0, 0x06, 0xf9, 0x7c, 0]),
        ("time_of_tag_0", [&[0xa1, 0x06, 0xc0, 0x74][..], b"2026-01-01T00:00:00Z"].concat()),
        ("indefinite_map", vec![0xbf, 0x01, 0x7f, 0x61, b'X', 0x61, b'A', 0xff, 0xff]),
        ("wrong_utf8", vec![0xa1, 0x01, 0x62, 0xff, 0xfe]),
    ] {
        corpus.add(&format!("cwt_{name}"), b'w', &bytes);
        corpus.add(&format!("cose_payload_{name}"), b'c', &sign1(&bytes));
        corpus.add(&format!("cose_{name}"), b'c', &bytes);
    }
    let plain = sign1(&[0xa0]);
    corpus.add("cose_tag_61_18", b'c', &[&[0xd8, 0x3d][..], &plain].concat());
    corpus.add("cose_tag_self_described", b'c', &[&[0xd9, 0xd9, 0xf7][..], &plain].concat());
    corpus.add("cose_untagged", b'c', &plain[1..]);
    corpus.add("cose_trailing", b'c', &[&plain[..], &[0]].concat());
}

fn cms(signer: &SoftwareKey, certificate: &Certificate) {
    let corpus = Corpus::of("cms");
    let signed = |form| {
        cms::sign(b"content", certificate, signer, instant("2026-06-01T00:00:00Z"), form).unwrap()
    };
    let attached = signed(Form::Attached);
    corpus.add("attached", b'd', &attached);
    corpus.add("detached", b'x', &signed(Form::Detached));
    corpus.add("base64", b'b', STANDARD.encode(&attached).as_bytes());
    let lines = STANDARD.encode(&attached).as_bytes().chunks(64).collect::<Vec<_>>().join(&b'\n');
    corpus.add("base64_in_lines", b'b', &lines);
    corpus.add("base64_url_alphabet", b'b', URL_SAFE_NO_PAD.encode(&attached).as_bytes());
    corpus.add("base64_after_padding", b'b', b"TUk=TUk=");
    corpus.add("indefinite_lengths", b'd', &indefinite(&attached));
    corpus.add("deep_indefinite", b'd', &[0x30, 0x80].repeat(10_000));
    corpus.add("deep_definite", b'd', &deep_definite());
    corpus.add("giant_length", b'd', &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 0x06]);
    corpus.add("length_of_lengths", b'd', &[0x30, 0xfe, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
    corpus.add("high_tags", b'd', &[0x3f, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x00]);
    corpus.add("end_of_contents_only", b'd', &[0x00, 0x00]);
    corpus.add("cut", b'd', &attached[..attached.len() / 2]);
    corpus.add("trailing", b'd', &[&attached[..], b"after"].concat());
}

fn x509(p256: &Certificate) {
    let corpus = Corpus::of("x509");
    corpus.add_bare("p256", p256.der());
    corpus.add_bare("pem", pem::encode("CERTIFICATE", p256.der()).as_bytes());
    for (name, kind) in [
        ("p384_authority", KeyKind::Ec(Curve::P384)),
        ("p521_authority", KeyKind::Ec(Curve::P521)),
        ("rsa_authority", KeyKind::Rsa(RsaSize::Bits2048)),
    ] {
        let key = SoftwareKey::generate(kind).unwrap();
        let authority = BasicConstraints { ca: true, path_len: Some(0) };
        corpus.add_bare(name, certificate(&key, name, Some(authority)).der());
    }
    let der = p256.der();
    corpus.add_bare("cut", &der[..der.len() - 1]);
    corpus.add_bare("trailing", &[der, &[0]].concat());
    corpus.add_bare("indefinite_length", &indefinite(der));
    corpus.add_bare("giant_length", &[0x30, 0x84, 0x7f, 0xff, 0xff, 0xff]);
    corpus.add_bare("deep", &deep_definite());
    corpus.add_bare("pem_without_end", b"-----BEGIN CERTIFICATE-----\nMIIB");
    corpus.add_bare(
        "pem_many_blocks",
        &"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"
            .repeat(2_000)
            .into_bytes(),
    );
    let mut changed = der.to_vec();
    for at in [4, 20, 60, 120, 200, 300] {
        changed[at] ^= 0x5a;
        corpus.add_bare(&format!("changed_at_{at}"), &changed);
    }
}

fn did_document(certificate: &Certificate) {
    let corpus = Corpus::of("did_document");
    let PublicKey::Ec(key) = certificate.public_key().unwrap() else { return };
    let did = "did:web:cdn.example:v2:trustlist:DCC:XXA:DSC";
    let kid = certificate.kid().to_base64();
    let jwk = format!(
        r#"{{"kty":"EC","crv":"P-256","kid":"{kid}","x":"{}","y":"{}","x5c":["{}"]}}"#,
        URL_SAFE_NO_PAD.encode(key.x()),
        URL_SAFE_NO_PAD.encode(key.y()),
        STANDARD.encode(certificate.der()),
    );
    let method = format!(
        r#"{{"id":"{did}#{kid}","type":"JsonWebKey2020","controller":"{did}","publicKeyJwk":{jwk}}}"#
    );
    let proof = r#"{"type":"JsonWebSignature2020","created":"2026-08-22T18:00:36Z",
        "nonce":"IPp3YjGZ2VJWlT68i9UAjYvdfrn6PAsc","proofPurpose":"assertionMethod",
        "verificationMethod":"did:web:signer.example",
        "jws":"eyJiNjQiOmZhbHNlLCJjcml0IjpbImI2NCJdLCJhbGciOiJFUzI1NiJ9..MEUCIQD0"}"#;
    let list = |methods: &str, rest: &str| {
        format!(
            r#"{{"@context":["https://www.w3.org/ns/did/v1",
                "https://w3id.org/security/suites/jws-2020/v1"],
                "id":"{did}","controller":"{did}","verificationMethod":[{methods}]{rest}}}"#
        )
    };
    let with_proof = format!(r#","proof":{proof}"#);
    corpus.add_bare("one_key", list(&method, "").as_bytes());
    corpus.add_bare("one_key_with_proof", list(&method, &with_proof).as_bytes());
    corpus.add_bare("no_key", list("", &with_proof).as_bytes());
    corpus.add_bare("reference", list(&format!(r#""{did}#{kid}""#), &with_proof).as_bytes());
    corpus.add_bare("twice_the_same", list(&format!("{method},{method}"), "").as_bytes());
    corpus.add_bare("surplus_member", list(&method, r#","service":[]"#).as_bytes());
    corpus
        .add_bare("unknown_curve", list(&method.replace("P-256", "UNKNOWN CURVE"), "").as_bytes());
    corpus.add_bare(
        "zero_coordinate",
        list(&method.replace(r#""x":""#, r#""x":"AAAA"#), "").as_bytes(),
    );
    corpus.add_bare("no_chain", list(&method.replace("x5c", "y5c"), "").as_bytes());
    corpus.add_bare("two_ids", list(&method, &format!(r#","id":"{did}""#)).as_bytes());
    corpus.add_bare("deep_arrays", "[".repeat(20_000).as_bytes());
    corpus.add_bare("deep_objects", r#"{"a":"#.repeat(10_000).as_bytes());
    corpus.add_bare("many_methods", list(&vec!["1"; 20_000].join(","), "").as_bytes());
    corpus.add_bare("surrogates", list(r#""\ud800\udc00\ud800""#, "").as_bytes());
    corpus.add_bare("byte_order_mark", format!("\u{feff}{}", list("", "")).as_bytes());
    corpus.add_bare("cut", &list(&method, &with_proof).as_bytes()[..500]);
}

fn trust_source(signer: &SoftwareKey, certificate: &Certificate) {
    let corpus = Corpus::of("trust_source");
    let PublicKey::Ec(key) = certificate.public_key().unwrap() else { return };
    let (x, y) = (URL_SAFE_NO_PAD.encode(key.x()), URL_SAFE_NO_PAD.encode(key.y()));
    let members = format!(r#""crv":"P-256","kty":"EC","x":"{x}","y":"{y}""#);
    let thumbprint = gdhcn_crypto::sha256(format!("{{{members}}}").as_bytes());
    let kid = URL_SAFE_NO_PAD.encode(thumbprint);
    let jwk =
        format!(r#"{{{members},"kid":"{kid}","x5c":["{}"]}}"#, STANDARD.encode(certificate.der()));
    let rsa = r#"{"kty":"RSA","kid":"r","n":"AQAB","e":"AQAB"}"#;
    let private = jwk.replace("}", r#","d":"AA"}"#);
    let pem = pem::encode("CERTIFICATE", certificate.der())
        + &pem::encode("PUBLIC KEY", &signer.public_key().to_spki_der())
        + &pem::encode("PRIVATE KEY", &[0x30, 0]);
    corpus.add("keys_jwks", b'k', format!(r#"{{"keys":[{jwk},{rsa},{private},7]}}"#).as_bytes());
    corpus.add("keys_jwk", b'k', jwk.as_bytes());
    corpus.add("keys_pem", b'k', pem.as_bytes());
    corpus.add("keys_der", b'k', certificate.der());
    corpus.add("keys_deep", b'k', "[".repeat(20_000).as_bytes());
    let issuer = r#"{"iss":"https://a.example","name":"A","canonical_iss":"https://b.example"}"#;
    let directory = format!(
        r#"{{"time":"2026-08-22T04:43:50Z","issuerInfo":[{{"issuer":{issuer},"keys":[{jwk},{rsa}]}}]}}"#
    );
    corpus.add("directory", b'd', directory.as_bytes());
    corpus.add("directory_cut", b'd', &directory.as_bytes()[..300]);
    let names = format!(r#"{{"participating_issuers":[{issuer},{{}},1]}}"#);
    corpus.add("names", b'i', names.as_bytes());
    let list = |methods: &str| {
        format!(r#"{{"id":"did:web:h:a","verificationMethod":[{methods}]}}"#).into_bytes()
    };
    corpus.add("references", b'r', &list(r#""did:web:h:b","did:web:h:b#k","did:web:i:c""#));
    let all: Vec<String> = (0..6_000).map(|n| format!(r#""did:web:h:{n}""#)).collect();
    corpus.add("references_many", b'r', &list(&all.join(",")));
    corpus.add("master_list", b'm', &master_list(signer, certificate));
    corpus.add("master_list_deep", b'm', &deep_definite());
    corpus.add(
        "master_list_ldif",
        b'm',
        b"pkdMasterListContent:: MAA=\n \npkdMasterListContent:: *",
    );
    corpus.add("master_list_ldif_empty", b'm', b" pkdMasterListContent:: MAA=");

    let mut builder = TrustStoreBuilder::new(Backend::default());
    builder.add_certificates("dsc", certificate.der());
    builder.add_issuer_directory("directory", directory.as_bytes(), None);
    builder.add_did_document("list", &list(r#""did:web:h:b""#));
    let store = builder.build();
    let made = instant("2026-01-01T00:00:00Z");
    let contents = snapshot::Contents { number: 1, made, list_keys: &[], store: &store };
    let file = snapshot::write(&contents, signer).unwrap();
    corpus.add("snapshot", b's', &file);
    corpus.add("snapshot_cut", b's', &file[..file.len() / 2]);
    // The body begins with its array of eight behind the signature of 64 bytes.
    let body = file.windows(3).rposition(|bytes| bytes == [0x88, 0x82, 0x82]).unwrap();
    let body = &file[body..];
    corpus.add("body", b'b', body);
    corpus.add("body_cut", b'b', &body[..body.len() - 20]);
    corpus.add("body_giant_array", b'b', &[0x88, 0x9b, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff]);
    corpus.add("body_empty", b'b', &[0x88, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80]);
}

/// A master list with one certificate, in a message whose signature is another's.
fn master_list(signer: &SoftwareKey, certificate: &Certificate) -> Vec<u8> {
    let tlv = |tag: u8, content: &[u8]| {
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x82], &length[..], content].concat()
    };
    let set = tlv(0x31, certificate.der());
    let list = tlv(0x30, &[&[2, 1, 0], &set[..]].concat());
    let at = instant("2026-06-01T00:00:00Z");
    let message = cms::sign(&list, certificate, signer, at, Form::Attached).unwrap();
    // id-data becomes id-icao-cscaMasterList, shorter by three bytes; lengths are put right.
    let data = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1];
    let wanted = [6, 6, 0x67, 0x81, 8, 1, 1, 2];
    let place = message.windows(data.len()).position(|bytes| bytes == data).unwrap();
    let mut changed = message.clone();
    changed.splice(place..place + data.len(), wanted);
    for (at, byte) in message[..place].iter().enumerate().rev() {
        // SEQUENCE or [0] in long form that reaches over the place: three bytes shorter now.
        if matches!(byte, 0x30 | 0xa0) && message.get(at + 1) == Some(&0x82) {
            let length = u16::from_be_bytes([message[at + 2], message[at + 3]]) - 3;
            changed[at + 2..at + 4].copy_from_slice(&length.to_be_bytes());
        }
    }
    changed
}

fn picture(code: &str) {
    let corpus = Corpus::of("picture");
    let png = |text: &str| QrCode::encode(text, &Options::default()).unwrap().png(2).unwrap();
    let small = png("HC1:6BF");
    corpus.add_bare("code.png", &png(code));
    corpus.add_bare("small.png", &small);
    corpus.add_bare("cut.png", &small[..small.len() / 2]);
    let mut giant = small.clone();
    giant[16..24].copy_from_slice(&[0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff]);
    corpus.add_bare("giant_size.png", &giant);
    let mut empty = small.clone();
    empty[16..24].fill(0);
    corpus.add_bare("no_size.png", &empty);
    corpus.add_bare("signature_only.png", &small[..8]);
    corpus
        .add_bare("start_only.jpeg", &[0xff, 0xd8, 0xff, 0xe0, 0, 0x10, b'J', b'F', b'I', b'F', 0]);
    corpus.add_bare("text", code.as_bytes());
}

fn certificate(
    key: &SoftwareKey,
    name: &str,
    basic_constraints: Option<BasicConstraints>,
) -> Certificate {
    let subject = NameBuilder::new().country("XA").organization("Fuzz").common_name(name);
    let subject = subject.build().unwrap();
    let mut template = CertificateTemplate::new(
        subject.clone(),
        [1; 16],
        instant("2026-01-01T00:00:00Z"),
        instant("2028-01-01T00:00:00Z"),
    );
    template.key_usage = Some(match basic_constraints {
        Some(_) => KeyUsageBits::KEY_CERT_SIGN,
        None => KeyUsageBits::DIGITAL_SIGNATURE,
    });
    template.basic_constraints = basic_constraints;
    let public = key.public_key();
    template.sign(public, &subject, key, public.default_scheme()).unwrap()
}

/// The outer three layers with indefinite lengths, as BouncyCastle writes them.
fn indefinite(der: &[u8]) -> Vec<u8> {
    let mut out = der.to_vec();
    let mut at = 0;
    let mut layers = 0;
    while layers < 3 && out.get(at).is_some_and(|tag| tag & 0x20 != 0) && out[at + 1] & 0x80 != 0 {
        let octets = usize::from(out[at + 1] & 0x7f);
        out.splice(at + 1..at + 2 + octets, [0x80]);
        at += 2;
        layers += 1;
        // An OBJECT IDENTIFIER or INTEGER may come before the next constructed element.
        while out.get(at).is_some_and(|tag| tag & 0x20 == 0) {
            at += 2 + usize::from(out[at + 1]);
        }
    }
    out.extend(vec![0; 2 * layers]);
    out
}

/// SEQUENCEs inside each other, each with a right length.
fn deep_definite() -> Vec<u8> {
    let mut inner = Vec::new();
    for _ in 0..2_000 {
        let length = u16::try_from(inner.len()).unwrap().to_be_bytes();
        inner = [&[0x30, 0x82, length[0], length[1]], &inner[..]].concat();
    }
    inner
}

fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}

struct Corpus(PathBuf);

impl Corpus {
    fn of(target: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    /// An input with the byte that chooses the layer.
    fn add(&self, name: &str, layer: u8, input: &[u8]) {
        self.add_bare(name, &[&[layer], input].concat());
    }

    fn add_bare(&self, name: &str, input: &[u8]) {
        let wanted = std::env::args().nth(1);
        if wanted.is_some_and(|target| !self.0.ends_with(target)) {
            return;
        }
        fs::write(self.0.join(name), input).unwrap();
    }
}

const DCC: &str = r#"{"ver":"1.3.0","nam":{"fn":"Mustermann","fnt":"MUSTERMANN","gn":"Erika",
    "gnt":"ERIKA"},"dob":"1964-08-12","v":[{"tg":"840539006","vp":"1119349007",
    "mp":"EU/1/20/1528","ma":"ORG-100030215","dn":2,"sd":2,"dt":"2021-06-11","co":"XA",
    "is":"Ministry of Health","ci":"URN:UVCI:01:XA:1234#A"}]}"#;

const ICVP: &str = r#"{"n":"Erika Mustermann","dob":"1964-08-12","s":"female","ntl":"XXA",
    "nid":"X1","v":{"dt":"2026-01-02","vp":"YellowFeverProductd2c75a15ed309658b3968519ddb31690",
    "bo":"B1","vls":"2026-01-12","is":"XXA"}}"#;
