//! Onboarded certificates: what the trust anchor has signed for a participant.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, Sqlite, Transaction};
use uuid::Uuid;

use crate::audit_event::{self, AuditEvent};
use crate::error::{Conflict, StoreError, UnreadableRow, undecodable};
use crate::limit;
use crate::store::{Change, Store, TrustContent, kid_is_taken, new_revision};

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
        limit::country(&new.country)?;
        limit::within("trusted_party.thumbprint", &new.thumbprint, limit::THUMBPRINT)?;
        limit::within("trusted_party.raw_data", &new.raw_data, limit::RAW_DATA)?;
        limit::within("trusted_party.signature", &new.signature, limit::SIGNATURE)?;
        limit::within("trusted_party.kid", &new.kid, limit::KID)?;
        limit::within(
            "trusted_party.domain",
            new.domain.as_deref().unwrap_or_default(),
            limit::DOMAIN,
        )?;
        limit::within(
            "trusted_party.source_gateway_id",
            new.source_gateway_id.as_deref().unwrap_or_default(),
            limit::UUID,
        )?;
        event.check()?;

        let mut transaction = self.begin_change().await?;
        let same: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM trusted_party WHERE thumbprint = $1")
                .bind(&new.thumbprint)
                .fetch_one(&mut *transaction)
                .await?;
        if same > 0 {
            return Err(StoreError::Conflict(Conflict::Thumbprint));
        }
        if new.source_gateway_id.is_none() && kid_is_taken(&mut transaction, &new.kid).await? {
            return Err(StoreError::Conflict(Conflict::Kid));
        }
        let row = TrustedParty {
            id: Uuid::now_v7().to_string(),
            uuid: Some(Uuid::new_v4().to_string()),
            created_at: new.created_at,
            country: new.country,
            thumbprint: new.thumbprint,
            raw_data: new.raw_data,
            signature: new.signature,
            certificate_type: new.certificate_type,
            kid: new.kid,
            domain: new.domain,
            source_gateway_id: new.source_gateway_id,
            version: 1,
            roles: new.roles,
        };
        sqlx::query(
            "INSERT INTO trusted_party (id, uuid, created_at, country, thumbprint, raw_data,
                signature, certificate_type, kid, domain, source_gateway_id, version)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        )
        .bind(&row.id)
        .bind(&row.uuid)
        .bind(row.created_at.as_millisecond())
        .bind(&row.country)
        .bind(&row.thumbprint)
        .bind(&row.raw_data)
        .bind(&row.signature)
        .bind(row.certificate_type.as_str())
        .bind(&row.kid)
        .bind(&row.domain)
        .bind(&row.source_gateway_id)
        .bind(row.version)
        .execute(&mut *transaction)
        .await?;
        for role in &row.roles {
            sqlx::query(
                "INSERT INTO trusted_party_roles (trusted_party_id, role) VALUES ($1, $2)
                 ON CONFLICT (trusted_party_id, role) DO NOTHING",
            )
            .bind(&row.id)
            .bind(role.as_str())
            .execute(&mut *transaction)
            .await?;
        }
        audit_event::append(&mut transaction, event).await?;
        let revision = new_revision(&mut transaction).await?;
        transaction.commit().await?;
        Ok(Change { row, revision })
    }
}

/// Reads the table in the order of its rows' making.
pub(crate) async fn read_all(
    transaction: &mut Transaction<'static, Sqlite>,
    content: &mut TrustContent,
) -> Result<(), StoreError> {
    let mut roles = sqlx::query(
        "SELECT trusted_party_id, role FROM trusted_party_roles ORDER BY trusted_party_id, role",
    )
    .fetch_all(&mut **transaction)
    .await?
    .into_iter()
    .filter_map(|row| Some((row.try_get(0).ok()?, row.try_get(1).ok()?)))
    .collect::<Vec<(String, String)>>()
    .into_iter()
    .peekable();

    let rows = sqlx::query(
        "SELECT id, uuid, created_at, country, thumbprint, raw_data, signature, certificate_type,
                kid, domain, source_gateway_id, version
           FROM trusted_party ORDER BY id",
    )
    .fetch_all(&mut **transaction)
    .await?;
    for row in &rows {
        let id: String = row.try_get("id").unwrap_or_default();
        let mut names = Vec::new();
        while roles.next_if(|(owner, _)| *owner < id).is_some() {}
        while let Some((_, name)) = roles.next_if(|(owner, _)| *owner == id) {
            names.push(name);
        }
        match from_row(row, &names) {
            Ok(party) => content.trusted_parties.push(party),
            Err(error) => content.unreadable.push(UnreadableRow::of("trusted_party", id, error)?),
        }
    }
    Ok(())
}

fn from_row(row: &SqliteRow, roles: &[String]) -> Result<TrustedParty, sqlx::Error> {
    Ok(TrustedParty {
        id: row.try_get("id")?,
        uuid: row.try_get("uuid")?,
        created_at: Timestamp::from_millisecond(row.try_get("created_at")?)
            .map_err(|error| undecodable("created_at", error))?,
        country: row.try_get("country")?,
        thumbprint: row.try_get("thumbprint")?,
        raw_data: row.try_get("raw_data")?,
        signature: row.try_get("signature")?,
        certificate_type: row
            .try_get::<&str, _>("certificate_type")?
            .parse()
            .map_err(|error: UnknownName| undecodable("certificate_type", error))?,
        kid: row.try_get("kid")?,
        domain: row.try_get("domain")?,
        source_gateway_id: row.try_get("source_gateway_id")?,
        version: row.try_get("version")?,
        // A role that this program does not know grants nothing here and takes nothing away.
        roles: roles.iter().filter_map(|name| name.parse().ok()).collect(),
    })
}
