//! What came of every row.

use std::collections::BTreeMap;

use serde::Serialize;

use super::reason::Reason;

/// Most rows of a table that are told of one by one, for each verdict.
const TOLD: u64 = 1000;

/// Which program's database the dump is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Generation {
    /// The EU's gateway for COVID certificates.
    Eu,
    /// Its successor for DDCC, or the one after that, the WHO's Trust Network Gateway: their
    /// tables are alike.
    Who,
}

/// What came of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Verdict {
    /// Taken over, and proven by the signatures in the dump.
    Imported,
    /// Taken over, mended or with something to know.
    Remarked,
    /// Taken over because the old gateway serves it, though the dump does not prove it.
    Unproven,
    /// Not taken over: it can be read, and what it says is contradicted or vouched for by nobody.
    Quarantined,
    /// Not taken over: it cannot be read.
    Rejected,
    /// Not taken over because it has no place in a new gateway.
    Skipped,
}

impl Verdict {
    /// Every verdict, the best first.
    pub const ALL: [Self; 6] = [
        Self::Imported,
        Self::Remarked,
        Self::Unproven,
        Self::Quarantined,
        Self::Rejected,
        Self::Skipped,
    ];

    /// In one word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Imported => "imported",
            Self::Remarked => "remarked",
            Self::Unproven => "unproven",
            Self::Quarantined => "quarantined",
            Self::Rejected => "rejected",
            Self::Skipped => "skipped",
        }
    }

    /// Whether the row is in the new gateway.
    pub const fn is_taken(self) -> bool {
        matches!(self, Self::Imported | Self::Remarked | Self::Unproven)
    }
}

/// A row that is not simply taken over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RowReport {
    /// Its table in the dump.
    pub table: String,
    /// Its primary key there; none where that cannot be read.
    pub id: Option<String>,
    /// The line of the dump in which it begins.
    pub line: u64,
    /// What came of it.
    pub verdict: Verdict,
    /// Why: one or several reasons.
    pub reason: String,
    /// What an operator can do about it; none where nothing needs to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

/// What came of a dump.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ImportReport {
    /// Which program's database it is of.
    pub generation: Generation,
    /// Number of the schema's change sets that the dump says were made.
    pub change_sets: usize,
    /// Whether the database was changed; false for a dry run, and where nothing was new.
    pub written: bool,
    /// When this dump was taken over before; nothing was looked at then.
    pub taken_before: Option<String>,
    /// SHA-256 of the dump, lower-case hexadecimal.
    pub sha256: String,
    /// Rows of each table by verdict.
    pub tables: BTreeMap<String, BTreeMap<Verdict, u64>>,
    /// Certificates taken over by trust domain; `null` for none.
    pub domains: BTreeMap<String, u64>,
    /// The rows that are not simply taken over, at most a thousand of a table and verdict. Those
    /// that are here already, that nobody signs or that have no place are in `tables` only.
    pub rows: Vec<RowReport>,
    /// How many more rows there are to tell of, by table and verdict.
    pub more: BTreeMap<String, BTreeMap<Verdict, u64>>,
    /// How many are told of.
    #[serde(skip)]
    pub(super) told: BTreeMap<(String, Verdict), u64>,
    /// What else the operator should know.
    pub notes: Vec<String>,
}

impl ImportReport {
    /// The rows of a verdict, over all tables.
    pub fn count(&self, verdict: Verdict) -> u64 {
        self.tables.values().filter_map(|counts| counts.get(&verdict)).sum()
    }

    /// Whether every row is taken over or had no place. Rows may be unproven all the same:
    /// [`count`](Self::count) tells how many.
    pub fn is_clean(&self) -> bool {
        self.count(Verdict::Quarantined) + self.count(Verdict::Rejected) == 0
    }

    pub(super) fn has_taken(&self, table: &str) -> bool {
        self.tables.get(table).is_some_and(|counts| counts.keys().any(|verdict| verdict.is_taken()))
    }

    pub(super) fn add(&mut self, table: &str, verdict: Verdict, rows: usize) {
        if rows > 0 {
            let counts = self.tables.entry(table.to_owned()).or_default();
            *counts.entry(verdict).or_default() += rows as u64;
        }
    }

    /// Counts a row by the worst of its reasons, and keeps what is to be said of it.
    pub(super) fn note(&mut self, table: &str, id: Option<String>, line: u64, reasons: &[Reason]) {
        let verdict = reasons.iter().map(Reason::verdict).max().unwrap_or(Verdict::Imported);
        self.add(table, verdict, 1);
        if reasons.iter().all(Reason::is_only_counted) {
            return;
        }
        let told = self.told.entry((table.to_owned(), verdict)).or_default();
        if *told == TOLD {
            let more = self.more.entry(table.to_owned()).or_default();
            *more.entry(verdict).or_default() += 1;
            return;
        }
        *told += 1;
        let join = |parts: Vec<String>| parts.join("; ");
        let advice = reasons.iter().map(|reason| reason.advice(table));
        let advice: Vec<_> = advice.filter(|text| !text.is_empty()).map(str::to_owned).collect();
        self.rows.push(RowReport {
            table: table.to_owned(),
            id,
            line,
            verdict,
            reason: join(reasons.iter().map(ToString::to_string).collect()),
            advice: (!advice.is_empty()).then(|| join(advice)),
        });
    }

    /// The counts in a line, for the audit trail.
    pub(super) fn summary(&self) -> String {
        let taken = Verdict::ALL.into_iter().filter(|verdict| verdict.is_taken());
        format!(
            "took over {} rows of a dump, {} of them unproven; {} quarantined, {} rejected, {} skipped",
            taken.map(|verdict| self.count(verdict)).sum::<u64>(),
            self.count(Verdict::Unproven),
            self.count(Verdict::Quarantined),
            self.count(Verdict::Rejected),
            self.count(Verdict::Skipped),
        )
    }

    pub(super) fn add_domain(&mut self, domain: Option<&str>) {
        *self.domains.entry(domain.unwrap_or("null").to_owned()).or_default() += 1;
    }
}
