//! The codes of the network and what they mean to people.
//!
//! Participants (ISO 3166-1 and the network's own), trust domains, key usages, the coded fields
//! of the EU Digital COVID Certificate and the products of the International Certificate of
//! Vaccination or Prophylaxis. Static tables only: no input, no output, no allocation but for
//! [`Domain`]s outside the known ones.
//!
//! An unknown code is an error or `None`, never a guess.

pub mod covid;
mod domain;
mod error;
pub mod icd11;
pub mod icvp_product;
mod participant;
mod purpose;
mod statement;
mod usage;
pub mod value_set;

pub use domain::Domain;
pub use error::CodeError;
pub use participant::{Participant, ParticipantKind};
pub use purpose::DocumentPurposes;
pub use statement::StatementKind;
pub use usage::KeyUsage;
