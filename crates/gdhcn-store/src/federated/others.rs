//! Removing what did not come from a peer, at an operator's word.

use gdhcn_log::Kind;

use super::present::Present;
use crate::audit_event::AuditEvent;
use crate::database::Transaction;
use crate::error::StoreError;
use crate::log;
use crate::signer_information;
use crate::trusted_issuer;
use crate::trusted_party::{self, PartyType};
use crate::trusted_reference;

/// Removes all of it but for own client certificates and what the federation itself stands on.
/// Tells how many rows went.
pub(super) async fn clear(
    transaction: &mut Transaction,
    rest: &Present,
    operator: &str,
    event: &AuditEvent,
) -> Result<usize, StoreError> {
    let gone = |kind, key: &str, country: &str, source: &Option<String>| {
        log::of_loss(kind, key, country, source.as_deref(), event, operator)
    };
    let mut entries = Vec::new();
    for row in &rest.references {
        trusted_reference::erase(transaction, &row.id).await?;
        let source = &row.source_gateway_id;
        entries.push(gone(Kind::TrustedReference, &row.uuid, &row.country, source));
    }
    for row in &rest.issuers {
        trusted_issuer::erase(transaction, &row.id).await?;
        let uuid = row.uuid.as_deref().unwrap_or_default();
        let source = &row.source_gateway_id;
        entries.push(gone(Kind::TrustedIssuer, uuid, &row.issuer.country, source));
    }
    for row in &rest.signers {
        match &row.source_gateway_id {
            Some(_) => signer_information::erase(transaction, &row.id).await?,
            None => signer_information::bury(transaction, row, event.occurred_at).await?,
        }
        let source = &row.source_gateway_id;
        entries.push(gone(Kind::SignerInformation, &row.thumbprint, &row.country, source));
    }
    for row in &rest.parties {
        let source = &row.source_gateway_id;
        let stays = source.is_none()
            && matches!(
                row.certificate_type,
                PartyType::Authentication
                    | PartyType::TrustAnchor
                    | PartyType::AuthenticationFederation
            );
        if !stays {
            trusted_party::erase(transaction, &row.id).await?;
            entries.push(gone(Kind::TrustedParty, &row.thumbprint, &row.country, source));
        }
    }
    log::append_all(transaction, &entries).await?;
    Ok(entries.len())
}
