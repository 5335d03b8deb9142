//! `GET /trustList/issuers`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use gdhcn_client::wire::TrustedIssuerItem;
use gdhcn_crypto::Backend;
use gdhcn_envelope::x509::Certificate;
use gdhcn_store::trusted_issuer::TrustedIssuer as Row;
use gdhcn_trust::issuer::{IssuerKind, IssuerText, TrustedIssuer};
use http::HeaderMap;
use tracing::warn;

use super::Gateway;
use super::authentication::Authenticated;
use super::list_query::ListQuery;
use super::representation::Representation;
use crate::config::Profile;
use crate::problem::Problem;

/// The issuers that the query asks for and a trust anchor vouches for.
pub(crate) async fn list(
    State(gateway): State<Arc<Gateway>>,
    _peer: Authenticated,
    query: ListQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let rows = gateway.trust.store().trusted_issuers().await?;
    let snapshot = gateway.trust.current();
    let chosen: Vec<_> = rows
        .into_iter()
        .filter(|row| {
            query.admits("country", Some(&row.issuer.country))
                && query.admits("domain", row.issuer.domain.as_deref())
                && (row.source_gateway_id.is_none() || query.with_federation())
                && snapshot.passes_on(row.source_gateway_id.as_deref())
        })
        .collect();
    let checked = tokio::task::spawn_blocking(move || {
        let own = gateway.trust.anchors();
        // A row that was pulled from another gateway is vouched for by that gateway's anchor.
        let anchors_of = |row: &Row| match &row.source_gateway_id {
            None => own.to_vec(),
            Some(source) => snapshot.anchors_of(source).to_vec(),
        };
        let held = chosen.into_iter().filter(|row| holds(row, &anchors_of(row), gateway.profile));
        held.map(item).collect::<Vec<_>>()
    });
    let items = checked.await.map_err(|_| Problem::internal())?;
    Representation::of_json(&items).map(|list| list.answer(&headers))
}

/// The texts under which a signature counts (deviation D-20): clients of the EU's gateway have their
/// own, and such rows come with a gateway that is taken over.
const fn forms(profile: Profile) -> &'static [IssuerText] {
    match profile {
        Profile::Who => &[IssuerText::Who],
        Profile::Eu => &[IssuerText::Who, IssuerText::Eu],
    }
}

/// Whether one of the trust anchors has signed the issuer; says so in the log when none has.
fn holds(row: &Row, anchors: &[Certificate], profile: Profile) -> bool {
    let outcome = check_issuer(row, anchors, profile);
    if let Err(fault) = &outcome {
        warn!(table = "trusted_issuer", row = row.uuid, fault, "a row is not served");
    }
    outcome.is_ok()
}

/// Checks that one of these trust anchors has signed an issuer, in a text that the profile knows.
/// For a row that was pulled from another gateway they are that gateway's.
///
/// # Errors
///
/// Why the row is not served, in words.
pub fn check_issuer(row: &Row, anchors: &[Certificate], profile: Profile) -> Result<(), String> {
    let issuer = &row.issuer;
    let kind = IssuerKind::from_text(&issuer.url_type)
        .ok_or_else(|| format!("{:?} is no kind of issuer", issuer.url_type))?;
    let known = TrustedIssuer::new(&*issuer.country, &*issuer.name, &*issuer.url, kind)
        .map_err(|error| error.to_string())?;
    known
        .check(&issuer.signature, anchors, forms(profile), Backend::default())
        .map_err(|error| error.to_string())?;
    Ok(())
}

fn item(row: Row) -> TrustedIssuerItem {
    let issuer = row.issuer;
    TrustedIssuerItem {
        url: issuer.url,
        r#type: issuer.url_type,
        country: issuer.country,
        thumbprint: issuer.thumbprint,
        ssl_public_key: issuer.ssl_public_key,
        key_storage_type: issuer.key_storage_type,
        signature: issuer.signature,
        timestamp: issuer.created_at,
        name: issuer.name,
        domain: issuer.domain,
        uuid: row.uuid,
        version: row.source_gateway_id.as_ref().map(|_| row.version),
        source_gateway: row.source_gateway_id,
    }
}
