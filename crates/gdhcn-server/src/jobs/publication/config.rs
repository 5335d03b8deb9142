use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use gdhcn_trust::did::publish::{
    CodeMap, CodedMembers, Environment, Expired, Form, InvalidListCode, ListCode, Version1,
    Version2,
};
use gdhcn_trust::did::web::{Location, WebError};
use serde::{Deserialize, Serialize};

use super::Place;
use super::folder::Folder;
use super::git::Git;

/// The section `[did]` of a gateway's configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DidConfig {
    /// What the lists stand under, for example `did:web:lists.example`.
    pub base: String,
    /// PEM file (PKCS#8) with the P-256 key that signs the lists.
    pub signing_key: PathBuf,
    /// The DID under which that key is published; `<base>:trustlist:signerinfo` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verification_method: Option<String>,
    /// Where the lists go.
    pub target: Target,
    /// Whether version 1 lists are written.
    #[serde(default = "yes")]
    pub version_1: bool,
    /// The version 2 lists; one of the present shape when absent.
    #[serde(default = "one_tree")]
    pub trees: Vec<TreeConfig>,
    /// Writes numbers, curves and proofs as the reference's publishers do, to the byte.
    #[serde(default)]
    pub compatibility: bool,
    /// Whether certificates that were pulled from other gateways are listed.
    #[serde(default)]
    pub include_federated: bool,
    /// For how many days after their end certificates stay listed; for ever when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expired_days: Option<u16>,
    /// Seconds between two runs.
    #[serde(default = "five_minutes")]
    pub interval_seconds: u64,
    /// Age in seconds from which a proof is made anew though nothing changed.
    #[serde(default = "one_day")]
    pub refresh_seconds: u64,
    /// Codes of countries in lists, before the network's own table.
    #[serde(default)]
    pub countries: BTreeMap<String, String>,
}

/// One version 2 list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TreeConfig {
    /// The segment between base and `trustlist`.
    pub name: String,
    /// The network's environment: `production`, `uat` or `dev`.
    #[serde(default)]
    pub environment: EnvironmentName,
    /// The shape of domain, participant and usage: `objects` or, as until 2025, `texts`.
    #[serde(default)]
    pub members: MembersName,
}

/// An environment's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EnvironmentName {
    /// The productive one.
    #[default]
    Production,
    /// User acceptance tests.
    Uat,
    /// Development.
    Dev,
}

/// A shape's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MembersName {
    /// `{"code":"#DCC"}`.
    #[default]
    Objects,
    /// `"DCC"`.
    Texts,
}

/// Where lists go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, tag = "kind", rename_all = "lowercase")]
pub enum Target {
    /// A folder that a web server serves. It is replaced as a whole, so that it cannot itself be a
    /// mount point.
    Folder {
        /// The web root.
        path: PathBuf,
    },
    /// A git repository, one commit for each change, by the program git and its own credentials.
    Git {
        /// The local copy. Only the gateway works in it.
        path: PathBuf,
        /// Where to clone from and push to.
        url: String,
        /// The branch.
        #[serde(default = "main_branch")]
        branch: String,
    },
}

impl Target {
    pub(super) fn place(&self) -> Box<dyn Place> {
        match self {
            Self::Folder { path } => Box::new(Folder { path: path.clone() }),
            Self::Git { path, url, branch } => {
                Box::new(Git { path: path.clone(), url: url.clone(), branch: branch.clone() })
            }
        }
    }
}

