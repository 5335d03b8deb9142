use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gdhcn_codes::{Domain, KeyUsage};
use gdhcn_envelope::x509::Certificate;
use gdhcn_store::TrustContent;
use gdhcn_store::trusted_issuer::TrustedIssuer;
use gdhcn_trust::did::publish::{Candidate, CodeMap, ListedIssuer, SkipReason, Skipped};
use gdhcn_trust::issuer::IssuerKind;

use crate::config::Profile;
use crate::gateway::{check_issuer, onboarded};

/// What the lists are made of, out of the gateway's tables.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// Certificates. Of the onboarded ones only those that the trust anchor vouches for.
    pub candidates: Vec<Candidate>,
    /// Countries with an onboarded certificate: they get a version 1 document.
    pub countries: BTreeSet<String>,
    /// Publishers that the trust anchor vouches for, with a DID: country, domain, DID.
    pub dids: Vec<(String, Domain, String)>,
    /// Rows that cannot be listed, whatever else holds.
    pub skipped: Vec<Skipped>,
}

impl Input {
    /// Reads the certificate tables as they were at one moment.
    pub fn of_tables(
        content: &TrustContent,
        anchors: &[Certificate],
        include_federated: bool,
    ) -> Self {
        let mut input = Self::default();
        let wanted = |source: &Option<String>| include_federated || source.is_none();
        for (row, outcome) in onboarded::check_all(&content.trusted_parties, anchors) {
            // The snapshot logs and counts the rows that do not hold.
            let (true, Ok(certificate)) = (wanted(&row.source_gateway_id), outcome) else {
                continue;
            };
            if row.source_gateway_id.is_none() {
                input.countries.insert(row.country.clone());
            }
            let group = row.certificate_type.as_str();
            input.add(&row.country, &row.kid, group, row.domain.as_deref(), certificate);
        }
        for row in content.signer_information.iter().filter(|row| wanted(&row.source_gateway_id)) {
            let der = STANDARD.decode(&row.raw_data).ok();
            let Some(certificate) = der.and_then(|der| Certificate::from_der(&der).ok()) else {
                continue;
            };
            let group = row.certificate_type.as_str();
            input.add(&row.country, &row.kid, group, row.domain.as_deref(), certificate);
        }
        input
    }

    /// Adds the publishers that name their keys by a DID and that the trust anchor vouches for.
    pub(super) fn add_issuers(
        &mut self,
        rows: &[TrustedIssuer],
        anchors: &[Certificate],
        profile: Profile,
    ) {
        for row in rows {
            let is_did = IssuerKind::from_text(&row.issuer.url_type) == Some(IssuerKind::Did);
            // The list of issuers logs the rows that do not hold.
            if !is_did || check_issuer(row, anchors, profile).is_err() {
                continue;
            }
            let country = &row.issuer.country;
            match row.issuer.domain.as_deref().and_then(|domain| domain.parse::<Domain>().ok()) {
                Some(domain) => {
                    self.dids.push((country.clone(), domain, row.issuer.url.clone()));
                }
                None => self.skipped.push(Skipped {
                    country: country.clone(),
                    kid: row.issuer.url.clone(),
                    reason: SkipReason::NoDomain,
                }),
            }
        }
    }

    fn add(
        &mut self,
        country: &str,
        kid: &str,
        group: &str,
        domain: Option<&str>,
        certificate: Certificate,
    ) {
        // Anchors, servers and the uses that nothing defines are in no list.
        let Some(usage) =
            KeyUsage::from_list_code(group).filter(|usage| usage.list_code().is_some())
        else {
            return;
        };
        let Some(domain) = domain.and_then(|domain| domain.parse::<Domain>().ok()) else {
            self.skipped.push(Skipped {
                country: country.to_owned(),
                kid: kid.to_owned(),
                reason: SkipReason::NoDomain,
            });
            return;
        };
        self.candidates.push(Candidate {
            country: country.to_owned(),
            domain,
            usage,
            kid: kid.to_owned(),
            certificate,
        });
    }

    /// The publishers with their codes; one without a code is left out with a word.
    pub(super) fn issuers(&self, codes: &CodeMap, skipped: &mut Vec<Skipped>) -> Vec<ListedIssuer> {
        let mut issuers = Vec::new();
        for (country, domain, did) in &self.dids {
            match codes.code(country) {
                Some(code) => {
                    issuers.push(ListedIssuer { code, domain: domain.clone(), did: did.clone() })
                }
                None => skipped.push(Skipped {
                    country: country.clone(),
                    kid: did.clone(),
                    reason: SkipReason::NoCode,
                }),
            }
        }
        issuers
    }
}
