//! What is wrong with the members of a document, named for the one who wrote it.

use std::fmt;

/// A member that breaks a constraint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The member, with the position in a list, such as `Description/0/lang`.
    pub member: String,
    /// What it must be.
    pub wanted: &'static str,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.member, self.wanted)
    }
}

/// The violations of one document, in the order in which they were found.
///
/// Only the first [`NAMED`](Self::NAMED) are kept: a document made of nothing else must not become
/// a long answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Violations(Vec<Violation>);

impl Violations {
    /// So many are named.
    pub const NAMED: usize = 20;

    /// Notes a violation.
    pub fn add(&mut self, member: impl Into<String>, wanted: &'static str) {
        if self.0.len() < Self::NAMED {
            self.0.push(Violation { member: member.into(), wanted });
        }
    }

    /// Notes a violation where there is no value.
    pub fn need<T>(
        &mut self,
        value: Option<T>,
        member: &'static str,
        wanted: &'static str,
    ) -> Option<T> {
        if value.is_none() {
            self.add(member, wanted);
        }
        value
    }

    /// Whether none was found.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The violations.
    pub fn iter(&self) -> impl Iterator<Item = &Violation> {
        self.0.iter()
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, violation) in self.0.iter().enumerate() {
            let separator = if at == 0 { "" } else { ", " };
            write!(f, "{separator}{violation}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_first_of_many() {
        let mut violations = Violations::default();
        assert!(violations.is_empty());
        assert_eq!(violations.need(None::<()>, "a", "must be there"), None);
        assert_eq!(violations.need(Some(1), "b", "must be there"), Some(1));
        violations.add(format!("c/{}", 0), "must be a text");
        assert_eq!(violations.to_string(), "a: must be there, c/0: must be a text");
        for _ in 0..100 {
            violations.add("d", "must be short");
        }
        assert_eq!(violations.iter().count(), Violations::NAMED);
    }
}
