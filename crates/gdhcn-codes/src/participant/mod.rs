mod table;

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use crate::CodeError;
use table::ROWS;

/// A participant of the network: a country of ISO 3166-1, an organisation or a test participant.
///
/// Places differ in the form they want: two letters in certificates (`C`), in the gateway, in the
/// claim `iss`; three letters in folder names, in trust list paths and in the lists themselves.
/// Take any form with [`parse`](Self::parse) and print the alpha-3 form ([`Display`](fmt::Display))
/// with the [`name`](Self::name).
///
/// Test participants follow the rule `XA` to `XXA`, with a few exceptions (`XL` is `XCL`, `XM` is
/// `XML`, `YK` is `XYK`, `TS` is `TSI`, `JA` is `XJA`). Two of the network's alpha-2 codes collide
/// with other uses: `IO` (British Indian Ocean Territory, in the network IOM) and `XK` (widely used
/// for Kosovo, in the network XXK). There the two letters mean what the network means.
#[derive(Clone, Copy)]
pub struct Participant(&'static Row);

/// What a participant is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ParticipantKind {
    /// A country or territory of ISO 3166-1.
    Country,
    /// A territory with a code from the user-assigned range of ISO 3166-1 that is in wide use.
    UserAssigned,
    /// An organisation with a code of its own in the network: IOM, WHO, XEU.
    Organisation,
    /// A fictional participant for tests. Some are in the productive list too (XXH).
    Test,
}

#[derive(Debug)]
struct Row {
    alpha3: &'static str,
    alpha2: &'static str,
    /// Empty outside ISO 3166-1.
    numeric: &'static str,
    name: &'static str,
    kind: ParticipantKind,
}

impl Participant {
    /// Reads an alpha-2, alpha-3 or numeric code in any case, with surrounding blanks and with the
    /// `#` that trust lists put before it.
    ///
    /// # Errors
    ///
    /// [`CodeError::UnknownParticipant`], with who was meant for the usual mistakes (`UK`, `EL`,
    /// `EN`, `D`) and for a country's name.
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        let trimmed = text.trim();
        let code = trimmed.strip_prefix('#').unwrap_or(trimmed);
        Self::from_alpha2(code)
            .or_else(|| Self::from_alpha3(code))
            .or_else(|| Self::from_numeric(code))
            .ok_or_else(|| CodeError::unknown_participant(text, meant_by(code)))
    }

    /// The participant with this two-letter code, in any case.
    pub fn from_alpha2(code: &str) -> Option<Self> {
        let &[first, second] = code.as_bytes() else { return None };
        let row = BY_ALPHA2.get(alpha2_slot(first, second)?)?;
        ROWS.get(usize::from((*row)?)).map(Self)
    }

    /// The participant with this three-letter code, in any case.
    pub fn from_alpha3(code: &str) -> Option<Self> {
        let &[a, b, c] = code.as_bytes() else { return None };
        let wanted = [a, b, c].map(|letter| letter.to_ascii_uppercase());
        let row = ROWS.binary_search_by(|row| row.alpha3.as_bytes().cmp(&wanted)).ok()?;
        ROWS.get(row).map(Self)
    }

    /// The country with this three-digit code of ISO 3166-1.
    pub fn from_numeric(code: &str) -> Option<Self> {
        if code.is_empty() {
            return None;
        }
        ROWS.iter().find(|row| row.numeric == code).map(Self)
    }

    /// The participant named in the path of a version 1 trust list: lower-case alpha-3, where the
    /// lists wrote `iot` for IOM, and `null` where they knew no code.
    pub fn from_v1_list_code(code: &str) -> Option<Self> {
        Self::from_alpha3(if code.eq_ignore_ascii_case("iot") { "IOM" } else { code })
    }

    /// All participants, sorted by alpha-3 code.
    pub fn all() -> impl ExactSizeIterator<Item = Self> {
        ROWS.iter().map(Self)
    }

    /// The two-letter code, upper case.
    pub fn alpha2(self) -> &'static str {
        self.0.alpha2
    }

    /// The three-letter code, upper case.
    pub fn alpha3(self) -> &'static str {
        self.0.alpha3
    }

    /// The three-digit code of ISO 3166-1, which only countries have.
    pub fn numeric(self) -> Option<&'static str> {
        (!self.0.numeric.is_empty()).then_some(self.0.numeric)
    }

    /// The English short name.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// What the participant is.
    pub fn kind(self) -> ParticipantKind {
        self.0.kind
    }

    /// Whether this is a fictional participant for tests: its certificates prove nothing about
    /// anybody.
    pub fn is_virtual(self) -> bool {
        self.0.kind == ParticipantKind::Test
    }
}

