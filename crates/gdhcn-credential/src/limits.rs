use gdhcn_envelope::{cbor, json};

/// How much of a code is read before giving up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Length of the text in bytes.
    pub text: usize,
    /// Length of the unpacked COSE_Sign1 in bytes; never above [`Limits::INFLATED_MAX`].
    pub inflated: usize,
    /// Depth, items and strings of each CBOR item.
    pub cbor: cbor::Limits,
    /// Length of the signature of a SMART Health Card in characters.
    pub card: usize,
    /// Length of the unpacked payload of a SMART Health Card in bytes.
    pub card_inflated: usize,
    /// Length of the unpacked document of a DIVOC certificate in bytes.
    pub divoc: usize,
    /// Depth, values and members of each JSON document.
    pub json: json::Limits,
}

impl Limits {
    /// The most that a compressed layer may unpack to, whatever the caller says: 5 MiB.
    pub const INFLATED_MAX: usize = 5 * 1024 * 1024;
}

impl Default for Limits {
    /// Text of 16 KiB (the largest QR code holds 4296 characters) and 64 KiB unpacked; cards, which
    /// come as files too, of 128 KiB and 1 MiB unpacked; DIVOC documents of 256 KiB.
    fn default() -> Self {
        Self {
            text: 16 * 1024,
            inflated: 64 * 1024,
            cbor: cbor::Limits::default(),
            card: 128 * 1024,
            card_inflated: 1024 * 1024,
            divoc: 256 * 1024,
            json: json::Limits::default(),
        }
    }
}
