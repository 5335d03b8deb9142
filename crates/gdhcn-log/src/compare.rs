use std::collections::BTreeSet;
use std::fmt;

use crate::entry::{Attribute, Kind};
use crate::state::{Item, ItemId, State, signature_digest};

/// One thing of a list that a gateway serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    /// Its name in the log.
    pub id: ItemId,
    /// The participant.
    pub country: String,
    /// What the list tells of it, also that there is none.
    pub told: Vec<(Attribute, Option<String>)>,
    /// Base64 of the detached CMS message; none where the list has none to compare.
    pub signature: Option<String>,
}

/// What a list should hold, so that a missing entry can be told from one that was not asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// `/trustList/certificate`: every certificate, those of other gateways only where asked for.
    Certificates {
        /// Whether they were asked for.
        federated: bool,
    },
    /// `/trustList`: four groups of the default domain, own data.
    TrustList,
    /// `/trustList/issuers`, own data.
    Issuers,
    /// `/trustList/references`, own data.
    References,
}

impl Scope {
    const GROUPS: [&str; 4] = ["AUTHENTICATION", "UPLOAD", "CSCA", "DSC"];
    const DOMAIN: &str = "DCC";

    fn holds(self, state: &State, id: &ItemId, item: &Item) -> bool {
        let own = id.source_gateway.is_none();
        match self {
            Self::Certificates { federated } => {
                id.kind.is_certificate() && (own || federated && is_passed_on(state, id))
            }
            Self::TrustList => {
                let group = item.attribute(Attribute::Group).unwrap_or_default();
                id.kind.is_certificate()
                    && own
                    && Self::GROUPS.contains(&group)
                    && item.attribute(Attribute::Domain) == Some(Self::DOMAIN)
            }
            Self::Issuers => own && id.kind == Kind::TrustedIssuer,
            Self::References => own && id.kind == Kind::TrustedReference,
        }
    }
}

/// Whether the gateway that a thing came from is one whose content lists show.
fn is_passed_on(state: &State, id: &ItemId) -> bool {
    let Some(gateway) = &id.source_gateway else { return true };
    let key = gateway.clone();
    let peer = ItemId { kind: Kind::FederationGateway, key, source_gateway: None };
    state.get(&peer).is_none_or(|peer| peer.is_passed_on)
}

/// Where a list is not what the log tells.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Difference {
    /// The list holds a certificate that no entry tells of.
    NotInLog {
        /// Its name.
        id: ItemId,
        /// The participant.
        country: String,
    },
    /// The list holds a certificate twice.
    Twice {
        /// Its name.
        id: ItemId,
    },
    /// By the log a certificate must be there, and the list does not hold it.
    NotServed {
        /// Its name.
        id: ItemId,
        /// The participant.
        country: Option<String>,
        /// The entry that put it there.
        entry: u64,
    },
    /// The list says something else of a certificate than the log.
    Otherwise {
        /// Its name.
        id: ItemId,
        /// The entry that put it there.
        entry: u64,
        /// What is different, such as `kid`.
        what: &'static str,
        /// What the list says, or that it is another one.
        served: String,
        /// What the log says.
        logged: String,
    },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotInLog { id, country } => {
                write!(f, "{id} ({country}) is served, and no entry of the log tells of it")
            }
            Self::Twice { id } => write!(f, "{id} is served twice"),
            Self::NotServed { id, country, entry } => {
                let country = country.as_deref().unwrap_or("no country");
                write!(f, "{id} ({country}) is in the log since entry {entry}, and is not served")
            }
            Self::Otherwise { id, entry, what, served, logged } => write!(
                f,
                "{id} is served with the {what} {served}, where entry {entry} says {logged}"
            ),
        }
    }
}

/// Compares a served list with what the log tells; gives every difference.
pub fn compare(state: &State, list: &[Served], scope: Scope) -> Vec<Difference> {
    let mut differences = Vec::new();
    let mut seen = BTreeSet::new();
    for served in list {
        let id = &served.id;
        if !seen.insert(id) {
            differences.push(Difference::Twice { id: id.clone() });
            continue;
        }
        match state.get(id) {
            Some(item) => differences.extend(otherwise(served, item)),
            None => differences
                .push(Difference::NotInLog { id: id.clone(), country: served.country.clone() }),
        }
    }
    let missing =
        state.items().filter(|(id, item)| scope.holds(state, id, item) && !seen.contains(id));
    differences.extend(missing.map(|(id, item)| Difference::NotServed {
        id: id.clone(),
        country: item.country.clone(),
        entry: item.entry,
    }));
    differences
}

fn otherwise(served: &Served, item: &Item) -> Vec<Difference> {
    let of = |what, served_as: Option<&str>, logged_as: Option<&str>| {
        let text = |value: Option<&str>| value.map_or("(none)".to_owned(), |v| format!("{v:?}"));
        (served_as != logged_as).then(|| Difference::Otherwise {
            id: served.id.clone(),
            entry: item.entry,
            what,
            served: text(served_as),
            logged: text(logged_as),
        })
    };
    let mut found = Vec::new();
    found.extend(of("country", Some(&served.country), item.country.as_deref()));
    for (attribute, value) in &served.told {
        found.extend(of(attribute.name(), value.as_deref(), item.attribute(*attribute)));
    }
    if let Some(signature) = &served.signature {
        let digest = signature_digest(signature);
        found.extend(of("signature's SHA-256", Some(&digest), item.signature_sha256.as_deref()));
    }
    found
}
