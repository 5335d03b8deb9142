//! Decode, authenticate, decide: one call from a text to a verdict.
