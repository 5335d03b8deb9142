//! WHO's registry of 2022 (`ddcc-trust`), whose ids hold the name of a key's owner.

use gdhcn_codes::Participant;
use gdhcn_crypto::Kid;
use gdhcn_envelope::x509::Certificate;

use crate::kid_text::percent_decoded;

/// What an entry's id says beyond its kid. Empty for entries of other lists.
///
/// The registry writes `...:k:<A>#<B>` with percent-encoded parts: `A` is an issuer's address
/// (SMART Health Cards), a country (ICAO), a word (DIVOC), or, like `B`, the kid or the
/// thumbprint of an HC1 signer.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Registered {
    pub(super) name: Option<String>,
    pub(super) kid: Option<Kid>,
    pub(super) participant: Option<Participant>,
    pub(super) is_authority: bool,
}

impl Registered {
    pub(super) fn read(did: &str, fragment: &str, certificate: Option<&Certificate>) -> Self {
        let path = did.split_once(":ddcc-trust:").and_then(|(_, path)| path.split_once(":k:"));
        let Some((_, owner)) = path else { return Self::default() };
        let (owner, key) = (percent_decoded(owner), percent_decoded(fragment));
        let country = Participant::from_alpha2(&owner);
        let subject = certificate.and_then(|one| one.subject().country());
        let thumbprint = certificate.map(Certificate::thumbprint);
        Self {
            kid: thumbprint
                .filter(|thumbprint| key.eq_ignore_ascii_case(&thumbprint.to_string()))
                .map(|thumbprint| thumbprint.kid()),
            participant: country.or_else(|| subject.and_then(|code| Participant::parse(code).ok())),
            // Seals name their signer's authority; the signer itself is in the seal.
            is_authority: country.is_some()
                && certificate
                    .and_then(|one| one.extensions().basic_constraints)
                    .is_some_and(|constraints| constraints.ca),
            name: match owner != key {
                true => Some(owner.into_owned()),
                // DIVOC issuers have one key each, and DIDs of a method that nobody defined.
                false => is_word(&owner).then(|| format!("did:{owner}")),
            },
        }
    }
}

fn is_word(text: &str) -> bool {
    text.len() <= 16 && text.bytes().all(|byte| byte.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_are_called_as_their_documents_call_them() {
        let at = |path: &str| {
            let (did, fragment) = path.split_once('#').unwrap();
            let did = format!("did:web:x:ddcc-trust:main:dist:prod:s:k:{did}");
            Registered::read(&did, fragment, None)
        };
        let issuer = at("https%3A%2F%2Fcard.example%2Fissuer#k");
        assert_eq!(issuer.name.as_deref(), Some("https://card.example/issuer"));
        assert_eq!(at("india#india").name.as_deref(), Some("did:india"));
        let country = at("AU#NhfB5%2FV%3D");
        assert_eq!(country.participant.map(|one| one.alpha3()), Some("AUS"));
        assert_eq!(at("%2B%2BTReQ3yT7E%3D#%2B%2BTReQ3yT7E%3D"), Registered::default());
        let elsewhere = Registered::read("did:web:x:trustlist:DCC:XXA:DSC", "k", None);
        assert_eq!(elsewhere, Registered::default());
    }
}
