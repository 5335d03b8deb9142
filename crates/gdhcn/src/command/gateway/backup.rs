//! `gdhcn gateway backup` and `gdhcn gateway restore`.

use std::path::Path;

use anyhow::Error;
use gdhcn_server::GatewayConfig;
use gdhcn_store::{StoreError, Unsealed};

use super::arguments::{BackupArguments, RestoreArguments};
use super::database::{self, must_exist};
use super::serve::runtime;
use crate::exit::{Exit, Fault, OrInput};
use crate::output::{GOOD, PLAIN, println};

pub(super) fn back_up(arguments: &BackupArguments) -> Result<Exit, Fault> {
    let config = GatewayConfig::load(&arguments.config).or_input(arguments.config.display())?;
    must_exist(&config.database)?;
    let revision = runtime()?.block_on(async {
        let store = database::open(&config.database).await?;
        let written = store.back_up(&arguments.file).await;
        let revision = store.revision().await;
        store.close().await;
        written.and(revision).map_err(|error| fault(error, &arguments.file))
    })?;
    println!("{GOOD}written{PLAIN}  {}, revision {revision}", arguments.file.display());
    Ok(Exit::SUCCESS)
}

pub(super) fn restore(arguments: &RestoreArguments) -> Result<Exit, Fault> {
    let unsealed = if arguments.unverified { Unsealed::Accepted } else { Unsealed::Refused };
    let config = GatewayConfig::load(&arguments.config).or_input(arguments.config.display())?;
    let revision = runtime()?.block_on(async {
        let store = database::open(&config.database).await?;
        let restored = store.restore(&arguments.file, unsealed).await;
        let revision = store.revision().await;
        store.close().await;
        restored.and(revision).map_err(|error| fault(error, &arguments.file))
    })?;
    println!("{GOOD}restored{PLAIN}  {}, revision {revision}", config.database);
    Ok(Exit::SUCCESS)
}

/// What is wrong with the file of the backup, or a database that is not empty, is an input; the rest
/// is the database's.
fn fault(error: StoreError, file: &Path) -> Fault {
    match error {
        StoreError::FileExists(_) | StoreError::NotEmpty { .. } | StoreError::Folder { .. } => {
            Fault::Input(Error::from(error).context(file.display().to_string()))
        }
        StoreError::Unsealed(_) | StoreError::Damaged(_) | StoreError::NoBackup { .. } => {
            Fault::Input(error.into())
        }
        other => database::unusable(other),
    }
}
