//! Moving in: taking over the content of an existing gateway from a dump of its database.
//!
//! The dump is read twice, a row at a time. The first reading learns whose dump it is and which
//! certificates the trust anchor vouches for; the second measures every row by them and hands it
//! to the store, where all rows become visible at once or not at all. Each row has a [`Verdict`],
//! and each that is not simply taken over is in the [`ImportReport`] with its reasons and with what
//! can be done.

mod certificates;
mod documents;
mod fields;
mod proof;
mod reason;
mod report;
mod survey;

use std::collections::HashMap;
use std::io::{self, Read};

use gdhcn_dump::{Dialect, DumpError, Item, Limits, Reader, Row, UnreadableRow};
use gdhcn_envelope::x509::Certificate;
use gdhcn_store::takeover::{Added, Before, Taken, Takeover};
use gdhcn_store::trusted_party::Role;
use gdhcn_store::{Store, StoreError};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use self::certificates::Measures;
use self::fields::Fields;
use self::proof::Parties;
use self::reason::Reason;
pub use self::report::{Generation, ImportReport, RowReport, Verdict};
use self::survey::{Hashed, Survey};

/// Tables whose rows are taken over.
const TAKEN: [&str; 10] = [
    "trusted_party",
    "trusted_party_roles",
    "signer_information",
    "trusted_issuer",
    "trusted_reference",
    "federation_gateway",
    "revocation_batch",
    "validation_rule",
    "valueset",
    "audit_event",
];
/// Tables of the old program's own, whose rows are counted only.
const PASSED_OVER: [&str; 3] = ["shedlock", "databasechangelog", "databasechangeloglock"];

/// What the operator says about the dump and the gateway.
#[derive(Debug, Clone)]
pub struct ImportOptions {
    /// Whose signature onboards a participant.
    pub anchors: Vec<Certificate>,
    /// The zone of the old program's clock times.
    pub zone: TimeZone,
    /// The present instant.
    pub now: Timestamp,
    /// How long withdrawn certificates are told of; older ones are left out.
    pub tombstones: SignedDuration,
    /// Which database wrote the dump; found out from it when left out.
    pub dialect: Option<Dialect>,
    /// Take a dump without the line that its program writes last.
    pub allow_incomplete: bool,
    /// Leave out what the dump does not prove, instead of taking it over with a word.
    pub only_proven: bool,
    /// What may be in the database before.
    pub before: Before,
    /// Undo everything at the end.
    pub dry_run: bool,
}

/// Why nothing is taken over.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The file cannot be opened.
    #[error("the dump cannot be opened: {0}")]
    Open(#[source] io::Error),
    /// The file cannot be read as a dump.
    #[error(transparent)]
    Dump(#[from] DumpError),
    /// The dump is of another program, or of a part of the database.
    #[error("the dump has no table {0}: it is not of a gateway, or only of a part of it")]
    NoGateway(&'static str),
    /// The line is missing that says that the dump is whole.
    #[error(
        "the dump lacks the comment with which dump programs end, so it may be cut off; if it was \
         made without comments, say --allow-incomplete"
    )]
    Incomplete,
    /// The file changed between the two readings.
    #[error("the dump changed while it was read; wait until it is written")]
    Changed,
    /// There are more onboarded certificates than any gateway has.
    #[error("the dump has more than {} MiB of onboarded certificates", survey::ONBOARDED >> 20)]
    TooMany,
    /// A row could not be stored, so none is.
    #[error("row {id} of {table}: {source}")]
    Row {
        /// The row's table in the dump.
        table: String,
        /// Its primary key there.
        id: String,
        /// What the database said.
        source: Box<StoreError>,
    },
    /// The database holds something, and nothing was said of adding to it.
    #[error("{0}, or add to it what is missing there: --add")]
    NotEmpty(#[source] StoreError),
    /// The database cannot be used.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for ImportError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotEmpty { .. } => Self::NotEmpty(error),
            _ => Self::Store(error),
        }
    }
}

/// What is to become of a row that can be taken over.
struct Judged {
    row: Taken,
    reasons: Vec<Reason>,
    /// Of an onboarded row, for the proofs of others.
    certificate: Option<Certificate>,
}

impl Judged {
    fn new(row: Taken) -> Self {
        Self { row, reasons: Vec::new(), certificate: None }
    }

    fn note_if(&mut self, holds: bool, reason: Reason) {
        self.reasons.extend(holds.then_some(reason));
    }
}

