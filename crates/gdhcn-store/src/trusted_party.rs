//! Onboarded certificates: what the trust anchor has signed for a participant.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use uuid::Uuid;

use crate::audit_event::AuditEvent;
use crate::database::{Row, Transaction, values};
use crate::error::{StoreError, UnreadableRow};
use crate::limit;
use crate::log;
use crate::store::{Change, KidScope, Newcomer, Store, TrustContent, refuse_conflict};

/// What an onboarded certificate is for: the certificate groups that only an operator can add.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum PartyType {
    /// Client certificate of a participant's connections.
    Authentication,
    /// Certificate of the key that signs a participant's uploads.
    Upload,
    /// A participant's signing CA (SCA), issuer of its document signers.
    Csca,
    /// CA of the second pair, issuer of DESC certificates.
    Deca,
    /// Trust anchor of another gateway.
    TrustAnchor,
    /// Server certificate of another gateway that is pulled from.
    AuthenticationFederation,
}

impl PartyType {
    /// Every type, in the order of declaration.
    pub const ALL: [Self; 6] = [
        Self::Authentication,
        Self::Upload,
        Self::Csca,
        Self::Deca,
        Self::TrustAnchor,
        Self::AuthenticationFederation,
    ];

    /// The text in the table and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Authentication => "AUTHENTICATION",
            Self::Upload => "UPLOAD",
            Self::Csca => "CSCA",
            Self::Deca => "DECA",
            Self::TrustAnchor => "TRUSTANCHOR",
            Self::AuthenticationFederation => "AUTHENTICATION_FEDERATION",
        }
    }
}

/// What a client certificate may do beyond reading trust lists and uploading certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Role {
    /// May read the revocation list.
    RevocationListReader,
    /// May upload revocation batches.
    RevocationUploader,
    /// May delete revocation batches.
    RevocationDeleter,
}

impl Role {
    /// The text in the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RevocationListReader => "REVOCATION_LIST_READER",
            Self::RevocationUploader => "REVOCATION_UPLOADER",
            Self::RevocationDeleter => "REVOCATION_DELETER",
        }
    }
}

/// A text that names no variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown name")]
pub struct UnknownName;

impl FromStr for PartyType {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        Self::ALL.into_iter().find(|known| known.as_str() == text).ok_or(UnknownName)
    }
}

impl FromStr for Role {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        [Self::RevocationListReader, Self::RevocationUploader, Self::RevocationDeleter]
            .into_iter()
            .find(|known| known.as_str() == text)
            .ok_or(UnknownName)
    }
}

impl fmt::Display for PartyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A certificate to onboard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTrustedParty {
    /// When it is onboarded.
    pub created_at: Timestamp,
    /// Two-letter code of the participant.
    pub country: String,
    /// SHA-256 of the certificate in lower-case hexadecimal.
    pub thumbprint: String,
    /// The certificate, DER in base64.
    pub raw_data: String,
    /// The trust anchor's CMS over the certificate, base64.
    pub signature: String,
    /// What the certificate is for.
    pub certificate_type: PartyType,
    /// Key identifier as lists show it: base64 of eight bytes, or a chosen text.
    pub kid: String,
    /// Trust domain, `DCC` where nothing else is said.
    pub domain: Option<String>,
    /// The gateway it was pulled from; none for own data.
    pub source_gateway_id: Option<String>,
    /// The gateway that a certificate of type `TRUSTANCHOR` or `AUTHENTICATION_FEDERATION` is for.
    pub assigned_gateway: Option<String>,
    /// What the client certificate may do.
    pub roles: Vec<Role>,
}

/// A row of the table with the participant's onboarded certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedParty {
    /// Primary key; never leaves the gateway.
    pub id: String,
    /// Public identifier of the row.
    pub uuid: Option<String>,
    /// When it was onboarded.
    pub created_at: Timestamp,
    /// Two-letter code of the participant.
    pub country: String,
    /// SHA-256 of the certificate as it was stored, unchecked.
    pub thumbprint: String,
    /// The certificate, DER in base64, unchecked.
    pub raw_data: String,
    /// The trust anchor's CMS, base64, unchecked.
    pub signature: String,
    /// What the certificate is for.
    pub certificate_type: PartyType,
    /// Key identifier as lists show it.
    pub kid: String,
    /// Trust domain.
    pub domain: Option<String>,
    /// The gateway it was pulled from; none for own data.
    pub source_gateway_id: Option<String>,
    /// The gateway that a certificate of type `TRUSTANCHOR` or `AUTHENTICATION_FEDERATION` is for.
    pub assigned_gateway: Option<String>,
    /// Version of the row.
    pub version: i64,
    /// What the client certificate may do.
    pub roles: Vec<Role>,
}

