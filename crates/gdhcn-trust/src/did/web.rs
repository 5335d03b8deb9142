//! Where the document of a `did:web` DID stands (W3C CCG, did:web method specification, 3.2).
//!
//! Only the mapping; nothing is fetched here.

use std::fmt::{self, Write as _};

use crate::kid_text::percent_decoded;

/// The place of a DID document: `https://<authority>/<path>`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Location {
    authority: String,
    segments: Vec<String>,
}

/// The longest DID that is read.
const MAX_LEN: usize = 2048;

impl Location {
    /// The place that a `did:web` DID or DID URL names. A fragment is left out: it names an entry
    /// of the document.
    ///
    /// `did:web:host:a:b` is `https://host/a/b/did.json`, `did:web:host` is
    /// `https://host/.well-known/did.json`.
    ///
    /// # Errors
    ///
    /// When it is no `did:web`, or a segment could leave its folder.
    pub fn of(did: &str) -> Result<Self, WebError> {
        let refused = || WebError { did: did.chars().take(200).collect() };
        let (did, _) = did.split_once('#').unwrap_or((did, ""));
        let rest = did.strip_prefix("did:web:").filter(|_| did.len() <= MAX_LEN);
        let mut parts = rest.ok_or_else(refused)?.split(':').map(percent_decoded);
        let authority = parts.next().unwrap_or_default();
        let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:".contains(&byte);
        if authority.is_empty() || !authority.bytes().all(is_host) {
            return Err(refused());
        }
        let mut segments: Vec<String> = parts.map(|part| part.into_owned()).collect();
        if segments.iter().any(|segment| !is_plain(segment)) {
            return Err(refused());
        }
        if segments.is_empty() {
            segments.push(".well-known".to_owned());
        }
        Ok(Self { authority: authority.to_ascii_lowercase(), segments })
    }

    /// Host and, if the DID names one, port.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The path under the host, such as `v2/trustlist/did.json`, as names of folders and file.
    pub fn path(&self) -> String {
        format!("{}/did.json", self.segments.join("/"))
    }

    /// The address to fetch the document from.
    pub fn url(&self) -> String {
        let mut url = format!("https://{}", self.authority);
        for byte in
            self.segments.iter().flat_map(|segment| [b'/'].into_iter().chain(segment.bytes()))
        {
            if byte.is_ascii_alphanumeric() || b"/-._~+=@".contains(&byte) {
                url.push(char::from(byte));
            } else {
                // Writing to a string does not fail.
                let _ = write!(url, "%{byte:02X}");
            }
        }
        url + "/did.json"
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url())
    }
}

/// A DID whose document has no place on the web.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{did:?} is no did:web DID; one looks like did:web:host:path")]
pub struct WebError {
    /// The DID, shortened.
    pub did: String,
}

/// A segment that is one name of a file system, and stays in its folder.
fn is_plain(segment: &str) -> bool {
    let hostile = |letter: char| letter.is_control() || matches!(letter, '/' | '\\' | ':');
    !segment.is_empty() && segment != "." && segment != ".." && !segment.contains(hostile)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_did_has_its_address() {
        for (did, url) in [
            (
                "did:web:tng-cdn.who.int:v2:trustlist",
                "https://tng-cdn.who.int/v2/trustlist/did.json",
            ),
            (
                "did:web:h.example:trustlist:-:XXA#a/b=",
                "https://h.example/trustlist/-/XXA/did.json",
            ),
            ("did:web:H.example%3A8443:a%20b", "https://h.example:8443/a%20b/did.json"),
            ("did:web:h.example", "https://h.example/.well-known/did.json"),
        ] {
            assert_eq!(Location::of(did).unwrap().url(), url, "{did}");
        }
        let odd = Location::of("did:web:h:%C3%A9").unwrap();
        assert_eq!(
            (odd.path().as_str(), odd.url().as_str()),
            ("é/did.json", "https://h/%C3%A9/did.json")
        );
    }

    #[test]
    fn no_did_leaves_its_folder_or_names_a_user() {
        for did in [
            "",
            "did:web:",
            "did:key:z6Mk",
            "did:web:h::a",
            "did:web:h:..",
            "did:web:h:.",
            "did:web:h:%2e%2e",
            "did:web:h:a%2F..%2Fb",
            "did:web:h:a%5cb",
            "did:web:h:%00",
            "did:web:user%40h",
            "did:web:h%2Fx",
        ] {
            assert!(Location::of(did).is_err(), "{did}");
        }
        assert!(Location::of(&format!("did:web:h:{}", "a".repeat(MAX_LEN))).is_err());
    }
}
