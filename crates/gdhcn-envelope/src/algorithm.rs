//! algorithm.