impl Store {
    /// Stores an onboarded certificate together with the event that tells who onboarded it.
    ///
    /// # Errors
    ///
    /// [`Conflict::Thumbprint`] when the certificate is onboarded already: one certificate has one
    /// use. [`Conflict::Kid`] when its key identifier is taken in either table.
    pub async fn insert_trusted_party(
        &self,
        new: NewTrustedParty,
        event: &AuditEvent,
    ) -> Result<Change<TrustedParty>, StoreError> {
        event.check()?;
        let mut writing = self.begin_change().await?;
        let row = insert(&mut writing, new, self.kids, Some(&event.request_id)).await?;
        let revision = writing.commit(event).await?;
        Ok(Change { row, revision })
    }
}

impl NewTrustedParty {
    /// The row that this becomes.
    pub(crate) fn into_row(self, uuid: Option<String>, version: i64) -> TrustedParty {
        TrustedParty {
            id: Uuid::now_v7().to_string(),
            uuid: uuid.or_else(|| Some(Uuid::new_v4().to_string())),
            created_at: self.created_at,
            country: self.country,
            thumbprint: self.thumbprint,
            raw_data: self.raw_data,
            signature: self.signature,
            certificate_type: self.certificate_type,
            kid: self.kid,
            domain: self.domain,
            source_gateway_id: self.source_gateway_id,
            assigned_gateway: self.assigned_gateway,
            version,
            roles: self.roles,
        }
    }

    /// Whether every value fits its column.
    ///
    /// # Errors
    ///
    /// [`StoreError::TooLong`] and [`StoreError::Country`] name the first that does not.
    pub fn check(&self) -> Result<(), StoreError> {
        limit::country(&self.country)?;
        for (column, value, longest) in [
            ("trusted_party.thumbprint", Some(&self.thumbprint), limit::THUMBPRINT),
            ("trusted_party.raw_data", Some(&self.raw_data), limit::RAW_DATA),
            ("trusted_party.signature", Some(&self.signature), limit::SIGNATURE),
            ("trusted_party.kid", Some(&self.kid), limit::KID),
            ("trusted_party.domain", self.domain.as_ref(), limit::DOMAIN),
            ("trusted_party.source_gateway_id", self.source_gateway_id.as_ref(), limit::UUID),
            ("trusted_party.assigned_gateway", self.assigned_gateway.as_ref(), limit::UUID),
        ] {
            limit::within(column, value.map(String::as_str).unwrap_or_default(), longest)?;
        }
        Ok(())
    }
}

/// Inserts a row inside the transaction of a change, with its entry of the log.
pub(crate) async fn insert(
    transaction: &mut Transaction,
    new: NewTrustedParty,
    kids: KidScope,
    request_id: Option<&str>,
) -> Result<TrustedParty, StoreError> {
    new.check()?;
    let newcomer = Newcomer {
        table: "trusted_party",
        thumbprint: &new.thumbprint,
        source_gateway_id: new.source_gateway_id.as_deref(),
        kid: &new.kid,
        country: &new.country,
    };
    refuse_conflict(transaction, newcomer, kids).await?;
    let row = new.into_row(None, 1);
    write(transaction, &row).await?;
    log::append(transaction, &log::of_party(&row, request_id)).await?;
    Ok(row)
}