/// Takes a dump over into a database, or without one only says what would come of it.
///
/// `open` is called twice and gives the same bytes each time. Reading and checking keep a thread
/// busy; this is for a program of its own, not for a server beside its requests.
///
/// # Errors
///
/// See [`ImportError`]. Nothing is taken over then.
pub async fn import<R: Read>(
    mut open: impl FnMut() -> io::Result<R>,
    store: Option<&Store>,
    options: &ImportOptions,
) -> Result<ImportReport, ImportError> {
    let survey = Survey::of(open().map_err(ImportError::Open)?, options.dialect)?;
    for table in ["trusted_party", "signer_information"] {
        if !survey.tables.contains_key(table) {
            return Err(ImportError::NoGateway(table));
        }
    }
    if !survey.complete && !options.allow_incomplete {
        return Err(ImportError::Incomplete);
    }
    let mut report = survey.report();
    let sink = match store {
        Some(store) => {
            if options.before == Before::Nothing
                && let Some(at) = store.taken_over(&survey.sha256).await?
            {
                report.taken_before = Some(at.to_string());
                return Ok(report);
            }
            let request_id = Uuid::now_v7().to_string();
            store.begin_takeover(options.before, options.now, &request_id).await?
        }
        None => Takeover::rehearsal(options.now).await?,
    };
    let mut import = Import {
        options,
        generation: survey.generation(),
        parties: Parties::default(),
        sink,
        report,
        changes: false,
    };
    import.onboarded(&survey).await?;
    let mut source = Hashed::new(open().map_err(ImportError::Open)?);
    import.others(&mut source, options.dialect).await?;
    if source.sha256() != survey.sha256 {
        return Err(ImportError::Changed);
    }
    import.finish(store.is_some()).await
}

/// One import on its way.
struct Import<'a> {
    options: &'a ImportOptions,
    generation: Generation,
    parties: Parties,
    sink: Takeover,
    report: ImportReport,
    /// Whether any row is new.
    changes: bool,
}

