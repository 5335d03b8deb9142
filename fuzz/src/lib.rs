//! What the fuzz targets call. The test `xtask/tests/replay.rs` includes this file and replays
//! `fuzz/corpus` with it, so the corpora count on every run of the tests, without a fuzzer.
//!
//! A target fails by a panic, by not ending, or by memory without bound. Where an input is read
//! successfully, the target also asks for what must then hold.

use std::sync::OnceLock;

use gdhcn_credential::{Cwt, hcert, shc};
use gdhcn_crypto::{
    Backend, Curve, DigestAlgorithm, KeyKind, Kid, SignatureScheme, Signer, SoftwareKey,
};
use gdhcn_dump::{Dialect, Item, Reader};
use gdhcn_envelope::cbor::Value;
use gdhcn_envelope::cms::{Content, SignedMessage};
use gdhcn_envelope::cose::{self, CoseSign1};
use gdhcn_envelope::inflate;
use gdhcn_envelope::jws;
use gdhcn_envelope::linked_data::{self, Document, Proof};
use gdhcn_envelope::pem;
use gdhcn_envelope::rdf::canonical;
use gdhcn_envelope::rdf::{Quad, Term};
use gdhcn_envelope::x509::Certificate;
use gdhcn_log::{Checkpoint, Entry, NoteKey, Replay, State, Tile, read_bundle, write_bundle};
use gdhcn_revocation::batch::{self, Batch};
use gdhcn_rules::value_set::{ValueSet, antigen_tests};
use gdhcn_rules::{Rule, upload};
use gdhcn_trust::onboarding_request::{OnboardingRequest, OnboardingResponse};
use gdhcn_trust::participant_folder::{self, ParticipantFolder};
use gdhcn_trust::reference::TrustedReference;
use gdhcn_trust::snapshot::{self, Snapshot};
use gdhcn_trust::{TrustStore, TrustStoreBuilder};
use gdhcn_verify::{Context, Limits, Policy, PolicyName, verify};
use jiff::Timestamp;

/// A fuzz target.
pub struct Target {
    /// The name, which is that of its folder under `corpus` too.
    pub name: &'static str,
    /// What it calls.
    pub run: fn(&[u8]),
}

/// Every target.
pub const TARGETS: [Target; 15] = [
    Target { name: "hc1", run: hc1 },
    Target { name: "cms", run: cms },
    Target { name: "x509", run: x509 },
    Target { name: "did_document", run: did_document },
    Target { name: "trust_source", run: trust_source },
    Target { name: "picture", run: picture },
    Target { name: "card", run: card },
    Target { name: "divoc", run: divoc },
    Target { name: "seal", run: seal },
    Target { name: "statements", run: statements },
    Target { name: "rule", run: rule },
    Target { name: "batch", run: batch },
    Target { name: "log", run: log },
    Target { name: "onboarding", run: onboarding },
    Target { name: "dump", run: dump },
];

/// An HC1 code, entered at the layer that the first byte names: `t` the whole text, `z` the
/// compressed bytes, `c` the COSE_Sign1, `w` the claims.
///
/// Behind Base45 and zlib a fuzzer would hardly ever come to the layers below.
pub fn hc1(data: &[u8]) {
    let Some((layer, rest)) = data.split_first() else { return };
    let limits = gdhcn_credential::Limits::default();
    match layer {
        b't' => {
            let Ok(text) = std::str::from_utf8(rest) else { return };
            judge(text);
        }
        b'z' => {
            if let Ok(inflated) = inflate::zlib(rest, limits.inflated) {
                assert!(inflated.bytes.len() <= limits.inflated);
                judge(&hcert::close(&inflated.bytes));
            }
        }
        b'c' => {
            if let Ok(cose) = CoseSign1::parse(rest, &limits.cbor) {
                assert!(!cose.to_be_signed().is_empty());
                judge(&hcert::close(rest));
            }
        }
        b'w' => {
            if let Ok(claims) = Cwt::parse(rest, &limits) {
                let _ = format!("{claims:?}");
                for subclaim in &claims.subclaims {
                    let _ = (subclaim.document.person(), subclaim.document.problems());
                }
            }
        }
        _ => {}
    }
}

