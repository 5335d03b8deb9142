use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// How this gateway shows itself to the gateways that it pulls from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Federation {
    /// Client certificates by the names under which peers' configurations ask for them.
    pub clients: BTreeMap<String, FederationClient>,
}

/// A client certificate that a peer has onboarded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FederationClient {
    /// PEM file with the certificate, then its chain.
    pub certificate: PathBuf,
    /// PEM file with the private key (PKCS#8, PKCS#1 or SEC1).
    pub key: PathBuf,
    /// Whether the certification authorities of the operating system vouch for the server too,
    /// and not only the certificates that our trust anchor signed for the peer.
    #[serde(default)]
    pub system_roots: bool,
}

impl Federation {
    pub(super) fn paths_mut(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        self.clients.values_mut().flat_map(|client| [&mut client.certificate, &mut client.key])
    }
}
