use crate::error::StoreError;
use crate::limit;

/// A text that a participant has signed, as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedText {
    /// The text, byte for byte as it was signed.
    pub content: Vec<u8>,
    /// The whole message in Base64, as lists show it.
    pub cms: String,
    /// The message without the text, Base64 of DER: the signature in the transparency log.
    pub detached: String,
}

impl SignedText {
    /// Makes sure that the message fits its column, and its signature the log.
    pub(crate) fn check(&self, column: &'static str, longest: usize) -> Result<(), StoreError> {
        limit::within(column, &self.cms, longest)?;
        limit::within("the signature", &self.detached, limit::SIGNATURE)
    }
}
