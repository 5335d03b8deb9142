//! Result files of a trust anchor, `signed/TNG_TA.signed.NAME.json` and the older text form.

use super::{File, IssuerFile};
use crate::participant::TrustedParty;

pub(super) fn certificate(file: &File<'_>) -> Result<TrustedParty, &'static str> {
    if file.path.ends_with(".txt") {
        return text_form(file.bytes).ok_or("not the four headings of the older text form");
    }
    serde_json::from_slice(file.bytes).map_err(|_| "not the JSON of a signed certificate")
}

pub(super) fn issuer(file: &File<'_>) -> Result<IssuerFile, &'static str> {
    let issuer: IssuerFile =
        serde_json::from_slice(file.bytes).map_err(|_| "not the JSON of a signed issuer")?;
    if issuer.signature.is_none() {
        return Err("it has no signature");
    }
    Ok(issuer)
}

/// The values stand each after its heading, on the same line or on the lines below.
fn text_form(bytes: &[u8]) -> Option<TrustedParty> {
    let text = std::str::from_utf8(bytes).ok()?;
    let headings = [
        "TrustAnchor Signature:",
        "Certificate Raw Data:",
        "Certificate Thumbprint:",
        "Certificate Country:",
    ];
    let mut values = headings.iter().map(|heading| {
        let (_, after) = text.split_once(heading)?;
        let end = headings.iter().filter_map(|other| after.find(other)).min();
        let value = after.get(..end.unwrap_or(after.len()))?;
        Some(value.split_whitespace().collect::<String>())
    });
    Some(TrustedParty {
        trust_anchor_signature: values.next()??,
        certificate_raw_data: values.next()??,
        certificate_thumbprint: values.next()??,
        country: values.next()??,
    })
}