/// A SMART Health Card, entered where the first byte says: `t` any text (code, signature, file,
/// link), `p` the payload of a signature.
pub fn card(data: &[u8]) {
    let Some((layer, rest)) = data.split_first() else { return };
    match layer {
        b't' => {
            let Ok(text) = std::str::from_utf8(rest) else { return };
            judge(text);
            let limits = gdhcn_credential::Limits::default();
            let texts = vec![("one".to_owned(), text.to_owned()); 2];
            assert!(shc::split(texts, &limits).len() <= 200);
        }
        b'p' => {
            let header = r#"{"zip":"DEF","alg":"ES256","kid":"k"}"#;
            let input = jws::signing_input(header, &inflate::deflate_raw(rest));
            judge(&jws::compact(&input, &[7; 64]));
        }
        _ => {}
    }
}

/// A DIVOC certificate: `d` the document, `z` the archive.
pub fn divoc(data: &[u8]) {
    let Some((layer, rest)) = data.split_first() else { return };
    match layer {
        b'd' => {
            let Ok(text) = std::str::from_utf8(rest) else { return };
            judge(text);
        }
        b'z' => {
            let archive = rest.iter().copied().map(char::from).collect::<String>();
            judge(&format!("PK\u{3}\u{4}{archive}"));
        }
        _ => {}
    }
}

/// An ICAO VDS-NC seal.
pub fn seal(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    judge(text);
}

/// What an auditor reads of a log that may lie: `n` a signed note, `e` an entry, `t` the path of a
/// tile, `b` a bundle of as many entries as the second byte says.
pub fn log(data: &[u8]) {
    const KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    let Some((layer, rest)) = data.split_first() else { return };
    match layer {
        b'n' => {
            if let Ok(key) = KEY.parse::<NoteKey>() {
                let _ = Checkpoint::open(rest, &key, Backend::default());
            }
            let Ok(text) = std::str::from_utf8(rest) else { return };
            if let Ok(checkpoint) = Checkpoint::parse(text) {
                assert_eq!(Checkpoint::parse(&checkpoint.to_text()), Ok(checkpoint));
            }
        }
        b'e' => {
            if let Ok(entry) = Entry::from_bytes(rest) {
                assert_eq!(entry.to_bytes().as_deref(), Ok(rest));
            }
            let mut replay = Replay::new(State::default(), None, Backend::default());
            let _ = replay.apply(rest);
        }
        b't' => {
            let Ok(text) = std::str::from_utf8(rest) else { return };
            if let Ok(tile) = text.parse::<Tile>() {
                assert_eq!(tile.to_string(), text);
                let _ = (tile.stored_in(1 << 40), tile.stored_in(u64::MAX));
            }
        }
        b'b' => {
            let Some((width, bundle)) = rest.split_first() else { return };
            if let Ok(entries) = read_bundle(bundle, u16::from(*width)) {
                assert_eq!(write_bundle(&entries).as_deref(), Ok(bundle));
            }
        }
        _ => {}
    }
}

