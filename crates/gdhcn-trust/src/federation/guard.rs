use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::accept::{Accepted, PeerGroup};

/// A set of certificates on which everything else of a participant rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HeldGroup {
    /// The signing authorities.
    Csca,
    /// The upload certificates.
    Upload,
    /// The data exchange authorities.
    Deca,
    /// What participants upload. A participant may withdraw all of its own; that nobody has any
    /// more is a fault.
    Uploaded,
}

impl HeldGroup {
    /// The set that a group belongs to.
    pub const fn of(group: PeerGroup) -> Self {
        match group {
            PeerGroup::Csca => Self::Csca,
            PeerGroup::Upload => Self::Upload,
            PeerGroup::Deca => Self::Deca,
            _ => Self::Uploaded,
        }
    }
}

impl fmt::Display for HeldGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Csca => "CSCA",
            Self::Upload => "UPLOAD",
            Self::Deca => "DECA",
            Self::Uploaded => "DSC",
        })
    }
}

/// A participant whose old content stays, and the set that the peer would have emptied.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Held {
    /// The participant's alpha-2 code.
    pub country: String,
    /// The set.
    pub group: HeldGroup,
}

/// A person's word that a loss is right.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Word {
    /// Nobody gave one.
    #[default]
    None,
    /// These participants may lose what the peer does not list any more.
    For(BTreeSet<String>),
    /// All may.
    All,
}

impl Word {
    fn covers(&self, country: &str) -> bool {
        match self {
            Self::None => false,
            Self::For(countries) => countries.contains(country),
            Self::All => true,
        }
    }
}

/// What a pull may change.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Guarded {
    /// What comes in. Nothing of a participant that is held is in it.
    pub items: Vec<Accepted>,
    /// The participants whose present content stays, with the set that would be empty.
    pub held: Vec<Held>,
}

impl Guarded {
    /// The participants whose present content stays.
    pub fn countries(&self) -> BTreeSet<&str> {
        self.held.iter().map(|held| held.country.as_str()).collect()
    }
}

/// Holds back each participant of which a set would become empty that is not, and everybody who
/// has uploaded something when the peer lists nothing uploaded at all.
///
/// `present` are the sets that hold something, of what came from this peer before.
pub fn guard(present: &BTreeSet<Held>, items: Vec<Accepted>, word: &Word) -> Guarded {
    let mut next: BTreeMap<&str, BTreeSet<HeldGroup>> = BTreeMap::new();
    for one in &items {
        next.entry(&one.item.country).or_default().insert(HeldGroup::of(one.group));
    }
    let anything_uploaded = items.iter().any(|one| !one.group.is_onboarded());
    let held: Vec<Held> = present
        .iter()
        .filter(|held| !word.covers(&held.country))
        .filter(|held| {
            let has = next.get(held.country.as_str());
            match held.group {
                HeldGroup::Uploaded => !anything_uploaded,
                group => !has.is_some_and(|has| has.contains(&group)),
            }
        })
        .cloned()
        .collect();
    let mut guarded = Guarded { items, held };
    let countries: BTreeSet<String> = guarded.countries().into_iter().map(str::to_owned).collect();
    guarded.items.retain(|one| !countries.contains(&one.item.country));
    guarded
}
