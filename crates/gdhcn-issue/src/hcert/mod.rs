//! hcert.
