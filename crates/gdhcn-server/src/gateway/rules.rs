//! `GET /rules/{country}`, `POST` and `DELETE /rules`, `POST /rules/delete`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use gdhcn_client::wire::ValidationRuleItem;
use gdhcn_rules::{Rule, selection, upload};
use gdhcn_store::validation_rule::ValidationRule;
use http::{HeaderMap, Request, StatusCode};
use jiff::Timestamp;

use super::Gateway;
use super::act::Act;
use super::authentication::Authenticated;
use super::representation::Representation;
use super::text_message::{self, Operation, Resource, TextMessage, TextRefusal};
use super::trust_list::BadSelection;
use crate::problem::Problem;

/// The rules of a country: of each the version in force and those that are announced.
pub(crate) async fn list(
    State(gateway): State<Arc<Gateway>>,
    _peer: Authenticated,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Path(country) = path.map_err(|_| BadSelection::Unreadable)?;
    let found = country.chars().count();
    if found != 2 {
        return Err(BadSelection::CountryLength { found }.into());
    }
    let rules = gateway.trust.store().validation_rules(&country).await?;
    Representation::of_json(&listed(rules, gateway.clock.now())).map(|list| list.answer(&headers))
}

fn listed(rules: Vec<ValidationRule>, now: Timestamp) -> BTreeMap<String, Vec<ValidationRuleItem>> {
    let mut all: BTreeMap<String, Vec<ValidationRule>> = BTreeMap::new();
    for rule in rules {
        all.entry(rule.rule_id.clone()).or_default().push(rule);
    }
    let listed = |(id, versions): (String, Vec<ValidationRule>)| {
        let begins: Vec<_> = versions.iter().map(|version| version.valid_from).collect();
        let first = selection::first_listed(&begins, now);
        let items = versions.into_iter().skip(first).rev().map(|version| ValidationRuleItem {
            version: version.version,
            valid_from: version.valid_from,
            valid_to: version.valid_to,
            cms: version.cms,
        });
        (id, items.collect())
    };
    all.into_iter().map(listed).collect()
}

/// Stores a version of a rule: 201.
pub(crate) async fn upload(
    State(gateway): State<Arc<Gateway>>,
    peer: Authenticated,
    request: Request<Body>,
) -> Result<StatusCode, Problem> {
    text_message::perform(gateway, peer, Resource::Rule, Operation::Store, request).await?;
    Ok(StatusCode::CREATED)
}

/// Withdraws all versions of a rule: 204.
pub(crate) async fn delete(
    State(gateway): State<Arc<Gateway>>,
    peer: Authenticated,
    request: Request<Body>,
) -> Result<StatusCode, Problem> {
    text_message::perform(gateway, peer, Resource::Rule, Operation::Withdraw, request).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn store(act: &Act, message: &TextMessage) -> Result<String, TextRefusal> {
    let rule = Rule::from_json(message.text.as_bytes(), &Rule::LIMITS)?;
    let id = rule.identifier.to_string();
    let description = format!("Created Validation Rule with ID {id} ({})", rule.version);
    let event = act.accepted("CREATED", description);
    let country = &act.peer.country;
    act.store().insert_validation_rule(&rule, &message.signed, country, act.now(), &event).await?;
    Ok(id)
}

pub(super) async fn withdraw(act: &Act, message: &TextMessage) -> Result<String, TextRefusal> {
    let id = message.text.as_str();
    let owner = upload::owner(id).ok_or(TextRefusal::RuleId)?;
    if owner != act.peer.country {
        return Err(TextRefusal::Foreign { country: owner.to_owned() });
    }
    let shown: String = id.chars().take(40).collect();
    let event = act.accepted("DELETED", format!("Deleted Validation Rule with ID {shown}"));
    act.store().delete_validation_rule(id, owner, &message.signed, &event).await?;
    Ok(id.to_owned())
}
