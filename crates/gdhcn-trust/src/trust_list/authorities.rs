use std::sync::OnceLock;

use gdhcn_codes::{KeyUsage, Participant};
use gdhcn_crypto::Backend;
use gdhcn_envelope::x509::Certificate;

use super::material::{Form, Stored};
use crate::path::{Authority, Standing};

/// The authorities of one participant, taken apart when an issuer is first looked for.
#[derive(Debug)]
pub(super) struct Authorities {
    listed: Vec<Listed>,
    backend: Backend,
    read: OnceLock<Vec<Authority>>,
}

/// An authority as a source has it.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    pub(super) source: usize,
    pub(super) certificate: Held,
    pub(super) usage: KeyUsage,
    pub(super) standing: Standing,
}

/// A certificate, or the place where its bytes are.
#[derive(Clone, Debug)]
pub(super) enum Held {
    Read(Certificate),
    Stored(Stored),
}

impl Held {
    pub(super) fn der(&self) -> &[u8] {
        match self {
            Self::Read(certificate) => certificate.der(),
            Self::Stored(stored) => stored.get(),
        }
    }

    pub(super) fn form(&self) -> Form {
        match self {
            Self::Read(certificate) => Form::of(certificate),
            Self::Stored(stored) => stored.form,
        }
    }

    fn read(&self) -> Option<Certificate> {
        match self {
            Self::Read(certificate) => Some(certificate.clone()),
            Self::Stored(stored) => stored.certificate(),
        }
    }
}

impl Authorities {
    pub(super) const fn new(listed: Vec<Listed>, backend: Backend) -> Self {
        Self { listed, backend, read: OnceLock::new() }
    }

    pub(super) fn listed(&self) -> &[Listed] {
        &self.listed
    }

    /// Each authority once, also when several sources have it.
    pub(super) fn get(&self) -> &[Authority] {
        self.read.get_or_init(|| {
            let mut read: Vec<Authority> = Vec::new();
            for one in &self.listed {
                let known = read.iter().any(|known| {
                    known.certificate().der() == one.certificate.der()
                        && known.usage() == one.usage
                        && known.standing() == one.standing
                });
                if !known && let Some(certificate) = one.certificate.read() {
                    read.push(Authority::new(certificate, one.usage, one.standing, self.backend));
                }
            }
            read
        })
    }
}

/// Whose authorities are meant: a participant, or an unknown code as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Owner {
    Participant(Participant),
    Code(String),
}

impl Owner {
    pub(super) fn new(participant: Option<Participant>, code: &str) -> Self {
        participant.map_or_else(|| Self::Code(code.to_ascii_uppercase()), Self::Participant)
    }
}
