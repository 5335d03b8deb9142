use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use gdhcn_codes::{Domain, KeyUsage, Participant};
use gdhcn_crypto::{Backend, KeyError, PublicKey};
use gdhcn_envelope::x509::Certificate;
use jiff::{SignedDuration, Timestamp};

use crate::path::{self, Authority, PathError, Standing};

/// How a list names a participant: alpha-3, or what the operator's map says. In upper case; the
/// paths of version 1 have it in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ListCode(String);

impl ListCode {
    /// The code in upper case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The code in the paths of version 1.
    pub fn to_lower(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl fmt::Display for ListCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Participant> for ListCode {
    fn from(participant: Participant) -> Self {
        Self(participant.alpha3().to_owned())
    }
}

/// A text that is no participant code of a list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} cannot be a participant's code in a list: 2 to 8 letters and digits are")]
pub struct InvalidListCode(String);

impl FromStr for ListCode {
    type Err = InvalidListCode;

    fn from_str(text: &str) -> Result<Self, InvalidListCode> {
        let fits = (2..=8).contains(&text.len());
        if !fits || !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(InvalidListCode(text.chars().take(40).collect()));
        }
        Ok(Self(text.to_ascii_uppercase()))
    }
}

/// From a gateway's country to the code in lists: the operator's own entries, then the network's
/// table (ISO 3166, `EU` as `XEU`, virtual participants).
///
/// The reference writes `null` for a country that it does not know. Here it has no code, and its
/// keys are left out with a word.
#[derive(Clone, Debug, Default)]
pub struct CodeMap {
    /// Entries that go before the table, by the country's text at the gateway.
    pub own: BTreeMap<String, ListCode>,
}

impl CodeMap {
    /// The code, if the country has one.
    pub fn code(&self, country: &str) -> Option<ListCode> {
        let known = || {
            Participant::from_alpha2(country)
                .or_else(|| Participant::from_alpha3(country))
                .map(ListCode::from)
        };
        self.own.get(country).cloned().or_else(known)
    }
}

/// A certificate that a gateway holds. Its signatures (of the trust anchor, of the uploader) were
/// checked by the caller.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The country at the gateway.
    pub country: String,
    /// The trust domain.
    pub domain: Domain,
    /// What it is for.
    pub usage: KeyUsage,
    /// The kid as the gateway lists it.
    pub kid: String,
    /// The certificate.
    pub certificate: Certificate,
}

/// A key that a list holds.
#[derive(Clone, Debug)]
pub struct ListedKey {
    /// Whose key it is.
    pub code: ListCode,
    /// The trust domain.
    pub domain: Domain,
    /// SCA, DSC, DECA or DESC.
    pub usage: KeyUsage,
    /// The kid, which stands in the fragment of the entry's id as it is.
    pub kid: String,
    /// The certificate: the first of `x5c`.
    pub certificate: Certificate,
    /// The rest of `x5c`: the issuer and those above it, each signature verified.
    pub issuers: Vec<Certificate>,
}

/// What becomes of certificates that are past their end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Expired {
    /// They stay: documents that they signed stay verifiable only while the key is listed.
    #[default]
    Keep,
    /// They stay for this many days.
    Grace(u16),
    /// They go.
    Drop,
}

impl Expired {
    fn drops(self, certificate: &Certificate, now: Timestamp) -> bool {
        let days = match self {
            Self::Keep => return false,
            Self::Grace(days) => i64::from(days),
            Self::Drop => 0,
        };
        let until = certificate.not_after().checked_add(SignedDuration::from_hours(24 * days));
        until.is_ok_and(|until| until < now)
    }
}

/// What may be listed, and what may not with the reason.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// The keys, ascending by kid as text, then by domain and usage.
    pub keys: Vec<ListedKey>,
    /// What is left out. Each is worth an operator's look.
    pub skipped: Vec<Skipped>,
}

/// A certificate that is not listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// The country at the gateway.
    pub country: String,
    /// The kid.
    pub kid: String,
    /// Why.
    pub reason: SkipReason,
}

/// Why a certificate is not listed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SkipReason {
    /// Lists hold no keys of this usage. No word is worth losing on it.
    #[error("lists hold no certificates of this usage")]
    Usage,
    /// Neither table nor map gives the country a code.
    #[error("the country has no code in lists; name one under `did.countries`")]
    NoCode,
    /// The country was never told a trust domain.
    #[error("the certificate has no trust domain")]
    NoDomain,
    /// The key is of a kind that a JWK of these lists cannot show.
    #[error("the key cannot be listed: {0}")]
    Key(KeyError),
    /// The key is neither EC nor RSA.
    #[error("keys of type {found} are not listed")]
    KeyType {
        /// The key's kind.
        found: String,
    },
    /// No authority of the country issued it, or not any more.
    #[error("no listed authority of the country issued it: {0}")]
    Issuer(PathError),
    /// It is past its end, and the operator lets such go.
    #[error("it has expired")]
    Expired,
    /// The kid cannot stand in a DID.
    #[error("the kid cannot stand in the fragment of a DID")]
    Kid,
}

