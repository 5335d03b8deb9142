//! Whether a row is there already, or something that speaks against it.

use std::collections::HashSet;

use gdhcn_log::{Entry, Kind, rule_key};

use super::insert::place;
use super::{Added, Before, OLD_EVENT, Taken, Takeover};
use crate::database::{Transaction, Value, undecodable, values};
use crate::error::StoreError;

/// Most entries of the log that are read at a time.
const PORTION: i64 = 256;

/// By what a row is known.
struct Known {
    table: &'static str,
    /// What names it.
    name: Vec<Column>,
    /// What a row with its name must say to be the same.
    content: Vec<Column>,
    /// What no other row may have: its table, column and value.
    unique: Vec<(&'static str, Column)>,
    /// What the log calls it.
    logged: Option<(Kind, String)>,
}

type Column = (&'static str, Value);

impl Known {
    fn new(table: &'static str, name: Vec<Column>, content: Vec<Column>) -> Self {
        Self { table, name, content, unique: Vec::new(), logged: None }
    }

    fn unique(mut self, table: &'static str, column: &'static str, value: &str) -> Self {
        self.unique.push((table, (column, value.into())));
        self
    }

    fn logged(mut self, kind: Kind, key: &str) -> Self {
        self.logged = Some((kind, key.to_owned()));
        self
    }
}

impl Takeover {
    pub(super) async fn presence(&mut self, row: &Taken) -> Result<Added, StoreError> {
        let Some(known) = self.known(row) else {
            let present =
                matches!(row, Taken::Event(event) if self.events.contains(&event.request_id));
            return Ok(if present { Added::Present } else { Added::New });
        };
        let whole = [known.name.as_slice(), &known.content].concat();
        let mut wanted = vec![(known.table, whole.as_slice()), (known.table, &known.name)];
        wanted.extend(known.unique.iter().map(|(table, one)| (*table, std::slice::from_ref(one))));
        let found = self.writing.first_there(&wanted).await?;
        let column = |place: usize| wanted.get(place)?.1.last().map(|(column, _)| *column);
        match found {
            Some(0) => return Ok(Added::Present),
            Some(1) => return Ok(Added::Clash(column(1).unwrap_or_default())),
            _ if known.logged.is_some_and(|logged| self.removed.contains(&logged)) => {
                return Ok(Added::Removed);
            }
            Some(place) => return Ok(Added::Clash(column(place).unwrap_or_default())),
            None => {}
        }
        if let Taken::Rule(rule) = row
            && self.before == Before::Something
        {
            let latest = self
                .writing
                .integer(
                    "SELECT COALESCE(MAX(created_at), 0) FROM validation_rule
                      WHERE rule_id = $1 AND sequence > 0",
                    values![&rule.rule_id],
                )
                .await?;
            // What comes last counts, so an older one must not come behind it.
            if latest > rule.created_at.as_millisecond() {
                return Ok(Added::Clash("rule_id"));
            }
        }
        Ok(Added::New)
    }

    fn known(&self, row: &Taken) -> Option<Known> {
        // Lists and documents name certificates by their kid alone, whichever table they are in.
        let kid = |known: Known, kid: &str| {
            known.unique("trusted_party", "kid", kid).unique("signer_information", "kid", kid)
        };
        let uuid = |known: Known, uuid: &Option<String>| match uuid {
            Some(uuid) => {
                let table = known.table;
                known.unique(table, "uuid", uuid)
            }
            None => known,
        };
        Some(match row {
            Taken::Party(row) => {
                let content = vec![
                    ("country", Value::from(&row.country)),
                    ("certificate_type", row.certificate_type.as_str().into()),
                    ("kid", (&row.kid).into()),
                ];
                let name = vec![("thumbprint", (&row.thumbprint).into())];
                let known = Known::new("trusted_party", name, content)
                    .logged(Kind::TrustedParty, &row.thumbprint);
                uuid(kid(known, &row.kid), &row.uuid)
            }
            Taken::Signer(row) => {
                let content = vec![
                    ("country", Value::from(&row.country)),
                    ("certificate_type", row.certificate_type.as_str().into()),
                    ("kid", (&row.kid).into()),
                ];
                let name = vec![("thumbprint", (&row.thumbprint).into())];
                let known = Known::new("signer_information", name, content)
                    .unique("signer_tombstone", "thumbprint", &row.thumbprint)
                    .logged(Kind::SignerInformation, &row.thumbprint);
                uuid(kid(known, &row.kid), &row.uuid)
            }
            Taken::Tombstone(row) => {
                let name = vec![("thumbprint", (&row.thumbprint).into())];
                Known::new("signer_tombstone", name, Vec::new()).unique(
                    "signer_information",
                    "thumbprint",
                    &row.thumbprint,
                )
            }
            Taken::Issuer(row, _) => {
                let name = vec![
                    ("country", Value::from(&row.issuer.country)),
                    ("name", (&row.issuer.name).into()),
                    ("url_type", (&row.issuer.url_type).into()),
                    ("url", (&row.issuer.url).into()),
                ];
                let content = vec![("signature", (&row.issuer.signature).into())];
                let known = Known::new("trusted_issuer", name, content);
                let logged = row.uuid.as_ref().map(|uuid| (Kind::TrustedIssuer, uuid.clone()));
                uuid(Known { logged, ..known }, &row.uuid)
            }
            Taken::Reference(row) => {
                let name = vec![("uuid", Value::from(&row.uuid))];
                let content = vec![
                    ("country", Value::from(&row.country)),
                    ("url", (&row.url).into()),
                    ("service", (&row.service).into()),
                    ("name", (&row.name).into()),
                    ("reference_version", (&row.reference_version).into()),
                ];
                Known::new("trusted_reference", name, content)
                    .logged(Kind::TrustedReference, &row.uuid)
            }
            Taken::Gateway(row) => {
                let name = vec![("gateway_id", (&row.peer.gateway_id).into())];
                let content = vec![("signature", (&row.signature).into())];
                Known::new("federation_gateway", name, content)
                    .logged(Kind::FederationGateway, &row.peer.gateway_id)
            }
            Taken::Rule(row) => {
                let name = vec![
                    ("rule_id", Value::from(&row.rule_id)),
                    ("version", (&row.version).into()),
                ];
                let content = vec![("cms", (&row.message.cms).into())];
                let sequence = ("sequence", place(row).into());
                let mut known = Known::new("validation_rule", name, content)
                    .logged(Kind::ValidationRule, &rule_key(&row.rule_id, &row.version));
                known.unique.push(("validation_rule", sequence));
                known
            }
            Taken::ValueSet(row) => {
                let name = vec![("id", (&row.id).into())];
                Known::new("value_set", name, vec![("json", (&row.json).into())])
                    .logged(Kind::ValueSet, &row.id)
            }
            Taken::Batch(row) => {
                let name = vec![("batch_id", (&row.batch_id).into())];
                let content = vec![
                    ("country", Value::from(&row.country)),
                    ("hash_type", (&row.hash_type).into()),
                    ("deleted", row.message.is_none().into()),
                ];
                Known::new("revocation_batch", name, content)
                    .logged(Kind::RevocationBatch, &row.batch_id)
            }
            Taken::Event(_) => return None,
        })
    }
}

impl Transaction {
    /// The place of the first of these tables that has an own row with these values; asked in one
    /// statement, since a takeover asks for each of its rows.
    pub(super) async fn first_there(
        &mut self,
        wanted: &[(&'static str, &[Column])],
    ) -> Result<Option<usize>, StoreError> {
        const PULLED: [&str; 4] =
            ["trusted_party", "signer_information", "trusted_issuer", "trusted_reference"];
        let mut sql = "SELECT CAST(CASE".to_owned();
        let mut values = Vec::new();
        for (place, (table, columns)) in wanted.iter().enumerate() {
            sql.push_str(&format!(" WHEN EXISTS (SELECT 1 FROM {table} WHERE 1 = 1"));
            for (column, value) in *columns {
                values.push(value.clone());
                sql.push_str(&format!(" AND {column} = ${}", values.len()));
            }
            if !columns.is_empty() && PULLED.contains(table) {
                sql.push_str(" AND source_gateway_id IS NULL");
            }
            sql.push_str(&format!(") THEN {place}"));
        }
        sql.push_str(" ELSE -1 END AS BIGINT)");
        let rows = self.rows_dynamic(sql, &values).await?;
        let place: i64 = rows.first().ok_or(sqlx::Error::RowNotFound)?.at(0)?;
        Ok(usize::try_from(place).ok())
    }
}

/// Own things that the log says are gone.
pub(super) async fn removed(
    transaction: &mut Transaction,
) -> Result<HashSet<(Kind, String)>, StoreError> {
    let mut removed = HashSet::new();
    for portion in 0.. {
        let rows = transaction
            .rows(
                "SELECT entry FROM log_entry WHERE idx >= $1 ORDER BY idx LIMIT $2",
                values![portion * PORTION, PORTION],
            )
            .await?;
        for row in &rows {
            let bytes: Vec<u8> = row.at(0)?;
            let entry =
                Entry::from_bytes(&bytes).map_err(|error| undecodable("log_entry", error))?;
            if entry.source_gateway.is_some() {
                continue;
            }
            let thing = (entry.kind, entry.key);
            if entry.action.removes() {
                removed.insert(thing);
            } else {
                removed.remove(&thing);
            }
        }
        if rows.is_empty() {
            break;
        }
    }
    Ok(removed)
}

/// The names of the old events that are in the trail.
pub(super) async fn events(transaction: &mut Transaction) -> Result<HashSet<String>, StoreError> {
    let rows = transaction
        .rows(
            "SELECT request_id FROM audit_event WHERE request_id LIKE $1",
            values![format!("{OLD_EVENT}%").as_str()],
        )
        .await?;
    let mut names = HashSet::with_capacity(rows.len());
    for row in &rows {
        names.insert(row.at(0)?);
    }
    Ok(names)
}
