use serde::Serialize;

use super::jwk::Jwk;
use crate::did::web::{Location, WebError};

/// A document of a list, without its proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its DID.
    pub id: String,
    /// Where it stands under the web root, such as `v2/trustlist/did.json`.
    pub path: String,
    /// 1 or 2.
    pub version: u8,
    /// Compact JSON, no line end.
    pub text: String,
}

/// An entry of `verificationMethod`.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Method<'a> {
    Reference(String),
    Key(Box<KeyMethod<'a>>),
}

#[derive(Debug, Serialize)]
pub(super) struct KeyMethod<'a> {
    pub(super) id: String,
    pub(super) r#type: &'static str,
    pub(super) controller: String,
    #[serde(rename = "publicKeyJwk")]
    pub(super) jwk: &'a Jwk,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub(super) facts: Option<Facts>,
}

/// The members that say whose key it is and what for.
#[derive(Debug, Serialize)]
pub(super) struct Facts {
    pub(super) domain: Coded,
    pub(super) participant: Coded,
    pub(super) keyusage: Coded,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Coded {
    Object { code: String },
    Text(String),
}

#[derive(Serialize)]
struct Text<'a> {
    #[serde(rename = "@context")]
    context: &'a [&'a str],
    id: &'a str,
    controller: &'a str,
    #[serde(rename = "verificationMethod")]
    methods: &'a [Method<'a>],
}

pub(super) const DID_CONTEXTS: [&str; 2] =
    ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/suites/jws-2020/v1"];

impl Document {
    pub(super) fn write(
        version: u8,
        contexts: &[&str],
        id: String,
        controller: &str,
        methods: &[Method<'_>],
    ) -> Result<Self, WriteError> {
        let path = Location::of(&id)?.path();
        let text = Text { context: contexts, id: &id, controller, methods };
        let text = serde_json::to_string(&text)
            .map_err(|error| WriteError::Json { id: id.clone(), what: error.to_string() })?;
        Ok(Self { id, path, version, text })
    }
}

/// Why a document was not written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The list's DID has no place on the web.
    #[error(transparent)]
    Web(#[from] WebError),
    /// A key cannot be written as JWK.
    #[error("the key {kid} cannot be written: {error}")]
    Key {
        /// The kid.
        kid: String,
        /// The reason.
        error: gdhcn_crypto::KeyError,
    },
    /// The JSON could not be written.
    #[error("{id} could not be written: {what}")]
    Json {
        /// The document.
        id: String,
        /// The reason.
        what: String,
    },
}
