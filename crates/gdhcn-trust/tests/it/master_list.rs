//! ICAO master lists, made with OpenSSL.

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gdhcn_codes::{KeyUsage, Participant};
use gdhcn_crypto::Curve;
use gdhcn_envelope::x509::Certificate;
use gdhcn_testkit::Openssl;
use gdhcn_trust::{ProofFault, ProofStatus, Refusal, TrustStore, TrustStoreBuilder};

use crate::network::BACKEND;

/// One DER element.
fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    [&[tag, 0x82], &length[..], content].concat()
}

/// An authority of a state, as ICAO wants it: with its curve spelled out.
fn csca(openssl: &Openssl, name: &str, country: &str, curve: &str) -> Vec<u8> {
    openssl
        .run(&format!("ecparam -name {curve} -genkey -param_enc explicit -noout -out {name}.key"));
    openssl.run(&format!(
        "req -x509 -new -key {name}.key -subj /C={country}/O=State/CN={name} -days 3650 \
         -addext basicConstraints=critical,CA:TRUE,pathlen:0 -outform DER -out {name}.der"
    ));
    openssl.run(&format!("x509 -inform DER -in {name}.der -out {name}.pem"));
    openssl.read(&format!("{name}.der"))
}

struct Lists {
    openssl: Openssl,
    publisher: Certificate,
    entries: Vec<Vec<u8>>,
}

impl Lists {
    fn new() -> Self {
        let openssl = gdhcn_testkit::openssl();
        let entries = vec![
            csca(&openssl, "one", "XA", "prime256v1"),
            csca(&openssl, "two", "xb", "secp384r1"),
            csca(&openssl, "three", "XC", "secp521r1"),
            csca(&openssl, "brainpool", "XD", "brainpoolP256r1"),
            tlv(0x30, b"no certificate"),
        ];
        let publisher = Certificate::from_der(&entries[0]).unwrap();
        openssl.run("ecparam -name prime256v1 -genkey -noout -out signer.key");
        openssl.run("req -new -key signer.key -subj /C=XA/O=State/CN=lists -out signer.csr");
        openssl.write("signer.cnf", "extendedKeyUsage=critical,2.23.136.1.1.3\n");
        openssl.run(
            "x509 -req -in signer.csr -CA one.pem -CAkey one.key -CAcreateserial -days 300 \
             -extfile signer.cnf -out signer.pem",
        );
        openssl.run(
            "x509 -req -in signer.csr -CA one.pem -CAkey one.key -CAcreateserial -days 300 \
             -out other.pem",
        );
        Self { openssl, publisher, entries }
    }

    fn signed_by(&self, signer: &str, content_type: &str) -> Vec<u8> {
        let set = tlv(0x31, &self.entries.concat());
        self.openssl.write("list.bin", tlv(0x30, &[&[2, 1, 0], &set[..]].concat()));
        self.openssl.run(&format!(
            "cms -sign -in list.bin -binary -nodetach -econtent_type {content_type} \
             -signer {signer}.pem -inkey signer.key -certfile one.pem -outform DER -out list.ml"
        ));
        self.openssl.read("list.ml")
    }

    fn load(&self, file: &[u8], publishers: &[Certificate]) -> TrustStore {
        let mut builder = TrustStoreBuilder::new(BACKEND);
        builder.add_master_list("list.ml", file, publishers);
        builder.build()
    }
}

const MASTER_LIST: &str = "2.23.136.1.1.2";

#[test]
fn each_authority_of_a_master_list_counts_or_is_refused_by_its_place() {
    let lists = Lists::new();
    let file = lists.signed_by("signer", MASTER_LIST);
    let store = lists.load(&file, std::slice::from_ref(&lists.publisher));
    let source = &store.sources()[0];
    assert!(matches!(source.proof, ProofStatus::Verified { .. }), "{}", source.proof);
    assert!(source.created.is_some());
    assert_eq!((source.keys, source.refused), (3, 2));
    for (code, curve) in [("XXA", Curve::P256), ("XXB", Curve::P384), ("XXC", Curve::P521)] {
        let authorities: Vec<_> = store.authorities(Participant::parse(code).unwrap()).collect();
        let [authority] = authorities[..] else { panic!("{code}: {authorities:?}") };
        assert_eq!(authority.usage, KeyUsage::Sca);
        assert_eq!(authority.public_key().unwrap().to_string(), format!("EC {curve}"));
        assert!(authority.verifier().is_ok());
    }
    let names: Vec<&str> = store.refused().iter().map(|one| one.name.as_str()).collect();
    assert!(names.iter().any(|name| name.contains("CN=brainpool")), "{names:?}");
    assert!(matches!(store.refused()[0].reason, Refusal::Key(_) | Refusal::Certificate(_)));
}

