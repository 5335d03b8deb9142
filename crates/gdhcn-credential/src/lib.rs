//! Health documents on the wire, read and write.
//!
//! A code comes in as text. [`detect`] says what kind of text it is. [`hcert::open`] takes off the
//! layers of an HC1 code down to the signed message, [`Cwt::parse`] reads the signed claims, and
//! each health document inside becomes a [`HealthDocument`]: an EU DCC ([`dcc`]), an International
//! Certificate of Vaccination or Prophylaxis ([`icvp`]), or a link to documents elsewhere
//! ([`health_link`]).
//!
//! Reading never judges. A document that deviates from its schema is still read, with the
//! deviations as a list, because a verifier must be able to show and weigh them; and nothing that
//! is read here has been verified: the signature is the caller's business.
//!
//! All input is hostile: [`Limits`] bounds it, and no input makes these functions panic.

mod cwt;
pub mod date;
pub mod dcc;
pub mod ddcc;
mod detect;
pub mod divoc;
mod document;
pub mod fhir;
mod fields;
pub mod hcert;
pub mod health_link;
pub mod icvp;
mod json;
pub mod keyboard;
mod limits;
mod nfc;
mod person;
mod problem;
pub mod shc;
pub mod statement;
mod time_claim;
pub mod uvci;
pub mod vds_nc;

pub use cwt::{Cwt, CwtClaims, CwtError, CwtWarning, Subclaim};
pub use date::{DateText, PartialDate, parse_instant_loose};
pub use dcc::Dcc;
pub use ddcc::Ddcc;
pub use detect::{TextKind, codes_of_text, detect};
pub use document::{HealthDocument, SubclaimKey, Unsupported};
pub use health_link::HealthLink;
pub use icvp::Icvp;
pub use json::{from_json, to_json};
pub use limits::Limits;
pub use nfc::normalized;
pub use person::{Likeness, Person};
pub use problem::{Problem, Rule};
pub use statement::{Coding, Credential};
pub use time_claim::{TimeClaim, TimeFault};
