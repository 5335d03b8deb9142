//! JSON-LD documents to RDF statements, as far as health certificates use it (JSON-LD 1.1
//! Processing Algorithms and API, sections 4, 5 and 7).
//!
//! Contexts are those that the caller hands in; nothing is fetched, and a document cannot bring
//! its own. What a proof signs is the *expanded* document, so [`expand`] gives that: a tree of
//! [`Node`]s in which every value stands under the IRI of its property and with the term that named
//! it, beside the statements themselves. A member that no context defines is not in the tree, since
//! it is not signed; it is named in [`Expanded::unsigned`].
//!
//! Language maps, index maps, lists, reverse properties, included blocks and named graphs are
//! refused: no certificate has them, and a reader that guesses is a gift to an attacker.

mod context;
mod expand;

pub use context::{ContextError, Contexts};
pub use expand::{Expanded, JsonLdError, Node, Property, Value, expand};
