//! Onboarding as one change, and requests that wait for the word of several operators.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

use crate::audit_event::{self, AuditEvent};
use crate::database::{Row, Transaction, values};
use crate::error::StoreError;
use crate::limit;
use crate::signer_information;
use crate::store::Store;
use crate::trusted_issuer::{self, NewTrustedIssuer};
use crate::trusted_party::{self, NewTrustedParty, UnknownName};

/// One step of a change of what the trust anchor has signed for participants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OnboardingStep {
    /// Onboards a certificate.
    Insert(NewTrustedParty),
    /// Takes a certificate of a participant away. Own rows only.
    Remove {
        /// SHA-256 of the certificate, lower-case hexadecimal.
        thumbprint: String,
        /// The participant's alpha-2 code.
        country: String,
    },
    /// Stores an issuer.
    InsertIssuer {
        /// The issuer.
        issuer: NewTrustedIssuer,
        /// The text that the trust anchor signed.
        signed: String,
    },
    /// Takes a certificate away that a participant has uploaded, at the operator's word. Own rows
    /// only.
    RemoveSigner {
        /// SHA-256 of the certificate, lower-case hexadecimal.
        thumbprint: String,
        /// The participant's alpha-2 code.
        country: String,
    },
    /// Takes an own issuer away.
    RemoveIssuer {
        /// Its public identifier.
        uuid: String,
    },
}

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RequestState {
    /// It waits for approvals; nothing of it is trusted.
    Pending,
    /// It was carried out.
    Done,
    /// An operator took it back.
    Withdrawn,
}

impl RequestState {
    /// The text in the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Done => "DONE",
            Self::Withdrawn => "WITHDRAWN",
        }
    }
}

impl fmt::Display for RequestState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for RequestState {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        [Self::Pending, Self::Done, Self::Withdrawn]
            .into_iter()
            .find(|known| known.as_str() == text)
            .ok_or(UnknownName)
    }
}

/// A request with the approvals that it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnboardingRequest {
    /// Its identifier: the digest of what is decided.
    pub id: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Alpha-3 code of the participant, or the identity of the peer.
    pub participant: String,
    /// Where it stands.
    pub state: RequestState,
    /// What is to be done, as its maker wrote it; judged by its reader.
    pub content: String,
    /// The approvals, in the order of the operators' names.
    pub approvals: Vec<Approval>,
}

/// The word of one operator. Whether the signature holds is for the reader to check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// Name of the operator.
    pub operator: String,
    /// When it was given.
    pub approved_at: Timestamp,
    /// Signature over the request, base64.
    pub signature: String,
}

/// The request that a change carries out. Each is carried out once: what the trust anchor signed long
/// ago does not bring back what was taken away since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CarriedOut<'a> {
    /// The pending request of this identifier.
    Pending(&'a str),
    /// One that waited for nobody. It is kept.
    AtOnce(&'a OnboardingRequest),
}

/// Longest content of a request in bytes.
const CONTENT: usize = 32 << 20;
/// Longest name of an operator in bytes.
const OPERATOR: usize = 100;

impl Store {
    /// Makes all steps or none, each with the event that tells of it, and says how many there
    /// were; with `request` that one is done thereby.
    ///
    /// # Errors
    ///
    /// As [`Store::insert_trusted_party`]; [`StoreError::NotFound`] when there is no row to take
    /// away or nothing to do, [`StoreError::Foreign`] when a row is another participant's,
    /// [`StoreError::NoRequest`] when the request does not wait, [`StoreError::Exists`] when it was
    /// carried out before.
    pub async fn change_onboarded(
        &self,
        steps: Vec<(OnboardingStep, AuditEvent)>,
        request: Option<CarriedOut<'_>>,
    ) -> Result<usize, StoreError> {
        for (_, event) in &steps {
            event.check()?;
        }
        let mut writing = self.begin_change().await?;
        if let Some(request) = request {
            carry_out(&mut writing, request).await?;
        }
        let count = steps.len();
        let mut last = None;
        for (step, event) in steps {
            if let Some(event) = last.replace(event) {
                audit_event::append(&mut writing, &event).await?;
            }
            let Some(event) = &last else { continue };
            match step {
                OnboardingStep::Insert(new) => {
                    let by = Some(event.request_id.as_str());
                    trusted_party::insert(&mut writing, new, self.kids, by).await?;
                }
                OnboardingStep::Remove { thumbprint, country } => {
                    trusted_party::remove(&mut writing, &thumbprint, &country, event).await?;
                }
                OnboardingStep::RemoveSigner { thumbprint, country } => {
                    signer_information::remove(&mut writing, &thumbprint, &country, event).await?;
                }
                OnboardingStep::InsertIssuer { issuer, signed } => {
                    trusted_issuer::insert(&mut writing, &issuer, &signed, event).await?;
                }
                OnboardingStep::RemoveIssuer { uuid } => {
                    // The event's words say who took it away.
                    trusted_issuer::remove(&mut writing, &uuid, &event.description, event).await?;
                }
            }
        }
        let event = last.ok_or(StoreError::NotFound)?;
        writing.commit(&event).await?;
        Ok(count)
    }

    /// Keeps a request until it has its approvals. The first is its maker's. One that was withdrawn
    /// waits anew.
    ///
    /// # Errors
    ///
    /// [`StoreError::Exists`] when the request waits already or was carried out.
    pub async fn add_onboarding_request(
        &self,
        request: &OnboardingRequest,
        event: &AuditEvent,
    ) -> Result<(), StoreError> {
        event.check()?;
        let mut writing = self.begin_change().await?;
        insert(&mut writing, request, request.state).await?;
        writing.commit(event).await?;
        Ok(())
    }

    /// Adds an operator's approval to a pending request. An operator has one word for each.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoRequest`] when there is no such pending request, [`StoreError::Exists`] when
    /// the operator approved it already.
    pub async fn approve_onboarding_request(
        &self,
        id: &str,
        approval: &Approval,
        event: &AuditEvent,
    ) -> Result<(), StoreError> {
        event.check()?;
        let mut writing = self.begin_change().await?;
        let pending = writing
            .integer(
                "SELECT COUNT(*) FROM onboarding_request WHERE id = $1 AND state = $2",
                values![id, RequestState::Pending.as_str()],
            )
            .await?;
        if pending == 0 {
            return Err(StoreError::NoRequest);
        }
        add_approval(&mut writing, id, approval).await?;
        writing.commit(event).await?;
        Ok(())
    }

    /// Takes a pending request back.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoRequest`] when there is no such pending request.
    pub async fn withdraw_onboarding_request(
        &self,
        id: &str,
        event: &AuditEvent,
    ) -> Result<(), StoreError> {
        event.check()?;
        let mut writing = self.begin_change().await?;
        let withdrawn = writing
            .execute(
                "UPDATE onboarding_request SET state = $2 WHERE id = $1 AND state = $3",
                values![id, RequestState::Withdrawn.as_str(), RequestState::Pending.as_str()],
            )
            .await?;
        if withdrawn == 0 {
            return Err(StoreError::NoRequest);
        }
        writing.commit(event).await?;
        Ok(())
    }

    /// All requests, in the order of their making.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub async fn onboarding_requests(&self) -> Result<Vec<OnboardingRequest>, StoreError> {
        let mut reading = self.read().await?;
        let rows = reading
            .rows(
                "SELECT id, created_at, participant, state, content FROM onboarding_request
                  ORDER BY created_at, id",
                &[],
            )
            .await?;
        let approvals = reading
            .rows(
                "SELECT request_id, operator, approved_at, signature FROM onboarding_approval
                  ORDER BY request_id, operator",
                &[],
            )
            .await?;
        let mut requests = Vec::with_capacity(rows.len());
        for row in &rows {
            let mut request = from_row(row)?;
            for approval in &approvals {
                if approval.get::<String>("request_id")? == request.id {
                    request.approvals.push(Approval {
                        operator: approval.get("operator")?,
                        approved_at: approval.instant("approved_at")?,
                        signature: approval.get("signature")?,
                    });
                }
            }
            requests.push(request);
        }
        Ok(requests)
    }
}