#[test]
fn nobody_is_believed_on_the_word_of_the_file_itself() {
    let lists = Lists::new();
    let file = lists.signed_by("signer", MASTER_LIST);
    let proof = |file: &[u8], publishers: &[Certificate]| {
        let store = lists.load(file, publishers);
        (store.keys().len(), store.sources()[0].proof.clone())
    };
    let (_, unpinned) = proof(&file, &[]);
    assert!(matches!(unpinned, ProofStatus::Unpinned { .. }), "{unpinned}");
    let stranger = Certificate::from_der(&lists.entries[1]).unwrap();
    assert!(matches!(proof(&file, &[stranger]).1, ProofStatus::Unpinned { .. }));

    let publisher = std::slice::from_ref(&lists.publisher);
    let (keys, no_purpose) = proof(&lists.signed_by("other", MASTER_LIST), publisher);
    assert!(
        matches!(no_purpose, ProofStatus::Broken { reason: ProofFault::SignerPurpose { .. } })
            && keys == 0,
        "{no_purpose}"
    );
    let mut forged = file.clone();
    let at = forged.windows(5).position(|bytes| bytes == b"State").unwrap();
    forged[at] = b'T';
    let (keys, forged) = proof(&forged, publisher);
    assert!(matches!(forged, ProofStatus::Broken { reason: ProofFault::Message(_) }) && keys == 0);
}

#[test]
fn what_is_no_master_list_is_named() {
    let lists = Lists::new();
    for (file, reason) in [
        (lists.signed_by("signer", "2.23.136.1.1.7"), "deviation list"),
        (lists.signed_by("signer", "1.2.840.113549.1.7.1"), "no CSCA master list"),
        (lists.entries[0].clone(), "not a CMS"),
        (b"".to_vec(), "cut off"),
    ] {
        let store = lists.load(&file, &[]);
        let [refused] = store.refused() else { panic!("{reason}: {:?}", store.refused()) };
        assert!(refused.reason.to_string().contains(reason), "{}", refused.reason);
    }
}

#[test]
fn every_limit_can_be_hit() {
    let lists = Lists::new();
    let file = lists.signed_by("signer", MASTER_LIST);
    let ldif = "pkdMasterListContent:: MAA=\n".repeat(3);
    let limits = gdhcn_trust::Limits::default;
    let refusals = |limits, file: &[u8]| {
        let mut builder = TrustStoreBuilder::new(BACKEND).with_limits(limits);
        builder.add_master_list("list", file, &[]);
        let store = builder.build();
        let refused = store.refused().iter();
        refused.map(|refused| refused.reason.to_string()).collect::<Vec<_>>().join("\n")
    };
    let mut short = limits();
    short.master_list.max_len = 100;
    assert!(refusals(short, &file).contains("is too long; 100 are allowed"));
    let mut few = limits();
    few.file.max_blocks = 2;
    assert!(refusals(few, &file).contains("more than 2 entries"));
    let mut one = limits();
    one.count.files = 1;
    assert!(refusals(one, ldif.as_bytes()).contains("more than 1 entries"));

    // More certificates around the list than anybody has a use for.
    let many: Vec<String> = (0..17).map(|n| format!("more{n}")).collect();
    let mut bundle = Vec::new();
    for name in &many {
        csca(&lists.openssl, name, "XA", "prime256v1");
        bundle.extend(lists.openssl.read(&format!("{name}.pem")));
    }
    lists.openssl.write("one.pem", bundle);
    let crowded = lists.signed_by("signer", MASTER_LIST);
    assert!(refusals(limits(), &crowded).contains("carries 18 certificates"));
}

#[test]
fn all_lists_of_a_directory_file_are_read() {
    let lists = Lists::new();
    let text = STANDARD.encode(lists.signed_by("signer", MASTER_LIST));
    let folded: Vec<String> =
        text.as_bytes().chunks(70).map(|line| String::from_utf8(line.to_vec()).unwrap()).collect();
    let folded = folded.join("\n ");
    let ldif = format!(
        "version: 1\n\ndn: c=XA\npkdMasterListContent:: {folded}\ncn: one\n\ndn: c=XB\n\
         pkdMasterListContent:: *\n"
    );
    let store = lists.load(ldif.as_bytes(), std::slice::from_ref(&lists.publisher));
    let names: Vec<&str> = store.sources().iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["list.ml #1", "list.ml #2"]);
    assert_eq!((store.sources()[0].keys, store.sources()[1].refused), (3, 1));
}

/// A published authority that spells out P-384 and has a parameter where none belongs.
#[test]
fn the_odd_authority_of_japan_is_taken() {
    let Some(corpus) = gdhcn_testkit::corpus("vds-nc") else { return };
    let mut found = Vec::new();
    for file in walk(&corpus) {
        if file.extension().is_some_and(|ending| ending == "der") {
            let der = fs::read(&file).unwrap();
            let Ok(certificate) = Certificate::from_der(&der) else { continue };
            let odd = certificate.public_key().is_err();
            let taken = certificate.with_explicit_curve();
            found.push((file.file_name().unwrap().to_owned(), odd, taken.public_key().is_ok()));
        }
    }
    println!("{found:?}");
    assert!(found.iter().any(|(name, odd, taken)| name == "jpn-csca.der" && *odd && *taken));
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(walk(&path)) } else { files.push(path) }
    }
    files
}
