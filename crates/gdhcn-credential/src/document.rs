use std::fmt;

use gdhcn_envelope::cbor::Value;

use crate::shc::Card;
use crate::vds_nc::Seal;
use crate::{Credential, Dcc, Ddcc, HealthLink, Icvp, Person, Problem, ddcc, divoc};

/// The key of a health document inside claim `hcert` (HCERT specification 1.1.1, 3.3.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SubclaimKey(pub i64);

impl SubclaimKey {
    /// EU Digital COVID Certificate.
    pub const DCC: Self = Self(1);
    /// WHO DDCC, vaccination status.
    pub const DDCC_VACCINATION: Self = Self(3);
    /// WHO DDCC, test result.
    pub const DDCC_TEST: Self = Self(4);
    /// SMART or Verifiable Health Link.
    pub const HEALTH_LINK: Self = Self(5);
    /// International Certificate of Vaccination or Prophylaxis. No positive key is assigned yet.
    pub const ICVP: Self = Self(-6);

    /// What stands under this key.
    pub const fn title(self) -> &'static str {
        match self {
            Self::DCC => "EU Digital COVID Certificate",
            Self::DDCC_VACCINATION => "WHO DDCC vaccination status",
            Self::DDCC_TEST => "WHO DDCC test result",
            Self::HEALTH_LINK => "health link",
            Self::ICVP => "International Certificate of Vaccination or Prophylaxis",
            Self(0..) => "document of a kind reserved for WHO",
            Self(_) => "document of a kind in development",
        }
    }
}

impl fmt::Display for SubclaimKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A health document.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum HealthDocument {
    /// EU Digital COVID Certificate.
    Dcc(Box<Dcc>),
    /// International Certificate of Vaccination or Prophylaxis.
    Icvp(Box<Icvp>),
    /// WHO DDCC, vaccination status or test result.
    Ddcc(Box<Ddcc>),
    /// SMART Health Card.
    Card(Box<Card>),
    /// DIVOC certificate.
    Divoc(Box<divoc::Certificate>),
    /// ICAO VDS-NC seal.
    Seal(Box<Seal>),
    /// A link to documents elsewhere.
    Link(HealthLink),
    /// A kind that is not read here.
    Unsupported(Unsupported),
}

/// A health document of a kind that is not read here, kept for display.
#[derive(Clone, Debug, PartialEq)]
pub struct Unsupported {
    /// Its key in claim `hcert`.
    pub key: SubclaimKey,
    /// Its content.
    pub content: Value<'static>,
}

impl HealthDocument {
    /// Reads what stands under `key`. Deviations from the schema are kept as problems.
    pub fn read(key: SubclaimKey, value: &Value<'_>) -> Self {
        match key {
            SubclaimKey::DCC => Self::Dcc(Box::new(Dcc::read(value))),
            SubclaimKey::ICVP => Self::Icvp(Box::new(Icvp::read(value))),
            SubclaimKey::DDCC_VACCINATION => {
                Self::Ddcc(Box::new(Ddcc::read(ddcc::Kind::VaccinationStatus, value)))
            }
            SubclaimKey::DDCC_TEST => {
                Self::Ddcc(Box::new(Ddcc::read(ddcc::Kind::TestResult, value)))
            }
            SubclaimKey::HEALTH_LINK => {
                HealthLink::read(value).map_or_else(|| Self::unsupported(key, value), Self::Link)
            }
            _ => Self::unsupported(key, value),
        }
    }

    fn unsupported(key: SubclaimKey, value: &Value<'_>) -> Self {
        Self::Unsupported(Unsupported { key, content: value.clone().into_owned() })
    }

    /// What it is, in words.
    pub const fn title(&self) -> &'static str {
        match self {
            Self::Dcc(_) => SubclaimKey::DCC.title(),
            Self::Icvp(_) => SubclaimKey::ICVP.title(),
            Self::Ddcc(ddcc) => ddcc.kind.title(),
            Self::Card(_) => "SMART Health Card",
            Self::Divoc(_) => "DIVOC certificate",
            Self::Seal(_) => "ICAO visible digital seal",
            Self::Link(_) => SubclaimKey::HEALTH_LINK.title(),
            Self::Unsupported(other) => other.key.title(),
        }
    }

    /// How it deviates from its schema.
    pub fn problems(&self) -> &[Problem] {
        match self {
            Self::Dcc(dcc) => &dcc.problems,
            Self::Icvp(icvp) => &icvp.problems,
            Self::Ddcc(ddcc) => &ddcc.problems,
            Self::Card(card) => &card.problems,
            Self::Divoc(certificate) => &certificate.problems,
            Self::Seal(seal) => &seal.problems,
            Self::Link(link) => &link.problems,
            Self::Unsupported(_) => &[],
        }
    }

    /// What it states, in the model that all formats share; `None` for what cannot be read.
    pub fn credential(&self) -> Option<Credential> {
        match self {
            Self::Dcc(dcc) => Some(dcc.credential()),
            Self::Icvp(icvp) => Some(icvp.credential()),
            Self::Ddcc(ddcc) => Some(ddcc.credential.clone()),
            Self::Card(card) => Some(card.credential.clone()),
            Self::Divoc(certificate) => Some(certificate.credential.clone()),
            Self::Seal(seal) => Some(seal.credential.clone()),
            Self::Link(_) | Self::Unsupported(_) => None,
        }
    }

    /// Whose it is, as far as it says.
    pub fn person(&self) -> Option<Person> {
        match self {
            Self::Dcc(dcc) => Some(dcc.person()),
            Self::Icvp(icvp) => Some(icvp.person()),
            Self::Ddcc(ddcc) => Some(ddcc.person()),
            Self::Card(card) => Some(card.person()),
            Self::Divoc(certificate) => Some(certificate.credential.person.clone()),
            Self::Seal(seal) => Some(seal.credential.person.clone()),
            Self::Link(_) | Self::Unsupported(_) => None,
        }
    }
}
