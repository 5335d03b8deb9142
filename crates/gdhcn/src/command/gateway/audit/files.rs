use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use anyhow::anyhow;
use gdhcn_client::log_files::LogFiles;

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
        match self {
            Self::Served(files) => files.fetch(path, limit).await.or_input("the log"),
            Self::Folder(folder) => {
                let file = folder.join(path);
                let mut bytes = Vec::new();
                let most = limit as u64 + 1;
                File::open(&file)
                    .and_then(|opened| opened.take(most).read_to_end(&mut bytes))
                    .or_input(file.display())?;
                if bytes.len() <= limit {
                    return Ok(bytes);
                }
                Err(Fault::Input(anyhow!("{}: longer than {limit} bytes", file.display())))
            }
        }
    }
}
