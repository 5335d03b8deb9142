//! `gdhcn gateway config check`.

use std::path::Path;

use gdhcn_server::GatewayConfig;
use gdhcn_server::gateway::ConfigFiles;

use crate::exit::{Exit, Fault, OrInput};
use crate::output::{GOOD, OPEN, PLAIN, day, now, println};

pub(super) fn check(file: &Path) -> Result<Exit, Fault> {
    let config = GatewayConfig::load(file).or_input(file.display())?;
    let files = ConfigFiles::read(&config).or_input(file.display())?;
    println!("{GOOD}ok{PLAIN}  {} can be used", file.display());
    if let Some(own) = &files.server {
        println!("    server certificate until {}", day(own.not_after()));
    }
    for anchor in &files.anchors {
        println!("    trust anchor {} until {}", anchor.subject(), day(anchor.not_after()));
    }
    for hint in files.hints(&config, now()) {
        println!("{OPEN}hint:{PLAIN} {hint}");
    }
    Ok(Exit::SUCCESS)
}
