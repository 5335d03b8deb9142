use std::fmt;

use crate::Reason;

/// One thing that was looked at, and what came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// What was looked at.
    pub id: CheckId,
    /// What came of it.
    pub status: Status,
    /// Why, in facts; its `Display` is a sentence for people.
    pub reason: Reason,
}

/// The checks, in the order in which they are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum CheckId {
    /// The text opens layer by layer: prefix, Base45, zlib, COSE_Sign1.
    Container,
    /// The signature algorithm is one of those that the format allows.
    Algorithm,
    /// There is trust data, and it is recent enough for the policy.
    TrustData,
    /// The clock is not before the newest signed trust data.
    Clock,
    /// The trust data holds a document signer under the kid.
    KeyKnown,
    /// The signature verifies with that key.
    Signature,
    /// The document was issued in the past (claim `iat`).
    IssuedAt,
    /// The document has not run out (claim `exp`).
    ExpiresAt,
    /// The document is valid already (claim `nbf`).
    NotBefore,
    /// The key comes from a list whose own proof holds.
    ListProof,
    /// The key's certificate was issued by an SCA of the participant.
    Chain,
    /// The key's certificate is within its validity.
    KeyValidity,
    /// The signed claims can be read.
    Claims,
    /// The document's time lies inside that of the key's certificate.
    KeyWindow,
    /// The claim `iss` names the participant to whom the key belongs.
    Issuer,
    /// A health document of a known kind is inside.
    Content,
    /// The health document has the form that its version prescribes.
    Schema,
    /// The key may sign this kind of statement.
    KeyUsage,
    /// The key belongs to the trust domain of this kind of document.
    Domain,
    /// The codes are those of the published value sets.
    ValueSets,
    /// The certificate identifier has the recommended form.
    Uvci,
    /// The dates inside make sense.
    EventDates,
    /// The link inside can be read and is in time.
    Link,
    /// The document is not revoked.
    Revocation,
    /// The rules of the place of use accept it.
    Rules,
}

impl CheckId {
    /// All checks in their order.
    pub const ALL: [Self; 25] = [
        Self::Container,
        Self::Algorithm,
        Self::TrustData,
        Self::Clock,
        Self::KeyKnown,
        Self::Signature,
        Self::IssuedAt,
        Self::ExpiresAt,
        Self::NotBefore,
        Self::ListProof,
        Self::Chain,
        Self::KeyValidity,
        Self::Claims,
        Self::KeyWindow,
        Self::Issuer,
        Self::Content,
        Self::Schema,
        Self::KeyUsage,
        Self::Domain,
        Self::ValueSets,
        Self::Uvci,
        Self::EventDates,
        Self::Link,
        Self::Revocation,
        Self::Rules,
    ];

    /// The stable name in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Container => "container",
            Self::Algorithm => "algorithm",
            Self::TrustData => "trust-data",
            Self::Clock => "clock",
            Self::KeyKnown => "key-known",
            Self::Signature => "signature",
            Self::ListProof => "list-proof",
            Self::Chain => "chain",
            Self::KeyValidity => "key-validity",
            Self::Claims => "claims",
            Self::IssuedAt => "issued-at",
            Self::ExpiresAt => "expires-at",
            Self::NotBefore => "not-before",
            Self::KeyWindow => "key-window",
            Self::Issuer => "issuer",
            Self::Content => "content",
            Self::Schema => "schema",
            Self::KeyUsage => "key-usage",
            Self::Domain => "domain",
            Self::ValueSets => "value-sets",
            Self::Uvci => "uvci",
            Self::EventDates => "event-dates",
            Self::Link => "link",
            Self::Revocation => "revocation",
            Self::Rules => "rules",
        }
    }

    /// Where the requirement is written.
    pub const fn clause(self) -> &'static str {
        match self {
            Self::Container => "HCERT 1.1.1, section 4; RFC 9285; RFC 1950; RFC 9052, 4.2",
            Self::Algorithm => "HCERT 1.1.1, 3.3.1; RFC 9053, 2.1; RFC 8230, 2",
            Self::TrustData | Self::Clock => "smart-trust, trust list distribution",
            Self::KeyKnown => "HCERT 1.1.1, 3.3.2 and A.1",
            Self::Signature => "RFC 9052, 4.4",
            Self::ListProof => "smart-trust, DID documents; JsonWebSignature2020",
            Self::Chain => "smart-trust, certificate governance; RFC 5280, 6.1",
            Self::KeyValidity => "RFC 5280, 4.1.2.5",
            Self::Claims => "HCERT 1.1.1, 3.3; RFC 8392, 3",
            Self::IssuedAt => "HCERT 1.1.1, 3.3.4; RFC 8392, 3.1.6",
            Self::ExpiresAt => "HCERT 1.1.1, 3.3.3; RFC 8392, 3.1.4",
            Self::NotBefore => "RFC 8392, 3.1.5",
            Self::KeyWindow => "HCERT 1.1.1, 3.3.3 and 3.3.4",
            Self::Issuer => "HCERT 1.1.1, 3.3.5",
            Self::Content => "HCERT 1.1.1, 3.3.6",
            Self::Schema => "EU DCC schema; ICVP logical model",
            Self::KeyUsage => "HCERT 1.1.1, A.2",
            Self::Domain => "smart-trust, trust domains",
            Self::ValueSets => "EU DCC value sets; ICVP product identifiers",
            Self::Uvci => "eHealth Network, interoperability of health certificates, annex 2",
            Self::EventDates => "International Health Regulations (2005), annex 6 and 7",
            Self::Link => "SMART Health Links 1; IHE ITI VHL, ITI-YY3",
            Self::Revocation => "EU DCC revocation",
            Self::Rules => "EU DCC business rules; ICVP decision logic",
        }
    }

    /// The name for people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Container => "code readable",
            Self::Algorithm => "signature algorithm",
            Self::TrustData => "trust data",
            Self::Clock => "clock",
            Self::KeyKnown => "key known",
            Self::Signature => "signature",
            Self::ListProof => "trust list genuine",
            Self::Chain => "key's chain to its SCA",
            Self::KeyValidity => "key's certificate in time",
            Self::Claims => "claims readable",
            Self::IssuedAt => "issued in the past",
            Self::ExpiresAt => "not expired",
            Self::NotBefore => "valid already",
            Self::KeyWindow => "document inside key's time",
            Self::Issuer => "issuer owns the key",
            Self::Content => "health document inside",
            Self::Schema => "form",
            Self::KeyUsage => "key may sign this",
            Self::Domain => "trust domain",
            Self::ValueSets => "codes known",
            Self::Uvci => "identifier's form",
            Self::EventDates => "dates inside",
            Self::Link => "link inside",
            Self::Revocation => "not revoked",
            Self::Rules => "rules",
        }
    }
}

impl fmt::Display for CheckId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What came of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// As it should be.
    Pass,
    /// Not as it should be, and the policy does not tolerate it.
    Fail,
    /// Not as it should be, and the policy tolerates it.
    Warn,
    /// Not looked at; the reason says why.
    NotDone,
}

impl Status {
    /// The word in JSON and on the screen.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Warn => "warn",
            Self::NotDone => "not done",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
