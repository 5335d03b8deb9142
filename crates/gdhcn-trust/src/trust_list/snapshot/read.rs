use std::borrow::Cow;
use std::sync::Arc;

use gdhcn_codes::{DocumentPurposes, Domain, KeyUsage, Participant};
use gdhcn_crypto::{Backend, Kid, PublicKey, Thumbprint, sha256};
use gdhcn_envelope::cbor::{self, Reader, Value};
use gdhcn_envelope::cose::CoseSign1;
use gdhcn_envelope::linked_data::Coverage;
use jiff::Timestamp;

use super::{Limits, Snapshot, SnapshotError, TYPE, algorithm, key_thumbprint};
use crate::did::{PinnedKey, Provenance};
use crate::path::Standing;
use crate::trust_list::authorities::{Held, Listed, Owner};
use crate::trust_list::key::Draft;
use crate::trust_list::material::{Form, Material, Stored};
use crate::trust_list::{
    Issuer, ProofFault, ProofStatus, Refusal, Relay, Source, SourceKind, TrustStoreBuilder,
};

impl Snapshot {
    /// Reads a snapshot that one of `signers` signed; see
    /// [`key_thumbprint`].
    ///
    /// Whether its number goes back is for the one who knows the earlier ones.
    ///
    /// # Errors
    ///
    /// See [`SnapshotError`].
    pub fn read(
        file: Vec<u8>,
        signers: &[Thumbprint],
        backend: Backend,
        limits: &Limits,
    ) -> Result<Self, SnapshotError> {
        let (manifest, body) = open(&file, signers, backend, limits)?;
        let mut reader = Fields::new(Arc::new(file), body, limits);
        let (builder, list_keys) = reader.body(backend, manifest.floor)?;
        Ok(Self {
            number: manifest.number,
            made: manifest.made,
            signer: manifest.signer,
            list_keys,
            store: builder.build(),
        })
    }

    /// The key that claims to have signed a snapshot, for the one who asks whose it is. Nothing is
    /// checked.
    ///
    /// # Errors
    ///
    /// When the file is no snapshot.
    pub fn claimed_signer(file: &[u8], limits: &Limits) -> Result<Thumbprint, SnapshotError> {
        let (cose, _) = split(file, limits)?;
        Ok(Manifest::read(cose.payload())?.signer)
    }
}

struct Manifest {
    number: u64,
    made: Timestamp,
    floor: Option<Timestamp>,
    digest: [u8; 32],
    key: PublicKey,
    signer: Thumbprint,
}

impl Manifest {
    fn read(payload: &[u8]) -> Result<Self, SnapshotError> {
        let wrong = |wanted| SnapshotError::Value { at: 0, wanted };
        let value = cbor::decode(payload, &cbor::Limits::default())?;
        let Value::Map(map) = &value else { return Err(wrong("a manifest")) };
        let get = |label| {
            let found = map.entries().iter().find(|(key, _)| *key == Value::Unsigned(label));
            found.map(|(_, value)| value)
        };
        if !matches!(get(1), Some(Value::Text(text)) if text == TYPE) {
            return Err(wrong("the manifest of a trust store"));
        }
        let number = match get(2) {
            Some(Value::Unsigned(number)) => *number,
            _ => return Err(wrong("a number")),
        };
        let time = |value: &Value<'_>| seconds(value).ok_or(wrong("a time"));
        let made = time(get(3).unwrap_or(&Value::Null))?;
        let floor = match get(4) {
            None | Some(Value::Null) => None,
            Some(value) => Some(time(value)?),
        };
        let bytes = |label, wanted| match get(label) {
            Some(Value::Bytes(bytes)) => Ok(bytes.as_ref()),
            _ => Err(wrong(wanted)),
        };
        let digest = bytes(5, "a digest")?.try_into().map_err(|_| wrong("a digest"))?;
        let key = PublicKey::from_spki_der(bytes(6, "a key")?)?;
        let signer = key_thumbprint(&key);
        Ok(Self { number, made, floor, digest, key, signer })
    }
}

