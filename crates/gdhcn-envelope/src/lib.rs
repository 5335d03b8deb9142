//! Signed containers: X.509 certificates, CMS messages, COSE_Sign1, linked-data proofs.
//!
//! A *container* carries bytes and a signature over them. This crate reads and writes containers
//! and checks signatures against a key that the caller names. Whose key counts is not decided
//! here (`gdhcn-trust`), nor what the bytes mean (`gdhcn-credential`).
//!
//! * [`x509`] reads certificates and keeps the received bytes; [`pem`] finds them in files.
//! * [`cms`] reads signed messages in DER and BER and writes them in DER (RFC 5652).
//! * [`cbor`], [`inflate`] and [`cose`] open the layers of an HC1 code.
//! * [`json`] reads JSON with bounds, [`jcs`] writes its canonical form (RFC 8785).
//! * [`jws`] reads and writes compact JSON Web Signatures (RFC 7515).
//! * [`json_ld`] and [`rdf`] give the canonical statements of a JSON-LD document.
//! * [`linked_data`] checks the proofs of DID trust lists.
//! * [`violation`] names what is wrong with the members of a document.

pub mod algorithm;
pub mod base64url;
pub mod cbor;
pub mod cms;
pub mod cose;
pub mod inflate;
pub mod jcs;
pub mod json;
pub mod json_ld;
pub mod jws;
pub mod linked_data;
pub mod pem;
pub mod rdf;
pub mod violation;
pub mod x509;
