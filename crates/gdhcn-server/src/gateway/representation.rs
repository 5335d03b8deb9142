//! A ready answer with its entity tag.

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use gdhcn_crypto::sha256;
use http::header::{CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Serialize;

use super::list::List;
use crate::problem::Problem;

/// What is sent and the strong entity tag that names it. Cloning is cheap.
#[derive(Debug, Clone)]
pub(crate) struct Representation {
    content: Content,
    tag: HeaderValue,
    media_type: &'static str,
}

#[derive(Debug, Clone)]
enum Content {
    Bytes(Bytes),
    List(List),
}

impl Representation {
    /// Bytes of a JSON text.
    pub(crate) fn new(body: impl Into<Bytes>) -> Self {
        let body = body.into();
        let hash = sha256(&body);
        let tag = hex::encode(hash.get(..16).unwrap_or(&hash));
        Self::named(body, "application/json", &tag)
    }

    /// A value as JSON text.
    pub(crate) fn of_json(value: &impl Serialize) -> Result<Self, Problem> {
        serde_json::to_vec(value).map(Self::new).map_err(|_| Problem::internal())
    }

    /// Bytes that have a name already.
    pub(crate) fn named(body: impl Into<Bytes>, media_type: &'static str, tag: &str) -> Self {
        let tag = HeaderValue::try_from(format!("\"{tag}\""))
            .unwrap_or_else(|_| HeaderValue::from_static("\"\""));
        Self { content: Content::Bytes(body.into()), tag, media_type }
    }

    /// A list of certificates.
    pub(crate) fn of_list(list: List) -> Self {
        let digest = list.digest();
        let tag = hex::encode(digest.get(..16).unwrap_or(&digest));
        let empty = Self::named(Bytes::new(), "application/json", &tag);
        Self { content: Content::List(list), ..empty }
    }

    /// 200 with the bytes, or 304 when the peer has them.
    pub(crate) fn answer(&self, headers: &HeaderMap) -> Response {
        let mut response = Response::new(Body::empty());
        if self.is_known_to_peer(headers) {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        } else {
            *response.body_mut() = match &self.content {
                Content::Bytes(bytes) => Body::from(bytes.clone()),
                Content::List(list) => Body::new(list.body()),
            };
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(self.media_type));
        }
        response.headers_mut().insert(ETAG, self.tag.clone());
        response
    }

    /// `If-None-Match` compares weakly (RFC 9110, 13.1.2).
    fn is_known_to_peer(&self, headers: &HeaderMap) -> bool {
        headers
            .get_all(IF_NONE_MATCH)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(str::trim)
            .any(|tag| {
                tag == "*"
                    || tag.strip_prefix("W/").unwrap_or(tag).as_bytes() == self.tag.as_bytes()
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(representation: &Representation, tags: &[&str]) -> StatusCode {
        let mut headers = HeaderMap::new();
        for tag in tags {
            headers.append(IF_NONE_MATCH, HeaderValue::from_str(tag).unwrap());
        }
        representation.answer(&headers).status()
    }

    #[test]
    fn knows_its_own_tag_among_others_and_in_its_weak_form() {
        let representation = Representation::new("[]");
        let tag = representation.tag.to_str().unwrap().to_owned();
        assert!(tag.starts_with('"') && tag.ends_with('"') && tag.len() == 34, "{tag}");
        assert_eq!(status(&representation, &[]), StatusCode::OK);
        assert_eq!(status(&representation, &["\"other\""]), StatusCode::OK);
        assert_eq!(status(&representation, &[tag.trim_matches('"')]), StatusCode::OK);
        for tags in [
            vec![tag.as_str()],
            vec!["*"],
            vec!["\"other\"", &tag],
            vec![&format!("\"other\", W/{tag}")],
        ] {
            assert_eq!(status(&representation, &tags), StatusCode::NOT_MODIFIED, "{tags:?}");
        }
    }

    #[test]
    fn the_tag_follows_the_content() {
        assert_ne!(Representation::new("[]").tag, Representation::new("[1]").tag);
        assert_eq!(Representation::new("[]").tag, Representation::new("[]").tag);
    }
}
