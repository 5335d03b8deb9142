//! Whether the peer may be served: the decision sequence of the reference gateway.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use gdhcn_envelope::x509::Validity;
use gdhcn_store::trusted_party::Role;
use http::request::Parts;
use jiff::Timestamp;

use super::Gateway;
use super::snapshot::TrustSnapshot;
use crate::identity::PeerIdentity;
use crate::listen::Connection;
use crate::metrics::RequestKind;
use crate::problem::Problem;
use crate::telemetry::RequestRecord;

/// A peer that may be served, as an argument of a route. Put it first: nothing of a request is
/// looked at before its sender is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Authenticated {
    /// Two-letter code of the participant.
    pub(crate) country: String,
    /// SHA-256 of the client certificate in lower-case hexadecimal.
    pub(crate) thumbprint: String,
    /// When the client certificate ends.
    pub(crate) not_after: Timestamp,
    /// What the client certificate may do beyond the common routes.
    pub(crate) roles: Vec<Role>,
}

impl Authenticated {
    /// Makes sure that the peer has a role.
    pub(crate) fn require(&self, role: Role) -> Result<(), AuthenticationRefusal> {
        if self.roles.contains(&role) {
            return Ok(());
        }
        Err(AuthenticationRefusal::RoleMissing { role })
    }
}

/// Why a peer may not be served.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AuthenticationRefusal {
    /// Neither a client certificate nor headers of a named proxy.
    #[error("neither a client certificate nor the headers of a known proxy")]
    NoIdentity,
    /// The subject has no country.
    #[error("the subject has no C")]
    NoCountry {
        /// The subject as it came.
        subject: String,
    },
    /// No onboarded client certificate has this thumbprint and country.
    #[error(
        "no onboarded AUTHENTICATION certificate has the thumbprint and the country of the client \
         certificate"
    )]
    NotOnboarded,
    /// The certificate is not valid now.
    #[error("{0}")]
    OutsideValidity(OutsideValidity),
    /// The certificate lacks a role.
    #[error("the client certificate does not have the role {}", .role.as_str())]
    RoleMissing {
        /// The role.
        role: Role,
    },
}

/// On which side of its validity a client certificate is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum OutsideValidity {
    /// After the end.
    #[error("client certificate expired on {0}")]
    Expired(Timestamp),
    /// Before the beginning.
    #[error("client certificate is not valid before {0}")]
    NotYet(Timestamp),
}

/// Decides in the order that the codes depend on.
pub(crate) fn authenticate(
    identity: Option<&PeerIdentity>,
    snapshot: &TrustSnapshot,
    now: Timestamp,
) -> Result<Authenticated, AuthenticationRefusal> {
    let identity = identity.ok_or(AuthenticationRefusal::NoIdentity)?;
    let Some(country) = &identity.country else {
        return Err(AuthenticationRefusal::NoCountry { subject: identity.subject.clone() });
    };
    let party = snapshot
        .authentication(&identity.thumbprint)
        .filter(|party| party.country == *country)
        .ok_or(AuthenticationRefusal::NotOnboarded)?;
    let outside = match party.certificate.validity_at(now) {
        Validity::Valid => None,
        Validity::Expired => Some(OutsideValidity::Expired(party.certificate.not_after())),
        Validity::NotYetValid => Some(OutsideValidity::NotYet(party.certificate.not_before())),
    };
    if let Some(outside) = outside {
        return Err(AuthenticationRefusal::OutsideValidity(outside));
    }
    Ok(Authenticated {
        country: country.clone(),
        thumbprint: identity.thumbprint.clone(),
        not_after: party.certificate.not_after(),
        roles: party.roles.clone(),
    })
}

impl FromRequestParts<Arc<Gateway>> for Authenticated {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        gateway: &Arc<Gateway>,
    ) -> Result<Self, Problem> {
        let connection = parts.extensions.get::<Connection>();
        let identity = connection.and_then(|connection| {
            // From the address of a named proxy its headers alone count: the handshake's
            // certificate is the proxy's own. From any other address they do not exist.
            let proxies = &gateway.proxies;
            let address = connection.address.ip();
            if proxies.believes(address) {
                gateway.proxy_check.saw(address, &parts.headers, proxies, gateway.clock.now());
                PeerIdentity::from_headers(&parts.headers, proxies).map(Arc::new)
            } else {
                connection.identity.clone()
            }
        });
        let record = parts.extensions.get::<Arc<RequestRecord>>();
        if let (Some(identity), Some(record)) = (&identity, record) {
            record.set_thumbprint(&identity.thumbprint);
        }
        let snapshot = gateway.trust.current();
        let known = authenticate(identity.as_deref(), &snapshot, gateway.clock.now())?;
        if let Some(connection) = connection {
            connection.is_known();
        }
        if let Some(record) = record {
            record.set_participant(&known.country, known.not_after);
        }
        let kind = RequestKind::of(&parts.method);
        gateway.rates.take(kind, &known.thumbprint).map_err(|wait| {
            gateway.metrics.limited(kind);
            Problem::too_many_requests("client certificate", wait)
        })?;
        Ok(known)
    }
}
