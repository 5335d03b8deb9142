//! What every command of onboarding opens: configuration, anchors, operators, database.

use std::path::Path;

use gdhcn_envelope::x509::Certificate;
use gdhcn_server::GatewayConfig;
use gdhcn_server::gateway::{Operators, read_anchors};
use gdhcn_store::Store;

use crate::exit::{Fault, OrInput, OrInternal};

/// Who acts, as the audit trail and the log name them: the account that runs the program, before
/// `sudo` where that is known.
pub(super) fn operator() -> String {
    ["SUDO_USER", "LOGNAME", "USER"]
        .into_iter()
        .filter_map(|variable| std::env::var(variable).ok())
        .find(|name| !name.is_empty())
        .map_or_else(|| "an unnamed account".to_owned(), |name| name.chars().take(64).collect())
}

/// The operator's desk at a gateway's database.
pub(super) struct Desk {
    pub(super) config: GatewayConfig,
    pub(super) anchors: Vec<Certificate>,
    pub(super) operators: Operators,
    pub(super) store: Store,
}

impl Desk {
    pub(super) async fn open(config: &Path) -> Result<Self, Fault> {
        let loaded = GatewayConfig::load(config).or_input(config.display())?;
        let anchors = read_anchors(&loaded.trust_anchors).or_input(config.display())?;
        let operators = Operators::load(&loaded.onboarding).or_input(config.display())?;
        let store = Store::open(loaded.database.clone()).await.or_internal("the database")?;
        Ok(Self { config: loaded, anchors, operators, store })
    }
}
