//! What every command of onboarding opens: configuration, anchors, operators, database.

use std::path::Path;

use gdhcn_envelope::x509::Certificate;
use gdhcn_server::GatewayConfig;
use gdhcn_server::gateway::{Operators, read_anchors};
use gdhcn_store::Store;

use crate::exit::{Fault, OrInput, OrInternal};

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
