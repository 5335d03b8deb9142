//! DID documents as the network publishes its trust lists in them.
//!
//! [`read()`] reads the keys of a list with the quirks of both published versions; [`pinned`] holds
//! the keys by which WHO's lists are signed, each with how it is known; [`web`] says where a DID's
//! document stands. References are followed only where the caller hands over the documents, and
//! never to another host: every environment's lists point at the test environment. [`publish`]
//! writes such lists.

mod entry;
pub mod pinned;
pub mod publish;
mod registry;
pub mod web;

pub(crate) use entry::{Certificates, JwkKey, read_jwk};
pub use entry::{Entry, EntryError, EntryFact, read};
pub use pinned::{PinnedKey, Provenance};

use gdhcn_crypto::PublicKey;
use gdhcn_envelope::linked_data::{Document, DocumentError, Limits, Method};

/// The DIDs that a document refers to, in its order. Nothing else of it is looked at.
///
/// # Errors
///
/// When the text is no DID document.
pub fn references(text: &[u8], limits: &Limits) -> Result<Vec<String>, DocumentError> {
    let document = Document::parse(text, limits)?;
    let references = document.methods().iter().filter_map(|method| match method {
        Method::Reference(reference) => Some(reference.clone().into_owned()),
        _ => None,
    });
    Ok(references.collect())
}

/// A key of a DID document under its `id`.
pub type SigningKey = (String, Result<PublicKey, EntryError>);

/// The keys of a DID document that names those who sign lists, each with its `id`. Such a document
/// is as trustworthy as the way on which it came.
///
/// # Errors
///
/// When the text is no DID document.
pub fn signing_keys(text: &[u8], limits: &Limits) -> Result<Vec<SigningKey>, DocumentError> {
    let document = Document::parse(text, limits)?;
    let mut certificates = Certificates::default();
    let keys = document.methods().iter().filter_map(|method| match method {
        Method::Embedded(object) => Some(object),
        _ => None,
    });
    Ok(keys
        .map(|object| {
            let id = object.text("id").unwrap_or_default().to_owned();
            let jwk =
                object.object("publicKeyJwk").ok_or(EntryError::Missing { member: "publicKeyJwk" });
            let key = jwk.and_then(|jwk| read_jwk(jwk, &mut certificates));
            (id, key.map(|key| key.public_key))
        })
        .collect())
}
