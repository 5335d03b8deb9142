use std::fmt;

use gdhcn_envelope::x509::Certificate;
use gdhcn_envelope::x509::oid::{self, ObjectIdentifier};

/// A purpose that a document signer's certificate can be limited to (HCERT specification, A.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DocumentPurpose {
    /// Test results.
    Test,
    /// Vaccinations.
    Vaccination,
    /// Recoveries.
    Recovery,
}

impl DocumentPurpose {
    /// All purposes, in the order of their identifiers.
    pub const ALL: [Self; 3] = [Self::Test, Self::Vaccination, Self::Recovery];

    /// The object identifier of the extended key usage.
    pub const fn oid(self) -> ObjectIdentifier {
        match self {
            Self::Test => oid::HEALTH_TEST,
            Self::Vaccination => oid::HEALTH_VACCINATION,
            Self::Recovery => oid::HEALTH_RECOVERY,
        }
    }

    const fn bit(self) -> u8 {
        match self {
            Self::Test => 1,
            Self::Vaccination => 2,
            Self::Recovery => 4,
        }
    }
}

impl fmt::Display for DocumentPurpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Test => "test",
            Self::Vaccination => "vaccination",
            Self::Recovery => "recovery",
        })
    }
}

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

    /// Reads the extended key usage of a certificate.
    pub fn of(certificate: &Certificate) -> Self {
        let usages = certificate.extensions().extended_key_usage.as_deref().unwrap_or_default();
        usages.iter().fold(Self::UNRESTRICTED, Self::and)
    }

    /// Whether such statements may be signed.
    pub const fn allows(self, purpose: DocumentPurpose) -> bool {
        self.named == 0 || self.named & purpose.bit() != 0
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
    pub fn named(self) -> impl Iterator<Item = DocumentPurpose> {
        DocumentPurpose::ALL.into_iter().filter(move |one| self.named & one.bit() != 0)
    }

    fn and(self, usage: &ObjectIdentifier) -> Self {
        purpose(usage).map_or(self, |(purpose, misprinted)| Self {
            named: self.named | purpose.bit(),
            misprinted: self.misprinted || misprinted,
        })
    }
}

/// The purpose of an identifier, and whether it has the surplus `.0`.
fn purpose(usage: &ObjectIdentifier) -> Option<(DocumentPurpose, bool)> {
    // Both families: the registered one, and the one that was copied from a faulty document.
    const RIGHT: [u32; 9] = [1, 3, 6, 1, 4, 1, 1847, 2021, 1];
    const MISPRINT: [u32; 10] = [1, 3, 6, 1, 4, 1, 0, 1847, 2021, 1];
    const FIRST: usize = RIGHT.len();
    let is = |family: &[u32]| usage.arcs().take(family.len()).eq(family.iter().copied());
    let (last, misprinted) = match usage.arcs().count() {
        10 if is(&RIGHT) => (usage.arcs().nth(FIRST)?, false),
        11 if is(&MISPRINT) => (usage.arcs().nth(FIRST + 1)?, true),
        _ => return None,
    };
    let purpose = match last {
        1 => DocumentPurpose::Test,
        2 => DocumentPurpose::Vaccination,
        3 => DocumentPurpose::Recovery,
        _ => return None,
    };
    Some((purpose, misprinted))
}

impl fmt::Display for DocumentPurposes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.is_restricted() {
            return f.write_str("everything");
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
        usages.iter().fold(DocumentPurposes::UNRESTRICTED, |all, usage| {
            all.and(&ObjectIdentifier::new_unwrap(usage))
        })
    }

    #[test]
    fn the_misprinted_family_means_the_same_and_is_remarked() {
        let right = purposes(&["1.3.6.1.4.1.1847.2021.1.2"]);
        let misprint = purposes(&["1.3.6.1.4.1.0.1847.2021.1.2"]);
        for purposes in [right, misprint] {
            assert!(
                purposes.allows(DocumentPurpose::Vaccination)
                    && !purposes.allows(DocumentPurpose::Test)
            );
            assert!(!purposes.allows(DocumentPurpose::Recovery) && purposes.is_restricted());
            assert_eq!(purposes.to_string(), "vaccination");
        }
        assert!(!right.has_misprint() && misprint.has_misprint());
    }

    #[test]
    fn without_a_known_purpose_everything_is_allowed() {
        for usages in [&[][..], &["1.3.6.1.5.5.7.3.2"], &["1.3.6.1.4.1.1847.2021.1.4"]] {
            let purposes = purposes(usages);
            assert!(
                purposes.allows(DocumentPurpose::Test)
                    && purposes.allows(DocumentPurpose::Recovery)
            );
            assert_eq!(purposes.to_string(), "everything");
        }
        let two = purposes(&["1.3.6.1.4.1.1847.2021.1.1", "1.3.6.1.4.1.1847.2021.1.3"]);
        assert_eq!(two.to_string(), "test, recovery");
    }
}
