//! What is new, what is gone and what stays.

use std::collections::{BTreeMap, BTreeSet};

use super::{Pulled, PulledIssuer, PulledReference};
use crate::error::{Conflict, StoreError};
use crate::signer_information::{NewSignerInformation, SignerInformation};
use crate::trusted_issuer::TrustedIssuer;
use crate::trusted_party::{NewTrustedParty, TrustedParty};
use crate::trusted_reference::TrustedReference;

/// How what a peer lists differs from what came from it before.
pub(super) struct Difference<'a, New, Row> {
    /// To be stored.
    pub(super) new: Vec<Pulled<New>>,
    /// To be removed.
    pub(super) gone: Vec<&'a Row>,
    /// To be left alone.
    pub(super) kept: Vec<&'a Row>,
}

/// A row that can be compared with what a peer lists.
pub(super) trait Comparable<New> {
    /// What names a thing among those of one peer.
    fn name_of(new: &New) -> String;
    /// The same, of the row.
    fn name(&self) -> String;
    /// The participant.
    fn country(&self) -> &str;
    /// Whether the peer lists the row as it is. Identifiers that it does not give do not count.
    fn is(&self, listed: &Pulled<New>) -> bool;
}

/// Compares; everything of the participants that are held stays.
pub(super) fn compare<'a, New, Row: Comparable<New>>(
    wanted: Vec<Pulled<New>>,
    present: &'a [Row],
    held: &BTreeSet<String>,
) -> Result<Difference<'a, New, Row>, StoreError> {
    let mut by_name = BTreeMap::new();
    for one in wanted {
        if by_name.insert(Row::name_of(&one.new), one).is_some() {
            return Err(StoreError::Conflict(Conflict::Thumbprint));
        }
    }
    let (mut gone, mut kept) = (Vec::new(), Vec::new());
    for row in present {
        let name = row.name();
        let stays =
            held.contains(row.country()) || by_name.get(&name).is_some_and(|one| row.is(one));
        if stays {
            by_name.remove(&name);
            kept.push(row);
        } else {
            gone.push(row);
        }
    }
    Ok(Difference { new: by_name.into_values().collect(), gone, kept })
}

fn same_name(given: &Option<String>, row: Option<&str>) -> bool {
    given.as_deref().is_none_or(|given| Some(given) == row)
}

impl Comparable<NewTrustedParty> for TrustedParty {
    fn name_of(new: &NewTrustedParty) -> String {
        new.thumbprint.clone()
    }

    fn name(&self) -> String {
        self.thumbprint.clone()
    }

    fn country(&self) -> &str {
        &self.country
    }

    fn is(&self, listed: &Pulled<NewTrustedParty>) -> bool {
        let new = &listed.new;
        new.raw_data == self.raw_data
            && new.signature == self.signature
            && new.certificate_type == self.certificate_type
            && new.country == self.country
            && new.kid == self.kid
            && new.domain == self.domain
            && listed.version == self.version
            && same_name(&listed.uuid, self.uuid.as_deref())
    }
}

impl Comparable<NewSignerInformation> for SignerInformation {
    fn name_of(new: &NewSignerInformation) -> String {
        new.thumbprint.clone()
    }

    fn name(&self) -> String {
        self.thumbprint.clone()
    }

    fn country(&self) -> &str {
        &self.country
    }

    fn is(&self, listed: &Pulled<NewSignerInformation>) -> bool {
        let new = &listed.new;
        new.raw_data == self.raw_data
            && new.signature == self.signature
            && new.certificate_type == self.certificate_type
            && new.country == self.country
            && new.kid == self.kid
            && new.domain == self.domain
            && new.properties == self.properties
            && listed.version == self.version
            && same_name(&listed.uuid, self.uuid.as_deref())
    }
}

impl Comparable<PulledIssuer> for TrustedIssuer {
    fn name_of(new: &PulledIssuer) -> String {
        issuer_name(&new.issuer)
    }

    fn name(&self) -> String {
        issuer_name(&self.issuer)
    }

    fn country(&self) -> &str {
        &self.issuer.country
    }

    fn is(&self, listed: &Pulled<PulledIssuer>) -> bool {
        let (new, row) = (&listed.new.issuer, &self.issuer);
        // Name, address and kind are the same already.
        new.thumbprint == row.thumbprint
            && new.ssl_public_key == row.ssl_public_key
            && new.key_storage_type == row.key_storage_type
            && new.signature == row.signature
            && listed.version == self.version
            && same_name(&listed.uuid, self.uuid.as_deref())
    }
}

fn issuer_name(issuer: &crate::trusted_issuer::NewTrustedIssuer) -> String {
    let domain = issuer.domain.as_deref().unwrap_or_default();
    [&issuer.country, &issuer.name, &issuer.url, &issuer.url_type, domain].join(";")
}

impl Comparable<PulledReference> for TrustedReference {
    fn name_of(new: &PulledReference) -> String {
        let domain = new.domain.as_deref().unwrap_or_default();
        let parts = [&new.country, &new.reference_type, &new.url, &new.service, &new.name];
        parts.map(String::as_str).join("\n") + "\n" + &new.reference_version + "\n" + domain
    }

    fn name(&self) -> String {
        let domain = self.domain.as_deref().unwrap_or_default();
        let parts = [&self.country, &self.reference_type, &self.url, &self.service, &self.name];
        parts.map(String::as_str).join("\n") + "\n" + &self.reference_version + "\n" + domain
    }

    fn country(&self) -> &str {
        &self.country
    }

    fn is(&self, listed: &Pulled<PulledReference>) -> bool {
        let new = &listed.new;
        new.thumbprint == self.thumbprint
            && new.ssl_public_key == self.ssl_public_key
            && new.content_type == self.content_type
            && new.signature_type == self.signature_type
            && new.message.as_ref().map(|message| &message.cms) == self.cms.as_ref()
            && listed.version == self.version
            && same_name(&listed.uuid, Some(&self.uuid))
    }
}
