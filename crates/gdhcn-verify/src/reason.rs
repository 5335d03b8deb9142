use std::fmt;

use gdhcn_codes::Participant;
use gdhcn_credential::divoc::DivocError;
use gdhcn_credential::hcert::LayerError;
use gdhcn_credential::health_link::LinkError;
use gdhcn_credential::shc::CardError;
use gdhcn_credential::vds_nc::SealError;
use gdhcn_credential::{CwtError, SubclaimKey, TextKind, TimeFault};
use gdhcn_crypto::Kid;
use gdhcn_envelope::x509::Certificate;
use gdhcn_trust::SignerMisfit;
use jiff::Timestamp;
use jiff::tz::Offset;

/// Why a check came out as it did: the facts, with a stable [`Reason::code`] for programs and a
/// sentence for people (`Display`).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Reason {
    /// As it should be; nothing to add.
    Fine,
    /// As it should be, with a fact worth showing.
    Holds(Fact),

    /// A layer of the code is damaged.
    Layer(LayerError),
    /// A SMART Health Card does not open.
    Card(CardError),
    /// A DIVOC certificate cannot be read.
    Divoc(DivocError),
    /// A VDS-NC seal cannot be read.
    Seal(SealError),
    /// The certificate inside a seal cannot be read.
    SealCertificate(String),
    /// The code is one of several that make up a card.
    ChunkOfSeveral {
        /// Which one, from 1.
        index: u16,
        /// How many there are.
        count: u16,
    },
    /// The container deviates from its specification and can be read all the same.
    ContainerOdd(Vec<String>),
    /// The text is something else than an HC1 code.
    NotSupported(TextKind),
    /// Bytes follow the compressed stream.
    TrailingBytes(usize),
    /// The code names no key.
    KidMissing,
    /// The kid is a text string where a byte string belongs.
    KidIsText,
    /// The algorithm is missing or not allowed in this format.
    Algorithm {
        /// The algorithm by its name, or by its number where that has none.
        found: Option<String>,
        /// The algorithms that are.
        allowed: &'static str,
    },
    /// The algorithm and the key found do not belong together.
    AlgorithmForKey {
        /// The algorithm by its name.
        algorithm: String,
        /// The key, such as `RSA 2048`.
        key: String,
    },
    /// ES256 under a key on another curve than P-256.
    CurveOfKey(String),

    /// No trust source was given.
    NoTrustSource,
    /// A trust source is older than the policy allows.
    TrustTooOld {
        /// The source.
        source: String,
        /// Its age in days.
        days: i64,
        /// The greatest age that the policy allows.
        limit: u16,
    },
    /// A trust source is no longer fresh; it still counts.
    TrustAging {
        /// The source.
        source: String,
        /// Its age in days.
        days: i64,
        /// The greatest age that the policy allows.
        limit: u16,
    },
    /// The clock is before the newest signed trust data.
    ClockBehind {
        /// When the newest signed data was made.
        newest: Timestamp,
    },
    /// The trust data has no document signer under this kid.
    KeyNotFound {
        /// The kid.
        kid: Kid,
        /// What `iss` claims, unproven.
        claimed: Option<String>,
        /// Whether the trust data has keys of whom it claims.
        listed: bool,
        /// The age in days of the newest trust source, where it has a date.
        days: Option<i64>,
    },
    /// The trust data has no key of this issuer under this kid.
    IssuerKeyNotFound {
        /// The issuer's address.
        issuer: String,
        /// The kid.
        kid: String,
        /// A known issuer whose address is probably meant.
        similar: Option<String>,
    },
    /// No trust source knows the verification method that names the key.
    MethodNotFound {
        /// The verification method.
        method: String,
    },
    /// No trust source knows the authority that issued the certificate inside.
    AuthorityNotFound {
        /// The certificate's issuer.
        issuer: String,
    },
    /// The kid is not the thumbprint of the key.
    KidIsNoThumbprint,
    /// The signature does not verify.
    Signature {
        /// How many keys with this kid were tried.
        tried: usize,
        /// The length of the signature if it has not the form of the algorithm.
        malformed: Option<usize>,
    },
    /// No key, so nothing to check against.
    NoKey,
    /// The key found cannot be used.
    KeyUnusable(String),
    /// A file of several cards, each of which is to be judged by itself.
    SeveralCards(usize),

    /// The trust data carries no date.
    Undated,
    /// Nothing proves where the list comes from.
    ListProof(String),
    /// The list's proof holds and leaves domain, participant and key usage unsigned.
    ListProofPartial,
    /// A source names a date that has not come.
    DatedInFuture {
        /// The source.
        source: String,
    },
    /// The key was handed over by the caller and is trusted as it is.
    GivenByCaller,

    /// No SCA is at hand.
    NoSca,
    /// The certificate claims an SCA that did not sign it.
    ChainBroken(String),
    /// The SCA has run out or is not yet valid.
    ScaOutsideValidity {
        /// Its notBefore.
        from: Timestamp,
        /// Its notAfter.
        until: Timestamp,
    },
    /// The document signer's certificate has run out.
    KeyExpired(Timestamp),
    /// The document signer's certificate is not yet valid.
    KeyNotYetValid(Timestamp),
    /// The trust data gives a bare key without a certificate.
    NoCertificate,

    /// The claims cannot be read.
    Cwt(CwtError),
    /// A time claim has a value that is no time.
    TimeUnreadable {
        /// The claim, such as `exp`.
        claim: &'static str,
        /// What is wrong with it.
        why: TimeFault,
    },
    /// A time claim is absent.
    TimeAbsent(&'static str),
    /// The document was issued in the future.
    NotYetIssued(Timestamp),
    /// The document is not valid yet.
    NotYetValid(Timestamp),
    /// The document has run out.
    Expired(Timestamp),
    /// The document's time is not inside that of the key's certificate.
    KeyWindow {
        /// Issued before the certificate was valid.
        early: bool,
        /// Runs out after the certificate.
        late: bool,
    },
    /// `iss` names another participant than the key's.
    IssuerMismatch {
        /// The claim.
        claimed: String,
        /// The key's owner.
        owner: String,
    },
    /// `iss` is absent, or the trust data names no participant.
    IssuerUnknown,

    /// The issuer's address has not the prescribed form.
    IssuerAddress(String),

    /// The signed claims hold no health document.
    HcertMissing,
    /// The signed claims hold only kinds of document that are not known.
    HcertUnknown(Vec<i64>),
    /// The health document deviates from its schema.
    Schema(Vec<String>),
    /// The key's certificate names other kinds of statement.
    KeyUsage {
        /// What is inside.
        statement: &'static str,
        /// What the certificate allows.
        allowed: String,
    },
    /// The signer's certificate is that of an authority, which may not sign documents itself.
    SignerIsAuthority,
    /// The key's certificate is none for signing documents.
    NoSigner(SignerMisfit),
    /// The signer's certificate does not say that it is for seals.
    NoSealSigner,
    /// The key belongs to another trust domain.
    Domain {
        /// The key's domain.
        found: String,
        /// The domains of this kind of document.
        expected: &'static str,
    },
    /// Codes that the value sets do not have.
    ValueSets(Vec<String>),
    /// The certificate identifier deviates from the recommended form.
    Uvci(Vec<String>),
    /// The trust data names no domain.
    DomainUnknown,
    /// Nobody signed it.
    Unsigned,
    /// The link cannot be read.
    Link(LinkError),
    /// The link is of a later version of its specification.
    LinkVersion(i64),
    /// The link deviates from its specification.
    LinkOdd(Vec<String>),
    /// The first layout of WHO's documents, which has neither an issuer nor times.
    LegacyLayout,
    /// Members that the proof does not cover.
    NotSigned(Vec<String>),
    /// Oddities of the claims that do not hinder reading.
    Odd(Vec<String>),
    /// A dose, test or recovery lies in the future.
    EventInFuture(String),
    /// The date of an event cannot be read.
    EventDateUnreadable(&'static str),
    /// The validity that the document states has ended.
    ValidityEnded(String),
    /// The document states an end, but protection from yellow fever counts for life.
    LifelongDespiteEnd(String),
    /// The disease is not known, so neither is the time of protection.
    DiseaseUnknown,
    /// The vaccination does not protect yet.
    BeforeFirstDay(String),

    /// A check that cannot be made without data that was not loaded.
    NotLoaded(&'static str),
    /// A check that does not apply to this kind of document.
    NotApplicable,
    /// A check that an earlier failure made impossible.
    Earlier,
}

/// A fact that a passed check shows.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Fact {
    /// The key's owner and, where known, its certificate's subject.
    Key {
        /// The key's owner.
        participant: Option<Participant>,
        /// The owner as the trust data writes it.
        code: String,
    },
    /// The age in days of the trust source that the key comes from, or of the newest one.
    Age(i64),
    /// What proves where the list comes from.
    ListProof(String),
    /// The SCA that issued the certificate.
    Sca(Certificate),
    /// Until when something holds.
    Until(Timestamp),
    /// Since when something holds.
    Since(Timestamp),
    /// The kinds of document inside.
    Documents(Vec<SubclaimKey>),
    /// What is inside.
    Title(&'static str),
    /// A link that was not opened, and whether it will ask for a passcode.
    NotOpened(bool),
}

impl Reason {
    /// The codes of failures that leave the matter open instead of refusing.
    pub const OPEN_CODES: [&'static str; 8] = [
        "CHUNK_MISSING",
        "CLOCK",
        "KEY_NOT_FOUND",
        "NO_TRUST_SOURCE",
        "SEVERAL_CARDS",
        "TRUST_TOO_OLD",
        "UNSIGNED_LINK",
        "UNSUPPORTED_VERSION",
    ];

    /// All codes, in the order of the alphabet.
    pub const CODES: [&'static str; 68] = [
        "ALG",
        "ALG_CURVE",
        "BASE45",
        "BEFORE_FIRST_DAY",
        "CERTIFICATE",
        "CHAIN",
        "CHUNK_MISSING",
        "CLAIMS_ODD",
        "CLOCK",
        "COMPRESSION",
        "CONTAINER_ODD",
        "COSE",
        "CWT",
        "DATED_IN_FUTURE",
        "DISEASE_UNKNOWN",
        "DOMAIN",
        "DOMAIN_UNKNOWN",
        "DSC_WINDOW",
        "EARLIER_FAILURE",
        "ENCODING",
        "EVENT_DATE",
        "EVENT_IN_FUTURE",
        "EXPIRED",
        "GIVEN_BY_CALLER",
        "HCERT_MISSING",
        "ISSUER",
        "ISSUER_ADDRESS",
        "ISSUER_UNKNOWN",
        "KEY_EXPIRED",
        "KEY_NOT_FOUND",
        "KEY_NOT_YET_VALID",
        "KEY_UNUSABLE",
        "KEY_USAGE",
        "KID_IS_TEXT",
        "KID_MISSING",
        "KID_NO_THUMBPRINT",
        "LEGACY_LAYOUT",
        "LIFELONG",
        "LINK",
        "LIST_PROOF",
        "LIST_PROOF_PARTIAL",
        "NOT_APPLICABLE",
        "NOT_LOADED",
        "NOT_SIGNED",
        "NOT_SUPPORTED",
        "NOT_YET_VALID",
        "NO_CERTIFICATE",
        "NO_KEY",
        "NO_SCA",
        "NO_TRUST_SOURCE",
        "OK",
        "PAYLOAD",
        "PREFIX",
        "SCA_VALIDITY",
        "SCHEMA",
        "SEVERAL_CARDS",
        "SIGNATURE",
        "SIGNING_FORMAT",
        "TRAILING_BYTES",
        "TRUST_AGING",
        "TRUST_TOO_OLD",
        "UNDATED",
        "UNSIGNED_LINK",
        "UNSUPPORTED_VERSION",
        "UVCI",
        "VALIDITY_ENDED",
        "VALUE_SET",
        "ZLIB",
    ];

    /// The stable code for programs; those of failures are the names of the specification.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Fine | Self::Holds(_) => "OK",
            Self::Layer(error) => error.code(),
            Self::Card(error) => card_code(error),
            Self::Divoc(error) => divoc_code(error),
            Self::MethodNotFound { .. } => "KEY_NOT_FOUND",
            Self::NotSigned(_) => "NOT_SIGNED",
            Self::Unsigned => "UNSIGNED_LINK",
            Self::Link(_) | Self::LinkOdd(_) => "LINK",
            Self::LinkVersion(_) => "UNSUPPORTED_VERSION",
            Self::LegacyLayout => "LEGACY_LAYOUT",
            Self::Seal(SealError::Json(_)) => "PAYLOAD",
            Self::Seal(_) => "ENCODING",
            Self::SealCertificate(_) => "CERTIFICATE",
            Self::AuthorityNotFound { .. } => "KEY_NOT_FOUND",
            Self::SignerIsAuthority | Self::NoSigner(_) | Self::NoSealSigner => "KEY_USAGE",
            Self::ChunkOfSeveral { .. } => "CHUNK_MISSING",
            Self::ContainerOdd(_) => "CONTAINER_ODD",
            Self::IssuerKeyNotFound { .. } => "KEY_NOT_FOUND",
            Self::KidIsNoThumbprint => "KID_NO_THUMBPRINT",
            Self::IssuerAddress(_) => "ISSUER_ADDRESS",
            Self::NotSupported(TextKind::National(_)) => "PREFIX",
            Self::NotSupported(_) => "NOT_SUPPORTED",
            Self::SeveralCards(_) => "SEVERAL_CARDS",
            Self::KeyUnusable(_) => "KEY_UNUSABLE",
            Self::ListProofPartial => "LIST_PROOF_PARTIAL",
            Self::DatedInFuture { .. } => "DATED_IN_FUTURE",
            Self::EventDateUnreadable(_) => "EVENT_DATE",
            Self::ValidityEnded(_) => "VALIDITY_ENDED",
            Self::LifelongDespiteEnd(_) => "LIFELONG",
            Self::DiseaseUnknown => "DISEASE_UNKNOWN",
            Self::TrailingBytes(_) => "TRAILING_BYTES",
            Self::KidMissing => "KID_MISSING",
            Self::KidIsText => "KID_IS_TEXT",
            Self::Algorithm { .. } | Self::AlgorithmForKey { .. } => "ALG",
            Self::CurveOfKey(_) => "ALG_CURVE",
            Self::NoTrustSource => "NO_TRUST_SOURCE",
            Self::TrustTooOld { .. } => "TRUST_TOO_OLD",
            Self::TrustAging { .. } => "TRUST_AGING",
            Self::ClockBehind { .. } => "CLOCK",
            Self::KeyNotFound { .. } => "KEY_NOT_FOUND",
            Self::Signature { .. } => "SIGNATURE",
            Self::NoKey => "NO_KEY",
            Self::Undated => "UNDATED",
            Self::ListProof(_) => "LIST_PROOF",
            Self::GivenByCaller => "GIVEN_BY_CALLER",
            Self::NoSca => "NO_SCA",
            Self::ChainBroken(_) => "CHAIN",
            Self::ScaOutsideValidity { .. } => "SCA_VALIDITY",
            Self::KeyExpired(_) => "KEY_EXPIRED",
            Self::KeyNotYetValid(_) => "KEY_NOT_YET_VALID",
            Self::NoCertificate => "NO_CERTIFICATE",
            Self::Cwt(_) | Self::TimeUnreadable { .. } | Self::TimeAbsent(_) => "CWT",
            Self::NotYetIssued(_) | Self::NotYetValid(_) => "NOT_YET_VALID",
            Self::Expired(_) => "EXPIRED",
            Self::KeyWindow { .. } => "DSC_WINDOW",
            Self::IssuerMismatch { .. } => "ISSUER",
            Self::IssuerUnknown => "ISSUER_UNKNOWN",
            Self::HcertMissing | Self::HcertUnknown(_) => "HCERT_MISSING",
            Self::Schema(_) => "SCHEMA",
            Self::KeyUsage { .. } => "KEY_USAGE",
            Self::Domain { .. } => "DOMAIN",
            Self::ValueSets(_) => "VALUE_SET",
            Self::Uvci(_) => "UVCI",
            Self::DomainUnknown => "DOMAIN_UNKNOWN",
            Self::Odd(_) => "CLAIMS_ODD",
            Self::EventInFuture(_) => "EVENT_IN_FUTURE",
            Self::BeforeFirstDay(_) => "BEFORE_FIRST_DAY",
            Self::NotLoaded(_) => "NOT_LOADED",
            Self::NotApplicable => "NOT_APPLICABLE",
            Self::Earlier => "EARLIER_FAILURE",
        }
    }

    /// Whether a failure for this reason leaves the matter open instead of refusing.
    pub fn is_undecidable(&self) -> bool {
        Self::OPEN_CODES.contains(&self.code())
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fine => f.write_str("as it should be"),
            Self::Holds(fact) => fact.fmt(f),
            Self::Layer(error) => write!(f, "the code is damaged or not genuine: {error}"),
            Self::Card(error) => write!(f, "the code is damaged or not genuine: {error}"),
            Self::Divoc(error) => write!(f, "the code is damaged or not genuine: {error}"),
            Self::MethodNotFound { method } => write!(
                f,
                "no trust source knows the key that is called {method}: it may be an issuer that is \
                 not in your list, or a forgery"
            ),
            Self::Unsigned => f.write_str("nobody has signed this link, so nothing is proven"),
            Self::Link(error) => error.fmt(f),
            Self::LinkVersion(version) => {
                write!(f, "the link is of version {version}, which is not known here")
            }
            Self::LinkOdd(problems) => {
                write!(f, "the link is not sound: {}", problems.join("; "))
            }
            Self::LegacyLayout => f.write_str(
                "a WHO document of the first layout, which carries neither issuer nor times",
            ),
            Self::NotSigned(members) => {
                write!(f, "not signed, and left aside: {}", members.join(", "))
            }
            Self::Seal(error) => write!(f, "the seal is damaged or not genuine: {error}"),
            Self::SealCertificate(why) => {
                write!(f, "the certificate inside the seal cannot be read: {why}")
            }
            Self::AuthorityNotFound { issuer } => write!(
                f,
                "no trust source knows the authority {issuer} that issued the signer's \
                 certificate: it may be a country that is not in your list, or a forgery"
            ),
            Self::SignerIsAuthority => {
                f.write_str("an authority's own key signed it, which it may not")
            }
            Self::NoSigner(misfit) => {
                write!(f, "the certificate is none for signing documents: {misfit}")
            }
            Self::NoSealSigner => {
                f.write_str("the signer's certificate does not say that it may sign seals")
            }
            Self::ChunkOfSeveral { index, count } => write!(
                f,
                "this is part {index} of {count} of a SMART Health Card; scan the others too"
            ),
            Self::IssuerKeyNotFound { issuer, kid, similar } => {
                write!(f, "no trust source knows the key {kid} of {issuer}")?;
                match similar {
                    Some(similar) => write!(f, ", though {similar} is known"),
                    None => Ok(()),
                }?;
                f.write_str(": it may be an issuer that is not in your list, or a forgery")
            }
            Self::KidIsNoThumbprint => {
                f.write_str("the key is not named by its thumbprint, as it should be")
            }
            Self::IssuerAddress(address) => write!(
                f,
                "the issuer's address {address:?} should begin with https:// and end without a slash"
            ),
            Self::NotSupported(kind) => {
                write!(f, "this is {kind}, which is not a health certificate that can be checked here")
            }
            Self::TrailingBytes(count) => {
                write!(f, "{count} bytes follow the compressed data; they are ignored")
            }
            Self::KidMissing => f.write_str("the code does not name the key that signed it"),
            Self::KidIsText => {
                f.write_str("the key identifier is written as text instead of bytes; read as its UTF-8 bytes")
            }
            Self::Algorithm { found: None, .. } => {
                f.write_str("the code does not name its signature algorithm")
            }
            Self::Algorithm { found: Some(found), allowed } => write!(
                f,
                "the signature algorithm {found:?} is not allowed here; {allowed} is"
            ),
            Self::AlgorithmForKey { algorithm, key } => write!(
                f,
                "the code claims signature algorithm {algorithm}, but the key with this identifier is {key}"
            ),
            Self::CurveOfKey(key) => {
                write!(f, "ES256 calls for a key on P-256, and this key is {key}")
            }
            Self::NoTrustSource => f.write_str(
                "no trust source was given, so nobody's signature can be checked; name one with --trust",
            ),
            Self::TrustTooOld { source, days, limit } => write!(
                f,
                "the trust data of {source} is {days} days old and the limit is {limit}; fetch it anew"
            ),
            Self::TrustAging { source, days, limit } => write!(
                f,
                "the trust data of {source} is {days} days old; after {limit} it no longer counts"
            ),
            Self::ClockBehind { newest } => write!(
                f,
                "the clock stands before {}, when the trust data was signed; set the clock right",
                Day(*newest)
            ),
            Self::KeyNotFound { kid, claimed, listed, days } => {
                write!(f, "no trust source knows the key {kid}")?;
                match (claimed, listed) {
                    (None, _) => f.write_str(
                        ": it may be a country that is not in your list, a key withdrawn, or a forgery",
                    ),
                    (Some(claimed), true) => write!(
                        f,
                        ": the code says it is from {claimed}, and your list has other keys of \
                         theirs; it may be a new key, one withdrawn, or a forgery"
                    ),
                    (Some(claimed), false) => write!(
                        f,
                        ": the code says it is from {claimed}, of whom your list has no key; it may \
                         be no member, or a forgery"
                    ),
                }?;
                match days {
                    Some(days) => write!(f, " (your list is {days} days old)"),
                    None => Ok(()),
                }
            }
            Self::Signature { malformed: Some(length), .. } => {
                write!(f, "the signature of {length} bytes has not the form of its algorithm")
            }
            Self::Signature { tried, malformed: None } => write!(
                f,
                "the signature does not fit the content: changed after signing, or not signed by this key{}",
                if *tried > 1 { " (every key with this identifier was tried)" } else { "" }
            ),
            Self::NoKey => f.write_str("there is no key to check against"),
            Self::Undated => f.write_str("the trust data carries no date"),
            Self::ListProof(why) => write!(f, "nothing you named vouches for the list: {why}"),
            Self::GivenByCaller => {
                f.write_str("the certificate was handed over by you and is trusted as it is")
            }
            Self::NoSca => f.write_str("no certificate of the participant's SCA is at hand"),
            Self::ChainBroken(why) => write!(f, "the key's certificate is not from its SCA: {why}"),
            Self::ScaOutsideValidity { from, until } => {
                write!(f, "the SCA's certificate is valid only from {} to {}", Day(*from), Day(*until))
            }
            Self::KeyExpired(until) => {
                write!(f, "the issuer's signing certificate expired on {}", Day(*until))
            }
            Self::KeyNotYetValid(from) => {
                write!(f, "the issuer's signing certificate is valid only from {}", Day(*from))
            }
            Self::NoCertificate => f.write_str("the trust data gives a key without a certificate"),
            Self::Cwt(error) => write!(f, "the signed claims cannot be read: {error}"),
            Self::TimeUnreadable { claim, why } => write!(f, "the claim {claim} is no time: {why}"),
            Self::TimeAbsent(claim) => write!(f, "the claim {claim} is missing"),
            Self::NotYetIssued(at) => write!(f, "it was issued in the future, at {}", Minute(*at)),
            Self::NotYetValid(at) => write!(f, "it is valid only from {}", Minute(*at)),
            Self::Expired(at) => write!(f, "it expired at {}", Minute(*at)),
            Self::KeyWindow { early, late } => f.write_str(match (early, late) {
                (true, true) => {
                    "it was issued before the signing certificate was valid, and runs out after it"
                }
                (true, false) => "it was issued before the signing certificate was valid",
                _ => "it runs out after the signing certificate",
            }),
            Self::IssuerMismatch { claimed, owner } => {
                write!(f, "the code says it is from {claimed}, but the key belongs to {owner}")
            }
            Self::IssuerUnknown => f.write_str("the code or the trust data does not name the participant"),
            Self::HcertMissing => f.write_str("no health document is inside"),
            Self::HcertUnknown(keys) => {
                write!(f, "only documents of unknown kind are inside: {keys:?}")
            }
            Self::Schema(problems)
            | Self::ValueSets(problems)
            | Self::Uvci(problems)
            | Self::ContainerOdd(problems)
            | Self::Odd(problems) => f.write_str(&problems.join("; ")),
            Self::KeyUsage { statement, allowed } => write!(
                f,
                "the signing certificate is for {allowed} only, and this is a {statement} certificate"
            ),
            Self::Domain { found, expected } => {
                write!(f, "the key belongs to domain {found}; such documents belong to {expected}")
            }
            Self::EventInFuture(what) => write!(f, "{what} lies in the future"),
            Self::EventDateUnreadable(what) => write!(f, "the date of {what} cannot be read"),
            Self::ValidityEnded(day) => write!(f, "by its own words it was valid until {day}"),
            Self::LifelongDespiteEnd(day) => write!(
                f,
                "it names {day} as its end, but a yellow fever vaccination counts for life"
            ),
            Self::DiseaseUnknown => {
                f.write_str("the disease is not known, so neither is how long it counts")
            }
            Self::ListProofPartial => f.write_str(
                "the list's proof holds, but domain, participant and key usage are not signed",
            ),
            Self::DatedInFuture { source } => {
                write!(f, "the trust data of {source} names a date that has not come")
            }
            Self::KeyUnusable(why) => write!(f, "the key found cannot be used: {why}"),
            Self::SeveralCards(count) => {
                write!(f, "the file holds {count} cards; each is to be judged by itself")
            }
            Self::BeforeFirstDay(day) => write!(f, "the first valid day is {day}"),
            Self::NotLoaded(what) => write!(f, "no {what} loaded"),
            Self::DomainUnknown => f.write_str("the trust data does not name the key's domain"),
            Self::NotApplicable => f.write_str("does not apply to this kind of document"),
            Self::Earlier => f.write_str("not come to, because of the failure above"),
        }
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key { participant: Some(participant), .. } => {
                write!(f, "a key of {} ({participant})", participant.name())
            }
            Self::Key { participant: None, code } if code.is_empty() => {
                f.write_str("a key that names no country")
            }
            Self::Key { participant: None, code } => write!(f, "a key of {code}"),
            Self::Age(0) => f.write_str("less than a day old"),
            Self::Age(1) => f.write_str("one day old"),
            Self::Age(days) => write!(f, "{days} days old"),
            Self::ListProof(how) => f.write_str(how),
            Self::Sca(certificate) => write!(f, "issued by {}", certificate.subject()),
            Self::Until(at) => write!(f, "until {}", Minute(*at)),
            Self::Since(at) => write!(f, "since {}", Minute(*at)),
            Self::Title(title) => f.write_str(title),
            Self::NotOpened(passcode) => {
                f.write_str("sound, not opened")?;
                f.write_str(if *passcode { "; its holder has the passcode" } else { "" })
            }
            Self::Documents(keys) => {
                for (index, key) in keys.iter().enumerate() {
                    f.write_str(if index > 0 { ", " } else { "" })?;
                    f.write_str(key.title())?;
                }
                Ok(())
            }
        }
    }
}

