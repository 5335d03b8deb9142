use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gdhcn_codes::Participant;
use serde::{Deserialize, Serialize};

use crate::issuer::{IssuerKind, IssuerText, TrustedIssuer};

/// A file `Trusted_Issuer.json`: a DID document whose keys a participant vouches for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IssuerFile {
    /// Name of the issuer, up to 512 characters.
    #[serde(default)]
    pub name: String,
    /// The document's address: a DID or a URL.
    #[serde(default)]
    pub url: String,
    /// `DID` or `HTTP`.
    #[serde(default)]
    pub url_type: String,
    /// SHA-256 of the document, 64 hexadecimal digits. May be empty of an `HTTP` address, whose
    /// keys come and go.
    #[serde(default)]
    pub hash: String,
    /// Certificates of the server that hosts the document: base64 DER.
    #[serde(default)]
    pub ssl_public_keys: Vec<String>,
    /// The participant's alpha-2 code.
    #[serde(default)]
    pub country: String,
    /// How the keys are kept there, such as `JWKS`, up to 128 characters; not in the folders of the
    /// network, which have DID documents only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_storage_type: Option<String>,
    /// The trust anchor's CMS message over [`Self::signed_text`], base64; absent until signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
}

/// Hosts have one to three.
const MAX_TLS_KEYS: usize = 32;

/// The template's own example, left as it was by participants with nothing to say.
const EXAMPLE_URL: &str = "did:web:example.com";

impl IssuerFile {
    /// Whether nobody filled the file in: no member at all, or the template's example.
    pub fn is_placeholder(&self) -> bool {
        (self.name.is_empty() && self.url.is_empty()) || self.url == EXAMPLE_URL
    }

    /// What the trust anchor signs of it.
    ///
    /// # Errors
    ///
    /// The first member that is missing, too long or ambiguous.
    pub fn issuer(&self) -> Result<TrustedIssuer, IssuerFault> {
        self.check()?;
        let kind = IssuerKind::from_text(&self.url_type)
            .ok_or_else(|| IssuerFault::UrlType { found: self.url_type.clone() })?;
        TrustedIssuer::new(&*self.country, &*self.name, &*self.url, kind)
            .map_err(|ambiguous| IssuerFault::Separator { member: ambiguous.part })
    }

    /// The text that the trust anchor signs: `country;name;url;urlType`.
    ///
    /// # Errors
    ///
    /// The first member that is missing, too long or ambiguous.
    pub fn signed_text(&self) -> Result<String, IssuerFault> {
        Ok(self.issuer()?.text(IssuerText::Who))
    }

    /// Judges the members.
    ///
    /// # Errors
    ///
    /// The first that is missing, too long or ambiguous.
    pub fn check(&self) -> Result<(), IssuerFault> {
        for (member, value, limit) in [
            ("country", &self.country, 2),
            ("name", &self.name, 512),
            ("url", &self.url, 1024),
            ("urlType", &self.url_type, 25),
        ] {
            if value.trim().is_empty() {
                return Err(IssuerFault::Missing { member });
            }
            if value.chars().count() > limit {
                return Err(IssuerFault::TooLong { member, limit });
            }
            // The signed text separates its fields by semicolons and escapes none.
            if value.contains(';') || value.chars().any(char::is_control) {
                return Err(IssuerFault::Separator { member });
            }
        }
        let known = Participant::from_alpha2(&self.country);
        if known.is_none_or(|one| one.alpha2() != self.country) {
            return Err(IssuerFault::Country { found: self.country.clone() });
        }
        let kind = IssuerKind::from_text(&self.url_type)
            .ok_or_else(|| IssuerFault::UrlType { found: self.url_type.clone() })?;
        let hexadecimal = self.hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        let not_told = kind == IssuerKind::Http && self.hash.is_empty();
        if !not_told && (self.hash.len() != 64 || !hexadecimal) {
            return Err(IssuerFault::Hash);
        }
        if self.key_storage_type.as_ref().is_some_and(|text| text.chars().count() > 128) {
            return Err(IssuerFault::TooLong { member: "keyStorageType", limit: 128 });
        }
        if self.ssl_public_keys.len() > MAX_TLS_KEYS {
            return Err(IssuerFault::TlsKeys { limit: MAX_TLS_KEYS });
        }
        for (index, key) in self.ssl_public_keys.iter().enumerate() {
            if key.len() > 2048 || STANDARD.decode(key).is_err() {
                return Err(IssuerFault::TlsKey { number: index + 1 });
            }
        }
        Ok(())
    }
}

