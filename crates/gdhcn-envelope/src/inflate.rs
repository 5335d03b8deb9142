//! inflate.
