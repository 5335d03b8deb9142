//! Receiving the body of a signed message.

use axum::body::Body;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, EXPECT};
use http::{HeaderMap, Request};
use http_body_util::BodyExt as _;

/// How many times the limit is read and thrown away before the answer, so that a peer that is
/// still sending sees the answer and not a broken connection.
const DISCARDED_TIMES_LIMIT: usize = 4;

/// Why a body was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum MessageRefusal {
    /// The body is of another media type, or says nothing of it.
    #[error("expected Content-Type {}, found {found}", .expected.join(" or "))]
    MediaType {
        /// What the path takes.
        expected: &'static [&'static str],
        /// What came.
        found: String,
    },
    /// The body is longer than the configuration allows.
    #[error("the body is longer than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The connection ended before the body did.
    #[error("the body ends before its announced length")]
    Incomplete,
}

/// The body of a signed message: the Base64 text of a CMS.
///
/// `Content-Encoding` and `Content-Transfer-Encoding` are not looked at: clients send `base64`
/// there, which is no HTTP coding.
pub(crate) async fn receive(
    request: Request<Body>,
    media_types: &'static [&'static str],
    limit: usize,
) -> Result<Bytes, MessageRefusal> {
    require_media_type(request.headers(), media_types)?;
    body(request, limit).await
}

/// A body of at most `limit` bytes, whatever its media type.
pub(crate) async fn body(request: Request<Body>, limit: usize) -> Result<Bytes, MessageRefusal> {
    let announced = request
        .headers()
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let too_large = MessageRefusal::TooLarge { limit };
    if announced.is_some_and(|length| length > limit as u64)
        && request.headers().contains_key(EXPECT)
    {
        // The peer has not begun to send and waits for this answer.
        return Err(too_large);
    }
    let mut body = request.into_body();
    let mut received = Vec::new();
    let mut length = 0_usize;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| MessageRefusal::Incomplete)?.into_data() else {
            continue;
        };
        length = length.saturating_add(data.len());
        if length <= limit {
            received.extend_from_slice(&data);
        } else {
            received = Vec::new();
            if length > limit.saturating_mul(1 + DISCARDED_TIMES_LIMIT) {
                break;
            }
        }
    }
    if length > limit {
        return Err(too_large);
    }
    Ok(received.into())
}

fn require_media_type(
    headers: &HeaderMap,
    expected: &'static [&'static str],
) -> Result<(), MessageRefusal> {
    let found = headers.get(CONTENT_TYPE).map(|value| String::from_utf8_lossy(value.as_bytes()));
    let essence =
        found.as_deref().and_then(|value| value.split(';').next()).unwrap_or_default().trim();
    if expected.iter().any(|expected| essence.eq_ignore_ascii_case(expected)) {
        return Ok(());
    }
    let found = found.as_deref().unwrap_or("none").chars().take(64).collect();
    Err(MessageRefusal::MediaType { expected, found })
}

#[cfg(test)]
mod tests {
    use gdhcn_client::wire;

    use super::*;

    async fn take(media_type: Option<&str>, body: Vec<u8>) -> Result<Bytes, MessageRefusal> {
        let mut request = Request::builder();
        if let Some(media_type) = media_type {
            request = request.header(CONTENT_TYPE, media_type);
        }
        receive(request.body(Body::from(body)).unwrap(), &[wire::CMS], 8).await
    }

    #[tokio::test]
    async fn takes_the_one_media_type_in_any_case_and_with_parameters() {
        for media_type in ["application/cms", "Application/CMS", "application/cms; charset=UTF-8"] {
            assert_eq!(take(Some(media_type), b"abc".to_vec()).await.unwrap(), "abc");
        }
        for media_type in [None, Some(""), Some("application/cms-text"), Some("text/plain")] {
            let refused = take(media_type, b"abc".to_vec()).await.unwrap_err();
            assert!(matches!(refused, MessageRefusal::MediaType { .. }), "{media_type:?}");
        }
    }

    #[tokio::test]
    async fn takes_a_body_up_to_the_limit() {
        assert_eq!(take(Some(wire::CMS), vec![b'a'; 8]).await.unwrap().len(), 8);
        let refused = take(Some(wire::CMS), vec![b'a'; 9]).await.unwrap_err();
        assert_eq!(refused, MessageRefusal::TooLarge { limit: 8 });
    }
}
