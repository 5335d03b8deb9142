//! `gdhcn trust-anchor`: the operator's offline key that vouches for participants.

mod arguments;
mod init;
mod show;
mod sign;

use gdhcn_envelope::pem;
use gdhcn_envelope::x509::Certificate;
use std::path::Path;

pub(crate) use arguments::TrustAnchorCommand;

use crate::exit::{Exit, Fault, OrInput};

pub(crate) fn run(command: &TrustAnchorCommand) -> Result<Exit, Fault> {
    match command {
        TrustAnchorCommand::Init(arguments) => init::run(arguments),
        TrustAnchorCommand::Show(arguments) => show::run(arguments),
        TrustAnchorCommand::Sign(arguments) => sign::run(arguments),
    }
}

/// The first certificate of a file: an anchor's own; its chain may follow.
pub(crate) fn certificate(path: &Path) -> Result<Certificate, Fault> {
    let bytes = std::fs::read(path).or_input(path.display())?;
    let first = pem::certificates(&bytes).into_iter().next();
    let none = gdhcn_envelope::x509::CertificateError::NoneFound;
    first.unwrap_or(Err(none)).or_input(path.display())
}
