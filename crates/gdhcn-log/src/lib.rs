//! The transparency log of a gateway, as far as it needs no database and no network.
//!
//! Every change that a gateway accepts is an [`Entry`] of an append-only log, with the signature
//! of whoever asked for it. The log is published as static files (C2SP tlog-tiles): the leaves of
//! a Merkle tree (RFC 6962, 2.1) in bundles, the tree's hashes in tiles, and its root in a signed
//! [`Checkpoint`]. Anybody can download it, follow it from one checkpoint to the next
//! ([`Follower`]), derive from it what the gateway must serve ([`State`]), and compare that with
//! what it does serve ([`compare`]).
//!
//! Whoever writes a log needs [`Frontier`] and the layout of stored hashes below it: an entry adds
//! rows and changes none, and every tile can be read from the rows.
//!
//! ```
//! use gdhcn_log::{Frontier, TreeHash};
//!
//! let mut frontier = Frontier::default();
//! let rows = frontier.push(TreeHash::of_leaf(b"an entry"));
//! assert_eq!(rows.len(), 1);
//! assert_eq!(frontier.root(), TreeHash::of_leaf(b"an entry"));
//! ```
//!
//! The tree, the tiles and the notes are written here: the published crates bring an older
//! generation of the hash and signature libraries into the browser build. One of them is the
//! second opinion in the tests.

mod bundle;
mod checkpoint;
mod compare;
mod entry;
mod follow;
mod hash;
mod note;
mod state;
mod subject;
mod tile;
mod tree;

pub use bundle::{BundleError, MAX_BUNDLE_LEN, MAX_ENTRY_LEN, read_bundle, write_bundle};
pub use checkpoint::{Checkpoint, CheckpointError};
pub use compare::{Difference, Scope, Served, compare};
pub use entry::{Action, Attribute, Content, Entry, EntryError, Kind, properties_digest, rule_key};
pub use follow::{FollowError, Follower};
pub use hash::TreeHash;
pub use note::{KeyName, MAX_NOTE_LEN, NoteError, NoteKey, sign_note, verify_note};
pub use state::{Fault, Item, ItemId, Replay, Standing, State, Unproven};
pub use tile::{Tile, TileError, TileKind};
pub use tree::{Frontier, FrontierError, stored_count, stored_index};
