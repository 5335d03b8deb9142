/// What is wrong with the CBOR, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("CBOR, byte {offset}: {fault}")]
pub struct CborError {
    /// Offset of the faulty item from the start of the input.
    pub offset: usize,
    /// What is wrong there.
    pub fault: Fault,
}

/// What can be wrong with CBOR.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The input ends inside an item.
    #[error("the data ends in the middle of an item")]
    Truncated,
    /// An initial byte that RFC 8949, 3 reserves, or a simple value in the wrong form.
    #[error("no CBOR item begins like this")]
    Malformed,
    /// A text string that is not UTF-8.
    #[error("a text string is not UTF-8")]
    InvalidUtf8,
    /// A break code outside an indefinite-length item, or between a key and its value.
    #[error("a break code where an item belongs")]
    UnexpectedBreak,
    /// A chunk of an indefinite-length string that is not a definite string of the same kind.
    #[error("a chunk of another kind inside a string of indefinite length")]
    ForeignChunk,
    /// Another kind of item was called for.
    #[error("not {0}, as called for here")]
    Expected(&'static str),
    /// Bytes follow the item.
    #[error("{0} bytes follow the end of the item")]
    TrailingBytes(usize),
    /// Nesting beyond [`Limits::depth`](super::Limits::depth).
    #[error("nested deeper than {0}")]
    TooDeep(usize),
    /// More than [`Limits::items`](super::Limits::items).
    #[error("more than {0} items")]
    TooManyItems(usize),
    /// A string beyond [`Limits::string`](super::Limits::string).
    #[error("a string longer than {0} bytes")]
    StringTooLong(usize),
}
