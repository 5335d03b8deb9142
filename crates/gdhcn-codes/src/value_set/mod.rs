//! The coded fields of the EU Digital COVID Certificate and what their codes mean.
//!
//! Six of the EU's value sets, release 2.12.0 (the last). A code outside them is normal in newer
//! certificates: a remark for people, never a reason to refuse. The list of antigen tests is not
//! here, since it changed weekly and is not published any more.

mod table;

use std::fmt;

/// A value set of the EU Digital COVID Certificate.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum ValueSetId {
    /// Field `tg`: SNOMED CT code of the disease.
    Disease,
    /// Field `v.vp`: SNOMED CT or ATC code of the kind of vaccine.
    Prophylaxis,
    /// Field `v.mp`: authorisation number or name of the vaccine.
    Product,
    /// Field `v.ma`: holder of the authorisation, or manufacturer.
    Holder,
    /// Field `t.tt`: LOINC code of the kind of test.
    TestType,
    /// Field `t.tr`: SNOMED CT code of the result.
    TestResult,
}

impl ValueSetId {
    /// The identifier by which value sets and business rules name it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Disease => "disease-agent-targeted",
            Self::Prophylaxis => "sct-vaccines-covid-19",
            Self::Product => "vaccines-covid-19-names",
            Self::Holder => "vaccines-covid-19-auth-holders",
            Self::TestType => "covid-19-lab-test-type",
            Self::TestResult => "covid-19-lab-result",
        }
    }

    /// The value set with this identifier.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|set| set.as_str() == id)
    }

    /// All value sets of this crate.
    pub const ALL: [Self; 6] = [
        Self::Disease,
        Self::Prophylaxis,
        Self::Product,
        Self::Holder,
        Self::TestType,
        Self::TestResult,
    ];
}

impl fmt::Display for ValueSetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One code of a value set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Entry {
    /// The code as certificates carry it, case-sensitive.
    pub code: &'static str,
    /// What it means, in English.
    pub display: &'static str,
    /// `false` for a code that new certificates should not carry any more.
    pub active: bool,
}

/// What `code` means in this value set, in English. Retired codes are known too.
pub fn display(set: ValueSetId, code: &str) -> Option<&'static str> {
    find(set, code).map(|entry| entry.display)
}

/// The entry with this code.
pub fn find(set: ValueSetId, code: &str) -> Option<&'static Entry> {
    let entries = entries(set);
    entries.get(entries.binary_search_by(|entry| entry.code.cmp(code)).ok()?)
}

/// All codes of a value set, sorted.
pub fn entries(set: ValueSetId) -> &'static [Entry] {
    match set {
        ValueSetId::Disease => &table::DISEASE,
        ValueSetId::Prophylaxis => &table::PROPHYLAXIS,
        ValueSetId::Product => &table::PRODUCT,
        ValueSetId::Holder => &table::HOLDER,
        ValueSetId::TestType => &table::TEST_TYPE,
        ValueSetId::TestResult => &table::TEST_RESULT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_is_sorted_without_a_double() {
        for set in ValueSetId::ALL {
            let sorted = entries(set).windows(2).all(|pair| pair[0].code < pair[1].code);
            assert!(sorted, "{set}");
            assert_eq!(ValueSetId::from_id(set.as_str()), Some(set));
        }
    }

    #[test]
    fn codes_have_names_and_unknown_codes_have_none() {
        assert_eq!(display(ValueSetId::Disease, "840539006"), Some("COVID-19"));
        assert_eq!(display(ValueSetId::Product, "EU/1/20/1528"), Some("Comirnaty"));
        assert_eq!(display(ValueSetId::TestResult, "260415000"), Some("Not detected"));
        assert_eq!(display(ValueSetId::Holder, "EU/1/20/1528"), None);
        assert_eq!(display(ValueSetId::Product, ""), None);
    }

    #[test]
    fn retired_codes_are_known_and_marked() {
        let retired = find(ValueSetId::Prophylaxis, "J07BX03").unwrap();
        assert!(!retired.active);
    }
}
