//! The rows as they go into their tables, and their entries of the log.

use gdhcn_log::{Action, Attribute, Content, Entry, Kind, rule_key};

use super::{Batch, Before, Rule, Taken, Takeover, ValueSet};
use crate::audit_event::{self, AuditEvent};
use crate::database::values;
use crate::error::StoreError;
use crate::federation_gateway::{self, NewFederationGateway};
use crate::limit;
use crate::revocation_batch::second_of_change;
use crate::trusted_issuer::{self, TrustedIssuer};
use crate::trusted_reference::{self, TrustedReference};
use crate::{log, signer_information, tombstone, trusted_party};

impl Takeover {
    pub(super) async fn insert(&mut self, row: &Taken) -> Result<(), StoreError> {
        match row {
            Taken::Party(row) => {
                trusted_party::write(&mut self.writing, row).await?;
                self.log(log::of_party(row, None)).await
            }
            Taken::Signer(row) => {
                signer_information::write(&mut self.writing, row).await?;
                self.log(log::of_signer(row, None)).await
            }
            Taken::Tombstone(row) => tombstone::write(&mut self.writing, row).await,
            Taken::Issuer(row, signed) => self.issuer(row, signed).await,
            Taken::Reference(row) => self.reference(row).await,
            Taken::Gateway(row) => self.gateway(row).await,
            Taken::Rule(row) => self.rule(row).await,
            Taken::ValueSet(row) => self.value_set(row).await,
            Taken::Batch(row) => self.batch(row).await,
            Taken::Event(row) => self.event(row).await,
        }
    }

    async fn event(&mut self, event: &AuditEvent) -> Result<(), StoreError> {
        event.check()?;
        audit_event::append(&mut self.writing, event).await?;
        self.events.insert(event.request_id.clone());
        Ok(())
    }

    async fn issuer(&mut self, row: &TrustedIssuer, signed: &str) -> Result<(), StoreError> {
        trusted_issuer::write(&mut self.writing, row).await?;
        let uuid = row.uuid.as_deref().unwrap_or_default();
        let entry = trusted_issuer::entry(&row.issuer, uuid, signed, &self.event);
        self.log(entry).await
    }

    async fn gateway(&mut self, row: &NewFederationGateway) -> Result<(), StoreError> {
        row.check()?;
        federation_gateway::write(&mut self.writing, row).await?;
        let text = row.peer.signed_text()?;
        let id = &row.peer.gateway_id;
        self.log(log::of_peer(id, false, &text, &row.signature, &self.event)).await
    }

    async fn reference(&mut self, row: &TrustedReference) -> Result<(), StoreError> {
        trusted_reference::write(&mut self.writing, row).await?;
        let what = (Action::Imported, Kind::TrustedReference);
        let entry = log::of_own_act(what, &row.uuid, &self.event, None);
        self.log(Entry { country: Some(row.country.clone()), ..entry }).await
    }

    async fn rule(&mut self, row: &Rule) -> Result<(), StoreError> {
        row.message.check("validation_rule.cms", limit::RULE)?;
        self.writing
            .execute(
                "INSERT INTO validation_rule (sequence, created_at, rule_id, version, country,
                    rule_type, valid_from, valid_to, cms)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                values![
                    place(row),
                    row.created_at,
                    &row.rule_id,
                    &row.version,
                    &row.country,
                    &row.rule_type,
                    row.valid_from,
                    row.valid_to,
                    &row.message.cms,
                ],
            )
            .await?;
        let key = rule_key(&row.rule_id, &row.version);
        let what = (Action::Imported, Kind::ValidationRule);
        self.log(log::of_text(what, &key, &row.country, &row.message, &self.event)).await
    }

    /// Puts the new versions of rules behind those that were there, in their old order.
    pub(super) async fn number_rules(&mut self) -> Result<(), StoreError> {
        self.writing
            .execute(
                "UPDATE validation_rule SET sequence = numbered.place
                   FROM (SELECT sequence AS old, ROW_NUMBER() OVER (ORDER BY sequence)
                           + (SELECT COALESCE(MAX(sequence), 0) FROM validation_rule
                               WHERE sequence > 0) AS place
                           FROM validation_rule WHERE sequence < 0) AS numbered
                  WHERE validation_rule.sequence = numbered.old",
                &[],
            )
            .await?;
        Ok(())
    }

    async fn value_set(&mut self, row: &ValueSet) -> Result<(), StoreError> {
        self.writing
            .execute(
                "INSERT INTO value_set (id, changed_at, json) VALUES ($1, $2, $3)",
                values![&row.id, self.event.occurred_at, &row.json],
            )
            .await?;
        let what = (Action::Imported, Kind::ValueSet);
        let content = Some(Content::of(row.json.as_bytes()));
        let entry = log::of_own_act(what, &row.id, &self.event, None);
        self.log(Entry { content, ..entry }).await
    }

    async fn batch(&mut self, row: &Batch) -> Result<(), StoreError> {
        // Clients that have followed this gateway so far look behind its newest second only.
        let changed_at = match self.before {
            Before::Nothing => row.changed_at.as_millisecond(),
            Before::Something => {
                second_of_change(&mut self.writing, self.event.occurred_at).await?
            }
        };
        let cms = row.message.as_ref().map(|message| message.cms.as_str());
        self.writing
            .execute(
                "INSERT INTO revocation_batch (batch_id, country, changed_at, expires_at, deleted,
                    hash_type, kid, cms)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                values![
                    &row.batch_id,
                    &row.country,
                    changed_at,
                    row.expires_at,
                    cms.is_none(),
                    &row.hash_type,
                    &row.kid,
                    cms,
                ],
            )
            .await?;
        // The log holds what is there; a withdrawn batch never was, as far as it knows.
        let Some(message) = &row.message else { return Ok(()) };
        message.check("revocation_batch.cms", limit::BATCH)?;
        let what = (Action::Imported, Kind::RevocationBatch);
        let entry = log::of_text(what, &row.batch_id, &row.country, message, &self.event);
        self.log(entry.with(Attribute::Expires, Some(row.expires_at.to_string()))).await
    }
}

/// The place of a new version of a rule until all are there: a dump holds them in no order, and
/// whatever the old number, it is below those of the versions that were there.
pub(super) fn place(row: &Rule) -> i64 {
    i64::MIN.saturating_add(row.number)
}
