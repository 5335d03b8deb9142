//! Make health certificates and the codes that carry them.
//!
//! [`hcert`] takes a health document from a request to a signed HC1 text in three steps
//! (prepare, sign elsewhere if need be, finish); [`qr`] draws the text as a QR code.

pub mod hcert;
pub mod qr;
