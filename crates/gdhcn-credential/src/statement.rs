//! One model of what a health document states, whatever its format.
//!
//! It is the superset of what the formats say, close to WHO's DDCC core data set (DDCC
//! implementation guide, logical models `DDCCVS` and `DDCCTR`). A value that a format does not have
//! is absent; a code is kept as written, with the system that the format prescribes for it.
//! Documents are judged in their own types; this model is for showing, exporting and comparing.

use std::borrow::Cow;

use gdhcn_codes::{Participant, covid, icd11};

use crate::{DateText, Person};

/// What a health document states, and about whom.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Credential {
    /// Whose it is.
    pub person: Person,
    /// What it states, in the order of the document.
    pub statements: Vec<Statement>,
    /// Identifier of the certificate: UVCI, `certificateId`, `hcid`.
    pub identifier: Option<String>,
    /// Version of the document's schema or template.
    pub version: Option<String>,
    /// Who issued it, in the document's own words.
    pub issuer: Option<String>,
    /// From when the document itself says that it is valid.
    pub valid_from: DateText,
    /// Until when.
    pub valid_until: DateText,
}

/// One thing that a document states.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Statement {
    /// A dose of a vaccine, or of another prophylaxis.
    Vaccination(Vaccination),
    /// A test result.
    Test(Test),
    /// A recovery from a disease.
    Recovery(Recovery),
}

/// A code as written, with its system.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coding {
    /// The code system's URI, if the format or the document names one.
    pub system: Option<Cow<'static, str>>,
    /// The code.
    pub code: String,
    /// What it means, from the document or from a published value set.
    pub display: Option<Cow<'static, str>>,
}

/// A dose of a vaccine.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Vaccination {
    /// The disease against which it protects.
    pub disease: Option<Coding>,
    /// The kind of vaccine.
    pub vaccine: Option<Coding>,
    /// The product.
    pub brand: Option<Coding>,
    /// The manufacturer.
    pub manufacturer: Option<Coding>,
    /// The holder of the authorisation.
    pub holder: Option<Coding>,
    /// Batch or lot.
    pub lot: Option<String>,
    /// When it was given.
    pub date: DateText,
    /// Number of this dose.
    pub dose: Option<u32>,
    /// Doses in the series.
    pub total_doses: Option<u32>,
    /// Country in which it was given.
    pub country: Option<Coding>,
    /// Where it was given.
    pub centre: Option<String>,
    /// Who gave it or answers for it.
    pub practitioner: Option<String>,
    /// From when it counts.
    pub valid_from: DateText,
    /// Until when it counts.
    pub valid_until: DateText,
    /// When the next dose is due.
    pub next_dose: DateText,
}

/// A test result.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Test {
    /// What was looked for: a disease or a pathogen.
    pub pathogen: Option<Coding>,
    /// The kind of test.
    pub test_type: Option<Coding>,
    /// The product.
    pub brand: Option<Coding>,
    /// The manufacturer.
    pub manufacturer: Option<Coding>,
    /// What was sampled.
    pub origin: Option<Coding>,
    /// When the sample was taken.
    pub sampled_at: DateText,
    /// When the result was there.
    pub resulted_at: DateText,
    /// The result.
    pub result: Option<Coding>,
    /// Where it was made.
    pub centre: Option<String>,
    /// Country in which it was made.
    pub country: Option<Coding>,
    /// Who made it.
    pub practitioner: Option<String>,
}

/// A recovery.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Recovery {
    /// The disease.
    pub disease: Option<Coding>,
    /// Date of the first positive test.
    pub first_positive: DateText,
    /// From when it counts.
    pub valid_from: DateText,
    /// Until when.
    pub valid_until: DateText,
    /// Country of the test.
    pub country: Option<Coding>,
}

impl Coding {
    /// A code of a system.
    pub fn new(system: &'static str, code: impl Into<String>) -> Self {
        Self { system: Some(Cow::Borrowed(system)), code: code.into(), display: None }
    }

    /// A text that is no code of any system.
    pub fn text(code: impl Into<String>) -> Self {
        Self { system: None, code: code.into(), display: None }
    }

    /// With what it means.
    #[must_use]
    pub fn with_display(mut self, display: Option<impl Into<Cow<'static, str>>>) -> Self {
        self.display = display.map(Into::into);
        self
    }

    /// What it means, and the code where that is not known.
    pub fn name(&self) -> &str {
        self.meaning().unwrap_or(&self.code)
    }

    /// What it means: by the document itself, or else by a published list of the system.
    pub fn meaning(&self) -> Option<&str> {
        let listed = || match self.system.as_deref()? {
            system::ICD11 => icd11::name(&self.code),
            system::CVX | system::SNOMED | system::EU_PRODUCT => {
                covid::vaccine(&self.code).and_then(icd11::name)
            }
            system::COUNTRY => Participant::parse(&self.code).ok().map(Participant::name),
            _ => None,
        };
        self.display.as_deref().or_else(listed)
    }
}

/// URIs of code systems and value sets.
pub mod system {
    /// SNOMED CT.
    pub const SNOMED: &str = "http://snomed.info/sct";
    /// Anatomical Therapeutic Chemical classification.
    pub const ATC: &str = "http://www.whocc.no/atc";
    /// LOINC.
    pub const LOINC: &str = "http://loinc.org";
    /// ICD-11, mortality and morbidity statistics.
    pub const ICD11: &str = "http://id.who.int/icd11/mms";
    /// CVX, vaccines administered (CDC).
    pub const CVX: &str = "http://hl7.org/fhir/sid/cvx";
    /// ISO 3166 countries.
    pub const COUNTRY: &str = "urn:iso:std:iso:3166";
    /// EU value set of vaccine products.
    pub const EU_PRODUCT: &str = "https://id.uvci.eu/valuesets/vaccine-medicinal-product.json";
    /// EU value set of authorisation holders.
    pub const EU_HOLDER: &str = "https://id.uvci.eu/valuesets/vaccine-mah-manf.json";
    /// EU list of rapid antigen tests.
    pub const EU_DEVICE: &str = "https://covid-19-diagnostics.jrc.ec.europa.eu/devices";
    /// WHO prequalified products.
    pub const PREQUALIFIED_PRODUCT: &str =
        "http://smart.who.int/pcmt-vaxprequal/CodeSystem/PreQualProductIds";
    /// WHO prequalified kinds of vaccine.
    pub const PREQUALIFIED_TYPE: &str =
        "http://smart.who.int/pcmt-vaxprequal/CodeSystem/PreQualVaccineType";
}
