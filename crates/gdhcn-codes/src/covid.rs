//! The published maps of COVID-19 codes to ICD-11 (DDCC implementation guide, concept maps
//! `euur-to-icd11`, `cvx-to-icd11`, `snomed-to-icd11` and those of the test certificates).

/// Vaccines: code in the EU register, in CVX or SNOMED CT, and the ICD-11 extension code.
const VACCINES: [(&str, &str); 33] = [
    ("EU/1/20/1528", "XM8NQ0"),
    ("EU/1/20/1507", "XM3DT5"),
    ("EU/1/21/1529", "XM4YL8"),
    ("EU/1/20/1525", "XM6QV1"),
    ("CVnCoV", "XM0GQ8"),
    ("NVX-CoV2373", "XM9T65"),
    ("Sputnik-V", "XM5ZJ4"),
    ("Convidecia", "XM1AG7"),
    ("EpiVacCorona", "XM6SZ8"),
    ("BBIBP-CorV", "XM8866"),
    ("Inactivated-SARS-CoV-2-Vero-Cell", "XM1NL1"),
    ("CoronaVac", "XM7HT3"),
    ("Covaxin", "XM1G90"),
    ("Covishield", "XM97T2"),
    ("Covid-19-recombinant", "XM3CT4"),
    ("R-COVI", "XM4YL8"),
    ("CoviVac", "XM85P5"),
    ("Sputnik-Light", "XM5QM6"),
    ("Hayat-Vax", "XM9FQ7"),
    ("207", "XM3DT5"),
    ("221", "XM3DT5"),
    ("208", "XM8NQ0"),
    ("217", "XM8NQ0"),
    ("218", "XM8NQ0"),
    ("219", "XM8NQ0"),
    ("210", "XM4YL8"),
    ("211", "XM9T65"),
    ("212", "XM6QV1"),
    ("213", "XM68M6"),
    ("1031000172108", "XM8NQ0"),
    ("10871000172106", "XM3DT5"),
    ("10891000172107", "XM4YL8"),
    ("10901000172106", "XM6QV1"),
];

const TEST_TYPES: [(&str, &str); 5] = [
    ("LP6464-4", "1334426561"),
    ("LP217198-3", "2056159157"),
    ("RT-PCR", "1334426561"),
    ("Rapid Antigen Test (RAT)", "2056159157"),
    ("molecular(PCR)", "1334426561"),
];

const RESULTS: [(&str, &str); 8] = [
    ("260373001", "RA01.0"),
    ("10828004", "RA01.0"),
    ("260415000", "RA01.1"),
    ("260385009", "RA01.1"),
    ("Positive", "RA01.0"),
    ("Negative", "RA01.1"),
    ("positive", "RA01.0"),
    ("negative", "RA01.1"),
];

const ORIGINS: [(&str, &str); 7] = [
    ("Nasopharyngeal Swab", "JAM.AH.XF"),
    ("Throat swab", "KAR.AH.XF"),
    ("Nasal Swab", "JAM.AH.XF"),
    ("nasopharyngeal", "JAM.AH.XF"),
    ("oropharyngeal", "KAR.AH.XF"),
    ("saliva", "KAZ.AH.XD"),
    ("blood", "DIA.AH.XA"),
];

/// The ICD-11 code of a vaccine, from its code in the EU register, CVX or SNOMED CT.
pub fn vaccine(code: &str) -> Option<&'static str> {
    find(&VACCINES, code)
}

/// The ICD-11 code of a kind of test.
pub fn test_type(code: &str) -> Option<&'static str> {
    find(&TEST_TYPES, code)
}

/// The ICD-11 code of a test result.
pub fn result(code: &str) -> Option<&'static str> {
    find(&RESULTS, code)
}

/// The ICD-11 code of where a sample was taken.
pub fn origin(code: &str) -> Option<&'static str> {
    find(&ORIGINS, code)
}

fn find(map: &[(&str, &'static str)], code: &str) -> Option<&'static str> {
    map.iter().find(|(from, _)| *from == code).map(|(_, to)| *to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_the_three_systems_meet() {
        assert_eq!(vaccine("EU/1/20/1528"), vaccine("208"));
        assert_eq!(vaccine("208"), vaccine("1031000172108"));
        assert_eq!(vaccine("unknown"), None);
        assert_eq!(result("260415000"), Some("RA01.1"));
    }

    #[test]
    fn no_code_is_mapped_twice() {
        for map in [&VACCINES[..], &TEST_TYPES, &RESULTS, &ORIGINS] {
            for (index, (code, _)) in map.iter().enumerate() {
                assert!(map[..index].iter().all(|(other, _)| other != code), "{code}");
            }
        }
    }
}
