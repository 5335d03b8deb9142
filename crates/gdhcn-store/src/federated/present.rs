//! All rows that can come from a peer.

use crate::database::Transaction;
use crate::error::StoreError;
use crate::signer_information::{self, SignerInformation};
use crate::store::TrustContent;
use crate::trusted_issuer::{self, TrustedIssuer};
use crate::trusted_party::{self, TrustedParty};
use crate::trusted_reference::{self, TrustedReference};

/// Rows of the four tables.
#[derive(Default)]
pub(super) struct Present {
    pub(super) parties: Vec<TrustedParty>,
    pub(super) signers: Vec<SignerInformation>,
    pub(super) issuers: Vec<TrustedIssuer>,
    pub(super) references: Vec<TrustedReference>,
}

impl Present {
    pub(super) async fn read(transaction: &mut Transaction) -> Result<Self, StoreError> {
        let mut content = TrustContent::default();
        trusted_party::read_all(transaction, &mut content).await?;
        let mut signers = Vec::new();
        let push = |signer| signers.push(signer);
        signer_information::read_all(transaction, &mut content.unreadable, push).await?;
        Ok(Self {
            parties: content.trusted_parties,
            signers,
            issuers: trusted_issuer::read_all(transaction).await?,
            references: trusted_reference::read_all(transaction).await?,
        })
    }

    /// What came from this peer, and everything else.
    pub(super) fn split(self, gateway_id: &str) -> (Self, Self) {
        let is_its = |source: &Option<String>| source.as_deref() == Some(gateway_id);
        let (mut its, mut rest) = (Self::default(), Self::default());
        (its.parties, rest.parties) =
            self.parties.into_iter().partition(|row| is_its(&row.source_gateway_id));
        (its.signers, rest.signers) =
            self.signers.into_iter().partition(|row| is_its(&row.source_gateway_id));
        (its.issuers, rest.issuers) =
            self.issuers.into_iter().partition(|row| is_its(&row.source_gateway_id));
        (its.references, rest.references) =
            self.references.into_iter().partition(|row| is_its(&row.source_gateway_id));
        (its, rest)
    }
}