/// Takes the two items apart: the COSE_Sign1, and where the body begins.
fn split(file: &[u8], limits: &Limits) -> Result<(CoseSign1, usize), SnapshotError> {
    if file.len() > limits.max_len {
        return Err(SnapshotError::TooLong { found: file.len(), limit: limits.max_len });
    }
    let bounds = cbor::Limits::default();
    let mut reader = Reader::new(file, &bounds);
    reader.value()?;
    let cose = CoseSign1::parse(reader.since(0), &bounds)?;
    Ok((cose, reader.position()))
}

fn open(
    file: &[u8],
    signers: &[Thumbprint],
    backend: Backend,
    limits: &Limits,
) -> Result<(Manifest, usize), SnapshotError> {
    let (cose, body) = split(file, limits)?;
    let manifest = Manifest::read(cose.payload())?;
    if !signers.contains(&manifest.signer) {
        return Err(SnapshotError::UnknownSigner { signer: manifest.signer });
    }
    let (number, scheme) = algorithm(&manifest.key)?;
    if cose.alg() != Some(number) {
        return Err(SnapshotError::Value { at: 0, wanted: "the algorithm of the key" });
    }
    let verifier = backend.verifier(&manifest.key)?;
    verifier.verify(scheme, &cose.to_be_signed(), cose.signature())?;
    if sha256(file.get(body..).unwrap_or_default()) != manifest.digest {
        return Err(SnapshotError::Digest);
    }
    Ok((manifest, body))
}

/// The values of a body, one after the other.
struct Fields {
    file: Arc<Vec<u8>>,
    body: usize,
    limits: cbor::Limits,
}

type Body = (TrustStoreBuilder, Vec<PinnedKey>);

impl Fields {
    fn new(file: Arc<Vec<u8>>, body: usize, limits: &Limits) -> Self {
        let limits = cbor::Limits { depth: 8, items: limits.items, string: 1 << 20 };
        Self { file, body, limits }
    }

    fn body(&mut self, backend: Backend, floor: Option<Timestamp>) -> Result<Body, SnapshotError> {
        let bytes = self.file.get(self.body..).unwrap_or_default();
        let mut reader = Typed(Reader::new(bytes, &self.limits));
        let mut builder = TrustStoreBuilder::new(backend);
        builder.floor = floor;
        reader.array_of(8)?;
        let owners = reader.list(|reader| {
            reader.array_of(2)?;
            let (participant, code) = (reader.text()?, reader.text()?);
            Ok((Participant::parse(&participant).ok(), code.into_owned()))
        })?;
        let domains = reader.list(|reader| {
            let at = reader.0.position();
            let domain: Result<Domain, _> = reader.text()?.parse();
            domain.map_err(|_| SnapshotError::Value { at, wanted: "a trust domain" })
        })?;
        builder.sources = reader.list(source)?;
        let sources = builder.sources.len();
        for (source, issuer) in reader.list(|reader| issuer(reader, sources))? {
            builder.issuers.add(source, issuer);
        }
        let list_keys = reader.list(list_key)?;
        for _ in 0..reader.count()? {
            reader.array_of(6)?;
            let source = reader.index(sources)?;
            let owner = reader.pick(&owners)?;
            let usage = *reader.pick(&KeyUsage::ALL)?;
            let standing = *reader.pick(&[Standing::Authority, Standing::Companion])?;
            let certificate = Held::Stored(self.stored(&mut reader)?);
            let owner = Owner::new(owner.0, &owner.1);
            let listed = Listed { source, certificate, usage, standing };
            builder.authorities.entry(owner).or_default().push(listed);
        }
        let count = reader.count()?;
        builder.keys.reserve(count.min(bytes.len() / LEAST_KEY_LEN));
        for _ in 0..count {
            let draft = self.key(&mut reader, &owners, &domains, sources)?;
            builder.add(draft);
        }
        builder.refused = reader.list(|reader| {
            reader.array_of(3)?;
            let source = reader.index(sources)?;
            let (name, reason) = (reader.text()?.into_owned(), reader.text()?.into_owned());
            Ok(super::super::RefusedEntry { source, name, reason: Refusal::Recorded(reason) })
        })?;
        reader.0.finish()?;
        Ok((builder, list_keys))
    }

