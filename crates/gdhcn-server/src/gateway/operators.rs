//! The operators whose word onboarding needs.

use std::path::PathBuf;

use gdhcn_crypto::{Backend, KeyError, PublicKey, Thumbprint};
use gdhcn_envelope::pem;
use gdhcn_store::onboarding::Approval;
use gdhcn_trust::approval;

use crate::config::OnboardingRules;

/// The operators of a gateway with their keys.
#[derive(Debug, Clone, Default)]
pub struct Operators {
    needed: usize,
    operators: Vec<(String, PublicKey)>,
}

/// Why the operators' keys cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OperatorError {
    /// The file cannot be read.
    #[error("operator's key {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The file holds no public key.
    #[error("operator's key {path}: not one PEM block PUBLIC KEY")]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// The key cannot be used.
    #[error("operator's key {path}: {source}")]
    Key {
        /// The file.
        path: PathBuf,
        /// Why.
        source: KeyError,
    },
    /// Two names have one key: they would count as two for one person.
    #[error("the operators {first:?} and {second:?} have the same key")]
    SameKey {
        /// One of them.
        first: String,
        /// The other one.
        second: String,
    },
}

impl Operators {
    /// Reads the keys that the configuration names.
    ///
    /// # Errors
    ///
    /// See [`OperatorError`].
    pub fn load(rules: &OnboardingRules) -> Result<Self, OperatorError> {
        let mut operators: Vec<(String, PublicKey)> = Vec::new();
        for one in &rules.operators {
            let path = one.key.clone();
            let bytes = std::fs::read(&path)
                .map_err(|source| OperatorError::Read { path: path.clone(), source })?;
            let mut blocks = pem::blocks(&bytes, &pem::Limits::default());
            let block = match (blocks.pop(), blocks.is_empty()) {
                (Some(Ok(block)), true) if block.label == "PUBLIC KEY" => block,
                _ => return Err(OperatorError::NoKey { path }),
            };
            let key = PublicKey::from_spki_der(&block.der)
                .map_err(|source| OperatorError::Key { path, source })?;
            if let Some((first, _)) = operators.iter().find(|(_, known)| *known == key) {
                let (first, second) = (first.clone(), one.name.clone());
                return Err(OperatorError::SameKey { first, second });
            }
            operators.push((one.name.clone(), key));
        }
        Ok(Self { needed: rules.approvals, operators })
    }

    /// Whether anybody's word is asked for at all.
    pub fn are_asked(&self) -> bool {
        !self.operators.is_empty()
    }

    /// How many must agree.
    pub fn needed(&self) -> usize {
        if self.are_asked() { self.needed } else { 0 }
    }

    /// The key of an operator.
    pub fn key(&self, name: &str) -> Option<&PublicKey> {
        self.operators.iter().find(|(known, _)| known == name).map(|(_, key)| key)
    }

    /// The names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.operators.iter().map(|(name, _)| name.as_str())
    }

    /// Who of the operators approved the request of this digest, each once, by a signature that holds today:
    /// approvals of somebody who is no operator any more do not count.
    pub fn who_approved<'a>(
        &self,
        request: &Thumbprint,
        approvals: &'a [Approval],
    ) -> Vec<&'a str> {
        let mut names: Vec<&str> = Vec::new();
        for one in approvals {
            let name = one.operator.as_str();
            let holds = self.key(name).is_some_and(|key| {
                approval::check(request, key, &one.signature, Backend::default()).is_ok()
            });
            if holds && !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }
}
