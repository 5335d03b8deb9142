//! CMS SignedData (RFC 5652, 5): read in BER and DER, verified, written in DER.
//!
//! Uploads to a gateway and the trust anchor's signatures over certificates are such messages:
//! exactly one certificate, exactly one signer. [`SignedMessage`] reads them, step by step in the
//! order that the network's gateways show to their clients ([`Step`]). [`sign`] makes them.
//! Lists of other networks carry more certificates: [`SignedContent`], [`MasterList`].
//!
//! Java clients write BER with indefinite lengths and octet strings in pieces. The structure is
//! therefore walked in BER ([`ber`]); what is signed or hashed is never re-encoded, except for
//! the signed attributes, whose signature is over their DER form by definition (RFC 5652, 5.4).
//!
//! ```
//! use gdhcn_crypto::Backend;
//! use gdhcn_envelope::cms::{CmsError, Content, SignedMessage};
//!
//! fn content_of(upload: &[u8]) -> Result<Vec<u8>, CmsError> {
//!     let message = SignedMessage::from_base64(upload, Content::Embedded)?;
//!     message.verify(Backend::default())?;
//!     // Now compare `message.signer_certificate()` with what was onboarded.
//!     Ok(message.content().to_vec())
//! }
//! assert!(content_of(b"AAAA").is_err());
//! ```

mod base64_text;
pub mod ber;
mod error;
mod master_list;
mod sign;
mod signed_content;
mod signed_data;
mod signed_message;
mod signer_info;
mod verification;

pub use base64_text::{Base64Text, decode_base64};
pub use error::{CmsError, Step};
pub use master_list::MasterList;
pub use sign::{Form, sign};
pub use signed_content::SignedContent;
pub use signed_message::{Content, OpenedMessage, SignedMessage};

use crate::x509;

/// Bounds on a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Longest message in bytes, and longest base64 text in characters.
    pub max_len: usize,
    /// Deepest nesting of elements. Messages of the network need 12.
    pub max_depth: usize,
    /// Bounds on the certificate inside.
    pub certificate: x509::Limits,
}

impl Default for Limits {
    /// 4 MiB, 32 levels.
    fn default() -> Self {
        Self { max_len: 4 << 20, max_depth: 32, certificate: x509::Limits::default() }
    }
}

/// Object identifiers of CMS.
pub(crate) mod oid {
    use const_oid::ObjectIdentifier;

    pub(crate) const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
    pub(crate) const SIGNED_DATA: ObjectIdentifier =
        ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
    pub(crate) const CONTENT_TYPE: ObjectIdentifier =
        ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
    pub(crate) const MESSAGE_DIGEST: ObjectIdentifier =
        ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
    pub(crate) const SIGNING_TIME: ObjectIdentifier =
        ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.5");
    pub(crate) const COUNTERSIGNATURE: ObjectIdentifier =
        ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.6");
    /// RFC 6211.
    pub(crate) const ALGORITHM_PROTECTION: ObjectIdentifier =
        ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.52");
}
