use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use crate::DateText;

/// Whose document it is, for people to compare with an identity document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Person {
    /// The name as the document writes it, surname last.
    pub name: String,
    /// The name in the letters of a passport's machine-readable zone, as `SURNAME<<FORENAME`.
    pub machine_readable_name: Option<String>,
    /// Date of birth, as the document writes it.
    pub birth_date: DateText,
    /// Sex, as the document writes it.
    pub sex: Option<String>,
    /// Nationality, as the document writes it.
    pub nationality: Option<String>,
    /// Number of the identity document.
    pub document_number: Option<String>,
    /// Kind of the identity document (HL7 v2 table 0203), such as `PPN` for a passport.
    pub document_type: Option<String>,
    /// The guardian of a minor or dependant.
    pub guardian: Option<String>,
}

/// Whether two documents are of one person, as far as they say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Likeness {
    /// Name and date of birth agree.
    Same,
    /// The dates of birth contradict each other, or the names have too little in common.
    Different,
    /// One of the documents does not say enough.
    Unclear,
}

impl Person {
    /// Compares name and date of birth. Names agree when the words of one are among those of the
    /// other, whatever their order, accents and script of a passport: middle names are often left
    /// out. Two words must agree, or all of a name that has one.
    pub fn likeness(&self, other: &Self) -> Likeness {
        let (born, other_born) = (self.birth_date.as_str(), other.birth_date.as_str());
        let names = [self.words(), other.words()];
        if born.is_empty() || other_born.is_empty() || names.iter().any(Vec::is_empty) {
            return Likeness::Unclear;
        }
        let [own, others] = &names;
        let same_name = own.iter().any(|one| others.iter().any(|other| agree(one, other)));
        match (same_name, same_day(born, other_born)) {
            (true, true) => Likeness::Same,
            _ => Likeness::Different,
        }
    }

    /// The words of the name in each form in which the document has it.
    fn words(&self) -> Vec<BTreeSet<String>> {
        let forms = [Some(self.name.as_str()), self.machine_readable_name.as_deref()];
        forms.into_iter().flatten().map(words).filter(|words| !words.is_empty()).collect()
    }
}

/// Capital letters without accents, as passports transcribe them (ICAO Doc 9303-3, 6).
fn words(name: &str) -> BTreeSet<String> {
    let mut plain = String::new();
    for letter in name.nfkd().filter(|letter| !is_combining_mark(*letter)) {
        match letter {
            'ß' | 'ẞ' => plain.push_str("SS"),
            'æ' | 'Æ' => plain.push_str("AE"),
            'ø' | 'Ø' | 'œ' | 'Œ' => plain.push_str("OE"),
            'đ' | 'Đ' | 'ð' | 'Ð' => plain.push('D'),
            'ł' | 'Ł' => plain.push('L'),
            'þ' | 'Þ' => plain.push_str("TH"),
            'ı' => plain.push('I'),
            '\'' | '’' | '`' => {}
            letter if letter.is_alphanumeric() => plain.extend(letter.to_uppercase()),
            _ => plain.push(' '),
        }
    }
    plain.split_whitespace().map(str::to_owned).collect()
}

fn agree(one: &BTreeSet<String>, other: &BTreeSet<String>) -> bool {
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    short.is_subset(long) && (short.len() >= 2 || long.len() == short.len())
}

/// Dates of birth agree as far as both go: a year alone is within its days.
fn same_day(one: &str, other: &str) -> bool {
    let (one, other) = (one.get(..10).unwrap_or(one), other.get(..10).unwrap_or(other));
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    long.starts_with(short)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(name: &str, machine: Option<&str>, born: &str) -> Person {
        Person {
            name: name.to_owned(),
            machine_readable_name: machine.map(str::to_owned),
            birth_date: born.into(),
            ..Person::default()
        }
    }

    #[test]
    fn one_person_is_recognised_in_different_spellings() {
        let amara = person("Amara Zoë Okonkwo-Núñez", None, "1990-04-12");
        for (name, machine, born) in [
            ("Amara Zoë Okonkwo-Núñez", None, "1990-04-12"),
            ("OKONKWO NUNEZ, Amara", None, "1990-04-12"),
            ("عمارة", Some("OKONKWO<NUNEZ<<AMARA<ZOE"), "1990-04-12T00:00:00"),
            ("Amara Okonkwo", None, "1990"),
        ] {
            let other = person(name, machine, born);
            assert_eq!(amara.likeness(&other), Likeness::Same, "{name}");
            assert_eq!(other.likeness(&amara), Likeness::Same, "{name}");
        }
        let german = person("Jörg Groß", None, "2000-01-01");
        assert_eq!(german.likeness(&person("GROSS JORG", None, "2000-01-01")), Likeness::Same);
        let single = person("Suharto", None, "1921-06-08");
        assert_eq!(single.likeness(&single), Likeness::Same);
    }

    #[test]
    fn another_name_or_birthday_is_another_person() {
        let amara = person("Amara Okonkwo", None, "1990-04-12");
        for (name, born) in [
            ("Amara Okonkwo", "1990-04-13"),
            ("Amara Okonkwo", "1991"),
            ("Chidi Okonkwo", "1990-04-12"),
            ("Okonkwo", "1990-04-12"),
        ] {
            let other = person(name, None, born);
            assert_eq!(amara.likeness(&other), Likeness::Different, "{name} {born}");
            assert_eq!(other.likeness(&amara), Likeness::Different, "{name} {born}");
        }
        for (name, born) in [("", "1990-04-12"), ("Amara Okonkwo", "")] {
            assert_eq!(amara.likeness(&person(name, None, born)), Likeness::Unclear);
        }
    }
}
