//! An ICVP in the model that all formats share.

use std::borrow::Cow;

use gdhcn_codes::Participant;

use super::{Dose, Icvp};
use crate::statement::{Coding, Credential, Statement, Vaccination, system};

impl Icvp {
    /// What it states, in the model that all formats share.
    pub fn credential(&self) -> Credential {
        Credential {
            person: self.person(),
            statements: self.doses.iter().map(shared).collect(),
            version: self.template_version.clone(),
            issuer: self.doses.iter().find_map(|dose| dose.authority.clone()),
            ..Credential::default()
        }
    }
}

fn shared(dose: &Dose) -> Statement {
    let product = dose.icvp_product();
    let disease = dose.disease();
    let date = |date: &Option<crate::DateText>| date.clone().unwrap_or_default();
    let country = dose.authority.as_deref().and_then(|code| Participant::parse(code).ok());
    Statement::Vaccination(Vaccination {
        disease: disease.map(|one| {
            Coding::new(system::ICD11, one.code()).with_display(Some(Cow::Borrowed(one.name())))
        }),
        vaccine: product
            .map(|one| Coding::new(system::PREQUALIFIED_TYPE, one.vaccine_type.code()))
            .or_else(|| {
                let code = dose.product.as_str();
                (!code.is_empty()).then(|| Coding::text(code))
            }),
        brand: product.map(|one| {
            Coding::new(system::PREQUALIFIED_PRODUCT, one.code)
                .with_display(Some(one.display_name()))
        }),
        manufacturer: product
            .map(|one| Coding::text(one.manufacturer))
            .or_else(|| dose.manufacturer.clone().map(Coding::text)),
        lot: Some(dose.batch.clone()).filter(|batch| !batch.is_empty()),
        date: dose.date.clone(),
        country: country
            .map(|one| Coding::new(system::COUNTRY, one.alpha3()).with_display(Some(one.name()))),
        practitioner: dose.clinician.clone(),
        valid_from: dose
            .first_valid_day()
            .map_or_else(|| date(&dose.valid_from), crate::DateText::from),
        valid_until: date(&dose.valid_until),
        ..Vaccination::default()
    })
}
