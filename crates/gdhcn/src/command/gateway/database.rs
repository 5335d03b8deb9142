//! The gateway's database as commands open it, and the exit codes of what goes wrong with it: 66 where
//! the configuration leads to no database, 70 where there is one that cannot be used.

use std::io::ErrorKind;

use anyhow::{Error, anyhow};
use gdhcn_store::{Location, Store, StoreError};

use crate::exit::Fault;

/// Opening makes what is missing, which is not what somebody wants who asks for what is there.
pub(super) fn must_exist(database: &Location) -> Result<(), Fault> {
    let Location::Folder(folder) = database else { return Ok(()) };
    let file = folder.join(Store::FILE_NAME);
    let Err(error) = std::fs::metadata(&file) else { return Ok(()) };
    Err(match error.kind() {
        ErrorKind::NotFound => Fault::Input(anyhow!(
            "there is no database in {}: serve the gateway once",
            folder.display()
        )),
        ErrorKind::PermissionDenied => Fault::Internal(anyhow!(
            "the database {} cannot be looked at: {error}; run this as the account of the gateway \
             (sudo -u ACCOUNT)",
            file.display()
        )),
        _ => Fault::Internal(Error::from(error).context(file.display().to_string())),
    })
}

pub(super) async fn open(database: &Location) -> Result<Store, Fault> {
    Store::open(database.clone()).await.map_err(unusable)
}

/// A database that cannot be opened, read or written.
pub(super) fn unusable(error: StoreError) -> Fault {
    Fault::Internal(error.into())
}
