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
    fn country_of(new: &New) -> &str;
    /// The same, of the row.
    fn country(&self) -> &str;
    /// Whether the peer lists the row as it is. Identifiers that it does not give do not count.
    fn is(&self, listed: &Pulled<New>) -> bool;
}

/// Compares; of the participants that are held everything stays as it is, and nothing comes.
pub(super) fn compare<'a, New, Row: Comparable<New>>(
    wanted: Vec<Pulled<New>>,
    present: &'a [Row],
    held: &BTreeSet<String>,
) -> Result<Difference<'a, New, Row>, StoreError> {
    let mut by_name = BTreeMap::new();
    let come = |one: &Pulled<New>| !held.contains(Row::country_of(&one.new));
    for one in wanted.into_iter().filter(come) {
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

/// Whether two things agree in each of these members.
macro_rules! agree {
    ($one:expr, $other:expr; $($member:ident),+) => { $($one.$member == $other.$member)&&+ };
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

    fn country_of(new: &NewTrustedParty) -> &str {
        &new.country
    }

    fn country(&self) -> &str {
        &self.country
    }

    fn is(&self, listed: &Pulled<NewTrustedParty>) -> bool {
        agree!(listed.new, self; raw_data, signature, certificate_type, country, kid, domain)
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

    fn country_of(new: &NewSignerInformation) -> &str {
        &new.country
    }

    fn country(&self) -> &str {
        &self.country
    }

    fn is(&self, listed: &Pulled<NewSignerInformation>) -> bool {
        agree!(listed.new, self; raw_data, signature, certificate_type, country, kid, domain)
            && listed.new.properties == self.properties
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

    fn country_of(new: &PulledIssuer) -> &str {
        &new.issuer.country
    }

    fn country(&self) -> &str {
        &self.issuer.country
    }

    fn is(&self, listed: &Pulled<PulledIssuer>) -> bool {
        let (new, row) = (&listed.new.issuer, &self.issuer);
        // Name, address and kind are the same already.
        agree!(new, row; thumbprint, ssl_public_key, key_storage_type, signature)
            && listed.version == self.version
            && same_name(&listed.uuid, self.uuid.as_deref())
    }
}

fn issuer_name(issuer: &crate::trusted_issuer::NewTrustedIssuer) -> String {
    let domain = issuer.domain.as_deref().unwrap_or_default();
    [&issuer.country, &issuer.name, &issuer.url, &issuer.url_type, domain].join(";")
}

/// References have no name of their own; a line end stands in none of these.
macro_rules! reference_name {
    ($one:expr) => {{
        let domain = $one.domain.as_deref().unwrap_or_default();
        let (kind, version) = (&$one.reference_type, &$one.reference_version);
        [&$one.country, kind, &$one.url, &$one.service, &$one.name, version, domain].join("\n")
    }};
}

impl Comparable<PulledReference> for TrustedReference {
    fn name_of(new: &PulledReference) -> String {
        reference_name!(new)
    }

    fn name(&self) -> String {
        reference_name!(self)
    }

    fn country_of(new: &PulledReference) -> &str {
        &new.country
    }

    fn country(&self) -> &str {
        &self.country
    }

    fn is(&self, listed: &Pulled<PulledReference>) -> bool {
        let new = &listed.new;
        agree!(new, self; thumbprint, ssl_public_key, content_type, signature_type)
            && new.message.as_ref().map(|message| &message.cms) == self.cms.as_ref()
            && listed.version == self.version
            && same_name(&listed.uuid, Some(&self.uuid))
    }
}
