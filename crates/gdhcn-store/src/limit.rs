//! Longest values of the text columns, in bytes.
//!
//! Wider than the columns of the reference gateway (4096 and 6000 for a certificate and its
//! signature), which RSA keys of 8192 bits outgrow, and narrow enough that a full trust list of
//! 50,000 certificates stays below what one machine holds in memory.

use crate::error::StoreError;

/// `raw_data`: a certificate of up to 12 KiB in base64.
pub const RAW_DATA: usize = 16_384;
/// `signature`: a CMS message of up to 18 KiB in base64.
pub const SIGNATURE: usize = 24_576;
/// `thumbprint` and the fingerprints of audit events: SHA-256 in hexadecimal.
pub const THUMBPRINT: usize = 64;
/// `kid`: a key identifier chosen by a participant.
pub const KID: usize = 20;
/// `domain`: a trust domain.
pub const DOMAIN: usize = 32;
/// `properties`: what an uploader says of a certificate, as JSON.
pub const PROPERTIES: usize = 2000;
/// `cms` of a rule: five times what the reference takes.
pub const RULE: usize = 100_000;
/// `cms` of a revocation batch, as in the reference.
pub const BATCH: usize = 1_024_000;
/// `cms` of a trusted reference.
pub const REFERENCE: usize = 100_000;
/// `uuid` and `source_gateway_id`.
pub const UUID: usize = 36;
/// `event` and `code` of an audit event.
pub const EVENT: usize = 64;
/// `description` of an audit event.
pub const DESCRIPTION: usize = 512;
/// Characters of a job's or a peer's last message; longer ones are cut.
pub const STATUS: usize = 500;

/// A message cut to [`STATUS`].
pub(crate) fn status(message: &str) -> String {
    message.chars().filter(|character| *character != '\0').take(STATUS).collect()
}

/// The beginning of a description, as much of it as an event holds.
pub fn description(text: &str) -> String {
    let end = text.floor_char_boundary(DESCRIPTION);
    text.get(..end).unwrap_or_default().replace('\0', "\u{fffd}")
}

/// Refuses a value that does not fit its column, or that not every database takes.
pub(crate) fn within(
    column: &'static str,
    value: impl AsRef<str>,
    limit: usize,
) -> Result<(), StoreError> {
    let length = value.as_ref().len();
    if length > limit {
        return Err(StoreError::TooLong { column, length, limit });
    }
    if value.as_ref().contains('\0') {
        return Err(StoreError::Nul { column });
    }
    Ok(())
}

/// Refuses a country that is not two ASCII capitals: it is compared byte by byte everywhere.
pub(crate) fn country(value: &str) -> Result<(), StoreError> {
    if value.len() != 2 || !value.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err(StoreError::Country(value.to_owned()));
    }
    Ok(())
}
