//! The first reading: whose dump it is, and who is onboarded.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::Arc;

use gdhcn_crypto::RunningSha256;
use gdhcn_dump::{Dialect, Item, Row, Table, Value};

use super::report::{Generation, ImportReport};
use super::{ImportError, reader};

/// Most bytes of onboarded certificates and their roles, which are held in memory: ten times what
/// the network has.
pub(super) const ONBOARDED: usize = 64 << 20;
/// What a held row costs beside its values.
const ROW: usize = 512;

/// What the first reading found.
pub(super) struct Survey {
    pub(super) sha256: String,
    pub(super) tables: BTreeMap<String, Arc<Table>>,
    pub(super) parties: Vec<Row>,
    pub(super) roles: Vec<Row>,
    /// Whether the dump's last line says so.
    pub(super) complete: bool,
    change_sets: usize,
}

impl Survey {
    pub(super) fn of(source: impl Read, dialect: Option<Dialect>) -> Result<Self, ImportError> {
        let mut source = Hashed::new(source);
        let mut reader = reader(&mut source, dialect);
        let mut survey = Self {
            sha256: String::new(),
            tables: BTreeMap::new(),
            change_sets: 0,
            parties: Vec::new(),
            roles: Vec::new(),
            complete: false,
        };
        let mut held = 0;
        for item in &mut reader {
            match item? {
                Item::Table(table) => {
                    survey.tables.insert(table.name.clone(), table);
                }
                Item::Row(row) => match row.table.name.as_str() {
                    "trusted_party" => {
                        held += size(&row);
                        survey.parties.push(row);
                    }
                    "trusted_party_roles" => {
                        held += size(&row);
                        survey.roles.push(row);
                    }
                    "databasechangelog" => survey.change_sets += 1,
                    _ => {}
                },
                Item::Unreadable(_) => {}
            }
            if held > ONBOARDED {
                return Err(ImportError::TooMany);
            }
        }
        survey.complete = reader.is_complete();
        drop(reader);
        survey.sha256 = source.sha256();
        Ok(survey)
    }

    pub(super) fn generation(&self) -> Generation {
        if self.tables.contains_key("federation_gateway") {
            return Generation::Who;
        }
        // A dump of rows alone does not show a table without rows.
        let signers = self.tables.get("signer_information");
        match signers.is_some_and(|table| table.has("kid")) {
            true => Generation::Who,
            false => Generation::Eu,
        }
    }

    pub(super) fn report(&self) -> ImportReport {
        ImportReport {
            generation: self.generation(),
            change_sets: self.change_sets,
            written: false,
            taken_before: None,
            sha256: self.sha256.clone(),
            tables: BTreeMap::new(),
            domains: BTreeMap::new(),
            rows: Vec::new(),
            more: BTreeMap::new(),
            told: BTreeMap::new(),
            notes: Vec::new(),
        }
    }
}

fn size(row: &Row) -> usize {
    let bytes = row.values.iter().map(|value| match value {
        Value::Null => 0,
        Value::Bytes(bytes) => bytes.len(),
    });
    ROW + bytes.sum::<usize>()
}

/// Hashes what passes.
pub(super) struct Hashed<R> {
    source: R,
    hash: RunningSha256,
}

impl<R> Hashed<R> {
    pub(super) fn new(source: R) -> Self {
        Self { source, hash: RunningSha256::new() }
    }

    pub(super) fn sha256(&self) -> String {
        hex::encode(self.hash.clone().finish())
    }
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(into)?;
        self.hash.update(into.get(..count).unwrap_or_default());
        Ok(count)
    }
}
