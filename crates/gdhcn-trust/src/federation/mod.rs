//! What a gateway takes over from another one.
//!
//! A peer's items come with the signatures that they have there: of the peer's trust anchor, or
//! of a participant's upload key. [`accept()`] checks each up to an anchor that our own trust anchor
//! has assigned to the peer; the signatures stay with the items, so that our clients can check
//! them again. [`guard()`] keeps what a participant had when a peer suddenly lists no authority or
//! no upload certificate of it: an empty answer is more often a fault than a wish.
//!
//! [`Peer`] is what our trust anchor signs of a peer, [`PeerRequest`] how it is asked to.

mod accept;
mod guard;
mod peer;
mod request;

pub use accept::{Accepted, PeerGroup, PeerItem, accept};
pub use guard::{Guarded, Held, HeldGroup, Word, guard};
pub use peer::{DownloadTarget, Downloader, Mode, Peer, PeerError, UnknownPeerValue};
pub use request::{PeerRequest, PeerRequestError, PeerUse, SignedPeer};