/// Marks the request as carried out, once.
pub(crate) async fn carry_out(
    transaction: &mut Transaction,
    request: CarriedOut<'_>,
) -> Result<(), StoreError> {
    let id = match request {
        CarriedOut::AtOnce(request) => {
            return insert(transaction, request, RequestState::Done).await;
        }
        CarriedOut::Pending(id) => id,
    };
    let done = transaction
        .execute(
            "UPDATE onboarding_request SET state = $2 WHERE id = $1 AND state = $3",
            values![id, RequestState::Done.as_str(), RequestState::Pending.as_str()],
        )
        .await?;
    if done == 0 { Err(StoreError::NoRequest) } else { Ok(()) }
}

async fn insert(
    transaction: &mut Transaction,
    request: &OnboardingRequest,
    state: RequestState,
) -> Result<(), StoreError> {
    limit::within("onboarding_request.id", &request.id, limit::THUMBPRINT)?;
    limit::within("onboarding_request.content", &request.content, CONTENT)?;
    let added = transaction
        .execute(
            "INSERT INTO onboarding_request (id, created_at, participant, state, content)
             VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (id) DO UPDATE SET created_at = $2, state = $4
                WHERE onboarding_request.state = $6",
            values![
                &request.id,
                request.created_at,
                &request.participant,
                state.as_str(),
                &request.content,
                RequestState::Withdrawn.as_str(),
            ],
        )
        .await?;
    if added == 0 {
        return Err(StoreError::Exists(
            "the request was carried out before, or waits for approval",
        ));
    }
    transaction
        .execute("DELETE FROM onboarding_approval WHERE request_id = $1", values![&request.id])
        .await?;
    for approval in &request.approvals {
        add_approval(transaction, &request.id, approval).await?;
    }
    Ok(())
}

async fn add_approval(
    transaction: &mut Transaction,
    id: &str,
    approval: &Approval,
) -> Result<(), StoreError> {
    limit::within("onboarding_approval.operator", &approval.operator, OPERATOR)?;
    limit::within("onboarding_approval.signature", &approval.signature, limit::SIGNATURE)?;
    let added = transaction
        .execute(
            "INSERT INTO onboarding_approval (request_id, operator, approved_at, signature)
             VALUES ($1, $2, $3, $4) ON CONFLICT (request_id, operator) DO NOTHING",
            values![id, &approval.operator, approval.approved_at, &approval.signature],
        )
        .await?;
    if added == 0 {
        return Err(StoreError::Exists("the operator approved this request already"));
    }
    Ok(())
}

fn from_row(row: &Row) -> Result<OnboardingRequest, sqlx::Error> {
    Ok(OnboardingRequest {
        id: row.get("id")?,
        created_at: row.instant("created_at")?,
        participant: row.get("participant")?,
        state: row.named("state")?,
        content: row.get("content")?,
        approvals: Vec::new(),
    })
}