    fn key(
        &self,
        reader: &mut Typed<'_>,
        owners: &[(Option<Participant>, String)],
        domains: &[Domain],
        sources: usize,
    ) -> Result<Draft, SnapshotError> {
        reader.array_of(12)?;
        let source = reader.index(sources)?;
        let id = reader.text()?.into_owned();
        let name = reader.optional_text()?.map(Cow::into_owned);
        let kid = Kid::from(reader.0.bytes()?);
        let kid_text = reader.optional_text()?.map(Cow::into_owned);
        let (participant, participant_code) = reader.pick(owners)?;
        let domain = match reader.is_null()? {
            true => None,
            false => Some(reader.pick(domains)?.clone()),
        };
        let usage = *reader.pick(&KeyUsage::ALL)?;
        let purposes = DocumentPurposes::from_bits(u8::try_from(reader.number()?).unwrap_or(0));
        let given_by_caller = *reader.pick(&[false, true])?;
        let stored = self.stored(reader)?;
        Ok(Draft {
            source,
            id,
            name,
            kid,
            kid_text,
            participant: *participant,
            participant_code: participant_code.clone(),
            domain,
            usage,
            purposes,
            material: Material::stored(stored),
            given_by_caller,
        })
    }

    fn stored(&self, reader: &mut Typed<'_>) -> Result<Stored, SnapshotError> {
        let form = *reader.pick(&Form::ALL)?;
        let length = reader.0.bytes()?.len();
        let end = self.body + reader.0.position();
        Ok(Stored { bytes: Arc::clone(&self.file), range: end - length..end, form })
    }
}

/// No key is written in fewer bytes; more are not made room for on a file's word.
const LEAST_KEY_LEN: usize = 40;

fn source(reader: &mut Typed<'_>) -> Result<Source, SnapshotError> {
    reader.array_of(7)?;
    let name = reader.text()?.into_owned();
    reader.array_of(2)?;
    let at = reader.0.position();
    let (kind, text) = (reader.number()?, reader.text()?.into_owned());
    let kind = match kind {
        0 => SourceKind::DidDocument { id: text },
        1 => SourceKind::Certificates,
        2 => SourceKind::GatewayList,
        3 => SourceKind::NamedKeys { name: text },
        4 => SourceKind::IssuerDirectory,
        5 => SourceKind::IssuerNames,
        6 => SourceKind::MasterList,
        _ => return Err(SnapshotError::Value { at, wanted: "a kind of source" }),
    };
    let (created, fetched) = (reader.optional_time()?, reader.optional_time()?);
    let etag = reader.optional_text()?.map(Cow::into_owned);
    let proof = proof(reader)?;
    let relayed = match reader.is_null()? {
        true => None,
        false => {
            reader.array_of(3)?;
            let publisher = reader.thumbprint()?;
            Some(Relay { publisher, number: reader.number()?, made: reader.time()? })
        }
    };
    Ok(Source { name, kind, created, fetched, etag, relayed, proof, keys: 0, refused: 0 })
}

fn proof(reader: &mut Typed<'_>) -> Result<ProofStatus, SnapshotError> {
    let at = reader.0.position();
    let wrong = SnapshotError::Value { at, wanted: "the state of a proof" };
    let length = reader.count()?;
    let kind = reader.number()?;
    Ok(match (kind, length) {
        (0, 4) => {
            let method = reader.text()?.into_owned();
            let provenances = [
                Provenance::Published,
                Provenance::PublishedOnce,
                Provenance::Observed,
                Provenance::Caller,
            ];
            let provenance = *reader.pick(&provenances)?;
            let coverage = *reader.pick(&[Coverage::Everything, Coverage::KeysOnly])?;
            ProofStatus::Verified { method, provenance, coverage }
        }
        (1, 2) => ProofStatus::Unpinned { method: reader.text()?.into_owned() },
        (2, 2) => ProofStatus::Broken { reason: ProofFault::Recorded(reader.text()?.into_owned()) },
        (3, 1) => ProofStatus::NoProof,
        (4, 1) => ProofStatus::GivenByCaller,
        (5, 2) => ProofStatus::EntryByEntry { anchors: reader.list(Typed::thumbprint)? },
        _ => return Err(wrong),
    })
}

