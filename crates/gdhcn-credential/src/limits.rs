use gdhcn_envelope::cbor;

/// How much of a code is read before giving up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Length of the text in bytes.
    pub text: usize,
    /// Length of the unpacked COSE_Sign1 in bytes; never above [`Limits::INFLATED_MAX`].
    pub inflated: usize,
    /// Depth, items and strings of each CBOR item.
    pub cbor: cbor::Limits,
}

impl Limits {
    /// The most that a compressed layer may unpack to, whatever the caller says: 5 MiB.
    pub const INFLATED_MAX: usize = 5 * 1024 * 1024;
}

impl Default for Limits {
    /// Text of 16 KiB (the largest QR code holds 4296 characters) and 64 KiB unpacked.
    fn default() -> Self {
        Self { text: 16 * 1024, inflated: 64 * 1024, cbor: cbor::Limits::default() }
    }
}
