//! Pictures to texts: QR and Aztec codes in PNG, JPEG and WebP files, on the pages of PDF documents
//! and in camera frames.
//!
//! [`read_picture`] takes the bytes of a picture file, [`decode_luma`] grey values. Both give all
//! codes of the picture from top to bottom; a picture without a readable code is
//! [`ScanError::NoCode`]. One-dimensional barcodes are not looked for: a reader that knows them
//! takes parts of a dense code for one.
//!
//! Sizes are checked against [`Limits`] before anything is decoded. No file is opened, no clock is
//! read.

mod error;
mod limits;
mod luma;
#[cfg(feature = "pdf")]
mod pdf;
#[cfg(feature = "picture")]
mod picture;
mod search;
mod symbol;

pub use error::ScanError;
pub use limits::Limits;
pub use search::{Effort, decode_luma};

use luma::Luma;

/// A code that was read.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Code {
    /// The content as text. Bytes that no declared or guessed encoding explains become Latin-1
    /// characters.
    pub text: String,
    /// The content as bytes, before any conversion to text. Byte-mode codes that hold binary data
    /// (compressed certificates) are to be taken from here.
    pub bytes: Vec<u8>,
    /// Which kind of code it is.
    pub symbology: Symbology,
}

/// The kinds of codes that are read.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Symbology {
    /// ISO/IEC 18004, model 2 and model 1.
    Qr,
    /// ISO/IEC 24778.
    Aztec,
}

impl std::fmt::Display for Symbology {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Qr => "QR code",
            Self::Aztec => "Aztec code",
        })
    }
}

/// Whether these are the first bytes of a picture file of a kind that [`read_picture`] reads.
#[cfg(feature = "picture")]
pub fn is_picture(bytes: &[u8]) -> bool {
    picture::format(bytes).is_some()
}

/// Reads all codes of a PNG, JPEG or WebP file.
///
/// Transparent parts count as white paper. Pictures that do not show their codes at once are tried
/// inverted, with stretched contrast and at other sizes.
///
/// # Errors
///
/// [`ScanError::NoCode`] when the picture is fine but no code could be read in it; the other
/// variants when there is no picture to look at.
#[cfg(feature = "picture")]
pub fn read_picture(bytes: &[u8], limits: &Limits) -> Result<Vec<Code>, ScanError> {
    let luma = picture::decode(bytes, limits)?;
    search::search(luma, Effort::Picture, limits)
}

/// Whether these are the first bytes of a PDF document.
#[cfg(feature = "pdf")]
pub fn is_pdf(bytes: &[u8]) -> bool {
    // Readers allow for some rubbish before it.
    let start = bytes.get(..1024).unwrap_or(bytes);
    start.windows(5).any(|here| here == b"%PDF-")
}

/// Reads all codes on the pages of a PDF document, which are drawn for it: codes made of lines and
/// areas are found like those that are pictures.
///
/// A PDF document is a program. [`Limits`] bound its pages and their size, but not the time and the
/// memory that drawing them takes: call this in a process that can be ended.
///
/// # Errors
///
/// [`ScanError::NoCode`] when no page shows a code; the other variants when nothing could be drawn.
#[cfg(feature = "pdf")]
pub fn read_pdf(bytes: &[u8], limits: &Limits) -> Result<Vec<Code>, ScanError> {
    pdf::read(bytes, limits)
}