/// What an operator gets by mail: `r` a request, `s` a signed one, `f` a file of a participant's
/// folder, its path in the first line.
pub fn onboarding(data: &[u8]) {
    let Some((layer, rest)) = data.split_first() else { return };
    match layer {
        b'r' => {
            if let Ok(request) = OnboardingRequest::from_json(rest) {
                let again = OnboardingRequest::from_json(request.to_json().as_bytes());
                assert_eq!(again.map(|again| again.digest()), Ok(request.digest()));
            }
        }
        b's' => {
            let Ok(response) = OnboardingResponse::from_json(rest) else { return };
            let _ = (response.request(), response.check(&[], Backend::default()));
        }
        b'f' => {
            let mut parts = rest.splitn(2, |byte| *byte == b'\n');
            let (path, bytes) =
                (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            let Ok(path) = std::str::from_utf8(path) else { return };
            let file = participant_folder::File { path, bytes };
            let folder = ParticipantFolder::read([file], &participant_folder::Limits::default());
            assert!(folder.private_keys().count() <= 1);
        }
        _ => {}
    }
}

/// A graph of nodes without names: each pair of bytes is a statement from one to the other. Its
/// canonical form must not depend on the labels.
pub fn statements(data: &[u8]) {
    let graph = |label: fn(u8) -> String| -> Vec<Quad> {
        let (pairs, _) = data.as_chunks();
        pairs
            .iter()
            .map(|&[subject, object]| Quad {
                subject: Term::Blank(label(subject % 24)),
                predicate: "urn:p".to_owned(),
                object: Term::Blank(label(object % 24)),
                graph: None,
            })
            .collect()
    };
    let limits = canonical::Limits { quads: 200, permutations: 500 };
    let one = canonical::n_quads(&graph(|node| format!("n{node}")), &limits);
    let other = canonical::n_quads(&graph(|node| format!("x{}", 99 - node)), &limits);
    if let (Ok(one), Ok(other)) = (one, other) {
        assert_eq!(one, other);
    }
}

fn judge(text: &str) {
    let trust = no_trust();
    for policy in [PolicyName::Lenient, PolicyName::Border, PolicyName::Strict] {
        let context = Context {
            trust: &trust,
            at: Timestamp::UNIX_EPOCH,
            policy: Policy::new(policy),
            limits: Limits::default(),
        };
        let verdict = verify(text, &context);
        assert!(verdict.authentic().is_none(), "nothing is authentic without a key");
        let _ = format!("{verdict:?}");
    }
}

fn no_trust() -> TrustStore {
    TrustStoreBuilder::new(Backend::default()).build()
}

/// A CMS message, in the form that the first byte names: `b` Base64 text, `d` BER with the content
/// inside, `x` BER with the content beside it.
pub fn cms(data: &[u8]) {
    let Some((form, rest)) = data.split_first() else { return };
    let message = match form {
        b'b' => SignedMessage::from_base64(rest, Content::Embedded),
        b'd' => SignedMessage::from_ber(rest, Content::Embedded),
        b'x' => SignedMessage::from_ber(rest, Content::Detached(b"content")),
        _ => return,
    };
    let Ok(message) = message else { return };
    let verdict = message.verify(Backend::default());
    // What is stored and served must be readable again and hold exactly when the upload held.
    let again =
        SignedMessage::from_ber(&message.to_detached_der(), Content::Detached(message.content()));
    let again = again.expect("a message of our own writing can be read");
    assert_eq!(again.verify(Backend::default()).is_ok(), verdict.is_ok());
    assert_eq!(again.signer_certificate().der(), message.signer_certificate().der());
    let _ = message.cleaned_base64();
}

/// A certificate: DER, or PEM if it does not begin as DER does.
pub fn x509(data: &[u8]) {
    for certificate in pem::certificates(data).into_iter().flatten() {
        touch(&certificate);
    }
    if let Ok(certificate) = Certificate::from_der(data) {
        assert_eq!(certificate.der(), data, "the received bytes are kept");
        touch(&certificate);
    }
}

fn touch(certificate: &Certificate) {
    let subject = certificate.subject();
    let _ = (subject.to_string(), subject.country(), subject.common_name());
    let _ = (certificate.issuer().to_string(), certificate.is_self_issued());
    let _ = (certificate.kid(), certificate.serial(), format!("{:?}", certificate.extensions()));
    let _ = certificate.validity_at(Timestamp::UNIX_EPOCH);
    let _ = certificate.signature_scheme();
    if let Ok(key) = certificate.public_key()
        && let Ok(verifier) = Backend::default().verifier(key)
    {
        let _ = certificate.verify_signature(&*verifier);
    }
}

/// A DID document, as a linked-data document with its proof and as a trust list.
pub fn did_document(data: &[u8]) {
    if let Ok(document) = Document::parse(data, &linked_data::Limits::default()) {
        let _ = Proof::of(&document);
    }
    let mut builder = TrustStoreBuilder::new(Backend::default());
    builder.add_did_document("fuzzed", data);
    let store = builder.build();
    assert_eq!(store.sources().len(), 1, "an unreadable source is still listed");
    let _ = format!("{:?}", store.refused());
}

/// A source of trust of the form that the first byte names: `k` keys of one issuer, `d` a directory
/// of issuers, `i` their names, `m` a master list, `r` a DID list that refers to itself under every
/// name, `s` a snapshot, `b` the body of one.
pub fn trust_source(data: &[u8]) {
    let Some((form, rest)) = data.split_first() else { return };
    let mut builder = TrustStoreBuilder::new(Backend::default());
    match form {
        b'k' => builder.add_named_keys("fuzzed", "did:fuzzed", rest),
        b'd' => builder.add_issuer_directory("fuzzed", rest, None),
        b'i' => builder.add_issuer_names("fuzzed", rest),
        b'm' => builder.add_master_list("fuzzed", rest, &[]),
        b'r' => builder.add_did_documents("fuzzed", rest, &mut |_| Some(rest.to_vec())),
        b's' => return snapshot(rest.to_vec(), &[]),
        b'b' => return signed_body(rest),
        _ => return,
    }
    let store = builder.build();
    assert!(!store.sources().is_empty(), "an unreadable source is still listed");
    touch_store(&store);
    // What was read can be written, and says the same when it is read again.
    let contents = snapshot::Contents {
        number: 1,
        made: Timestamp::UNIX_EPOCH,
        list_keys: &[],
        store: &store,
    };
    let key = store_key();
    let file = snapshot::write(&contents, key).expect("a store can be written");
    let signer = snapshot::key_thumbprint(key.public_key());
    let limits = snapshot::Limits::default();
    let again = Snapshot::read(file, &[signer], Backend::default(), &limits);
    let again = again.expect("a snapshot of our own writing can be read").store;
    assert_eq!(again.keys().len(), store.keys().len());
    assert_eq!(again.refused().len(), store.refused().len());
}

fn snapshot(file: Vec<u8>, signers: &[gdhcn_crypto::Thumbprint]) {
    let limits = snapshot::Limits::default();
    let claimed = Snapshot::claimed_signer(&file, &limits).ok();
    let signers: Vec<_> = signers.iter().copied().chain(claimed).collect();
    if let Ok(snapshot) = Snapshot::read(file, &signers, Backend::default(), &limits) {
        touch_store(&snapshot.store);
    }
}

/// Behind the signature a fuzzer would never come to the body.
fn signed_body(body: &[u8]) {
    let key = store_key();
    let bytes = |bytes: Vec<u8>| Value::Bytes(bytes.into());
    let manifest = Value::map([
        (Value::Unsigned(1), Value::from("gdhcn-trust-store-1")),
        (Value::Unsigned(2), Value::Unsigned(1)),
        (Value::Unsigned(3), Value::Unsigned(1)),
        (Value::Unsigned(4), Value::Null),
        (Value::Unsigned(5), bytes(gdhcn_crypto::sha256(body).to_vec())),
        (Value::Unsigned(6), bytes(key.public_key().to_spki_der())),
    ])
    .to_vec();
    let protected = cose::protected_header(cose::ES256, &Kid::from(&[0; 8][..]));
    let scheme = SignatureScheme::EcdsaFixed(DigestAlgorithm::Sha256);
    let signature = key.sign(scheme, &cose::sig_structure(&protected, &manifest));
    let signature = signature.expect("the key signs");
    let file = [cose::encode(&protected, &manifest, &signature), body.to_vec()].concat();
    snapshot(file, &[snapshot::key_thumbprint(key.public_key())]);
}

fn store_key() -> &'static SoftwareKey {
    static KEY: OnceLock<SoftwareKey> = OnceLock::new();
    KEY.get_or_init(|| SoftwareKey::generate(KeyKind::Ec(Curve::P256)).expect("a key is made"))
}

