//! The ICD-11 codes that vaccination certificates carry, with English names.

/// A disease of the International Health Regulations for which a certificate is made.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Disease {
    /// `1D47`
    YellowFever,
    /// `1C81`
    Poliomyelitis,
    /// `RA01`
    Covid19,
}

impl Disease {
    /// The disease with this ICD-11 code.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::YellowFever, Self::Poliomyelitis, Self::Covid19]
            .into_iter()
            .find(|disease| disease.code() == code)
    }

    /// The ICD-11 code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::YellowFever => "1D47",
            Self::Poliomyelitis => "1C81",
            Self::Covid19 => "RA01",
        }
    }

    /// The English name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::YellowFever => "yellow fever",
            Self::Poliomyelitis => "poliomyelitis",
            Self::Covid19 => "COVID-19",
        }
    }
}

/// A class of vaccines in ICD-11, as the first generation of the ICVP carries in `vp`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct VaccineClass {
    /// The extension code, such as `XM0N24`.
    pub code: &'static str,
    /// The English name.
    pub name: &'static str,
    /// The disease of the health regulations that it protects from.
    pub disease: Disease,
}

/// The vaccine class with this ICD-11 extension code.
pub fn vaccine_class(code: &str) -> Option<&'static VaccineClass> {
    let row = VACCINE_CLASSES.binary_search_by(|row| row.code.cmp(code)).ok()?;
    VACCINE_CLASSES.get(row)
}

/// The English name of a disease, a class of vaccines or a COVID-19 vaccine.
pub fn name(code: &str) -> Option<&'static str> {
    let covid = || {
        let row = COVID_VACCINES.binary_search_by(|(known, _)| (*known).cmp(code)).ok()?;
        COVID_VACCINES.get(row).map(|(_, name)| *name)
    };
    let disease = Disease::from_code(code).map(Disease::name);
    disease.or_else(|| vaccine_class(code).map(|class| class.name)).or_else(covid)
}

const fn polio(code: &'static str, name: &'static str) -> VaccineClass {
    VaccineClass { code, name, disease: Disease::Poliomyelitis }
}

const fn yellow_fever(code: &'static str, name: &'static str) -> VaccineClass {
    VaccineClass { code, name, disease: Disease::YellowFever }
}

const COMBINATION: &str = "combination vaccine with a poliomyelitis component";

static VACCINE_CLASSES: [VaccineClass; 15] = [
    polio("XM01H1", COMBINATION),
    polio("XM09Q7", COMBINATION),
    polio("XM0KZ1", "poliomyelitis vaccine, oral, trivalent"),
    polio("XM0LT9", COMBINATION),
    yellow_fever("XM0N24", "yellow fever vaccine"),
    polio("XM0N50", "poliomyelitis vaccine"),
    polio("XM0VX8", "poliomyelitis vaccine, oral, monovalent"),
    polio("XM1LX9", COMBINATION),
    polio("XM21E6", COMBINATION),
    yellow_fever("XM3418", "yellow fever vaccine, live attenuated"),
    polio("XM5V19", "poliomyelitis vaccine, trivalent, inactivated"),
    polio("XM79H3", "poliomyelitis vaccine, oral, bivalent"),
    polio("XM84S1", COMBINATION),
    polio("XM8AW1", COMBINATION),
    polio("XM9JP8", COMBINATION),
];

/// COVID-19 vaccines: kinds and products.
static COVID_VACCINES: [(&str, &str); 30] = [
    ("XM0CX4", "COVID-19 vaccine, replicating viral vector"),
    ("XM0GQ8", "COVID-19 vaccine, RNA based"),
    ("XM1AG7", "Convidecia"),
    ("XM1G90", "Covaxin"),
    ("XM1J92", "COVID-19 vaccine, virus-like particle"),
    ("XM1NL1", "COVID-19 vaccine, inactivated virus"),
    ("XM2YG8", "COVIran Barakat"),
    ("XM3DT5", "COVID-19 vaccine Moderna"),
    ("XM3PG0", "Soberana-02"),
    ("XM4EC8", "MVC-COV1901"),
    ("XM4YL8", "COVID-19 vaccine AstraZeneca"),
    ("XM52P3", "ZyCov-D"),
    ("XM5DF6", "COVID-19 vaccine, live attenuated virus"),
    ("XM5JC5", "COVID-19 vaccine, protein subunit"),
    ("XM5QM6", "Sputnik Light"),
    ("XM5ZJ4", "Gam-Covid-Vac (Sputnik V)"),
    ("XM68M6", "COVID-19 vaccine"),
    ("XM6AT1", "COVID-19 vaccine, DNA based"),
    ("XM6QV1", "COVID-19 vaccine Janssen"),
    ("XM6SZ8", "EpiVacCorona"),
    ("XM7HT3", "CoronaVac"),
    ("XM85P5", "Covi-Vac"),
    ("XM8866", "BBIBP-CorV"),
    ("XM8NQ0", "Comirnaty"),
    ("XM97N6", "QazVac"),
    ("XM97T2", "Covishield"),
    ("XM9FQ7", "Hayat-Vax"),
    ("XM9QW8", "COVID-19 vaccine, non-replicating viral vector"),
    ("XM9T65", "COVID-19 vaccine Novavax"),
    ("XM9TQ1", "KCONVAC"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_without_a_double() {
        assert!(COVID_VACCINES.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert_eq!(name("XM8NQ0"), Some("Comirnaty"));
        assert_eq!(name("RA01"), Some("COVID-19"));
        assert_eq!(name("XM0N24"), Some("yellow fever vaccine"));
        assert_eq!(name("XM"), None);
        assert!(VACCINE_CLASSES.windows(2).all(|pair| pair[0].code < pair[1].code));
    }

    #[test]
    fn codes_lead_to_names_and_diseases() {
        assert_eq!(Disease::from_code("1D47"), Some(Disease::YellowFever));
        assert_eq!(Disease::from_code("1d47"), None);
        assert_eq!(vaccine_class("XM0N24").unwrap().disease, Disease::YellowFever);
        assert_eq!(vaccine_class("XM0KZ1").unwrap().disease, Disease::Poliomyelitis);
        assert!(vaccine_class("XM68M6").is_none());
    }
}
