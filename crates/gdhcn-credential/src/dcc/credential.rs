//! A DCC in the model that all formats share.

use std::borrow::Cow;

use gdhcn_codes::value_set::{self, ValueSetId};

use super::{Dcc, Recovery, Statement, Test, Vaccination};
use crate::statement::{self, Coding, Credential, system};

impl Dcc {
    /// What it states, in the model that all formats share.
    pub fn credential(&self) -> Credential {
        let first = self.statement.as_ref();
        Credential {
            person: self.person(),
            statements: first.into_iter().chain(&self.further).map(shared).collect(),
            identifier: first.map(|one| one.id().to_owned()),
            version: Some(self.version.clone()),
            issuer: first.map(|one| one.issuer().to_owned()),
            ..Credential::default()
        }
    }
}

fn shared(statement: &Statement) -> statement::Statement {
    match statement {
        Statement::Vaccination(one) => statement::Statement::Vaccination(vaccination(one)),
        Statement::Test(one) => statement::Statement::Test(test(one)),
        Statement::Recovery(one) => statement::Statement::Recovery(recovery(one)),
    }
}

/// A code of a value set; issuers write an empty text for what they do not know.
fn coding(set: ValueSetId, system: &'static str, code: &str) -> Option<Coding> {
    let display = value_set::display(set, code).map(Cow::Borrowed);
    (!code.is_empty()).then(|| Coding::new(system, code).with_display(display))
}

fn disease(code: &str) -> Option<Coding> {
    coding(ValueSetId::Disease, system::SNOMED, code)
}

fn country(code: &str) -> Option<Coding> {
    let name = gdhcn_codes::Participant::parse(code).ok().map(gdhcn_codes::Participant::name);
    (!code.is_empty()).then(|| Coding::new(system::COUNTRY, code).with_display(name))
}

fn vaccination(one: &Vaccination) -> statement::Vaccination {
    // The one code of the value set that is not of SNOMED CT.
    let vaccine_system =
        if one.prophylaxis.starts_with("J07") { system::ATC } else { system::SNOMED };
    statement::Vaccination {
        disease: disease(&one.disease),
        vaccine: coding(ValueSetId::Prophylaxis, vaccine_system, &one.prophylaxis),
        brand: coding(ValueSetId::Product, system::EU_PRODUCT, &one.product),
        holder: coding(ValueSetId::Holder, system::EU_HOLDER, &one.holder),
        date: one.date.clone(),
        dose: one.dose,
        total_doses: one.series,
        country: country(&one.country),
        ..statement::Vaccination::default()
    }
}

fn test(one: &Test) -> statement::Test {
    statement::Test {
        pathogen: disease(&one.disease),
        test_type: coding(ValueSetId::TestType, system::LOINC, &one.test_type),
        brand: one.name.clone().filter(|name| !name.is_empty()).map(Coding::text),
        manufacturer: one
            .device
            .clone()
            .filter(|device| !device.is_empty())
            .map(|device| Coding::new(system::EU_DEVICE, device)),
        sampled_at: one.sampled_at.clone(),
        result: coding(ValueSetId::TestResult, system::SNOMED, &one.result),
        centre: one.centre.clone().filter(|centre| !centre.is_empty()),
        country: country(&one.country),
        ..statement::Test::default()
    }
}

fn recovery(one: &Recovery) -> statement::Recovery {
    statement::Recovery {
        disease: disease(&one.disease),
        first_positive: one.first_positive.clone(),
        valid_from: one.valid_from.clone(),
        valid_until: one.valid_until.clone(),
        country: country(&one.country),
    }
}
