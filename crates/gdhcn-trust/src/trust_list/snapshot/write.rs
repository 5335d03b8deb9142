use std::borrow::Cow;
use std::collections::HashMap;

use gdhcn_codes::KeyUsage;
use gdhcn_crypto::{Kid, Signer, sha256};
use gdhcn_envelope::cbor::{Value, bytes_head, write_head};
use gdhcn_envelope::{cose, linked_data};
use jiff::Timestamp;

use super::{Contents, SnapshotError, TYPE, algorithm, key_thumbprint};
use crate::did::Provenance;
use crate::path::Standing;
use crate::trust_list::authorities::Owner;
use crate::trust_list::material::Form;
use crate::trust_list::{ProofStatus, Source, SourceKind, TrustStore, TrustedKey};

/// Writes and signs a snapshot.
///
/// # Errors
///
/// When the key is neither P-256 nor Ed25519, or does not sign.
pub fn write(contents: &Contents<'_>, signer: &dyn Signer) -> Result<Vec<u8>, SnapshotError> {
    let (number, scheme) = algorithm(signer.public_key())?;
    let body = body(contents);
    let manifest = Value::map([
        (Value::Unsigned(1), Value::from(TYPE)),
        (Value::Unsigned(2), Value::Unsigned(contents.number)),
        (Value::Unsigned(3), Value::from(contents.made.as_second())),
        (
            Value::Unsigned(4),
            contents.store.time_floor().map_or(Value::Null, |at| Value::from(at.as_second())),
        ),
        (Value::Unsigned(5), Value::Bytes(Cow::Owned(sha256(&body).to_vec()))),
        (Value::Unsigned(6), Value::Bytes(Cow::Owned(signer.public_key().to_spki_der()))),
    ])
    .to_vec();
    let kid: Kid = key_thumbprint(signer.public_key()).kid();
    let protected = cose::protected_header(number, &kid);
    let signature = signer.sign(scheme, &cose::sig_structure(&protected, &manifest))?;
    let mut file = cose::encode(&protected, &manifest, &signature);
    file.extend_from_slice(&body);
    Ok(file)
}

/// Texts and owners that many keys share, each with its index.
#[derive(Default)]
struct Shared<'s> {
    owners: Vec<(&'s str, &'s str)>,
    owner_indexes: HashMap<(&'s str, &'s str), u64>,
    domains: Vec<&'s str>,
}

impl<'s> Shared<'s> {
    fn owner(&mut self, participant: &'s str, code: &'s str) -> u64 {
        let next = self.owners.len() as u64;
        let index = *self.owner_indexes.entry((participant, code)).or_insert(next);
        if index == next {
            self.owners.push((participant, code));
        }
        index
    }

    fn domain(&mut self, domain: &'s str) -> u64 {
        let known = self.domains.iter().position(|known| *known == domain);
        known.unwrap_or_else(|| {
            self.domains.push(domain);
            self.domains.len() - 1
        }) as u64
    }
}

fn body(contents: &Contents<'_>) -> Vec<u8> {
    let store = contents.store;
    let mut shared = Shared::default();
    let authorities = authorities(store, &mut shared);
    let mut keys = Writer::default();
    keys.array(store.keys().len());
    for key in store.keys() {
        write_key(&mut keys, key, &mut shared);
    }
    let mut out = Writer::default();
    out.array(8);
    out.array(shared.owners.len());
    for (participant, code) in &shared.owners {
        out.array(2);
        out.text(participant);
        out.text(code);
    }
    out.array(shared.domains.len());
    for domain in &shared.domains {
        out.text(domain);
    }
    out.array(store.sources().len());
    for source in store.sources() {
        write_source(&mut out, source);
    }
    let issuers = store.issuers.listed();
    out.array(issuers.len());
    for (source, issuer) in issuers {
        out.array(4);
        out.number(*source as u64);
        out.text(&issuer.address);
        out.optional_text(issuer.name.as_deref());
        out.optional_text(issuer.canonical.as_deref());
    }
    out.array(contents.list_keys.len());
    for pinned in contents.list_keys {
        out.array(3);
        out.text(&pinned.method);
        out.text(&pinned.lists);
        out.bytes(&pinned.key.to_spki_der());
    }
    out.0.extend_from_slice(&authorities.0);
    out.0.extend_from_slice(&keys.0);
    out.array(store.refused().len());
    for refused in store.refused() {
        out.array(3);
        out.number(refused.source as u64);
        out.text(&refused.name);
        out.text(&refused.reason.to_string());
    }
    out.0
}

