//! What an audit keeps for the next one.

use std::fs;
use std::io;
use std::path::Path;

use anyhow::{anyhow, ensure};
use gdhcn_log::{Frontier, NoteKey, State, TreeHash};
use serde::{Deserialize, Serialize};

use crate::exit::{Fault, OrInput, OrInternal};

/// The last tree that held, and what its entries made.
#[derive(Debug, Default)]
pub(super) struct Memory {
    pub(super) frontier: Frontier,
    pub(super) state: State,
    /// The checkpoint as the log signed it: the proof, should the log deny it later.
    pub(super) note: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    version: u8,
    key: String,
    checkpoint: String,
    size: u64,
    frontier: Vec<String>,
    state: State,
}

const VERSION: u8 = 1;

impl Memory {
    /// How many entries were seen.
    pub(super) fn seen(&self) -> u64 {
        self.frontier.size()
    }

    /// Reads the file; a missing one remembers nothing.
    pub(super) fn load(file: &Path, key: &NoteKey) -> Result<Self, Fault> {
        match fs::read(file) {
            Ok(bytes) => Self::read(&bytes, key).or_input(file.display()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error).or_input(file.display()),
        }
    }

    fn read(bytes: &[u8], key: &NoteKey) -> anyhow::Result<Self> {
        let wire: Wire = serde_json::from_slice(bytes)?;
        ensure!(wire.version == VERSION, "written by another version; audit anew without it");
        ensure!(wire.key == key.to_string(), "the state is that of another log, {}", wire.key);
        let hashes = wire.frontier.iter().map(|text| text.parse::<TreeHash>());
        let frontier = Frontier::new(wire.size, hashes.collect::<Result<_, _>>()?)?;
        ensure!(wire.state.entries() == wire.size, "the file is damaged; audit anew without it");
        Ok(Self { frontier, state: wire.state, note: wire.checkpoint.into_bytes() })
    }

    /// Writes the file anew, whole or not at all.
    pub(super) fn save(&self, file: &Path, key: &NoteKey) -> Result<(), Fault> {
        let wire = Wire {
            version: VERSION,
            key: key.to_string(),
            checkpoint: String::from_utf8_lossy(&self.note).into_owned(),
            size: self.frontier.size(),
            frontier: self.frontier.hashes().iter().map(TreeHash::to_string).collect(),
            state: self.state.clone(),
        };
        let bytes = serde_json::to_vec(&wire).or_internal("keeping the state")?;
        let name = file.file_name().ok_or_else(|| anyhow!("--state names no file"));
        let mut new = name.or_input(file.display())?.to_owned();
        new.push(".new");
        let new = file.with_file_name(new);
        fs::write(&new, bytes).and_then(|()| fs::rename(&new, file)).or_input(file.display())
    }
}
