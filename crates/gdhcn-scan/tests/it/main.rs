//! Pictures to codes: published pictures, generated pictures, hostile pictures.
#![allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing)]

mod drawing;
mod hostile;
#[cfg(feature = "pdf")]
mod pdf;
mod published;
mod several;
mod spoiled;
