use std::fmt;
use std::str::FromStr;

/// The longest `Accept-Language` header that is looked at, in bytes.
const ACCEPT_LANGUAGE_MAX: usize = 1024;

/// A language in which verdicts are explained: the six of the United Nations, and Portuguese.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Language {
    /// Arabic, written from right to left.
    Arabic,
    /// Chinese in simplified characters.
    Chinese,
    /// English, for whoever asks for none of these.
    #[default]
    English,
    /// French.
    French,
    /// Portuguese.
    Portuguese,
    /// Russian.
    Russian,
    /// Spanish.
    Spanish,
}

impl Language {
    /// All of them, in the order of their tags.
    pub const ALL: [Self; 7] = [
        Self::Arabic,
        Self::Chinese,
        Self::English,
        Self::French,
        Self::Portuguese,
        Self::Russian,
        Self::Spanish,
    ];

    /// The tag of RFC 5646, such as `fr`.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Arabic => "ar",
            Self::Chinese => "zh",
            Self::English => "en",
            Self::French => "fr",
            Self::Portuguese => "pt",
            Self::Russian => "ru",
            Self::Spanish => "es",
        }
    }

    /// The language's name in itself.
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::Arabic => "العربية",
            Self::Chinese => "中文",
            Self::English => "English",
            Self::French => "français",
            Self::Portuguese => "português",
            Self::Russian => "русский",
            Self::Spanish => "español",
        }
    }

    /// Whether it is written from right to left.
    pub const fn is_right_to_left(self) -> bool {
        matches!(self, Self::Arabic)
    }

    /// The best of these languages for an `Accept-Language` header (RFC 9110, 12.5.4); English for
    /// one that names none of them. The first wins among equals.
    pub fn negotiate(accept_language: &str) -> Self {
        let header = accept_language.get(..ACCEPT_LANGUAGE_MAX).unwrap_or(accept_language);
        if header.len() > ACCEPT_LANGUAGE_MAX {
            return Self::default();
        }
        let mut best = (0, Self::default());
        for range in header.split(',') {
            let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
            let Ok(language) = tag.trim().parse() else { continue };
            let weight = weight(parameters);
            if weight > best.0 {
                best = (weight, language);
            }
        }
        best.1
    }
}

/// The weight of a language range in thousandths: 1000 without `q`, 0 for one that cannot be read.
fn weight(parameters: &str) -> u16 {
    let parameters = parameters.trim();
    if parameters.is_empty() {
        return 1000;
    }
    let value = parameters.strip_prefix("q=").or_else(|| parameters.strip_prefix("Q="));
    match value.map(|value| value.trim().parse::<f32>()) {
        // Between 0 and 1, so the cast keeps the value.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        Some(Ok(value)) if (0.0..=1.0).contains(&value) => (value * 1000.0) as u16,
        _ => 0,
    }
}

impl FromStr for Language {
    type Err = UnknownLanguage;

    /// Reads a tag of RFC 5646 by its first part: `fr`, `fr-CA`, `zh-Hans-CN`, `PT_br`.
    fn from_str(text: &str) -> Result<Self, UnknownLanguage> {
        let primary = text.split(['-', '_']).next().unwrap_or_default();
        Self::ALL
            .into_iter()
            .find(|language| language.tag().eq_ignore_ascii_case(primary))
            .ok_or_else(|| UnknownLanguage(text.chars().take(40).collect()))
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

/// A language that nothing is explained in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no messages in the language {0:?}; there are ar, en, es, fr, pt, ru and zh")]
pub struct UnknownLanguage(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_read_by_its_first_part() {
        for (tag, language) in [
            ("fr", Language::French),
            ("fr-CA", Language::French),
            ("zh-Hans-CN", Language::Chinese),
            ("PT_br", Language::Portuguese),
        ] {
            assert_eq!(tag.parse(), Ok(language), "{tag}");
        }
        for language in Language::ALL {
            assert_eq!(language.to_string().parse(), Ok(language));
        }
    }

    #[test]
    fn an_unknown_language_is_named_with_those_known() {
        let error = "de".parse::<Language>().unwrap_err().to_string();
        assert!(error.contains("\"de\""), "{error}");
        for language in Language::ALL {
            assert!(error.contains(language.tag()), "{error}");
        }
        assert!("".parse::<Language>().is_err());
    }

    #[test]
    fn the_weightiest_known_language_of_a_header_wins() {
        for (header, language) in [
            ("fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5", Language::French),
            ("de, es;q=0.3, ru;q=0.4", Language::Russian),
            ("de", Language::English),
            ("", Language::English),
            ("ar;q=0, pt;q=0.1", Language::Portuguese),
            ("ar;q=2, zh", Language::Chinese),
            ("es, fr", Language::Spanish),
            (";;,,q=1", Language::English),
        ] {
            assert_eq!(Language::negotiate(header), language, "{header}");
        }
        assert_eq!(Language::negotiate(&"de,".repeat(10_000)), Language::English);
    }
}
