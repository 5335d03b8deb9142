/// What the published schemas differ in (`DCC.combined-schema.json`, versions 1.0.0 to 1.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Schema {
    since: (u32, u32, u32),
    /// Which birth dates are allowed.
    pub(super) birth_date: BirthDate,
    /// How many entries the group may have.
    pub(super) entries: usize,
    /// Greatest length of names, issuer, identifier and centre.
    pub(super) text: usize,
    /// Greatest length of the test's name.
    pub(super) test_name: usize,
    /// Greatest number of doses.
    pub(super) doses: u32,
    /// Whether `nam.fnt` must be there; if not, `fnt` or `gnt`.
    pub(super) surname: bool,
    /// Whether `t.tc` must be there.
    pub(super) centre: bool,
    /// Whether `t.dr` is a field.
    pub(super) result_time: bool,
}

/// The forms of the birth date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BirthDate {
    /// A full date, with whatever before and after it: the pattern of 1.0 has no anchors.
    Full,
    /// Year, month or day.
    Partial,
    /// The same, or empty.
    PartialOrEmpty,
}

const V1_0: Schema = Schema {
    since: (1, 0, 0),
    birth_date: BirthDate::Full,
    entries: usize::MAX,
    text: 50,
    test_name: usize::MAX,
    doses: 9,
    surname: true,
    centre: true,
    result_time: true,
};
const V1_1: Schema = Schema { since: (1, 1, 0), birth_date: BirthDate::Partial, ..V1_0 };
const V1_2: Schema = Schema { since: (1, 2, 0), result_time: false, ..V1_1 };
const V1_3: Schema = Schema {
    since: (1, 3, 0),
    birth_date: BirthDate::PartialOrEmpty,
    entries: 1,
    text: 80,
    test_name: 80,
    doses: u32::MAX,
    centre: false,
    ..V1_2
};
const V1_3_2: Schema = Schema { since: (1, 3, 2), surname: false, ..V1_3 };

const NEWEST_FIRST: [Schema; 5] = [V1_3_2, V1_3, V1_2, V1_1, V1_0];

impl Schema {
    /// The schema for a document that calls itself `version`: the newest not above it. `None` when
    /// nothing is known of such a version.
    pub(super) fn of(version: &str) -> Option<Self> {
        let mut parts = version.split('.').map(|part| part.parse::<u32>().ok());
        let version = (parts.next()??, parts.next()??, parts.next()??);
        if version.0 != 1 {
            return None;
        }
        NEWEST_FIRST.into_iter().find(|schema| schema.since <= version)
    }

    /// The schema for documents whose version is not known.
    pub(super) const fn fallback() -> Self {
        V1_3
    }
}

impl BirthDate {
    /// The form in words.
    pub(super) const fn form(self) -> &'static str {
        match self {
            Self::Full => "YYYY-MM-DD",
            Self::Partial => "YYYY, YYYY-MM or YYYY-MM-DD",
            Self::PartialOrEmpty => "YYYY, YYYY-MM, YYYY-MM-DD or empty",
        }
    }

    /// Whether `text` has the form. Months and days beyond the calendar pass, as in the schemas.
    pub(super) fn matches(self, text: &str) -> bool {
        match self {
            Self::Full => text.as_bytes().windows(10).any(|window| shape(window, &[10])),
            Self::Partial => shape(text.as_bytes(), &[4, 7, 10]),
            Self::PartialOrEmpty => text.is_empty() || shape(text.as_bytes(), &[4, 7, 10]),
        }
    }
}

/// `(19|20)\d\d(-\d\d){0,2}` of one of these lengths.
fn shape(text: &[u8], lengths: &[usize]) -> bool {
    lengths.contains(&text.len())
        && (text.starts_with(b"19") || text.starts_with(b"20"))
        && text.iter().enumerate().all(|(index, byte)| match index {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

/// Whether `text` has the form of a version: three numbers with one character between each two.
///
/// The published pattern is `^\d+.\d+.\d+$`: its dots stand for any character but a line end.
pub(super) fn is_version(text: &str) -> bool {
    const LINE_ENDS: [char; 4] = ['\n', '\r', '\u{2028}', '\u{2029}'];
    let characters: Vec<char> = text.chars().take(65).collect();
    let foreign = |index: &usize| characters.get(*index).is_some_and(|c| !c.is_ascii_digit());
    let length = characters.len();
    // The separators are neither first nor last nor neighbours, and all else is digits.
    (5..=64).contains(&length)
        && !characters.iter().any(|character| LINE_ENDS.contains(character))
        && {
            let mut separators: Vec<usize> = (0..length).filter(foreign).collect();
            // A digit may serve as separator too, where the text has fewer than two others.
            for candidate in 1..length - 1 {
                let is_apart = separators.iter().all(|other| other.abs_diff(candidate) > 1);
                if separators.len() < 2 && is_apart {
                    separators.push(candidate);
                }
            }
            separators.sort_unstable();
            matches!(*separators, [first, second]
                if first > 0 && second < length - 1 && second - first > 1)
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_takes_the_newest_schema_not_above_it() {
        let since = |version| Schema::of(version).map(|schema| schema.since);
        assert_eq!(since("1.0.0"), Some((1, 0, 0)));
        assert_eq!(since("1.0.4"), Some((1, 0, 0)));
        assert_eq!(since("1.2.1"), Some((1, 2, 0)));
        assert_eq!(since("1.3.1"), Some((1, 3, 0)));
        assert_eq!(since("1.3.3"), Some((1, 3, 2)));
        assert_eq!(since("1.10.0"), Some((1, 3, 2)));
        assert_eq!(since("2.0.0"), None);
        assert_eq!(since("0.1.0"), None);
        assert_eq!(since("1.3"), None);
        assert_eq!(since(""), None);
    }

    #[test]
    fn a_version_is_three_numbers() {
        for text in ["1.3.0", "10.20.30", "1-3-0", "12345", "1.345", "123.5"] {
            assert!(is_version(text), "{text}");
        }
        for text in ["", "1.3", "1..3.0", "1.3.", ".1.3", "1.3.0.1", "1.3.a", "1234", "1\n3\n0"] {
            assert!(!is_version(text), "{text}");
        }
    }

    #[test]
    fn birth_dates_differ_by_version() {
        for (text, full, partial, or_empty) in [
            ("1963-07-12", true, true, true),
            ("1963-07", false, true, true),
            ("1963", false, true, true),
            ("", false, false, true),
            ("1963-07-12T00:00:00", true, false, false),
            ("1863-07-12", false, false, false),
            ("1963-7-12", false, false, false),
            ("19631", false, false, false),
        ] {
            assert_eq!(BirthDate::Full.matches(text), full, "{text}");
            assert_eq!(BirthDate::Partial.matches(text), partial, "{text}");
            assert_eq!(BirthDate::PartialOrEmpty.matches(text), or_empty, "{text}");
        }
    }
}
