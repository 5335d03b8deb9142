//! Business rules: every version that a participant has uploaded and not withdrawn.

use gdhcn_log::{Action, Kind, rule_key};
use gdhcn_rules::upload::{self, Latest};
use gdhcn_rules::{Rule, Version};
use jiff::Timestamp;

use crate::audit_event::AuditEvent;
use crate::database::{Row, undecodable, values};
use crate::error::StoreError;
use crate::limit;
use crate::log;
use crate::signed_text::SignedText;
use crate::store::Store;

/// One version of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidationRule {
    /// Identifier, the same for all versions.
    pub rule_id: String,
    /// The version as it was written.
    pub version: String,
    /// First instant.
    pub valid_from: Timestamp,
    /// Last instant.
    pub valid_to: Timestamp,
    /// The message as it was uploaded, Base64.
    pub cms: String,
}

impl Store {
    /// Stores a version of a rule that `country` has uploaded, when it passes
    /// [`upload::check`] against the version that is stored at this moment.
    ///
    /// # Errors
    ///
    /// [`StoreError::Rule`] says which check failed.
    pub async fn insert_validation_rule(
        &self,
        rule: &Rule,
        message: &SignedText,
        country: &str,
        now: Timestamp,
        event: &AuditEvent,
    ) -> Result<(), StoreError> {
        let id = rule.identifier.as_str();
        let mut writing = self.begin_upload(event).await?;
        let latest = writing
            .row(
                "SELECT version, valid_from FROM validation_rule
                  WHERE rule_id = $1 ORDER BY sequence DESC LIMIT 1",
                values![id],
            )
            .await?;
        let latest = latest.map(|row| latest_of(&row)).transpose()?;
        upload::check(rule, country, latest.as_ref(), now)?;
        message.check("validation_rule.cms", limit::RULE)?;
        writing
            .execute(
                "INSERT INTO validation_rule (sequence, created_at, rule_id, version, country,
                    rule_type, valid_from, valid_to, cms)
                 VALUES ((SELECT COALESCE(MAX(sequence), 0) + 1 FROM validation_rule),
                     $1, $2, $3, $4, $5, $6, $7, $8)",
                values![
                    now,
                    id,
                    rule.version.as_str(),
                    country,
                    &rule.kind.as_str().to_ascii_uppercase(),
                    rule.valid_from,
                    rule.valid_to,
                    &message.cms,
                ],
            )
            .await?;
        let key = rule_key(id, rule.version.as_str());
        let what = (Action::Stored, Kind::ValidationRule);
        log::append(&mut writing, &log::of_text(what, &key, country, message, event)).await?;
        writing.commit(event).await?;
        Ok(())
    }

    /// All versions of the rules of a country: rule after rule, each with its versions in the
    /// order in which they were stored.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub async fn validation_rules(&self, country: &str) -> Result<Vec<ValidationRule>, StoreError> {
        let rows = self
            .read()
            .await?
            .rows(
                "SELECT rule_id, version, valid_from, valid_to, cms FROM validation_rule
                  WHERE country = $1 ORDER BY rule_id, sequence",
                values![country],
            )
            .await?;
        let rules: Result<_, sqlx::Error> = rows.iter().map(from_row).collect();
        Ok(rules?)
    }

    /// Removes all versions of a rule of `country`.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`] when none is stored, [`StoreError::Foreign`] when one is another
    /// country's.
    pub async fn delete_validation_rule(
        &self,
        rule_id: &str,
        country: &str,
        message: &SignedText,
        event: &AuditEvent,
    ) -> Result<(), StoreError> {
        message.check("validation_rule.cms", limit::RULE)?;
        let mut writing = self.begin_upload(event).await?;
        let rows = writing
            .rows(
                "SELECT version, country FROM validation_rule WHERE rule_id = $1 ORDER BY sequence",
                values![rule_id],
            )
            .await?;
        if rows.is_empty() {
            return Err(StoreError::NotFound);
        }
        let mut entries = Vec::new();
        for row in &rows {
            let (version, owner): (String, String) = (row.get("version")?, row.get("country")?);
            if owner != country {
                return Err(StoreError::Foreign { country: owner });
            }
            let key = rule_key(rule_id, &version);
            let what = (Action::Deleted, Kind::ValidationRule);
            entries.push(log::of_text(what, &key, country, message, event));
        }
        log::append_all(&mut writing, &entries).await?;
        writing.execute("DELETE FROM validation_rule WHERE rule_id = $1", values![rule_id]).await?;
        writing.commit(event).await?;
        Ok(())
    }
}

fn latest_of(row: &Row) -> Result<Latest, sqlx::Error> {
    let version: String = row.get("version")?;
    let version = Version::from_text(&version)
        .ok_or_else(|| undecodable("version", crate::trusted_party::UnknownName))?;
    Ok(Latest { version, valid_from: row.instant("valid_from")? })
}

fn from_row(row: &Row) -> Result<ValidationRule, sqlx::Error> {
    Ok(ValidationRule {
        rule_id: row.get("rule_id")?,
        version: row.get("version")?,
        valid_from: row.instant("valid_from")?,
        valid_to: row.instant("valid_to")?,
        cms: row.get("cms")?,
    })
}
