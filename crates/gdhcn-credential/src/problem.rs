use std::fmt;

/// A deviation of a health document from its schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where, as `v/0/dn`; empty for the whole document.
    pub path: String,
    /// The rule that is broken.
    pub rule: Rule,
}

impl Problem {
    pub(crate) fn new(path: impl Into<String>, rule: Rule) -> Self {
        Self { path: path.into(), rule }
    }

    /// Whether the document cannot be understood as what it claims to be. Other problems leave a
    /// document that people can read and judge.
    pub const fn is_structural(&self) -> bool {
        self.rule.is_structural()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            self.rule.fmt(f)
        } else {
            write!(f, "{}: {}", self.path, self.rule)
        }
    }
}

/// The rules of the schemas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Rule {
    /// The document, or a group in it that carries its sense, is not a map.
    #[error("not a map")]
    NotAMap,
    /// There is no statement: no vaccination, test or recovery.
    #[error("no vaccination, test or recovery inside")]
    NoStatement,
    /// More than one statement where exactly one is allowed.
    #[error("more than one statement inside")]
    SeveralStatements,
    /// The person has no name at all.
    #[error("no name")]
    NoName,

    /// Nobody is named to whom it applies.
    #[error("no patient inside")]
    NoPatient,
    /// More than one person is named.
    #[error("more than one patient inside")]
    SeveralPatients,

    /// A field that must be there is not.
    #[error("missing")]
    Missing,
    /// `null` or `undefined` where a field should have been left out.
    #[error("null in place of leaving it out")]
    Null,
    /// A value of the wrong kind.
    #[error("not {expected}")]
    Type {
        /// What belongs there.
        expected: &'static str,
    },
    /// A text that is too long.
    #[error("longer than {max} characters")]
    TooLong {
        /// The greatest length in characters.
        max: usize,
    },
    /// A number outside its range.
    #[error("not between {min} and {max}")]
    Range {
        /// The least value.
        min: u32,
        /// The greatest value.
        max: u32,
    },
    /// A text that has not the form prescribed.
    #[error("not of the form {form}")]
    Form {
        /// The form, in words.
        form: &'static str,
    },
    /// A key stands twice in a map.
    #[error("a field stands twice in the same map")]
    DuplicateKey,
    /// More items than are looked at.
    #[error("more than {max} items; the rest is not looked at")]
    TooMany {
        /// How many are looked at.
        max: usize,
    },
    /// Something that was planned, refused or entered in error.
    #[error("not completed, so it states nothing")]
    NotCompleted,
    /// The schema version is not one that was published.
    #[error("unknown schema version")]
    UnknownVersion,
    /// Neither a clinician nor an authority is named.
    #[error("neither a clinician nor an issuing authority is named")]
    NoAuthority,
    /// A product that is not on the list for this kind of certificate.
    #[error("a product that is not on WHO's list for this certificate")]
    UnknownProduct,
    /// A code that the value set bound to this field does not have.
    #[error("not a code of {set}")]
    UnknownCode {
        /// The value set.
        set: &'static str,
    },
}

impl Rule {
    /// See [`Problem::is_structural`].
    pub const fn is_structural(self) -> bool {
        matches!(
            self,
            Self::NotAMap
                | Self::NoStatement
                | Self::SeveralStatements
                | Self::NoName
                | Self::NoPatient
                | Self::SeveralPatients
        )
    }
}
