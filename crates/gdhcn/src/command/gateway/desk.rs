//! What every command of onboarding opens: configuration, anchors, operators, database.

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use gdhcn_crypto::Signer;
use gdhcn_envelope::x509::Certificate;
use gdhcn_server::GatewayConfig;
use gdhcn_server::gateway::{Operators, read_anchors};
use gdhcn_store::Store;

use super::database::{self, must_exist};
use crate::exit::{Fault, OrInput};
use crate::key_source::KeySource;

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
    /// Where the configuration lies, for the commands that are named to people.
    pub(super) path: PathBuf,
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
        let store = database::open(&loaded.database).await?;
        let store = store.with_kids(loaded.trusted_certificates.kid_scope());
        Ok(Self { path: config.to_owned(), config: loaded, anchors, operators, store })
    }

    /// For commands that ask for what is there: a mistyped place makes no database.
    pub(super) async fn open_existing(config: &Path) -> Result<Self, Fault> {
        let loaded = GatewayConfig::load(config).or_input(config.display())?;
        must_exist(&loaded.database)?;
        Self::open(config).await
    }

    /// Makes sure that what was signed was asked for by this gateway.
    pub(super) fn is_asked_by(&self, gateway: &str, path: &Path) -> Result<(), Fault> {
        let ours = self.config.name();
        if gateway == ours {
            return Ok(());
        }
        let path = path.display();
        Err(Fault::Input(anyhow!(
            "{path}: the request is of the gateway {gateway:?}, and this one is {ours:?}"
        )))
    }

    /// The configured trust anchor that this key belongs to.
    pub(super) fn anchor_of(
        &self,
        key: &KeySource,
        signer: &dyn Signer,
    ) -> Result<&Certificate, Fault> {
        let anchor = self.anchors.iter().find(|one| one.public_key() == Ok(signer.public_key()));
        anchor.ok_or_else(|| {
            let key = key.describe();
            Fault::Input(anyhow!("{key} is the key of none of the configured trust anchors"))
        })
    }
}
