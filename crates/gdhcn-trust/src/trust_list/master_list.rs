//! Master lists of ICAO: the authorities (CSCA) of states, signed by one of them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gdhcn_codes::{DocumentPurposes, KeyUsage, Participant};
use gdhcn_crypto::PublicKey;
use gdhcn_envelope::cms::MasterList;
use gdhcn_envelope::linked_data::Coverage;
use gdhcn_envelope::x509::Certificate;

use super::authorities::Owner;
use super::key::Draft;
use super::material::Material;
use super::{ProofFault, ProofStatus, Refusal, SourceKind, TrustStoreBuilder};
use crate::did::Provenance;
use crate::path::{self, Authority, PathError, Standing};

/// What stands before a master list in the files of ICAO's directory (LDIF, RFC 2849).
const LDIF_ATTRIBUTE: &str = "pkdMasterListContent:: ";

impl TrustStoreBuilder {
    /// Adds a master list (ICAO Doc 9303-12, 9), or all of an LDIF file of ICAO's directory.
    ///
    /// `publishers` are the certificates that the caller trusts for it: the signer's own or the
    /// authority's that issued it. What the file carries itself proves nothing. The entries are
    /// authorities; each that cannot be used is refused by its place and subject.
    pub fn add_master_list(&mut self, name: &str, file: &[u8], publishers: &[Certificate]) {
        let Some(lists) = from_ldif(file) else {
            return self.add_one_master_list(name, file, publishers);
        };
        let limit = self.limits.count.files;
        for (index, list) in lists.iter().enumerate() {
            let name = format!("{name} #{}", index + 1);
            if index == limit {
                let source = self.begin(&name, SourceKind::MasterList);
                return self.refuse(source, name, Refusal::TooMany { limit });
            }
            self.add_one_master_list(&name, list, publishers);
        }
    }

    fn add_one_master_list(&mut self, name: &str, file: &[u8], publishers: &[Certificate]) {
        let source = self.begin(name, SourceKind::MasterList);
        let list = match MasterList::from_ber(file, &self.limits.master_list) {
            Ok(list) => list,
            Err(error) => return self.refuse(source, name.to_owned(), Refusal::MasterList(error)),
        };
        let proof = self.judge_master_list(&list, publishers);
        if let Some(entry) = self.sources.get_mut(source) {
            entry.created = list.message().signing_time();
            entry.proof = proof.clone();
        }
        if let ProofStatus::Broken { reason } = proof {
            return self.refuse(source, name.to_owned(), Refusal::BrokenProof(reason));
        }
        let limit = self.limits.file.max_blocks;
        for (index, der) in list.certificates().enumerate() {
            let place = format!("entry {}", index + 1);
            if index == limit {
                return self.refuse(source, place, Refusal::TooMany { limit });
            }
            match Certificate::from_der_within(der, &self.limits.file.certificate) {
                Ok(certificate) => self.add_csca(source, &place, &certificate),
                Err(error) => self.refuse(source, place, error.into()),
            }
        }
    }

    fn judge_master_list(&self, list: &MasterList, publishers: &[Certificate]) -> ProofStatus {
        let signer = match list.message().verify(self.backend) {
            Ok(signer) => signer,
            Err(error) => return ProofStatus::Broken { reason: error.into() },
        };
        let method = signer.subject().to_string();
        let verified = ProofStatus::Verified {
            method: method.clone(),
            provenance: Provenance::Caller,
            coverage: Coverage::Everything,
        };
        if publishers.contains(signer) {
            return verified;
        }
        let usages = signer.extensions().extended_key_usage.as_deref().unwrap_or_default();
        if !usages.contains(&MasterList::SIGNER) {
            return ProofStatus::Broken { reason: ProofFault::SignerPurpose { signer: method } };
        }
        let authorities: Vec<Authority> = publishers
            .iter()
            .map(|publisher| {
                let publisher = publisher.with_explicit_curve();
                Authority::new(publisher, KeyUsage::Sca, Standing::Authority, self.backend)
            })
            .collect();
        match path::find_issuer(signer, &authorities) {
            Ok(_) => verified,
            Err(PathError::NoAuthority | PathError::UnknownIssuer { .. }) => {
                ProofStatus::Unpinned { method }
            }
            Err(reason) => ProofStatus::Unpinned { method: format!("{method}: {reason}") },
        }
    }

    fn add_csca(&mut self, source: usize, place: &str, certificate: &Certificate) {
        let certificate = certificate.with_explicit_curve();
        let id = format!("{place}: {}", certificate.subject());
        let public_key: PublicKey = match certificate.public_key() {
            Ok(key) => key.clone(),
            Err(error) => {
                let error = error.clone();
                return self.refuse(source, id, Refusal::Key(error));
            }
        };
        let participant_code = certificate.subject().country().unwrap_or_default().to_owned();
        let participant = Participant::parse(&participant_code).ok();
        let owner = Owner::new(participant, &participant_code);
        self.add_authority(source, owner, &certificate, KeyUsage::Sca, Standing::Authority);
        self.add(Draft {
            source,
            id,
            name: None,
            kid: certificate.kid(),
            kid_text: None,
            participant,
            participant_code,
            domain: None,
            usage: KeyUsage::Sca,
            purposes: DocumentPurposes::UNRESTRICTED,
            material: Material::new(public_key, Some(certificate)),
            given_by_caller: false,
        });
    }
}

/// The master lists of an LDIF file; `None` for a file that is none. A value goes on in the next
/// line after a blank (RFC 2849, note 2). What is no base64 gives an empty list, which is refused
/// in its place.
fn from_ldif(file: &[u8]) -> Option<Vec<Vec<u8>>> {
    let text = std::str::from_utf8(file).ok()?;
    if !text.contains(LDIF_ATTRIBUTE) {
        return None;
    }
    let mut values: Vec<String> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        if let Some(value) = line.strip_prefix(LDIF_ATTRIBUTE) {
            values.push(value.trim_end().to_owned());
            inside = true;
        } else if let Some(more) = line.strip_prefix(' ').filter(|_| inside) {
            if let Some(last) = values.last_mut() {
                last.push_str(more.trim_end());
            }
        } else {
            inside = false;
        }
    }
    let decoded = values.iter().map(|value| STANDARD.decode(value).unwrap_or_default());
    (!values.is_empty()).then(|| decoded.collect())
}
