use std::fmt;

/// Identifier of a rule: prefix, country and number, as in `GR-EU-0001`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleId {
    text: String,
    prefix: RulePrefix,
}

/// First part of an identifier: what the rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RulePrefix {
    /// `GR`: any certificate.
    General,
    /// `VR`: vaccinations.
    Vaccination,
    /// `TR`: tests.
    Test,
    /// `RR`: recoveries.
    Recovery,
    /// `IR`: certificates that the issuer has called back.
    Invalidation,
}

impl RulePrefix {
    const ALL: [Self; 5] =
        [Self::General, Self::Vaccination, Self::Test, Self::Recovery, Self::Invalidation];

    /// The two letters.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::General => "GR",
            Self::Vaccination => "VR",
            Self::Test => "TR",
            Self::Recovery => "RR",
            Self::Invalidation => "IR",
        }
    }
}

impl RuleId {
    /// Reads an identifier: one of five prefixes, two capital letters and four digits.
    pub fn from_text(text: &str) -> Option<Self> {
        let (prefix, rest) = text.split_once('-')?;
        let (country, number) = rest.split_once('-')?;
        let prefix = RulePrefix::ALL.into_iter().find(|known| known.as_str() == prefix)?;
        let well_formed = is_country(country)
            && number.len() == 4
            && number.bytes().all(|byte| byte.is_ascii_digit());
        well_formed.then(|| Self { text: text.to_owned(), prefix })
    }

    /// The identifier's text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What the rule is about.
    pub fn prefix(&self) -> RulePrefix {
        self.prefix
    }

    /// The country that owns the rule.
    pub fn country(&self) -> &str {
        self.text.get(3..5).unwrap_or_default()
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

/// Two ASCII capitals.
pub(super) fn is_country(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_form_and_nothing_near_it() {
        let id = RuleId::from_text("IR-DE-0042").unwrap();
        assert_eq!((id.prefix(), id.country()), (RulePrefix::Invalidation, "DE"));
        for text in [
            "",
            "IR",
            "IR-DE",
            "XR-DE-0001",
            "ir-DE-0001",
            "IR-De-0001",
            "IR-DEU-0001",
            "IR-DE-001",
            "IR-DE-00001",
            "IR-DE-000a",
            "IR-DE-0001\n",
            " IR-DE-0001",
            "IR-DE-0001-",
            "IR--0001",
            "IR-ÄÖ-0001",
        ] {
            assert_eq!(RuleId::from_text(text), None, "{text:?}");
        }
    }
}