/// Writes a row as it is, without a look at others and without an entry of the log.
pub(crate) async fn write(
    transaction: &mut Transaction,
    row: &TrustedParty,
) -> Result<(), StoreError> {
    transaction
        .execute(
            "INSERT INTO trusted_party (id, uuid, created_at, country, thumbprint, raw_data,
                signature, certificate_type, kid, domain, source_gateway_id, assigned_gateway,
                version)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
            values![
                &row.id,
                &row.uuid,
                row.created_at,
                &row.country,
                &row.thumbprint,
                &row.raw_data,
                &row.signature,
                row.certificate_type.as_str(),
                &row.kid,
                &row.domain,
                &row.source_gateway_id,
                &row.assigned_gateway,
                row.version,
            ],
        )
        .await?;
    for role in &row.roles {
        transaction
            .execute(
                "INSERT INTO trusted_party_roles (trusted_party_id, role) VALUES ($1, $2)
                 ON CONFLICT (trusted_party_id, role) DO NOTHING",
                values![&row.id, role.as_str()],
            )
            .await?;
    }
    Ok(())
}

/// Takes a row away, without a look at whose it is and without an entry of the log.
pub(crate) async fn erase(transaction: &mut Transaction, id: &str) -> Result<(), StoreError> {
    transaction
        .execute("DELETE FROM trusted_party_roles WHERE trusted_party_id = $1", values![id])
        .await?;
    transaction.execute("DELETE FROM trusted_party WHERE id = $1", values![id]).await?;
    Ok(())
}

/// Takes an own row of a country away inside the transaction of a change.
pub(crate) async fn remove(
    transaction: &mut Transaction,
    thumbprint: &str,
    country: &str,
    event: &AuditEvent,
) -> Result<TrustedParty, StoreError> {
    let row = transaction
        .row(
            "SELECT id, uuid, created_at, country, thumbprint, raw_data, signature,
                    certificate_type, kid, domain, source_gateway_id, assigned_gateway, version
               FROM trusted_party WHERE thumbprint = $1 AND source_gateway_id IS NULL",
            values![thumbprint],
        )
        .await?
        .ok_or(StoreError::NotFound)?;
    let row = from_row(&row, &[]).map_err(|_| StoreError::NotFound)?;
    if row.country != country {
        return Err(StoreError::Foreign { country: row.country });
    }
    erase(transaction, &row.id).await?;
    // The event's words say who took it away.
    let entry = log::of_offboarding(&row, event.occurred_at, &event.description);
    log::append(transaction, &entry).await?;
    Ok(row)
}

/// Reads the table in the order of its rows' making.
pub(crate) async fn read_all(
    transaction: &mut Transaction,
    content: &mut TrustContent,
) -> Result<(), StoreError> {
    let mut roles: HashMap<String, Vec<String>> = HashMap::new();
    for row in
        transaction.rows("SELECT trusted_party_id, role FROM trusted_party_roles", &[]).await?
    {
        if let (Ok(owner), Ok(role)) = (row.at(0), row.at(1)) {
            roles.entry(owner).or_default().push(role);
        }
    }
    let rows = transaction
        .rows(
            "SELECT id, uuid, created_at, country, thumbprint, raw_data, signature,
                    certificate_type, kid, domain, source_gateway_id, assigned_gateway, version
               FROM trusted_party ORDER BY id",
            &[],
        )
        .await?;
    for row in &rows {
        let id: String = row.get("id").unwrap_or_default();
        let names = roles.remove(&id).unwrap_or_default();
        match from_row(row, &names) {
            Ok(party) => content.trusted_parties.push(party),
            Err(error) => content.unreadable.push(UnreadableRow::of("trusted_party", id, error)?),
        }
    }
    Ok(())
}

fn from_row(row: &Row, roles: &[String]) -> Result<TrustedParty, sqlx::Error> {
    // A role that this program does not know grants nothing here and takes nothing away.
    let mut roles: Vec<Role> = roles.iter().filter_map(|name| name.parse().ok()).collect();
    roles.sort();
    Ok(TrustedParty {
        id: row.get("id")?,
        uuid: row.get("uuid")?,
        created_at: row.instant("created_at")?,
        country: row.get("country")?,
        thumbprint: row.get("thumbprint")?,
        raw_data: row.get("raw_data")?,
        signature: row.get("signature")?,
        certificate_type: row.named("certificate_type")?,
        kid: row.get("kid")?,
        domain: row.get("domain")?,
        source_gateway_id: row.get("source_gateway_id")?,
        assigned_gateway: row.get("assigned_gateway")?,
        version: row.get("version")?,
        roles,
    })
}