fn issuer(reader: &mut Typed<'_>, sources: usize) -> Result<(usize, Issuer), SnapshotError> {
    reader.array_of(4)?;
    let source = reader.index(sources)?;
    let address = reader.text()?.into_owned();
    let name = reader.optional_text()?.map(Cow::into_owned);
    let canonical = reader.optional_text()?.map(Cow::into_owned);
    Ok((source, Issuer { address, name, canonical }))
}

fn list_key(reader: &mut Typed<'_>) -> Result<PinnedKey, SnapshotError> {
    reader.array_of(3)?;
    let (method, lists) = (reader.text()?.into_owned(), reader.text()?.into_owned());
    let key = PublicKey::from_spki_der(reader.0.bytes()?)?;
    Ok(PinnedKey { method, lists, key, provenance: Provenance::Caller })
}

fn seconds(value: &Value<'_>) -> Option<Timestamp> {
    let seconds = match value {
        Value::Unsigned(seconds) => i64::try_from(*seconds).ok()?,
        Value::Negative(less) => -1 - i64::try_from(*less).ok()?,
        _ => return None,
    };
    Timestamp::from_second(seconds).ok()
}

/// A reader that knows what it wants.
struct Typed<'b>(Reader<'b>);

impl<'b> Typed<'b> {
    fn wrong(&self, wanted: &'static str) -> SnapshotError {
        SnapshotError::Value { at: self.0.position(), wanted }
    }

    fn count(&mut self) -> Result<usize, SnapshotError> {
        let wrong = self.wrong("an array of this length");
        usize::try_from(self.0.array_head()?).map_err(|_| wrong)
    }

    fn array_of(&mut self, length: usize) -> Result<(), SnapshotError> {
        let wrong = self.wrong("an array of the right length");
        if self.count()? == length { Ok(()) } else { Err(wrong) }
    }

    fn list<T>(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Result<T, SnapshotError>,
    ) -> Result<Vec<T>, SnapshotError> {
        // Grows with what is really there.
        let mut items = Vec::new();
        for _ in 0..self.count()? {
            items.push(item(self)?);
        }
        Ok(items)
    }

    fn number(&mut self) -> Result<u64, SnapshotError> {
        let wrong = self.wrong("a number");
        match self.0.value()? {
            Value::Unsigned(number) => Ok(number),
            _ => Err(wrong),
        }
    }

    fn index(&mut self, length: usize) -> Result<usize, SnapshotError> {
        let wrong = self.wrong("the index of something in the file");
        let index = usize::try_from(self.number()?).ok();
        index.filter(|index| *index < length).ok_or(wrong)
    }

    fn pick<'t, T>(&mut self, of: &'t [T]) -> Result<&'t T, SnapshotError> {
        let wrong = self.wrong("the index of something in the file");
        let index = self.index(of.len())?;
        of.get(index).ok_or(wrong)
    }

    fn text(&mut self) -> Result<Cow<'b, str>, SnapshotError> {
        let wrong = self.wrong("a text");
        match self.0.value()? {
            Value::Text(text) => Ok(text),
            _ => Err(wrong),
        }
    }

    fn is_null(&mut self) -> Result<bool, SnapshotError> {
        let null = self.0.peek() == Some(0xf6);
        if null {
            self.0.value()?;
        }
        Ok(null)
    }

    fn optional_text(&mut self) -> Result<Option<Cow<'b, str>>, SnapshotError> {
        if self.is_null()? { Ok(None) } else { self.text().map(Some) }
    }

    fn time(&mut self) -> Result<Timestamp, SnapshotError> {
        let wrong = self.wrong("a time");
        seconds(&self.0.value()?).ok_or(wrong)
    }

    fn optional_time(&mut self) -> Result<Option<Timestamp>, SnapshotError> {
        if self.is_null()? { Ok(None) } else { self.time().map(Some) }
    }

    fn thumbprint(&mut self) -> Result<Thumbprint, SnapshotError> {
        let wrong = self.wrong("a thumbprint");
        let bytes: [u8; 32] = self.0.bytes()?.try_into().map_err(|_| wrong)?;
        Ok(Thumbprint::from(bytes))
    }
}
