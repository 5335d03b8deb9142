/// How much a picture may cost. Every picture is hostile until it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of a picture file. Default 16 MiB.
    pub max_bytes: usize,
    /// Pixels of a picture, checked before it is decoded. Default 40 million: an A4 page at
    /// 600 dpi has 35 million.
    pub max_pixels: u64,
    /// Bytes that the decoder of the picture format may allocate. Default 256 MiB.
    pub max_memory: u64,
    /// Pages of a PDF document. Default 20.
    pub max_pages: usize,
    /// Codes taken from one picture; further ones are not looked for. Default 16.
    pub max_codes: usize,
    /// How often rows of one view may cross something like a corner mark of a QR code. A view with
    /// more is taken for a pattern, not for a picture of codes, and left out: the time that they
    /// cost grows with the square of their number. Default 10 000.
    pub max_marks: usize,
    /// Places in one view of a picture at which a QR code is tried, since a picture can be made
    /// of nothing but corner marks of codes. Default 2 000.
    pub max_candidates: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_bytes: 16 << 20,
            max_pixels: 40_000_000,
            max_memory: 256 << 20,
            max_pages: 20,
            max_codes: 16,
            max_marks: 10_000,
            max_candidates: 2_000,
        }
    }
}