/// No published chain has more than three certificates.
const MAX_ISSUERS: usize = 4;

/// Takes what lists hold, and finds each one's issuers: by signature, not by name alone.
pub fn select(
    candidates: &[Candidate],
    codes: &CodeMap,
    expired: Expired,
    now: Timestamp,
    backend: Backend,
) -> Selection {
    let authorities: Vec<Known<'_>> = candidates
        .iter()
        .filter(|candidate| candidate.usage.is_authority())
        .map(|candidate| Known {
            candidate,
            authority: Authority::new(
                candidate.certificate.clone(),
                candidate.usage,
                Standing::Authority,
                backend,
            ),
        })
        .collect();
    let mut selection = Selection::default();
    for candidate in candidates {
        match listed(candidate, codes, expired, now, &authorities) {
            Ok(key) => selection.keys.push(key),
            Err(SkipReason::Usage) => {}
            Err(reason) => selection.skipped.push(Skipped {
                country: candidate.country.clone(),
                kid: candidate.kid.clone(),
                reason,
            }),
        }
    }
    selection.keys.sort_by(|a, b| (&a.kid, &a.domain, a.usage).cmp(&(&b.kid, &b.domain, b.usage)));
    selection
}

struct Known<'a> {
    candidate: &'a Candidate,
    authority: Authority,
}

fn listed(
    candidate: &Candidate,
    codes: &CodeMap,
    expired: Expired,
    now: Timestamp,
    authorities: &[Known<'_>],
) -> Result<ListedKey, SkipReason> {
    if candidate.usage.list_code().is_none() {
        return Err(SkipReason::Usage);
    }
    let code = codes.code(&candidate.country).ok_or(SkipReason::NoCode)?;
    let certificate = &candidate.certificate;
    match certificate.public_key() {
        Ok(PublicKey::Ec(_) | PublicKey::Rsa(_)) => {}
        Ok(other) => return Err(SkipReason::KeyType { found: other.to_string() }),
        Err(error) => return Err(SkipReason::Key(error.clone())),
    }
    let fits = |byte: u8| byte.is_ascii_graphic() && !b"<>\"{}|^`\\#".contains(&byte);
    if candidate.kid.is_empty() || !candidate.kid.bytes().all(fits) {
        return Err(SkipReason::Kid);
    }
    if expired.drops(certificate, now) {
        return Err(SkipReason::Expired);
    }
    let issuers = issuers(candidate, authorities).map_err(SkipReason::Issuer)?;
    Ok(ListedKey {
        code,
        domain: candidate.domain.clone(),
        usage: candidate.usage,
        kid: candidate.kid.clone(),
        certificate: certificate.clone(),
        issuers,
    })
}

/// The verified issuers of a certificate. A signer must have one; an authority counts because it
/// is onboarded, so that what is above it is an extra.
fn issuers(
    candidate: &Candidate,
    authorities: &[Known<'_>],
) -> Result<Vec<Certificate>, PathError> {
    let of_country =
        || authorities.iter().filter(|known| known.candidate.country == candidate.country);
    let mut chain: Vec<Certificate> = Vec::new();
    let usage = if candidate.usage.is_authority() {
        candidate.usage
    } else {
        let may_issue = || of_country().filter(|known| known.authority.may_issue(candidate.usage));
        // The authority of the same domain goes before another of the country's.
        let same = may_issue().filter(|known| known.candidate.domain == candidate.domain);
        let any =
            || path::find_issuer(&candidate.certificate, may_issue().map(|one| &one.authority));
        let issuer = path::find_issuer(&candidate.certificate, same.map(|one| &one.authority))
            .or_else(|_| any())?;
        chain.push(issuer.certificate().clone());
        issuer.usage()
    };
    loop {
        let last = chain.last().unwrap_or(&candidate.certificate);
        if last.is_self_issued() || chain.len() == MAX_ISSUERS {
            return Ok(chain);
        }
        let above = of_country().filter(|known| known.candidate.usage == usage);
        match path::find_issuer(last, above.map(|known| &known.authority)) {
            // Cross certificates may lead in a circle.
            Ok(next) if !chain.contains(next.certificate()) => {
                chain.push(next.certificate().clone());
            }
            _ => return Ok(chain),
        }
    }
}
