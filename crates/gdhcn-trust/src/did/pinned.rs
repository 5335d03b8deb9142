//! The keys by which published lists are signed, and how each is known.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gdhcn_crypto::{Curve, KeyError, PublicKey};

/// How a list's signing key is known. Nothing of it is a certificate's chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Provenance {
    /// WHO publishes the key under the DID that the proofs name.
    Published,
    /// WHO published the key once; the document was removed since.
    PublishedOnce,
    /// The key was computed from a signature and verifies what was seen: it shows that one key
    /// signs the lists, not whose it is.
    Observed,
    /// The caller named the key.
    Caller,
}

impl Provenance {
    /// A stable word for machines.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::PublishedOnce => "published-once",
            Self::Observed => "observed",
            Self::Caller => "caller",
        }
    }
}

impl fmt::Display for Provenance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Published => "published by WHO",
            Self::PublishedOnce => "published by WHO once and removed since",
            Self::Observed => "observed on the lists only",
            Self::Caller => "named by the caller",
        })
    }
}

/// A key that may sign the lists whose proofs name `method`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinnedKey {
    /// The DID in `proof.verificationMethod`.
    pub method: String,
    /// How the `id` of every list begins that the key may sign; empty: any list. The key of a
    /// test environment must not vouch for the productive list.
    pub lists: String,
    /// A P-256 key.
    pub key: PublicKey,
    /// How it is known.
    pub provenance: Provenance,
}

/// The keys of WHO's lists as seen up to 2026-08-22.
///
/// The version 1 lists of UAT and PROD come with two keys each: one signature allows two, and no
/// second list was at hand to tell which.
///
/// # Errors
///
/// Never in practice: the points are constants that the tests read.
pub fn who_keys() -> Result<Vec<PinnedKey>, KeyError> {
    WHO_KEYS
        .iter()
        .map(|row| {
            let decode = |text| {
                URL_SAFE_NO_PAD
                    .decode(text)
                    .map_err(|_| KeyError::Malformed { what: "a pinned coordinate" })
            };
            let key =
                PublicKey::ec_from_coordinates(Curve::P256, &decode(row.x)?, &decode(row.y)?)?;
            Ok(PinnedKey {
                method: row.method.to_owned(),
                lists: row.lists.to_owned(),
                key,
                provenance: row.provenance,
            })
        })
        .collect()
}

struct Row {
    method: &'static str,
    lists: &'static str,
    provenance: Provenance,
    x: &'static str,
    y: &'static str,
}

const DEV: &str = "did:web:tng-cdn-dev.who.int:";
const UAT: &str = "did:web:tng-cdn-uat.who.int:";
const PROD: &str = "did:web:tng-cdn.who.int:";
const V2_DEV: &str = "did:web:raw.githubusercontent.com:WorldHealthOrganization:tng-participants-dev:main:WHO:signing:DID";
const V2_UAT: &str = "did:web:raw.githubusercontent.com:WorldHealthOrganization:tng-participants-uat:main:WHO:signing:DID";
const V2_PROD: &str = "did:web:raw.githubusercontent.com:WorldHealthOrganization:tng-participants-prod:main:WHO:signing:DID";
const V1_DEV: &str = "did:web:tng-cdn-dev.who.int:trustlist:signerinfo";
const V1_UAT: &str = "did:web:tng-cdn-uat.who.int:trustlist:signerinfo";
const V1_PROD: &str = "did:web:tng-cdn.who.int:trustlist:signerinfo";

const WHO_KEYS: [Row; 8] = [
    Row {
        method: V2_PROD,
        lists: PROD,
        provenance: Provenance::PublishedOnce,
        x: "ZlMwokmcS8vx0c3mc38eLVUMEVV2BXjdMpvBeueeWZw",
        y: "8CGiSXsauiFAbDxvOcmFxyswM07Ld85-ELRcoTbO9Z4",
    },
    Row {
        method: V2_UAT,
        lists: UAT,
        provenance: Provenance::PublishedOnce,
        x: "VgS8MAfbsTcXnfKr-dRjnfumq7UP91ntO1cOlQ4hmrI",
        y: "2ryjnUatlK3kwDE_LHK7vFiQRJKPxKn31-KjYZlGrIE",
    },
    Row {
        method: V2_DEV,
        lists: DEV,
        provenance: Provenance::Published,
        x: "mB9T6oJ57ZKlC1f150-34M3JkxN22Ld1BQVPqJfgH6k",
        y: "vW7GmCn5eNzbjdjI8PYWvanovWIIYoqv0ZE_lvuD2d8",
    },
    // Two lists of this environment share exactly this key.
    Row {
        method: V1_DEV,
        lists: DEV,
        provenance: Provenance::Observed,
        x: "bufzFPOFPwksY5Qay_gvwQ2uXDhoBKy5P3BuRR5aLVc",
        y: "hH0BbiADmDy3fPIhA079JMZmGMgjdsE0_gBpnbqLOZI",
    },
    Row {
        method: V1_UAT,
        lists: UAT,
        provenance: Provenance::Observed,
        x: "lgCG1I8n9W7R9NOD7NOCK3FybkXC3rzGn07oXdoPMLM",
        y: "Zh5yy9waidoGTLBOylTlUBoldQnZngrgWEceZJxtisg",
    },
    Row {
        method: V1_UAT,
        lists: UAT,
        provenance: Provenance::Observed,
        x: "N6ZN9QqOaCycGTFRbsMNAsNfqJ-lRqOdYfMAcX6Ikqk",
        y: "kOR5OdbQkc1WX14ALAq6Wlk-v5O_6O4fgI-BFgW6Trg",
    },
    Row {
        method: V1_PROD,
        lists: PROD,
        provenance: Provenance::Observed,
        x: "YvTADoJQ4MSIuffn4rVDr7bS301FMdRwQ00jWFzzdN4",
        y: "1bJvWesSpisk3oiqGMvlPCQNvmwrw7CRR8zUymRSCjE",
    },
    Row {
        method: V1_PROD,
        lists: PROD,
        provenance: Provenance::Observed,
        x: "NBuNVITpJnEpvSSxhDH4g_6EjbNw-5Y-vWH_KLVpKKA",
        y: "RlhAaivk80rXTeLTmyh-amdLmAXIvQTKlriZQ5mb7Bc",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_pinned_keys_are_points_of_the_curve_and_distinct() {
        let keys = who_keys().unwrap();
        assert_eq!(keys.len(), WHO_KEYS.len());
        for (index, key) in keys.iter().enumerate() {
            assert!(keys.iter().skip(index + 1).all(|other| other.key != key.key));
        }
    }
}