impl Import<'_> {
    async fn onboarded(&mut self, survey: &Survey) -> Result<(), ImportError> {
        let mut roles: HashMap<i64, Vec<Role>> = HashMap::new();
        for row in &survey.roles {
            let fields = Fields::new(row, &self.options.zone);
            let owner = fields.integer("trusted_party_entity_id");
            let role = fields.named("role", |text| text.parse().ok());
            match owner.and_then(|owner| Ok((owner, role?))) {
                Ok((owner, role)) => roles.entry(owner).or_default().push(role),
                Err(fault) => self.note(row, &[fault.into()]),
            }
        }
        let all: usize = roles.values().map(Vec::len).sum();
        if self.options.only_proven {
            roles.clear();
        }
        let mut granted = 0;
        for row in &survey.parties {
            let fields = Fields::new(row, &self.options.zone);
            let judged = certificates::party(&fields, &roles, &self.measures());
            if let Some(Taken::Party(party)) = self.take(row, judged).await? {
                granted += party.roles.len();
            }
        }
        self.report.add("trusted_party_roles", Verdict::Unproven, granted);
        // Nobody signs roles.
        let left = if self.options.only_proven { Verdict::Quarantined } else { Verdict::Skipped };
        self.report.add("trusted_party_roles", left, all - granted);
        Ok(())
    }

    async fn others(
        &mut self,
        source: impl Read,
        dialect: Option<Dialect>,
    ) -> Result<(), ImportError> {
        for item in reader(source, dialect) {
            match item? {
                Item::Table(_) => {}
                Item::Unreadable(row) => self.unreadable(row),
                Item::Row(row) => match row.table.name.as_str() {
                    "trusted_party" | "trusted_party_roles" => {}
                    name if PASSED_OVER.contains(&name) => {
                        self.report.add(name, Verdict::Skipped, 1);
                    }
                    name => {
                        let judged = self.judge(name, &row);
                        self.take(&row, judged).await?;
                    }
                },
            }
        }
        Ok(())
    }

    fn judge(&self, table: &str, row: &Row) -> Result<Judged, Reason> {
        let fields = Fields::new(row, &self.options.zone);
        let anchors = &self.options.anchors;
        match table {
            "signer_information" => certificates::signer(&fields, &self.measures(), &self.parties),
            "trusted_issuer" => documents::issuer(&fields, anchors),
            "trusted_reference" => documents::reference(&fields),
            "federation_gateway" => documents::gateway(&fields, anchors),
            "revocation_batch" => documents::batch(&fields, &self.parties, self.options.now),
            "validation_rule" => documents::rule(&fields, &self.parties),
            "valueset" => documents::value_set(&fields),
            _ => documents::event(&fields),
        }
    }

    fn measures(&self) -> Measures<'_> {
        Measures {
            anchors: &self.options.anchors,
            generation: self.generation,
            now: self.options.now,
            tombstones: self.options.tombstones,
        }
    }

    /// Stores a row that may be taken over, and reports on it. Gives it back when it is new.
    async fn take(
        &mut self,
        row: &Row,
        judged: Result<Judged, Reason>,
    ) -> Result<Option<Taken>, ImportError> {
        let Judged { row: taken, mut reasons, certificate } = match judged {
            Ok(judged) => judged,
            Err(reason) => {
                self.note(row, &[reason]);
                return Ok(None);
            }
        };
        let unproven = |reason: &Reason| reason.verdict() == Verdict::Unproven;
        if self.options.only_proven
            && let Some(place) = reasons.iter().position(unproven)
        {
            let reason = Reason::LeftOut(Box::new(reasons.swap_remove(place)));
            self.note(row, &[reason]);
            return Ok(None);
        }
        let added = self.sink.add(&taken).await.map_err(|source| ImportError::Row {
            table: row.table.name.clone(),
            id: id(row).unwrap_or_default(),
            source: Box::new(source),
        })?;
        let refused = match added {
            Added::New => None,
            Added::Present => Some(Reason::Present),
            Added::Clash(what) => Some(Reason::Clash(what)),
            Added::Removed => Some(Reason::Removed),
        };
        if let Taken::Party(party) = &taken
            && let Some(certificate) = certificate
            && matches!(added, Added::New | Added::Present)
        {
            self.parties.add(party.certificate_type, &party.country, certificate);
        }
        if let Some(reason) = refused {
            self.note(row, &[reason]);
            return Ok(None);
        }
        match &taken {
            Taken::Party(party) => self.report.add_domain(party.domain.as_deref()),
            Taken::Signer(signer) => self.report.add_domain(signer.domain.as_deref()),
            _ => {}
        }
        self.changes = true;
        self.note(row, &reasons);
        Ok(Some(taken))
    }

    /// Counts a row, and reports on it when there is something to say.
    fn note(&mut self, row: &Row, reasons: &[Reason]) {
        self.report.note(&row.table.name, id(row), row.line, reasons);
    }

    fn unreadable(&mut self, row: UnreadableRow) {
        let table = &row.table.name;
        if PASSED_OVER.contains(&table.as_str()) {
            return self.report.add(table, Verdict::Skipped, 1);
        }
        self.report.note(table, row.id, row.line, &[row.fault.into()]);
    }

    async fn finish(mut self, has_store: bool) -> Result<ImportReport, ImportError> {
        if self.report.domains.contains_key("DDCC") {
            self.report.notes.push(
                "Certificates of the domain DDCC are not in /trustList, which shows DCC only; \
                 they are in /trustList/certificate, as in the old gateway."
                    .to_owned(),
            );
        }
        self.report.notes.push(
            "Nobody signs roles, value sets, audit events and withdrawals: they are the word of the \
             old database, and counted as unproven. Nor does the trust anchor sign what a \
             certificate is for, in which domain, and for an issuer its TLS key: compare these with \
             what was onboarded."
                .to_owned(),
        );
        if self.report.has_taken("federation_gateway") {
            self.report.notes.push(
                "Bring the client keys of the federation yourself: the dump names them in \
                 gateway_kid and does not hold them."
                    .to_owned(),
            );
        }
        if has_store && self.changes && !self.options.dry_run {
            self.sink.commit(self.report.summary(), &self.report.sha256).await?;
            self.report.written = true;
        }
        Ok(self.report)
    }
}

fn id(row: &Row) -> Option<String> {
    let column = match row.table.name.as_str() {
        "trusted_party_roles" => "trusted_party_entity_id",
        _ => "id",
    };
    row.text(column).map(|text| text.chars().take(64).collect())
}

fn reader<R: Read>(source: R, dialect: Option<Dialect>) -> Reader<R, impl Fn(&str) -> bool> {
    let wanted = |name: &str| TAKEN.contains(&name) || PASSED_OVER.contains(&name);
    let reader = Reader::new(source, Limits::default(), wanted);
    match dialect {
        Some(dialect) => reader.of_dialect(dialect),
        None => reader,
    }
}
