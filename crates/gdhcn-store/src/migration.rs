//! Other signatures for what is stored, after a participant's upload certificate has changed: what
//! was signed stays, who signed it changes.
//!
//! Clients name things by numbers, which only rules have here. The others' numbers are the first
//! digits of their keys.

use gdhcn_log::{Action, Attribute, Entry, Kind, rule_key};
use jiff::Timestamp;

use crate::audit_event::AuditEvent;
use crate::database::{Row, values};
use crate::error::StoreError;
use crate::limit;
use crate::log;
use crate::revocation_batch;
use crate::signed_text::SignedText;
use crate::signer_information::{self, SignerInformation};
use crate::store::{Change, Store};

/// Hexadecimal digits of a key that make a number which every JSON reader can hold.
const DIGITS: usize = 13;

/// A stored message of a participant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredMessage {
    /// The number by which clients name it.
    pub number: u64,
    /// What it is about.
    pub about: StoredThing,
    /// Two-letter code of the participant.
    pub country: String,
    /// The message, Base64: of a certificate perhaps without it.
    pub cms: String,
}

/// What a stored message is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoredThing {
    /// An uploaded certificate.
    Certificate {
        /// SHA-256 of the certificate in lower-case hexadecimal.
        thumbprint: String,
        /// The certificate, DER in Base64.
        raw_data: String,
        /// Its group.
        group: signer_information::SignerType,
    },
    /// A revocation batch that is not deleted.
    Batch {
        /// Its identifier.
        batch_id: String,
    },
    /// A version of a rule.
    Rule {
        /// Identifier of the rule.
        rule_id: String,
        /// The version.
        version: String,
    },
}

/// The kinds of things whose messages can be exchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoredKind {
    /// Uploaded certificates.
    Certificate,
    /// Revocation batches.
    Batch,
    /// Versions of rules.
    Rule,
}

impl StoredKind {
    const ALL: [Self; 3] = [Self::Certificate, Self::Batch, Self::Rule];

    const fn select(self) -> &'static str {
        match self {
            Self::Certificate => {
                "SELECT country, thumbprint, raw_data, certificate_type, signature AS cms
                   FROM signer_information WHERE source_gateway_id IS NULL"
            }
            Self::Batch => {
                "SELECT country, batch_id, cms FROM revocation_batch WHERE cms IS NOT NULL"
            }
            Self::Rule => {
                "SELECT country, sequence, rule_id, version, cms FROM validation_rule WHERE 1 = 1"
            }
        }
    }

    fn read(self, row: &Row) -> Result<StoredMessage, sqlx::Error> {
        let (number, about) = match self {
            Self::Certificate => {
                let thumbprint: String = row.get("thumbprint")?;
                let about = StoredThing::Certificate {
                    raw_data: row.get("raw_data")?,
                    group: row.named("certificate_type")?,
                    thumbprint: thumbprint.clone(),
                };
                (number_of(&thumbprint), about)
            }
            Self::Batch => {
                let batch_id: String = row.get("batch_id")?;
                (number_of(&batch_id), StoredThing::Batch { batch_id })
            }
            Self::Rule => {
                let sequence: i64 = row.get("sequence")?;
                let about = StoredThing::Rule {
                    rule_id: row.get("rule_id")?,
                    version: row.get("version")?,
                };
                (sequence.unsigned_abs(), about)
            }
        };
        Ok(StoredMessage { number, about, country: row.get("country")?, cms: row.get("cms")? })
    }
}

/// The number that the first digits of a key make.
fn number_of(key: &str) -> u64 {
    let digits: String = key.chars().filter(char::is_ascii_hexdigit).take(DIGITS).collect();
    u64::from_str_radix(&digits, 16).unwrap_or_default()
}