impl fmt::Display for Participant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.alpha3())
    }
}

impl fmt::Debug for Participant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Participant({})", self.alpha3())
    }
}

impl FromStr for Participant {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

// The alpha-3 code identifies the row.
impl PartialEq for Participant {
    fn eq(&self, other: &Self) -> bool {
        self.alpha3() == other.alpha3()
    }
}

impl Eq for Participant {}

impl Hash for Participant {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.alpha3().hash(state);
    }
}

impl PartialOrd for Participant {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Participant {
    fn cmp(&self, other: &Self) -> Ordering {
        self.alpha3().cmp(other.alpha3())
    }
}

/// No name is longer (bytes): hostile texts are not compared.
const LONGEST_NAME: usize = 64;

/// Who was meant by a text that is no code.
fn meant_by(text: &str) -> Option<Participant> {
    let code = match text.to_ascii_uppercase().as_str() {
        "UK" | "EN" | "ENG" => "GBR",
        "EL" => "GRC",
        // The one-letter nationality of passports.
        "D" => "DEU",
        _ if text.len() > LONGEST_NAME => return None,
        _ => {
            let lower = text.to_lowercase();
            return Participant::all().find(|known| known.name().to_lowercase() == lower);
        }
    };
    Participant::from_alpha3(code)
}

/// Row by two letters. Where two rows share them, the network's own meaning wins.
static BY_ALPHA2: [Option<u16>; 26 * 26] = index_alpha2();

#[allow(clippy::indexing_slicing, reason = "evaluated when the crate is compiled")]
const fn index_alpha2() -> [Option<u16>; 26 * 26] {
    let mut index = [None; 26 * 26];
    let mut row = 0;
    while row < ROWS.len() {
        let letters = ROWS[row].alpha2.as_bytes();
        if let Some(slot) = alpha2_slot(letters[0], letters[1]) {
            let own =
                matches!(ROWS[row].kind, ParticipantKind::Organisation | ParticipantKind::Test);
            if own || index[slot].is_none() {
                index[slot] = Some(row as u16);
            }
        }
        row += 1;
    }
    index
}

const fn alpha2_slot(first: u8, second: u8) -> Option<usize> {
    let (first, second) = (first.to_ascii_uppercase(), second.to_ascii_uppercase());
    if !first.is_ascii_uppercase() || !second.is_ascii_uppercase() {
        return None;
    }
    Some((first - b'A') as usize * 26 + (second - b'A') as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_by_alpha_3_without_a_double() {
        assert!(ROWS.windows(2).all(|pair| pair[0].alpha3 < pair[1].alpha3));
    }

    #[test]
    fn every_row_has_well_formed_codes_and_a_name() {
        for row in &ROWS {
            assert!(row.alpha3.len() == 3 && row.alpha3.bytes().all(|b| b.is_ascii_uppercase()));
            assert!(row.alpha2.len() == 2 && row.alpha2.bytes().all(|b| b.is_ascii_uppercase()));
            let numeric = row.numeric.len() == 3 && row.numeric.bytes().all(|b| b.is_ascii_digit());
            assert_eq!(numeric, row.kind == ParticipantKind::Country, "{}", row.alpha3);
            assert!((1..=LONGEST_NAME).contains(&row.name.len()), "{}", row.name);
        }
        let countries = ROWS.iter().filter(|row| row.kind == ParticipantKind::Country).count();
        assert_eq!(countries, 249, "ISO 3166-1 has 249 entries");
    }

    #[test]
    fn only_io_and_xk_are_shared_alpha_2_codes() {
        let shared: Vec<_> = Participant::all()
            .filter(|&row| Participant::from_alpha2(row.alpha2()) != Some(row))
            .map(Participant::alpha3)
            .collect();
        assert_eq!(shared, ["IOT", "XKX"]);
        assert_eq!(Participant::parse("IO").unwrap().alpha3(), "IOM");
        assert_eq!(Participant::parse("XK").unwrap().alpha3(), "XXK");
    }

    #[test]
    fn numeric_codes_are_unique() {
        for country in Participant::all() {
            if let Some(numeric) = country.numeric() {
                assert_eq!(Participant::from_numeric(numeric), Some(country));
            }
        }
    }

    #[test]
    fn any_form_and_case_is_read() {
        for text in ["FR", "fr", "FRA", "fra", "250", "#FRA", " Fra "] {
            assert_eq!(Participant::parse(text).unwrap().name(), "France", "{text}");
        }
        for text in ["XA", "xxa", "#XXA"] {
            let participant = Participant::parse(text).unwrap();
            assert_eq!((participant.alpha2(), participant.alpha3()), ("XA", "XXA"));
            assert!(participant.is_virtual());
        }
    }

    #[test]
    fn test_participants_follow_the_rule_of_the_network_or_its_exceptions() {
        for participant in Participant::all().filter(|row| row.is_virtual()) {
            let (two, three) = (participant.alpha2(), participant.alpha3());
            let exceptions =
                [("XL", "XCL"), ("XM", "XML"), ("YK", "XYK"), ("TS", "TSI"), ("JA", "XJA")];
            assert!(three == format!("X{two}") || exceptions.contains(&(two, three)), "{three}");
        }
    }

    #[test]
    fn organisations_are_neither_countries_nor_tests() {
        for (two, three) in [("IO", "IOM"), ("WH", "WHO"), ("EU", "XEU")] {
            let participant = Participant::from_alpha2(two).unwrap();
            assert_eq!(participant.alpha3(), three);
            assert_eq!(participant.kind(), ParticipantKind::Organisation);
            assert!(!participant.is_virtual());
        }
    }

    #[test]
    fn the_usual_mistakes_are_refused_with_what_was_meant() {
        for (wrong, right) in
            [("UK", "GBR"), ("el", "GRC"), ("EN", "GBR"), ("D", "DEU"), ("germany", "DEU")]
        {
            let error = Participant::parse(wrong).unwrap_err();
            let CodeError::UnknownParticipant { meant, .. } = &error else { panic!("{error}") };
            assert_eq!(meant.unwrap().alpha3(), right);
            assert!(error.to_string().contains(right), "{error}");
        }
        assert_eq!(
            Participant::parse("UK").unwrap_err().to_string(),
            "\"UK\" is not a participant code; United Kingdom is GB (GBR)"
        );
    }

    #[test]
    fn what_is_no_code_is_refused_without_a_guess() {
        for text in ["", "#", "null", "ZZ", "ZZZ", "F1", "ÄÖ", "é", "FRAN", "000", "\0\0"] {
            let error = Participant::parse(text).unwrap_err();
            assert!(matches!(error, CodeError::UnknownParticipant { meant: None, .. }), "{text}");
        }
    }

    #[test]
    fn version_1_lists_wrote_iot_for_iom() {
        assert_eq!(Participant::from_v1_list_code("iot").unwrap().alpha3(), "IOM");
        assert_eq!(Participant::from_v1_list_code("fra").unwrap().alpha3(), "FRA");
        assert_eq!(Participant::from_v1_list_code("null"), None);
    }
}
