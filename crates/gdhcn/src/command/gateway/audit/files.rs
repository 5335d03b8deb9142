use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::PathBuf;

use anyhow::{Error, anyhow};
use gdhcn_client::log_files::{LogFileError, LogFiles};
use gdhcn_log::Tile;

use crate::cli::GatewayAccess;
use crate::exit::{Fault, OrInput};
use crate::trust_source::{client_identity, server_trust};

/// Where the files of a log are.
pub(super) enum LogSource {
    Folder(PathBuf),
    Served(LogFiles),
}

impl LogSource {
    pub(super) fn new(named: &str, access: &GatewayAccess) -> Result<Self, Fault> {
        if named.contains("://") {
            let (identity, server) = (client_identity(access)?, server_trust(access)?);
            return LogFiles::new(named, identity, server).map(Self::Served).or_input(named);
        }
        let folder = PathBuf::from(named);
        if folder.is_dir() {
            return Ok(Self::Folder(folder));
        }
        Err(Fault::Input(anyhow!("--log {named}: neither an https:// address nor a folder")))
    }

    /// The file with this path, of at most `limit` bytes.
    pub(super) async fn fetch(&self, path: &str, limit: usize) -> Result<Vec<u8>, Fault> {
        self.find(path, limit).await?.map_err(Fault::Input)
    }

    /// The bytes of a tile: of a partial one also where the log has grown since and the host keeps
    /// nothing but the full one.
    pub(super) async fn fetch_tile(&self, tile: &Tile, limit: usize) -> Result<Vec<u8>, Fault> {
        match (self.find(&tile.to_string(), limit).await?, tile.filled()) {
            (Ok(bytes), _) => Ok(bytes),
            (Err(absent), None) => Err(Fault::Input(absent)),
            (Err(absent), Some(full)) => match self.find(&full.to_string(), limit).await? {
                Ok(bytes) => Ok(tile.cut(&bytes).to_vec()),
                Err(_) => Err(Fault::Input(absent)),
            },
        }
    }

    /// The file, or that it is absent.
    async fn find(&self, path: &str, limit: usize) -> Result<Result<Vec<u8>, Error>, Fault> {
        match self {
            Self::Served(files) => match files.fetch(path, limit).await {
                Err(error @ LogFileError::NotFound { .. }) => {
                    Ok(Err(Error::new(error).context("the log")))
                }
                fetched => fetched.or_input("the log").map(Ok),
            },
            Self::Folder(folder) => {
                let file = folder.join(path);
                let opened = match File::open(&file) {
                    Err(error) if error.kind() == ErrorKind::NotFound => {
                        return Ok(Err(Error::new(error).context(file.display().to_string())));
                    }
                    opened => opened.or_input(file.display())?,
                };
                let mut bytes = Vec::new();
                let most = limit as u64 + 1;
                opened.take(most).read_to_end(&mut bytes).or_input(file.display())?;
                if bytes.len() <= limit {
                    return Ok(Ok(bytes));
                }
                Err(Fault::Input(anyhow!("{}: longer than {limit} bytes", file.display())))
            }
        }
    }
}
