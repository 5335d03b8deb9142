//! `POST /v1/verify`.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::Response;
use gdhcn_credential::{codes_of_text, divoc, parse_instant_loose, shc};
use gdhcn_explain::{Language, Messages, report, report_together};
use gdhcn_scan::ScanError;
use gdhcn_verify::{Context, Limits, Outcome, PolicyName, Together, verify as judge};
use http::header::{ACCEPT_LANGUAGE, CONTENT_TYPE};
use http::{HeaderMap, Request};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::error::Category;
use serde_json::{Value, json};

use super::Verifier;
use crate::gateway::message::{self, MessageRefusal};
use crate::problem::Problem;

/// The most codes of one request.
const MOST_CODES: usize = 1000;

const MEDIA_TYPES: [&str; 5] =
    ["text/plain", "application/json", "image/png", "image/jpeg", "image/webp"];

/// Several codes, and by what they are to be judged.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Codes {
    /// The texts of the codes.
    codes: Vec<String>,
    /// The instant at which validity is judged; now when left out.
    at: Option<String>,
    /// `lenient`, `border` or `strict`; the service's own when left out.
    policy: Option<String>,
    /// Whether they are one person's, so that the best of them counts.
    #[serde(default)]
    same_person: bool,
    /// The language to explain in; that of the header `Accept-Language` when left out.
    language: Option<String>,
}

/// Judges the codes of the body: plain text is one code, a picture is searched for codes, JSON
/// names several.
pub(super) async fn verify(
    State(verifier): State<Arc<Verifier>>,
    request: Request<Body>,
) -> Result<Response, Problem> {
    if request.uri().query().is_some() {
        return Err(Problem::bad_request(
            "nothing is taken from the address; policy, clock and language stand in a JSON body",
        ));
    }
    let kind = media_type(request.headers());
    let mut language = accepted_language(request.headers());
    let body = message::body(request, verifier.body_bytes).await?;
    let mut policy = verifier.policy;
    let mut at = None;
    let mut same_person = false;
    let codes = match kind.as_str() {
        "text/plain" => {
            let text = std::str::from_utf8(&body)
                .map_err(|error| Problem::bad_request(format!("the text is not UTF-8: {error}")))?;
            let codes = codes_of_text(text);
            bounded(codes.len())?;
            codes.into_iter().map(str::to_owned).collect()
        }
        "application/json" => {
            let request: Codes =
                serde_json::from_slice(&body).map_err(|error| not_codes(&error))?;
            bounded(request.codes.len())?;
            if let Some(wanted) = request.policy {
                policy.name = wanted
                    .parse::<PolicyName>()
                    .map_err(|e| Problem::bad_request(e.to_string()))?;
            }
            if let Some(wanted) = request.language {
                let wanted = wanted.parse::<Language>();
                language = Some(wanted.map_err(|e| Problem::bad_request(e.to_string()))?);
            }
            same_person = request.same_person;
            at = request
                .at
                .as_deref()
                .map(parse_instant_loose)
                .transpose()
                .map_err(|error| Problem::bad_request(error.to_string()))?;
            request.codes
        }
        "image/png" | "image/jpeg" | "image/webp" => match verifier.search(body).await? {
            Some(codes) => codes,
            None => return Ok(no_code(&verifier, language)),
        },
        _ => {
            let found = if kind.is_empty() { "none".to_owned() } else { kind };
            return Err(MessageRefusal::MediaType { expected: &MEDIA_TYPES, found }.into());
        }
    };
    if at.is_some() {
        // A clock that is given is meant to the second.
        policy.clock_skew = SignedDuration::ZERO;
    }
    let at = at.unwrap_or_else(|| verifier.clock.now());
    let trust = verifier.trust.load_full();
    let place = Arc::clone(&verifier.judgements).acquire_owned().await;
    let place = place.map_err(|_| Problem::internal())?;
    let results = tokio::task::spawn_blocking(move || {
        // Held to the end of the work, whether or not somebody still waits for it.
        let _place = place;
        let context = Context { trust: &trust, at, policy, limits: Limits::default() };
        let messages = language.map(Messages::new);
        let named = codes.into_iter().map(|code| (String::new(), code)).collect();
        let codes = shc::split(named, &context.limits.credential);
        let verdicts: Vec<_> = codes.iter().map(|code| judge(&code.text, &context)).collect();
        let together = same_person.then(|| Together::of(&verdicts)).flatten();
        let all = || Outcome::of_all(verdicts.iter().map(|one| one.outcome));
        let outcome = together.map_or_else(all, |together| together.outcome);
        let reports = verdicts.iter().map(|one| report(Some(one), messages.as_ref())).collect();
        let mut answer = answer(outcome, policy.name, at, reports);
        if let (Some(together), Some(members)) = (together, answer.as_object_mut()) {
            members.insert("together".to_owned(), report_together(&together, messages.as_ref()));
        }
        answer
    });
    let results = results.await.map_err(|_| Problem::internal())?;
    Ok(super::json(&results))
}

fn bounded(codes: usize) -> Result<(), Problem> {
    if (1..=MOST_CODES).contains(&codes) {
        return Ok(());
    }
    Err(Problem::bad_request(format!("between 1 and {MOST_CODES} codes are taken")))
}

/// What is wrong with a JSON body. The words of serde_json repeat what stands there, which may be a
/// whole code.
fn not_codes(error: &serde_json::Error) -> Problem {
    let what = match error.classify() {
        Category::Data => "no such object as the interface describes",
        _ => "no JSON",
    };
    let (line, column) = (error.line(), error.column());
    Problem::bad_request(format!("line {line}, column {column}: {what}; see /openapi.json"))
}

/// The media type without parameters, in lower case, and not longer than one can be.
fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = value.and_then(|value| value.split(';').next()).unwrap_or_default();
    essence.trim().chars().take(60).collect::<String>().to_ascii_lowercase()
}

/// The language of a request that names one.
fn accepted_language(headers: &HeaderMap) -> Option<Language> {
    headers.get(ACCEPT_LANGUAGE)?.to_str().ok().map(Language::negotiate)
}

fn answer(outcome: Outcome, policy: PolicyName, at: Timestamp, results: Vec<Value>) -> Value {
    json!({
        "outcome": outcome.as_str(),
        "policy": policy.as_str(),
        "at": at.to_string(),
        "results": results,
    })
}

/// A sound picture without a code in it: nothing can be told of it.
fn no_code(verifier: &Verifier, language: Option<Language>) -> Response {
    let result = report(None, language.map(Messages::new).as_ref());
    let at = verifier.clock.now();
    super::json(&answer(Outcome::CannotTell, verifier.policy.name, at, vec![result]))
}

impl Verifier {
    /// The codes of a picture, `None` when there are none in it.
    async fn search(&self, picture: Bytes) -> Result<Option<Vec<String>>, Problem> {
        let place = Arc::clone(&self.pictures).acquire_owned().await;
        let place = place.map_err(|_| Problem::internal())?;
        let found = tokio::task::spawn_blocking(move || {
            let _place = place;
            gdhcn_scan::read_picture(&picture, &gdhcn_scan::Limits::default())
        });
        match found.await.map_err(|_| Problem::internal())? {
            Ok(codes) => Ok(Some(
                codes.into_iter().map(|code| divoc::text_of_code(code.text, &code.bytes)).collect(),
            )),
            Err(ScanError::NoCode { .. }) => Ok(None),
            Err(error) => Err(Problem::bad_request(error.to_string())),
        }
    }
}
