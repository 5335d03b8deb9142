//! pem.
