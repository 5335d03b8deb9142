//! cose.
