//! WHO's Digital Documentation of COVID-19 Certificates: the core data sets for vaccination status
//! (subclaim 3) and test results (subclaim 4), and the first flat layout (DDCC implementation
//! guide, logical models `DDCCCoreDataSetVS` and `DDCCCoreDataSetTR`).
//!
//! Field names are the element names of the models. Real codes write references and identifiers as
//! plain texts where the models have structures; both are read.

mod read;
mod write;

use crate::{Credential, Person, Problem};

pub use write::core_data_set;

/// A DDCC.
#[derive(Clone, Debug, PartialEq)]
pub struct Ddcc {
    /// Which data set it is.
    pub kind: Kind,
    /// Whether it is of the first layout: all fields at the top, in place of signed claims.
    pub is_flat: bool,
    /// What it states.
    pub credential: Credential,
    /// Deviations from the model.
    pub problems: Vec<Problem>,
}

/// The data sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Vaccination status, subclaim 3.
    VaccinationStatus,
    /// Test result, subclaim 4.
    TestResult,
}

impl Kind {
    /// What it is, in words.
    pub const fn title(self) -> &'static str {
        match self {
            Self::VaccinationStatus => "WHO DDCC vaccination status",
            Self::TestResult => "WHO DDCC test result",
        }
    }
}

impl Ddcc {
    /// Whose it is.
    pub fn person(&self) -> Person {
        self.credential.person.clone()
    }
}
