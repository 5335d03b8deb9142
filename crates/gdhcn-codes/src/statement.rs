/// The kinds of statement of an EU DCC, which are also the purposes that a document signer's
/// certificate can be limited to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StatementKind {
    /// A vaccination.
    Vaccination,
    /// A test.
    Test,
    /// A recovery.
    Recovery,
}

impl StatementKind {
    /// All kinds, in the order in which documents are looked through for them.
    pub const ALL: [Self; 3] = [Self::Vaccination, Self::Test, Self::Recovery];

    /// Its key in the document.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Vaccination => "v",
            Self::Test => "t",
            Self::Recovery => "r",
        }
    }

    /// Its English name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Vaccination => "vaccination",
            Self::Test => "test",
            Self::Recovery => "recovery",
        }
    }

    /// The extended key usages that allow a document signer this kind of statement (HCERT
    /// specification 1.1.1, A.2): the registered one, and the malformed one of many certificates.
    pub const fn extended_key_usages(self) -> [&'static str; 2] {
        match self {
            Self::Test => ["1.3.6.1.4.1.1847.2021.1.1", "1.3.6.1.4.1.0.1847.2021.1.1"],
            Self::Vaccination => ["1.3.6.1.4.1.1847.2021.1.2", "1.3.6.1.4.1.0.1847.2021.1.2"],
            Self::Recovery => ["1.3.6.1.4.1.1847.2021.1.3", "1.3.6.1.4.1.0.1847.2021.1.3"],
        }
    }
}

impl std::fmt::Display for StatementKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
