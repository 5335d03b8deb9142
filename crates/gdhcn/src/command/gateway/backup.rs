//! `gdhcn gateway backup` and `gdhcn gateway restore`.

use anyhow::anyhow;
use gdhcn_server::GatewayConfig;
use gdhcn_store::{Location, Store};

use super::arguments::{BackupArguments, RestoreArguments};
use super::serve::runtime;
use crate::exit::{Exit, Fault, OrInput};
use crate::output::{GOOD, PLAIN, println};

pub(super) fn back_up(arguments: &BackupArguments) -> Result<Exit, Fault> {
    let config = GatewayConfig::load(&arguments.config).or_input(arguments.config.display())?;
    must_exist(&config.database)?;
    let revision = runtime()?.block_on(async {
        let store = Store::open(config.database.clone()).await?;
        let written = store.back_up(&arguments.file).await;
        let revision = store.revision().await;
        store.close().await;
        written.and(revision)
    });
    let revision = revision.or_input(arguments.file.display())?;
    println!("{GOOD}written{PLAIN}  {}, revision {revision}", arguments.file.display());
    Ok(Exit::SUCCESS)
}

pub(super) fn restore(arguments: &RestoreArguments) -> Result<Exit, Fault> {
    let config = GatewayConfig::load(&arguments.config).or_input(arguments.config.display())?;
    let revision = runtime()?.block_on(async {
        let store = Store::open(config.database.clone()).await?;
        let restored = store.restore(&arguments.file).await;
        let revision = store.revision().await;
        store.close().await;
        restored.and(revision)
    });
    let revision = revision.or_input(arguments.file.display())?;
    println!("{GOOD}restored{PLAIN}  {}, revision {revision}", config.database);
    Ok(Exit::SUCCESS)
}

/// Opening makes what is missing, which is not what somebody wants who asks for what is there.
pub(super) fn must_exist(database: &Location) -> Result<(), Fault> {
    match database {
        Location::Folder(folder) if !folder.join(Store::FILE_NAME).exists() => Err(Fault::Input(
            anyhow!("there is no database in {}: serve the gateway once", folder.display()),
        )),
        _ => Ok(()),
    }
}
