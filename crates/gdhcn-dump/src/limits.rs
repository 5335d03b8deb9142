/// Bounds on what is held in memory. What lies above them is passed over and reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Longest value in bytes.
    pub value: usize,
    /// Longest row in bytes: the sum of its values.
    pub row: usize,
    /// Most columns of a table.
    pub columns: usize,
    /// Most tables that the caller wants.
    pub tables: usize,
}

impl Default for Limits {
    /// 4 MiB for a value, 8 MiB for a row, 256 columns, 64 tables. The widest columns of the
    /// gateways hold 1,024,000 characters.
    fn default() -> Self {
        Self { value: 4 << 20, row: 8 << 20, columns: 256, tables: 64 }
    }
}

/// Longest name of a table or column in bytes; PostgreSQL cuts at 63, MySQL at 64 characters.
pub(crate) const NAME: usize = 256;
/// How much of a statement that sets something is looked at.
pub(crate) const SETTING: usize = 1024;
