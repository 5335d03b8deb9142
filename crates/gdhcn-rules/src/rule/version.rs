use std::cmp::Ordering;
use std::fmt;

/// A version of three numbers, compared number by number.
///
/// The text is kept as it came (`01.0.0` and `1.0.0` are equal, and each shows as it was written).
#[derive(Clone, Debug)]
pub struct Version {
    text: String,
    numbers: [u64; 3],
}

impl Version {
    /// Longest text of a version: that of its column in a gateway's database.
    pub const MAX_LEN: usize = 30;

    /// Reads three numbers with full stops between them.
    pub fn from_text(text: &str) -> Option<Self> {
        if text.len() > Self::MAX_LEN {
            return None;
        }
        let mut parts = text.split('.').map(number);
        let numbers = [parts.next()??, parts.next()??, parts.next()??];
        parts.next().is_none().then(|| Self { text: text.to_owned(), numbers })
    }

    /// The text as it came.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// Digits alone: `u64::from_str` takes a sign too.
fn number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.numbers == other.numbers
    }
}

impl Eq for Version {}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.numbers.cmp(&other.numbers)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::from_text(text).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn numbers_are_compared_as_numbers() {
        assert!(version("1.0.10") > version("1.0.9"));
        assert!(version("1.100.0") > version("1.99.99"));
        assert!(version("0.9.0") < version("1.0.0"));
        assert_eq!(version("01.0.0"), version("1.0.0"));
        assert_eq!(version("01.0.0").to_string(), "01.0.0");
    }

    #[test]
    fn refuses_what_is_no_three_numbers() {
        for text in [
            "",
            "10",
            "1.3",
            "1.0.0.0",
            "1..0",
            "1.0.",
            ".1.0",
            "+1.0.0",
            "-1.0.0",
            "1.0.0-rc",
            "1.0.a",
            "1.0.0 ",
            "1.0.١",
            "1.0.99999999999999999999",
            "1.0.0000000000000000000000000001",
        ] {
            assert!(Version::from_text(text).is_none(), "{text:?}");
        }
    }
}