const fn divoc_code(error: &DivocError) -> &'static str {
    match error {
        DivocError::Zip(_) => "COMPRESSION",
        DivocError::Json(_) | DivocError::Missing { .. } => "PAYLOAD",
        DivocError::TooLong { .. } | DivocError::Base64 | DivocError::NotBytes => "ENCODING",
        _ => "SIGNING_FORMAT",
    }
}

const fn card_code(error: &CardError) -> &'static str {
    match error {
        CardError::Jws(_) => "SIGNING_FORMAT",
        CardError::Zip { .. } | CardError::Inflate(_) => "COMPRESSION",
        CardError::Payload(_) | CardError::Missing { .. } => "PAYLOAD",
        _ => "ENCODING",
    }
}

/// A day in UTC, as `2026-08-22`.
struct Day(Timestamp);

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Offset::UTC.to_datetime(self.0).date().fmt(f)
    }
}

/// A minute in UTC, as `2026-08-22 17:05 UTC`.
struct Minute(Timestamp);

impl fmt::Display for Minute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment = Offset::UTC.to_datetime(self.0);
        write!(f, "{} {:02}:{:02} UTC", moment.date(), moment.hour(), moment.minute())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use gdhcn_credential::hcert::Layer;

    use super::*;

    #[test]
    fn the_list_of_codes_is_that_of_the_code() {
        let mut codes: BTreeSet<_> = include_str!("reason.rs")
            .lines()
            .filter_map(|line| line.split_once("=> \"")?.1.strip_suffix("\","))
            .filter(|code| code.bytes().all(|b| b.is_ascii_uppercase() || b == b'_'))
            .collect();
        codes.extend(Layer::ALL.map(Layer::code));
        assert_eq!(codes.into_iter().collect::<Vec<_>>(), Reason::CODES);
    }
}
