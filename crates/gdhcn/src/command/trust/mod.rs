//! `gdhcn trust`: fetching, carrying and looking at trust data.

mod arguments;
mod check;
mod diff;
mod import;
mod list;
mod part;
mod show;
mod sync;

pub(crate) use arguments::TrustCommand;

use crate::exit::{Exit, Fault};

pub(crate) fn run(command: &TrustCommand) -> Result<Exit, Fault> {
    match command {
        TrustCommand::Sync(arguments) => sync::run(arguments),
        TrustCommand::List(arguments) => list::list(arguments),
        TrustCommand::Show(arguments) => show::run(arguments),
        TrustCommand::Diff(arguments) => diff::run(arguments),
        TrustCommand::Import(arguments) => import::run(arguments),
        TrustCommand::Export(arguments) => import::export(arguments),
        TrustCommand::Remove(arguments) => import::remove(arguments),
        TrustCommand::Verify(arguments) => check::run(arguments),
    }
}