/// Why lists cannot be written as configured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DidConfigError {
    /// A DID has no place on the web.
    #[error("did: {0}")]
    Web(#[from] WebError),
    /// A country's code cannot stand in a list.
    #[error("did.countries: {0}")]
    Code(#[from] InvalidListCode),
    /// Two trees have one name.
    #[error("did.trees: the name {0:?} is there twice")]
    Twice(String),
    /// The job would never end.
    #[error("did.interval_seconds is 0")]
    Interval,
    /// There is nothing to write.
    #[error("did: neither version_1 nor a tree is to be written")]
    Nothing,
    /// A branch or address that git would take for an option.
    #[error("did.target: {0:?} cannot be an address or branch")]
    Git(String),
}

impl DidConfig {
    /// Refuses what cannot be written.
    ///
    /// # Errors
    ///
    /// See [`DidConfigError`].
    pub fn check(&self) -> Result<(), DidConfigError> {
        Location::of(&self.base)?;
        Location::of(&self.verification_method())?;
        self.codes()?;
        let mut names = BTreeSet::new();
        for tree in &self.trees {
            Location::of(&format!("{}:{}", self.base, tree.name))?;
            if tree.name.contains(':') || !names.insert(&tree.name) {
                return Err(DidConfigError::Twice(tree.name.clone()));
            }
        }
        if self.interval_seconds == 0 {
            return Err(DidConfigError::Interval);
        }
        if !self.version_1 && self.trees.is_empty() {
            return Err(DidConfigError::Nothing);
        }
        if let Target::Git { url, branch, .. } = &self.target {
            for text in [url, branch] {
                if text.is_empty() || text.starts_with('-') || text.contains(char::is_whitespace) {
                    return Err(DidConfigError::Git(text.clone()));
                }
            }
        }
        Ok(())
    }

    /// The same for other eyes.
    pub(crate) fn without_secrets(&self) -> Self {
        let mut shown = self.clone();
        if let Target::Git { url, .. } = &mut shown.target {
            *url = without_userinfo(url);
        }
        shown
    }

    /// The files and folders that it names.
    pub(crate) fn paths_mut(&mut self) -> [&mut PathBuf; 2] {
        let (Target::Folder { path } | Target::Git { path, .. }) = &mut self.target;
        [&mut self.signing_key, path]
    }

    pub(super) fn codes(&self) -> Result<CodeMap, DidConfigError> {
        let own = self
            .countries
            .iter()
            .map(|(country, code)| Ok((country.clone(), code.parse()?)))
            .collect::<Result<BTreeMap<String, ListCode>, InvalidListCode>>()?;
        Ok(CodeMap { own })
    }

    pub(super) fn verification_method(&self) -> String {
        let default = || format!("{}:trustlist:signerinfo", self.base);
        self.verification_method.clone().unwrap_or_else(default)
    }

    /// Whether a DID's document stands on the host of the lists.
    pub(super) fn is_our_host(&self, did: &str) -> bool {
        let authority =
            |did: &str| Location::of(did).map(|location| location.authority().to_owned());
        authority(did).is_ok_and(|of| Ok(of) == authority(&self.base))
    }

    /// Whether a document is the whole of a list.
    pub(super) fn is_root(&self, did: &str) -> bool {
        let inner = did.strip_prefix(&self.base).and_then(|rest| rest.strip_suffix(":trustlist"));
        match inner {
            Some("") => true,
            Some(name) => self.trees.iter().any(|tree| name.strip_prefix(':') == Some(&tree.name)),
            None => false,
        }
    }

    const fn form(&self) -> Form {
        match self.compatibility {
            true => Form::Reference,
            false => Form::Standard,
        }
    }

    pub(super) fn expired(&self) -> Expired {
        match self.expired_days {
            None => Expired::Keep,
            Some(0) => Expired::Drop,
            Some(days) => Expired::Grace(days),
        }
    }

    pub(super) fn version_1(
        &self,
        countries: &BTreeSet<String>,
        codes: &CodeMap,
    ) -> Option<Version1> {
        self.version_1.then(|| Version1 {
            did: format!("{}:trustlist", self.base),
            form: self.form(),
            participants: countries.iter().filter_map(|country| codes.code(country)).collect(),
        })
    }

    pub(super) fn version_2(&self) -> impl Iterator<Item = Version2> {
        self.trees.iter().map(|tree| Version2 {
            did: format!("{}:{}", self.base, tree.name),
            environment: match tree.environment {
                EnvironmentName::Production => Environment::Production,
                EnvironmentName::Uat => Environment::Uat,
                EnvironmentName::Dev => Environment::Dev,
            },
            form: self.form(),
            members: match tree.members {
                MembersName::Objects => CodedMembers::Objects,
                MembersName::Texts => CodedMembers::Texts,
            },
        })
    }
}

/// An address without who logs in there: a name alone may be a token too.
pub(super) fn without_userinfo(url: &str) -> String {
    // At the last one: a password may hold the sign itself.
    match url.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.rsplit_once('@')?.1)))
    {
        Some((scheme, place)) => format!("{scheme}://{place}"),
        None => url.to_owned(),
    }
}

fn one_tree() -> Vec<TreeConfig> {
    vec![TreeConfig {
        name: "v2".to_owned(),
        environment: EnvironmentName::default(),
        members: MembersName::default(),
    }]
}

fn yes() -> bool {
    true
}

fn five_minutes() -> u64 {
    300
}

fn one_day() -> u64 {
    86_400
}

fn main_branch() -> String {
    "main".to_owned()
}

#[cfg(test)]
mod tests {
    use crate::config::GatewayConfig;

    #[test]
    fn what_is_shown_to_others_holds_no_password() {
        for url in [
            "https://user:s3cr@t@git.example/lists.git",
            "https://s3cr@git.example/lists.git",
            "https://git.example/lists.git",
        ] {
            let config = GatewayConfig::from_toml(&format!(
                "database = 'postgresql://a:s3cr@db.example/tng'\n\
                 trust_anchors = ['ta.pem']\n\
                 tls = {{ certificate = 'a', key = 'b' }}\n\
                 [did]\n\
                 base = 'did:web:lists.example'\n\
                 signing_key = 'key.pem'\n\
                 target = {{ kind = 'git', path = 'copy', url = '{url}' }}\n"
            ))
            .unwrap();
            let shown = config.without_secrets().unwrap();
            assert!(!shown.contains("s3cr"), "{shown}");
            assert!(shown.contains("git.example"), "{shown}");
            assert!(config.to_toml().unwrap().contains(url), "the configuration keeps it");
        }
    }
}