fn touch_store(store: &TrustStore) {
    for key in store.keys() {
        let _ = (key.public_key(), key.certificate(), key.chain(), key.validity());
        if let Some(name) = &key.name {
            let _ = store.called(name).count();
        }
        assert!(store.named(&key.kid).iter().any(|same| same.id == key.id));
    }
    let _ = (format!("{:?}", store.refused()), format!("{:?}", store.sources()));
    let _ = (store.time_floor(), store.similar_issuer("https://a.example"));
}

/// A picture file.
pub fn picture(data: &[u8]) {
    // Smaller than for users: a fuzzer's time is better spent on headers than on pixels.
    let mut limits = gdhcn_scan::Limits::default();
    limits.max_pixels = 1 << 18;
    let _ = gdhcn_scan::read_picture(data, &limits);
}

/// A text that participants or operators give a gateway beside batches: `r` a rule, `i` its
/// identifier, `v` a value set, `d` a list of devices, `t` a reference.
pub fn rule(data: &[u8]) {
    let Some((kind, rest)) = data.split_first() else { return };
    let text = String::from_utf8_lossy(rest);
    match kind {
        b'r' => {
            if let Ok(rule) = Rule::from_json(rest, &Rule::LIMITS) {
                assert_eq!(rule.identifier.country().len(), 2);
                assert_eq!(
                    upload::owner(rule.identifier.as_str()),
                    Some(rule.identifier.country())
                );
                let _ = upload::check(&rule, &rule.country, None, Timestamp::UNIX_EPOCH);
            }
        }
        b'i' => {
            let _ = upload::owner(&text);
        }
        b'v' => {
            if let Ok(set) = ValueSet::from_json(text.clone().into_owned(), &ValueSet::LIMITS) {
                assert_eq!(set.text(), text);
            }
        }
        b'd' => {
            if let Ok(set) = antigen_tests::merge(None, rest, Timestamp::UNIX_EPOCH) {
                let set = ValueSet::from_json(set, &ValueSet::LIMITS);
                assert!(set.is_ok(), "what we write can be read");
            }
        }
        b't' => {
            let limits = &TrustedReference::LIMITS;
            if let Ok(reference) = TrustedReference::accept(rest, "DE", limits) {
                assert_eq!(reference.country, "DE");
            }
            let _ = TrustedReference::withdrawal(rest, limits);
        }
        _ => {}
    }
}