fn authorities<'s>(store: &'s TrustStore, shared: &mut Shared<'s>) -> Writer {
    let mut owners: Vec<_> = store
        .authorities
        .iter()
        .map(|(owner, authorities)| match owner {
            Owner::Participant(participant) => ((participant.alpha3(), ""), authorities),
            Owner::Code(code) => (("", code.as_str()), authorities),
        })
        .collect();
    // A map has no order; the same store gives the same file.
    owners.sort_by_key(|(owner, _)| *owner);
    let mut out = Writer::default();
    out.array(owners.iter().map(|(_, authorities)| authorities.listed().len()).sum());
    let listed = owners
        .iter()
        .flat_map(|(owner, authorities)| authorities.listed().iter().map(move |one| (owner, one)));
    for (owner, one) in listed {
        let owner = shared.owner(owner.0, owner.1);
        out.array(6);
        out.number(one.source as u64);
        out.number(owner);
        out.number(usage(one.usage));
        out.number(u64::from(one.standing == Standing::Companion));
        out.number(form(one.certificate.form()));
        out.bytes(one.certificate.der());
    }
    out
}

fn write_key<'s>(out: &mut Writer, key: &'s TrustedKey, shared: &mut Shared<'s>) {
    let participant = key.participant.map_or("", |participant| participant.alpha3());
    let (material, form_of) = key.material.to_stored();
    out.array(12);
    out.number(key.source as u64);
    out.text(&key.id);
    out.optional_text(key.name.as_deref());
    out.bytes(key.kid.as_bytes());
    out.optional_text(key.kid_text.as_deref());
    out.number(shared.owner(participant, &key.participant_code));
    match &key.domain {
        Some(domain) => {
            let index = shared.domain(domain.as_str());
            out.number(index);
        }
        None => out.null(),
    }
    out.number(usage(key.usage));
    out.number(u64::from(key.purposes.to_bits()));
    out.number(u64::from(key.given_by_caller));
    out.number(form(form_of));
    out.bytes(&material);
}

fn form(form: Form) -> u64 {
    Form::ALL.iter().position(|known| *known == form).unwrap_or_default() as u64
}

fn usage(usage: KeyUsage) -> u64 {
    KeyUsage::ALL.iter().position(|known| *known == usage).unwrap_or_default() as u64
}

fn write_source(out: &mut Writer, source: &Source) {
    out.array(7);
    out.text(&source.name);
    let (kind, text) = match &source.kind {
        SourceKind::DidDocument { id } => (0, id.as_str()),
        SourceKind::Certificates => (1, ""),
        SourceKind::GatewayList => (2, ""),
        SourceKind::NamedKeys { name } => (3, name.as_str()),
        SourceKind::IssuerDirectory => (4, ""),
        SourceKind::IssuerNames => (5, ""),
        SourceKind::MasterList => (6, ""),
    };
    out.array(2);
    out.number(kind);
    out.text(text);
    out.optional_time(source.created);
    out.optional_time(source.fetched);
    out.optional_text(source.etag.as_deref());
    write_proof(out, &source.proof);
    match &source.relayed {
        None => out.null(),
        Some(relay) => {
            out.array(3);
            out.bytes(relay.publisher.as_bytes());
            out.number(relay.number);
            out.time(relay.made);
        }
    }
}

fn write_proof(out: &mut Writer, proof: &ProofStatus) {
    match proof {
        ProofStatus::Verified { method, provenance, coverage } => {
            out.array(4);
            out.number(0);
            out.text(method);
            out.number(match provenance {
                Provenance::Published => 0,
                Provenance::PublishedOnce => 1,
                Provenance::Observed => 2,
                Provenance::Caller => 3,
            });
            out.number(u64::from(*coverage == linked_data::Coverage::KeysOnly));
        }
        ProofStatus::Unpinned { method } => {
            out.array(2);
            out.number(1);
            out.text(method);
        }
        ProofStatus::Broken { reason } => {
            out.array(2);
            out.number(2);
            out.text(&reason.to_string());
        }
        ProofStatus::NoProof => {
            out.array(1);
            out.number(3);
        }
        ProofStatus::GivenByCaller => {
            out.array(1);
            out.number(4);
        }
        ProofStatus::EntryByEntry { anchors } => {
            out.array(2);
            out.number(5);
            out.array(anchors.len());
            for anchor in anchors {
                out.bytes(anchor.as_bytes());
            }
        }
    }
}

/// CBOR items one after the other, without a tree in between.
#[derive(Default)]
struct Writer(Vec<u8>);

impl Writer {
    fn array(&mut self, length: usize) {
        write_head(&mut self.0, 4, length as u64);
    }

    fn number(&mut self, number: u64) {
        write_head(&mut self.0, 0, number);
    }

    fn text(&mut self, text: &str) {
        write_head(&mut self.0, 3, text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
    }

    fn optional_text(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.text(text),
            None => self.null(),
        }
    }

    fn bytes(&mut self, bytes: &[u8]) {
        bytes_head(&mut self.0, bytes.len());
        self.0.extend_from_slice(bytes);
    }

    fn time(&mut self, at: Timestamp) {
        self.0.extend_from_slice(&Value::from(at.as_second()).to_vec());
    }

    fn optional_time(&mut self, at: Option<Timestamp>) {
        match at {
            Some(at) => self.time(at),
            None => self.null(),
        }
    }

    fn null(&mut self) {
        self.0.push(0xf6);
    }
}
