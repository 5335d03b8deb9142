//! `POST /trustedCertificate`: an upload with a group, a domain, a kid and properties of choice.
//! The routes that withdraw are those of [`signer_certificate`].

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use bytes::Bytes;
use gdhcn_client::wire::TrustedCertificateUpload;
use gdhcn_store::limit;
use http::{Request, StatusCode};

use super::Gateway;
use super::act::{self, Act, Refused, Wish};
use super::authentication::Authenticated;
use super::refusal::Refusal;
use super::signer_certificate::{self, CertificateWish, Terms};
use crate::problem::{Operation, Problem};

/// Stores a certificate that the participant's upload key has signed: 201.
pub(crate) async fn upload(
    State(gateway): State<Arc<Gateway>>,
    peer: Authenticated,
    request: Request<Body>,
) -> Result<StatusCode, Problem> {
    let wish = TrustedUpload(CertificateWish::new(Operation::TrustedUpload, &peer));
    act::perform(gateway, peer, wish, request).await?;
    Ok(StatusCode::CREATED)
}

struct TrustedUpload(CertificateWish);

impl Wish for TrustedUpload {
    type Done = ();
    type Refusal = Refusal;

    const MEDIA_TYPES: &'static [&'static str] = &["application/json"];

    async fn carry_out(&mut self, act: &mut Act, body: Bytes) -> Result<(), Refusal> {
        let upload: TrustedCertificateUpload =
            serde_json::from_slice(&body).map_err(|error| Refusal::Json(error.to_string()))?;
        let cms = upload.cms.ok_or(Refusal::NoMessage)?;
        let verified = self.0.read(act, cms.clone().into()).await?;
        let properties = upload.properties.unwrap_or_default();
        let terms = Terms {
            group: upload.group,
            domain: upload.domain,
            kid: upload.kid,
            properties: as_json(&properties)?,
            property_names: properties.into_keys().collect(),
            // Clients of these lists take the whole message as it came.
            message: Some(signer_certificate::without_white_space(&cms)),
        };
        self.0.upload(act, &verified, terms).await
    }

    fn refused(&self, act: &Act, refusal: &Refusal) -> Refused {
        self.0.refused(act, refusal)
    }
}

/// Nothing for no property.
fn as_json(properties: &BTreeMap<String, String>) -> Result<Option<String>, Refusal> {
    if properties.is_empty() {
        return Ok(None);
    }
    let text =
        serde_json::to_string(properties).map_err(|error| Refusal::Json(error.to_string()))?;
    // Before the other checks, so that names are judged of a bounded number.
    if text.len() > limit::PROPERTIES {
        return Err(Refusal::TooLong {
            part: "properties",
            length: text.len(),
            limit: limit::PROPERTIES,
        });
    }
    Ok(Some(text))
}
