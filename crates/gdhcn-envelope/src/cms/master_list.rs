use const_oid::ObjectIdentifier;

use crate::cms::ber::Element;
use crate::cms::signed_data::{Fields, all};
use crate::cms::{CmsError, Limits, SignedContent};
use crate::x509::encode::{SEQUENCE, SET};

/// A CSCA master list (ICAO Doc 9303-12, 9): a signed list of the authorities of many states.
///
/// Parsed, NOT verified: that is [`SignedContent::verify`] of its [`message`](Self::message).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MasterList {
    message: SignedContent,
    certificates: Vec<Vec<u8>>,
}

const MASTER_LIST: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.23.136.1.1.2");
const DEVIATION_LIST: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.23.136.1.1.7");

impl MasterList {
    /// The extended key usage of those who sign master lists.
    pub const SIGNER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.23.136.1.1.3");

    /// Reads a list in BER or DER. The certificates in it are not read yet: each may be odd in
    /// its own way.
    ///
    /// # Errors
    ///
    /// When the bytes are no signed message, or its content is no master list.
    pub fn from_ber(ber: &[u8], limits: &Limits) -> Result<Self, CmsError> {
        let message = SignedContent::from_ber(ber, limits)?;
        let wrong = |what| Err(CmsError::InvalidCms { at: 0, what });
        match message.content_type() {
            MASTER_LIST => {}
            DEVIATION_LIST => return wrong("it is a deviation list, which names no authorities"),
            _ => return wrong("its content is no CSCA master list"),
        }
        let list = Element::read_one(message.content(), limits)?;
        let mut fields = Fields::of(list, SEQUENCE, "the master list is no SEQUENCE")?;
        fields.take(0x02, "the master list has no version")?;
        let set = fields.take(SET, "the master list has no set of certificates")?;
        fields.end("the master list has surplus elements")?;
        let certificates = all(set)?.iter().map(|element| element.raw.to_vec()).collect();
        Ok(Self { message, certificates })
    }

    /// The signed message around the list.
    pub fn message(&self) -> &SignedContent {
        &self.message
    }

    /// The DER of each certificate, in the order of the list.
    pub fn certificates(&self) -> impl Iterator<Item = &[u8]> {
        self.certificates.iter().map(Vec::as_slice)
    }
}
