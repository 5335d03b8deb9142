//! The International Certificate of Vaccination or Prophylaxis (International Health Regulations,
//! annex 6; WHO logical models `DVCMin` and `ICVPMin`), subclaim -6.
//!
//! The field names changed twice. All three generations are read; only the newest is written.
//!
//! | | first (2024) | second (2025) | third (2026) |
//! | --- | --- | --- | --- |
//! | vaccination | `v`, a map | `v`, a map or an array | `vx`, a map; `v` is the template's version |
//! | date of it | `dt` | `dt` | `dv` |
//! | vaccine | `vp` class, `mp`, `ma`, `mid`, `tg` | `vp` product | `vp` product |
//! | validity | `vls`, `vle` | `vls`, `vle` | in the signed claims |
//! | nationality, document | `ntl`, `nid` | `ntl`, `nid`, `ndt` | `nt`, `id`, `dt` |

mod credential;
mod read;
mod write;

use gdhcn_codes::icd11::{self, Disease};
use gdhcn_codes::icvp_product::{self, IcvpProduct};
use jiff::Span;
use jiff::civil::Date;

use crate::{DateText, PartialDate, Person, Problem};

/// Days from a yellow fever vaccination to the first day of the certificate's validity
/// (International Health Regulations, annex 7).
const YELLOW_FEVER_DAYS: i32 = 10;

/// An International Certificate of Vaccination or Prophylaxis.
#[derive(Clone, Debug, PartialEq)]
pub struct Icvp {
    /// Which generation of field names it uses.
    pub generation: Generation,
    /// `n`: name.
    pub name: String,
    /// `dob`: date of birth.
    pub birth_date: DateText,
    /// `s`: sex; in the third generation a FHIR code (`male`, `female`, `other`, `unknown`).
    pub sex: Option<String>,
    /// `nt`, once `ntl`: nationality; in the third generation ISO 3166-1 alpha-3.
    pub nationality: Option<String>,
    /// `id`, once `nid`: number of the identity document.
    pub document_number: Option<String>,
    /// `dt`, once `ndt`: kind of the identity document (HL7 v2 table 0203).
    pub document_type: Option<String>,
    /// `gn`: guardian of a minor or dependant.
    pub guardian: Option<String>,
    /// `v` of the third generation: version of the certificate's template.
    pub template_version: Option<String>,
    /// The vaccinations. Exactly one in a sound certificate.
    pub doses: Vec<Dose>,
    /// Deviations from the model of the generation.
    pub problems: Vec<Problem>,
}

/// The generations of field names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Generation {
    /// 2024, the first pilots.
    First,
    /// 2025.
    Second,
    /// 2026, the one that is written.
    Third,
}

/// A vaccination or prophylaxis.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dose {
    /// `vp`: code of the product (`ICVPProductIds`); in the first generation of the vaccine's class.
    pub product: String,
    /// `dv`, once `dt`: date.
    pub date: DateText,
    /// `bo`: batch.
    pub batch: String,
    /// `cn`: supervising clinician.
    pub clinician: Option<String>,
    /// `is`: issuing authority; in the third generation the code of a participant.
    pub authority: Option<String>,
    /// `tg`, first generation: disease (ICD-11).
    pub disease_code: Option<String>,
    /// `dn`, first generation: number of the dose, in words.
    pub dose_number: Option<String>,
    /// `mp`, first generation: trade item.
    pub trade_item: Option<String>,
    /// `ma`, first generation: manufacturer's name.
    pub manufacturer: Option<String>,
    /// `mid`, first generation: manufacturer's identifier.
    pub manufacturer_id: Option<String>,
    /// `vls`, first and second generation: valid from.
    pub valid_from: Option<DateText>,
    /// `vle`, first and second generation: valid until.
    pub valid_until: Option<DateText>,
}

impl Icvp {
    /// Version of the template that is written: the only one published.
    pub const TEMPLATE_VERSION: &'static str = "1.0.0";

    /// A certificate of the newest generation for one dose, to be issued. Optional fields of the
    /// person are set afterwards.
    pub fn new(
        name: impl Into<String>,
        birth_date: impl Into<DateText>,
        sex: impl Into<String>,
        nationality: impl Into<String>,
        dose: Dose,
    ) -> Self {
        Self {
            generation: Generation::Third,
            name: name.into(),
            birth_date: birth_date.into(),
            sex: Some(sex.into()),
            nationality: Some(nationality.into()),
            document_number: None,
            document_type: None,
            guardian: None,
            template_version: Some(Self::TEMPLATE_VERSION.to_owned()),
            doses: vec![dose],
            problems: Vec::new(),
        }
    }

    /// The dose; of several, the first.
    pub fn dose(&self) -> Option<&Dose> {
        self.doses.first()
    }

    /// Whose it is.
    pub fn person(&self) -> Person {
        Person {
            name: self.name.clone(),
            machine_readable_name: None,
            birth_date: self.birth_date.clone(),
            sex: self.sex.clone(),
            nationality: self.nationality.clone(),
            document_number: self.document_number.clone(),
            document_type: self.document_type.clone(),
            guardian: self.guardian.clone(),
        }
    }
}

impl Generation {
    /// 1, 2 or 3.
    pub const fn number(self) -> u8 {
        match self {
            Self::First => 1,
            Self::Second => 2,
            Self::Third => 3,
        }
    }
}

impl Dose {
    /// The prequalified product, if the code is one of them.
    pub fn icvp_product(&self) -> Option<&'static IcvpProduct> {
        icvp_product::find(&self.product)
    }

    /// The disease that it protects from, derived from the product where it is not stated.
    pub fn disease(&self) -> Option<Disease> {
        self.icvp_product()
            .map(IcvpProduct::disease)
            .or_else(|| self.disease_code.as_deref().and_then(Disease::from_code))
            .or_else(|| icd11::vaccine_class(&self.product).map(|class| class.disease))
    }

    /// The day of the vaccination, if it is known to the day.
    pub fn day(&self) -> Option<Date> {
        self.date.date().and_then(PartialDate::day)
    }

    /// The first day on which the certificate counts: for yellow fever ten days after the
    /// vaccination, else the day of the vaccination.
    pub fn first_valid_day(&self) -> Option<Date> {
        let days = match self.disease()? {
            Disease::YellowFever => YELLOW_FEVER_DAYS,
            _ => 0,
        };
        self.day()?.checked_add(Span::new().days(days)).ok()
    }
}

#[cfg(test)]
mod tests;
