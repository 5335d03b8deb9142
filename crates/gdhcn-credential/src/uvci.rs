//! The unique vaccination certificate identifier, UVCI (eHealth Network, interoperability of
//! health certificates, annex 2), field `ci` of an EU DCC.
//!
//! Recommended form: `URN:UVCI:01:<country>:<opaque>#<check character>`. Issuers deviate in case,
//! prefix and checksum, so a deviation is a remark and never a reason to refuse. The text itself
//! is kept as it is: revocation is by hashes over it.

/// Alphabet of the check character, by value.
const ALPHABET: &[u8; 38] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/:";
const PREFIX: &str = "URN:UVCI:";

/// What a UVCI looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uvci {
    /// Its check character.
    pub checksum: Checksum,
    /// Two-letter code of the country, where the recommended form names one.
    pub country: Option<String>,
    /// How it deviates from the recommended form; empty if it does not.
    pub remarks: Vec<Remark>,
}

/// The check character after `#`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checksum {
    /// There is none; it is optional.
    Absent,
    /// It fits.
    Right,
    /// It does not fit.
    Wrong {
        /// The one that would fit.
        expected: char,
    },
    /// The text has characters for which no checksum is defined.
    Undefined,
}

/// A deviation from the recommended form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Remark {
    /// There is no identifier.
    Empty,
    /// Letters in lower case.
    LowerCase,
    /// `URN:UVCI:` is missing.
    NoPrefix,
    /// The version after the prefix is not `01`.
    Version,
    /// No two-letter code of a country after the version.
    Country,
    /// Characters other than letters, digits, `/`, `:` and `#`.
    Characters,
    /// More than 72 characters, prefix not counted.
    TooLong,
    /// The check character does not fit.
    Checksum,
}

impl std::fmt::Display for Remark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Empty => "no identifier",
            Self::LowerCase => "letters in lower case",
            Self::NoPrefix => "no \"URN:UVCI:\" in front",
            Self::Version => "version is not \"01\"",
            Self::Country => "no two-letter country code",
            Self::Characters => "characters other than letters, digits, \"/\", \":\" and \"#\"",
            Self::TooLong => "longer than 72 characters",
            Self::Checksum => "check character does not fit",
        })
    }
}

/// Looks at a UVCI. Never fails: the outcome is information.
pub fn check(text: &str) -> Uvci {
    let mut remarks = Vec::new();
    if text.is_empty() {
        let remarks = vec![Remark::Empty];
        return Uvci { checksum: Checksum::Absent, country: None, remarks };
    }
    let upper = text.to_ascii_uppercase();
    if upper != text {
        remarks.push(Remark::LowerCase);
    }
    let body = upper.strip_prefix(PREFIX).unwrap_or_else(|| {
        remarks.push(Remark::NoPrefix);
        &upper
    });
    let after_version = body.strip_prefix("01:").or_else(|| {
        remarks.push(Remark::Version);
        body.split_once(':').map(|(_, rest)| rest)
    });
    let country = after_version
        .and_then(|rest| rest.split(':').next())
        .filter(|code| code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase()))
        .map(str::to_owned);
    if country.is_none() {
        remarks.push(Remark::Country);
    }
    if !upper.bytes().all(|byte| byte == b'#' || value(byte).is_some()) {
        remarks.push(Remark::Characters);
    }
    if body.len() > 72 {
        remarks.push(Remark::TooLong);
    }
    let checksum = checksum_of(&upper);
    if matches!(checksum, Checksum::Wrong { .. }) {
        remarks.push(Remark::Checksum);
    }
    Uvci { checksum, country, remarks }
}

/// The check character of a UVCI written without one (Luhn mod 38), or `None` when a character is
/// outside its alphabet (capital letters, digits, `/` and `:`).
pub fn check_character(text: &str) -> Option<char> {
    let modulus = ALPHABET.len();
    let mut sum = 0;
    for (position, byte) in text.bytes().rev().enumerate() {
        let addend = value(byte)? * if position % 2 == 0 { 2 } else { 1 };
        sum += addend / modulus + addend % modulus;
    }
    ALPHABET.get((modulus - sum % modulus) % modulus).map(|&byte| char::from(byte))
}

fn checksum_of(upper: &str) -> Checksum {
    let Some((text, check)) = upper.rsplit_once('#') else { return Checksum::Absent };
    match check_character(text) {
        None => Checksum::Undefined,
        Some(expected) if check.chars().eq([expected]) => Checksum::Right,
        Some(expected) => Checksum::Wrong { expected },
    }
}

fn value(byte: u8) -> Option<usize> {
    ALPHABET.iter().position(|&letter| letter == byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_check_character_comes_out() {
        assert_eq!(check_character("URN:UVCI:01:NL:187/37512422923"), Some('Z'));
        assert_eq!(check_character("urn:uvci:01:NL:x"), None);
    }

    #[test]
    fn the_recommended_form_passes_without_remark() {
        let uvci = check("URN:UVCI:01:NL:187/37512422923#Z");
        assert_eq!(uvci.remarks, []);
        assert_eq!(uvci.checksum, Checksum::Right);
        assert_eq!(uvci.country.as_deref(), Some("NL"));
        assert_eq!(check("URN:UVCI:01:NL:187/37512422923").checksum, Checksum::Absent);
    }

    #[test]
    fn deviations_of_the_field_are_remarks() {
        let remarks = |text: &str| check(text).remarks;
        assert_eq!(remarks("urn:uvci:01:NL:187/37512422923#Z"), [Remark::LowerCase]);
        assert_eq!(
            remarks("01ITD62613B8A344#3"),
            [Remark::NoPrefix, Remark::Version, Remark::Country, Remark::Checksum]
        );
        assert_eq!(remarks("URN:UVCI:V1:DE:X"), [Remark::Version]);
        assert_eq!(remarks("URN:UVCI:01:NL:187/37512422923#Y"), [Remark::Checksum]);
        assert_eq!(remarks("URN:UVCI:01:NL:A_B"), [Remark::Characters]);
        assert_eq!(remarks(&format!("URN:UVCI:01:NL:{}", "A".repeat(80))), [Remark::TooLong]);
        assert_eq!(remarks(""), [Remark::Empty]);
    }
}
