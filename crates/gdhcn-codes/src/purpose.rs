use std::fmt;

use crate::StatementKind;

/// Which statements a document signer may sign, by its extended key usage (HCERT specification,
/// A.2).
///
/// The certificate may name one or more of three purposes. One that names none may sign
/// everything.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct DocumentPurposes {
    named: u8,
    misprinted: bool,
}

impl DocumentPurposes {
    /// No purpose is named: everything may be signed.
    pub const UNRESTRICTED: Self = Self { named: 0, misprinted: false };

    /// The extended key usage cannot be read: nothing may be signed.
    pub const NOTHING: Self = Self { named: UNREADABLE, misprinted: false };

    /// By the object identifiers of an extended key usage, in dotted form.
    pub fn of_usages<Usage: fmt::Display>(usages: impl IntoIterator<Item = Usage>) -> Self {
        usages.into_iter().fold(Self::UNRESTRICTED, |all, usage| all.and(&usage.to_string()))
    }

    /// Whether such statements may be signed.
    pub const fn allows(self, purpose: StatementKind) -> bool {
        self.named == 0 || self.named & bit(purpose) != 0
    }

    /// Whether the certificate names at least one purpose.
    pub const fn is_restricted(self) -> bool {
        self.named != 0
    }

    /// Whether a purpose is named by the misprinted identifier `1.3.6.1.4.1.0.1847.2021.1.x`,
    /// which many certificates of the field have and which means the same.
    pub const fn has_misprint(self) -> bool {
        self.misprinted
    }

    /// The purposes that the certificate names; none when it names none.
    pub fn named(self) -> impl Iterator<Item = StatementKind> {
        StatementKind::ALL.into_iter().filter(move |one| self.named & bit(*one) != 0)
    }

    /// As one byte, to be stored.
    pub const fn to_bits(self) -> u8 {
        self.named | if self.misprinted { 0x80 } else { 0 }
    }

    /// From what [`to_bits`](Self::to_bits) gave; a byte of another origin gives some purposes.
    pub const fn from_bits(bits: u8) -> Self {
        Self { named: bits & 15, misprinted: bits & 0x80 != 0 }
    }

    fn and(self, usage: &str) -> Self {
        purpose(usage).map_or(self, |(purpose, misprinted)| Self {
            named: self.named | bit(purpose),
            misprinted: self.misprinted || misprinted,
        })
    }
}

/// Set where purposes are named that cannot be read.
const UNREADABLE: u8 = 8;

const fn bit(kind: StatementKind) -> u8 {
    match kind {
        StatementKind::Test => 1,
        StatementKind::Vaccination => 2,
        StatementKind::Recovery => 4,
    }
}

/// The purpose of an identifier, and whether it is the misprinted one.
fn purpose(usage: &str) -> Option<(StatementKind, bool)> {
    StatementKind::ALL.into_iter().find_map(|kind| {
        let position = kind.extended_key_usages().iter().position(|known| *known == usage)?;
        Some((kind, position > 0))
    })
}

impl fmt::Display for DocumentPurposes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.is_restricted() {
            return f.write_str("everything");
        }
        if *self == Self::NOTHING {
            return f.write_str("purposes that cannot be read");
        }
        for (index, purpose) in self.named().enumerate() {
            write!(f, "{}{purpose}", if index == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

impl fmt::Debug for DocumentPurposes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DocumentPurposes({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn purposes(usages: &[&str]) -> DocumentPurposes {
        DocumentPurposes::of_usages(usages)
    }

    #[test]
    fn the_misprinted_family_means_the_same_and_is_remarked() {
        let right = purposes(&["1.3.6.1.4.1.1847.2021.1.2"]);
        let misprint = purposes(&["1.3.6.1.4.1.0.1847.2021.1.2"]);
        for purposes in [right, misprint] {
            assert!(
                purposes.allows(StatementKind::Vaccination)
                    && !purposes.allows(StatementKind::Test)
            );
            assert!(!purposes.allows(StatementKind::Recovery) && purposes.is_restricted());
            assert_eq!(purposes.to_string(), "vaccination");
        }
        assert!(!right.has_misprint() && misprint.has_misprint());
    }

    #[test]
    fn purposes_that_cannot_be_read_allow_nothing() {
        for kind in StatementKind::ALL {
            assert!(!DocumentPurposes::NOTHING.allows(kind));
        }
        assert_eq!(
            DocumentPurposes::from_bits(DocumentPurposes::NOTHING.to_bits()),
            DocumentPurposes::NOTHING
        );
    }

    #[test]
    fn without_a_known_purpose_everything_is_allowed() {
        for usages in [&[][..], &["1.3.6.1.5.5.7.3.2"], &["1.3.6.1.4.1.1847.2021.1.4"]] {
            let purposes = purposes(usages);
            assert!(
                purposes.allows(StatementKind::Test) && purposes.allows(StatementKind::Recovery)
            );
            assert_eq!(purposes.to_string(), "everything");
        }
        let two = purposes(&["1.3.6.1.4.1.1847.2021.1.1", "1.3.6.1.4.1.1847.2021.1.3"]);
        assert_eq!(two.to_string(), "test, recovery");
    }
}