/// What is wrong with a `Trusted_Issuer.json`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IssuerFault {
    /// The file is no JSON object with members of the right types.
    #[error("not a JSON object of text members")]
    Json,
    /// A member is missing or empty.
    #[error("{member:?} is missing or empty")]
    Missing {
        /// Name of the member.
        member: &'static str,
    },
    /// A member is too long.
    #[error("{member:?} is longer than {limit} characters")]
    TooLong {
        /// Name of the member.
        member: &'static str,
        /// The limit in characters.
        limit: usize,
    },
    /// A member could be read as two.
    #[error(
        "{member:?} contains a semicolon or control character, which the signed text cannot tell \
         from its own"
    )]
    Separator {
        /// Name of the member.
        member: &'static str,
    },
    /// The country is no alpha-2 code in capital letters.
    #[error("{found:?} is no alpha-2 code of a participant in capital letters")]
    Country {
        /// What stands there.
        found: String,
    },
    /// The kind of address is unknown.
    #[error("\"urlType\" is {found:?}; DID and HTTP are known")]
    UrlType {
        /// What stands there.
        found: String,
    },
    /// The hash has not its form.
    #[error("\"hash\" is not the SHA-256 of the document in 64 hexadecimal digits")]
    Hash,
    /// There are too many certificates of the hosting server.
    #[error("\"sslPublicKeys\" has more than {limit} certificates")]
    TlsKeys {
        /// The limit.
        limit: usize,
    },
    /// A certificate of the hosting server is no base64 or too long.
    #[error("certificate {number} of \"sslPublicKeys\" is not base64 of at most 2048 characters")]
    TlsKey {
        /// Its place, from 1.
        number: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issuer() -> IssuerFile {
        IssuerFile {
            name: "Ministry of Health".to_owned(),
            url: "did:web:health.example".to_owned(),
            url_type: "DID".to_owned(),
            hash: "0f".repeat(32),
            ssl_public_keys: vec!["AAAA".to_owned()],
            country: "XA".to_owned(),
            key_storage_type: None,
            signature: None,
        }
    }

    #[test]
    fn the_signed_text_is_the_network_s() {
        let text = issuer().signed_text().unwrap();
        assert_eq!(text, "XA;Ministry of Health;did:web:health.example;DID");
    }

    #[test]
    fn each_member_is_judged() {
        let refused = |change: &dyn Fn(&mut IssuerFile)| {
            let mut issuer = issuer();
            change(&mut issuer);
            issuer.check().unwrap_err().to_string()
        };
        assert!(refused(&|issuer| issuer.name.clear()).contains("\"name\""));
        assert!(refused(&|issuer| issuer.name = "a;b".into()).contains("semicolon"));
        assert!(refused(&|issuer| issuer.url = "did:web:a;DID".into()).contains("\"url\""));
        assert!(refused(&|issuer| issuer.url = "x".repeat(1025)).contains("longer"));
        assert!(refused(&|issuer| issuer.country = "xa".into()).contains("capital"));
        assert!(refused(&|issuer| issuer.country = "ZZ".into()).contains("ZZ"));
        assert!(refused(&|issuer| issuer.url_type = "FTP".into()).contains("FTP"));
        assert!(refused(&|issuer| issuer.hash = "0".into()).contains("64"));
        assert!(refused(&|issuer| issuer.hash.clear()).contains("64"));
        let http = IssuerFile { url_type: "HTTP".into(), hash: String::new(), ..issuer() };
        assert_eq!(http.check(), Ok(()));
        assert!(refused(&|issuer| issuer.ssl_public_keys = vec!["....".into()]).contains('1'));
    }

    #[test]
    fn an_untouched_template_is_no_issuer() {
        let empty: IssuerFile = serde_json::from_str("{}").unwrap();
        assert!(empty.is_placeholder());
        let example = IssuerFile { url: EXAMPLE_URL.to_owned(), ..issuer() };
        assert!(example.is_placeholder() && !issuer().is_placeholder());
    }
}