/// A revocation batch, or the request to withdraw one.
pub fn batch(data: &[u8]) {
    let now = Timestamp::UNIX_EPOCH;
    match Batch::accept(data, "DE", now, &Batch::LIMITS) {
        Ok(batch) => {
            assert!((1..=batch::ENTRIES).contains(&batch.entries.len()));
            assert!(batch.expires > now && batch.country == "DE");
        }
        Err(error) => assert!(error.to_string().len() < 10_000),
    }
    if let Ok(Some(id)) = batch::withdrawal(data, &Batch::LIMITS) {
        assert!(batch::is_batch_id(&id));
    }
}

/// A database dump: `p` of PostgreSQL, `m` of MySQL, `u` of unknown origin.
pub fn dump(data: &[u8]) {
    let Some((form, rest)) = data.split_first() else { return };
    let mut limits = gdhcn_dump::Limits::default();
    (limits.value, limits.row) = (1 << 10, 2 << 10);
    let reader = Reader::new(rest, limits, |table| table.starts_with('t'));
    let reader = match form {
        b'p' => reader.of_dialect(Dialect::PostgreSql),
        b'm' => reader.of_dialect(Dialect::MySql),
        b'u' => reader,
        _ => return,
    };
    for item in reader {
        let Ok(Item::Row(row)) = item else { continue };
        assert_eq!(row.values.len(), row.table.columns.len());
        let sizes = row.values.iter().filter_map(gdhcn_dump::Value::text).map(str::len);
        assert!(sizes.sum::<usize>() <= limits.row);
    }
}
