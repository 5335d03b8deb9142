//! Proofs of DID trust lists: `JsonWebSignature2020` over a canonical RDF form.
//!
//! A trust list of the network is a DID document whose `proof` signs the *RDF statements* that the
//! document makes, not its bytes. A full JSON-LD and RDF machine is not needed for it: in these
//! lists every node has a name, so the canonical form is the sorted set of a few kinds of lines
//! (`canonical`). Documents that would need more are refused, never guessed at.
//!
//! The steps: [`Document::parse`] reads the JSON with bounds, [`Proof::of`] makes the bytes that
//! were signed, [`Proof::verify`] checks them with a key. Which key that is, the caller knows.
//! [`sign`] makes such a proof.
//!
//! What such a proof does *not* cover: the order of the entries, an entry that stands twice, and
//! every member that no context defines. The last are refused; for lists of 2025 whose third
//! context defines nothing, [`Coverage::KeysOnly`] says that domain, participant and key usage are
//! unsigned.

mod canonical;
mod document;
mod proof;
mod sign;

pub use canonical::UnsignedContent;
pub use document::{Document, DocumentError, Limits, Method};
pub use proof::{Coverage, Proof, ProofError, SignatureForm};
pub use sign::{AlgorithmName, ProofOptions, SigningError, sign, without_proof};
