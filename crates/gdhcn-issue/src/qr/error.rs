use super::ErrorCorrection;

/// Why there is no QR code, or no picture of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QrError {
    /// There is nothing to encode.
    #[error("the text for the QR code is empty")]
    Empty,
    /// A character that the alphanumeric mode does not have.
    #[error(
        "character {found:?} at byte {at} is not one of the 45 of a certificate text \
         (digits, A to Z, space and $%*+-./:)"
    )]
    NotAlphanumeric {
        /// Byte offset in the text.
        at: usize,
        /// The character.
        found: char,
    },
    /// No code that the options allow holds the text.
    #[error(
        "the text has {characters} characters; a QR code of version {version} and level {} holds \
         {limit}",
        .level.letter()
    )]
    TooLong {
        /// Characters of the text.
        characters: usize,
        /// Characters that the largest code holds.
        limit: usize,
        /// The version of that code.
        version: u8,
        /// The level of that code.
        level: ErrorCorrection,
    },
    /// The picture would have no pixels or too many.
    #[error("{pixels} pixels for each module are not between 1 and {limit} for this code")]
    PictureSize {
        /// Pixels for each module as asked for.
        pixels: u32,
        /// The most that keeps the picture within [`MAX_PICTURE_SIDE`](super::MAX_PICTURE_SIDE).
        limit: u32,
    },
    /// The PNG encoder failed.
    #[error("the PNG picture could not be written: {0}")]
    Png(String),
}
