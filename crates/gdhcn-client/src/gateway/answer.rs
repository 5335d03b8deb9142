//! Answers: bounded reading, and telling a gateway's problem report from anything else.

use reqwest::header::{CONTENT_TYPE, LOCATION};
use reqwest::{Response, StatusCode};
use serde::Deserialize;

use super::GatewayError;
use crate::wire::ProblemReport;

type Reader<'de> = serde_json::Deserializer<serde_json::de::SliceRead<'de>>;

/// How much of a foreign answer is quoted, in characters.
const QUOTED: usize = 160;

/// Why a body could not be read whole.
pub(crate) enum ReadError {
    TooLarge,
    Transport(reqwest::Error),
}

/// The media type of an answer, and where it redirects to.
pub(super) struct Kind {
    media_type: Option<String>,
    location: Option<String>,
}

pub(super) fn content_type(response: &Response) -> Kind {
    let text = |name| {
        response
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(|value| value.to_owned())
    };
    Kind { media_type: text(CONTENT_TYPE), location: text(LOCATION) }
}

/// Reads the body piece by piece and stops at `limit` bytes.
pub(crate) async fn read(mut response: Response, limit: usize) -> Result<Vec<u8>, ReadError> {
    let announced = response.content_length().unwrap_or(0);
    if announced > limit as u64 {
        return Err(ReadError::TooLarge);
    }
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(ReadError::Transport)? {
        if body.len() + piece.len() > limit {
            return Err(ReadError::TooLarge);
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

/// The error for an answer with another status than the expected one.
pub(super) fn problem(status: StatusCode, kind: Kind, body: &[u8]) -> GatewayError {
    if let Some(report) = report(status, body) {
        return GatewayError::Problem { status: status.as_u16(), report };
    }
    let beginning = match kind.location {
        Some(target) => format!("redirect to {}", quote(target.as_bytes())),
        None => quote(body),
    };
    GatewayError::NotAGateway {
        status: status.as_u16(),
        content_type: kind.media_type.unwrap_or_else(|| "no content type".to_owned()),
        beginning,
    }
}

/// Reads an answer whose shape the interface fixes.
pub(super) fn json<'de, T: Deserialize<'de>>(body: &'de [u8]) -> Result<T, GatewayError> {
    json_with(body, |reader| T::deserialize(reader))
}

/// Reads an answer with a reader of the caller's.
pub(super) fn json_with<'de, T>(
    body: &'de [u8],
    read: impl FnOnce(&mut Reader<'de>) -> Result<T, serde_json::Error>,
) -> Result<T, GatewayError> {
    let mut reader = Reader::from_slice(body);
    let value = read(&mut reader).and_then(|value| reader.end().map(|()| value));
    value.map_err(|error| GatewayError::UnreadableAnswer { reason: brief(&error.to_string()) })
}

/// A foreign text cut to what fits a message.
pub(super) fn brief(text: &str) -> String {
    text.chars().take(QUOTED).collect()
}

/// The problem report in an error answer. An RFC 9457 body, which the reference's web framework
/// writes for requests that never reach the gateway's code, is turned into one.
fn report(status: StatusCode, body: &[u8]) -> Option<ProblemReport> {
    if !status.is_client_error() && !status.is_server_error() {
        return None;
    }
    let json: serde_json::Value = serde_json::from_slice(body).ok()?;
    let text = |name: &str| json.get(name).and_then(|value| value.as_str()).map(str::to_owned);
    if json.get("code").is_some_and(serde_json::Value::is_string) {
        return serde_json::from_value(json).ok();
    }
    let problem = text("title")?;
    Some(ProblemReport {
        problem,
        details: text("detail").unwrap_or_default(),
        ..Default::default()
    })
}

fn quote(body: &[u8]) -> String {
    let beginning = body.get(..4 * QUOTED).unwrap_or(body);
    let text = String::from_utf8_lossy(beginning);
    let quoted: String =
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(QUOTED).collect();
    if quoted.trim().is_empty() { "(empty)".to_owned() } else { quoted.trim().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(media_type: &str) -> Kind {
        Kind { media_type: Some(media_type.to_owned()), location: None }
    }

    #[test]
    fn a_problem_report_is_passed_on() {
        let body = br#"{"code":"0x004","problem":"p","sendValue":"s","details":"d"}"#;
        let error = problem(StatusCode::BAD_REQUEST, kind("application/json"), body);
        let GatewayError::Problem { status: 400, report } = error else { panic!("{error:?}") };
        assert_eq!(report.code, "0x004");
        assert_eq!(report.send_value, "s");
    }

    #[test]
    fn a_body_of_the_web_framework_becomes_a_report_without_code() {
        let body = br#"{"type":"about:blank","title":"Bad Request","status":400,"detail":"no"}"#;
        let error = problem(StatusCode::BAD_REQUEST, kind("application/problem+json"), body);
        let GatewayError::Problem { report, .. } = error else { panic!("{error:?}") };
        assert_eq!((report.code.as_str(), report.details.as_str()), ("", "no"));
    }

    #[test]
    fn a_page_of_a_proxy_is_quoted_without_control_characters() {
        let page = format!("<html>\u{1b}[31m\n{}", "x".repeat(10_000));
        let error = problem(StatusCode::FORBIDDEN, kind("text/html"), page.as_bytes());
        let GatewayError::NotAGateway { beginning, .. } = error else { panic!("{error:?}") };
        assert_eq!(beginning.chars().count(), QUOTED);
        assert!(beginning.starts_with("<html> [31m x"), "{beginning}");
    }

    #[test]
    fn an_unexpected_success_is_not_a_problem_report() {
        let body = br#"{"code":"x"}"#;
        let error = problem(StatusCode::ACCEPTED, kind("application/json"), body);
        assert!(matches!(error, GatewayError::NotAGateway { status: 202, .. }), "{error:?}");
    }

    #[test]
    fn an_empty_body_is_said_to_be_empty() {
        let error = problem(StatusCode::BAD_GATEWAY, kind("text/plain"), b"");
        assert!(error.to_string().ends_with("(empty)"), "{error}");
    }
}