impl Store {
    /// Every own message of a participant.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub async fn stored_messages(&self, country: &str) -> Result<Vec<StoredMessage>, StoreError> {
        let mut transaction = self.read().await?;
        let mut messages = Vec::new();
        for kind in StoredKind::ALL {
            let sql = format!("{} AND country = $1", kind.select());
            for row in transaction.rows_dynamic(sql, values![country]).await? {
                messages.push(kind.read(&row)?);
            }
        }
        Ok(messages)
    }

    /// The message of this number, one of `country` before another country's.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub async fn stored_message(
        &self,
        kind: StoredKind,
        number: u64,
        country: &str,
    ) -> Result<Option<StoredMessage>, StoreError> {
        let digits = format!("{number:0DIGITS$x}");
        let (wanted, value) = match kind {
            StoredKind::Certificate => ("thumbprint LIKE $1", format!("{digits}%")),
            StoredKind::Batch => {
                let (first, rest) = digits.split_at_checked(8).unwrap_or_default();
                let (second, third) = rest.split_at_checked(4).unwrap_or_default();
                ("batch_id LIKE $1", format!("{first}-{second}-{third}%"))
            }
            StoredKind::Rule => ("CAST(sequence AS TEXT) = $1", number.to_string()),
        };
        let sql = format!("{} AND {wanted} ORDER BY country", kind.select());
        let rows = self.read().await?.rows_dynamic(sql, values![&value]).await?;
        let found: Result<Vec<_>, sqlx::Error> = rows.iter().map(|row| kind.read(row)).collect();
        let mut found = found?;
        let own = found.iter().position(|message| message.country == country).unwrap_or(0);
        Ok((own < found.len()).then(|| found.swap_remove(own)))
    }

    /// Puts another signature in the place of an own certificate's.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`] and [`StoreError::Foreign`].
    pub async fn exchange_signature(
        &self,
        thumbprint: &str,
        country: &str,
        signature: &str,
        event: &AuditEvent,
    ) -> Result<Change<SignerInformation>, StoreError> {
        limit::within("signer_information.signature", signature, limit::SIGNATURE)?;
        let mut writing = self.begin_upload(event).await?;
        let found = signer_information::find_own(&mut writing, thumbprint).await?;
        let mut row = found.ok_or(StoreError::NotFound)?;
        if row.country != country {
            return Err(StoreError::Foreign { country: row.country });
        }
        writing
            .execute(
                "UPDATE signer_information SET signature = $1 WHERE id = $2",
                values![signature, &row.id],
            )
            .await?;
        signature.clone_into(&mut row.signature);
        let entry = log::of_signer(&row, Some(&event.request_id));
        let entry = Entry { at: event.occurred_at, action: Action::Updated, ..entry };
        log::append(&mut writing, &entry).await?;
        let revision = writing.commit(event).await?;
        Ok(Change { row, revision })
    }

    /// Puts another message with the same text in the place of a batch's or a rule's.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`] when `old` is not there any more, also because another exchange came
    /// first.
    pub async fn exchange_text(
        &self,
        old: &StoredMessage,
        new: &SignedText,
        now: Timestamp,
        event: &AuditEvent,
    ) -> Result<(), StoreError> {
        let mut writing = self.begin_upload(event).await?;
        let (kind, key, changed, expires) = match &old.about {
            StoredThing::Certificate { .. } => return Err(StoreError::NotFound),
            StoredThing::Batch { batch_id } => {
                new.check("revocation_batch.cms", limit::BATCH)?;
                let changed = revocation_batch::second_of_change(&mut writing, now).await?;
                let expires = writing
                    .row(
                        "SELECT expires_at FROM revocation_batch WHERE batch_id = $1",
                        values![batch_id],
                    )
                    .await?
                    .ok_or(StoreError::NotFound)?
                    .instant("expires_at")?;
                let rows = writing
                    .execute(
                        "UPDATE revocation_batch SET cms = $1, changed_at = $2
                          WHERE batch_id = $3 AND cms = $4",
                        values![&new.cms, changed, batch_id, &old.cms],
                    )
                    .await?;
                (Kind::RevocationBatch, batch_id.clone(), rows, Some(expires.to_string()))
            }
            StoredThing::Rule { rule_id, version } => {
                new.check("validation_rule.cms", limit::RULE)?;
                let rows = writing
                    .execute(
                        "UPDATE validation_rule SET cms = $1
                          WHERE rule_id = $2 AND version = $3 AND cms = $4",
                        values![&new.cms, rule_id, version, &old.cms],
                    )
                    .await?;
                (Kind::ValidationRule, rule_key(rule_id, version), rows, None)
            }
        };
        if changed == 0 {
            return Err(StoreError::NotFound);
        }
        let entry = log::of_text((Action::Updated, kind), &key, &old.country, new, event);
        log::append(&mut writing, &entry.with(Attribute::Expires, expires)).await?;
        writing.commit(event).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_the_first_digits_of_keys() {
        assert_eq!(number_of("00000000000ff333333"), 0xff);
        assert_eq!(number_of("00000000-0000-4fff-8000-000000000000"), 4);
        assert_eq!(number_of("ffffffffffffffffffff"), (1 << 52) - 1, "exact in every JSON reader");
    }
}
