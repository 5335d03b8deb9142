//! The EU Digital COVID Certificate (subclaim 1), schema versions 1.0.0 to 1.3.3.
//!
//! Reading is lenient and total: whatever can be made out is in the fields, and every deviation
//! from the schema of the document's own version is in [`Dcc::problems`]. Missing texts are empty,
//! as issuers write empty texts for what they do not know. The original texts of dates and
//! identifiers are kept, since revocation is by hashes over them.

mod credential;
mod read;
mod version;
mod write;

use crate::{DateText, Person, Problem};

pub use gdhcn_codes::StatementKind;

/// An EU Digital COVID Certificate: who, and one vaccination, test or recovery.
#[derive(Clone, Debug, PartialEq)]
pub struct Dcc {
    /// `ver`: version of the schema.
    pub version: String,
    /// `nam`: the name.
    pub name: Name,
    /// `dob`: date of birth, perhaps only the year, perhaps empty.
    pub birth_date: DateText,
    /// The statement; of several, the first of `v`, `t`, `r`.
    pub statement: Option<Statement>,
    /// Further entries of the same group, which the schemas before 1.3.0 allow.
    pub further: Vec<Statement>,
    /// Deviations from the schema of the version.
    pub problems: Vec<Problem>,
}

/// A person's name, `nam`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Name {
    /// `fn`
    pub surname: Option<String>,
    /// `fnt`: surname in the letters of a passport's machine-readable zone (ICAO Doc 9303).
    pub standardised_surname: Option<String>,
    /// `gn`
    pub forename: Option<String>,
    /// `gnt`: forename in the letters of a passport's machine-readable zone.
    pub standardised_forename: Option<String>,
}

/// What a DCC states.
#[derive(Clone, Debug, PartialEq)]
pub enum Statement {
    /// `v`
    Vaccination(Vaccination),
    /// `t`
    Test(Test),
    /// `r`
    Recovery(Recovery),
}

/// A vaccination, `v`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Vaccination {
    /// `tg`: disease.
    pub disease: String,
    /// `vp`: kind of vaccine.
    pub prophylaxis: String,
    /// `mp`: product.
    pub product: String,
    /// `ma`: holder of the authorisation, or manufacturer.
    pub holder: String,
    /// `dn`: number of this dose.
    pub dose: Option<u32>,
    /// `sd`: doses in the series. Less than `dose` for a booster.
    pub series: Option<u32>,
    /// `dt`: date of the vaccination.
    pub date: DateText,
    /// `co`: country of the vaccination.
    pub country: String,
    /// `is`: who issued the certificate.
    pub issuer: String,
    /// `ci`: certificate identifier (UVCI).
    pub id: String,
}

/// A test, `t`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Test {
    /// `tg`: disease.
    pub disease: String,
    /// `tt`: kind of test.
    pub test_type: String,
    /// `nm`: name of the test, for nucleic acid tests.
    pub name: Option<String>,
    /// `ma`: device, for antigen tests.
    pub device: Option<String>,
    /// `sc`: when the sample was taken.
    pub sampled_at: DateText,
    /// `tr`: result.
    pub result: String,
    /// `tc`: centre.
    pub centre: Option<String>,
    /// `co`: country of the test.
    pub country: String,
    /// `is`: who issued the certificate.
    pub issuer: String,
    /// `ci`: certificate identifier (UVCI).
    pub id: String,
}

/// A recovery, `r`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recovery {
    /// `tg`: disease.
    pub disease: String,
    /// `fr`: date of the first positive test.
    pub first_positive: DateText,
    /// `df`: valid from.
    pub valid_from: DateText,
    /// `du`: valid until.
    pub valid_until: DateText,
    /// `co`: country of the test.
    pub country: String,
    /// `is`: who issued the certificate.
    pub issuer: String,
    /// `ci`: certificate identifier (UVCI).
    pub id: String,
}

impl Dcc {
    /// The schema version that is written: the newest that readers in the field all know.
    pub const VERSION: &'static str = "1.3.0";

    /// A certificate of [`Dcc::VERSION`], to be issued.
    pub fn new(name: Name, birth_date: impl Into<DateText>, statement: Statement) -> Self {
        Self {
            version: Self::VERSION.to_owned(),
            name,
            birth_date: birth_date.into(),
            statement: Some(statement),
            further: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// Whose it is.
    pub fn person(&self) -> Person {
        Person {
            name: self.name.display(),
            machine_readable_name: self.name.machine_readable(),
            birth_date: self.birth_date.clone(),
            ..Person::default()
        }
    }
}

impl Name {
    /// Forename and surname; the standardised ones where there are no others.
    pub fn display(&self) -> String {
        let filled = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
        let plain = |text: &Option<String>| {
            filled(text).map(|text| text.replace('<', " ").trim().to_owned())
        };
        let forename = filled(&self.forename).or_else(|| plain(&self.standardised_forename));
        let surname = filled(&self.surname).or_else(|| plain(&self.standardised_surname));
        let parts: Vec<_> = [forename, surname].into_iter().flatten().collect();
        parts.join(" ")
    }

    /// `SURNAME<<FORENAME`, as in a passport.
    pub fn machine_readable(&self) -> Option<String> {
        match (self.standardised_surname.as_deref(), self.standardised_forename.as_deref()) {
            (None, None) => None,
            (surname, None) => surname.map(str::to_owned),
            (surname, Some(forename)) => {
                Some(format!("{}<<{forename}", surname.unwrap_or_default()))
            }
        }
    }
}

impl Statement {
    /// Its kind.
    pub const fn kind(&self) -> StatementKind {
        match self {
            Self::Vaccination(_) => StatementKind::Vaccination,
            Self::Test(_) => StatementKind::Test,
            Self::Recovery(_) => StatementKind::Recovery,
        }
    }

    /// The certificate identifier, `ci`.
    pub fn id(&self) -> &str {
        match self {
            Self::Vaccination(vaccination) => &vaccination.id,
            Self::Test(test) => &test.id,
            Self::Recovery(recovery) => &recovery.id,
        }
    }

    /// The country of the event, `co`.
    pub fn country(&self) -> &str {
        match self {
            Self::Vaccination(vaccination) => &vaccination.country,
            Self::Test(test) => &test.country,
            Self::Recovery(recovery) => &recovery.country,
        }
    }

    /// Who issued the certificate, `is`.
    pub fn issuer(&self) -> &str {
        match self {
            Self::Vaccination(vaccination) => &vaccination.issuer,
            Self::Test(test) => &test.issuer,
            Self::Recovery(recovery) => &recovery.issuer,
        }
    }

    /// The disease, `tg`.
    pub fn disease(&self) -> &str {
        match self {
            Self::Vaccination(vaccination) => &vaccination.disease,
            Self::Test(test) => &test.disease,
            Self::Recovery(recovery) => &recovery.disease,
        }
    }

    /// When it happened: vaccination, sample or first positive test.
    pub const fn event(&self) -> &DateText {
        match self {
            Self::Vaccination(vaccination) => &vaccination.date,
            Self::Test(test) => &test.sampled_at,
            Self::Recovery(recovery) => &recovery.first_positive,
        }
    }
}

#[cfg(test)]
mod tests;
