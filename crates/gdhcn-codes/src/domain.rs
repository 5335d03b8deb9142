use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use crate::CodeError;

/// A trust domain: what family of documents a key may sign.
///
/// Any token of 1 to 32 letters, digits and hyphens is read, since lists carry domains that no
/// code system defines. Upper case is the normal form. `DCC` is in all real lists though the
/// value set of the trust network's guide has only `DDCC`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Domain(Cow<'static, str>);

const MAX_LEN: usize = 32;

impl Domain {
    /// `DCC`: EU Digital COVID Certificates, and in the lists also the WHO ones.
    pub const fn dcc() -> Self {
        Self(Cow::Borrowed("DCC"))
    }

    /// `DDCC`: WHO's Digital Documentation of COVID-19 Certificates.
    pub const fn ddcc() -> Self {
        Self(Cow::Borrowed("DDCC"))
    }

    /// `ICVP`: International Certificate of Vaccination or Prophylaxis. The gateway and the
    /// onboarding folders spell it `DICVP`.
    pub const fn icvp() -> Self {
        Self(Cow::Borrowed("ICVP"))
    }

    /// `IPS-PILGRIMAGE`: patient summaries of Hajj pilgrims.
    pub const fn ips_pilgrimage() -> Self {
        Self(Cow::Borrowed("IPS-PILGRIMAGE"))
    }

    /// `PH4H`: Pan-American Highway for Health.
    pub const fn ph4h() -> Self {
        Self(Cow::Borrowed("PH4H"))
    }

    /// The token, upper case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether both are spellings of one family: `DCC` with `DDCC`, `ICVP` with `DICVP`.
    ///
    /// They are different domains: only a policy that says so may treat them alike.
    pub fn is_same_family(&self, other: &Self) -> bool {
        fn family(domain: &Domain) -> &str {
            match domain.as_str() {
                "DDCC" => "DCC",
                "DICVP" => "ICVP",
                other => other,
            }
        }
        family(self) == family(other)
    }
}

impl FromStr for Domain {
    type Err = CodeError;

    /// Reads a domain in any case, with the `#` that trust lists put before it.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let token = text.strip_prefix('#').unwrap_or(text);
        let well_formed = (1..=MAX_LEN).contains(&token.len())
            && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            // A hyphen alone is the wildcard of trust list paths.
            && token.bytes().any(|byte| byte.is_ascii_alphanumeric());
        if !well_formed {
            return Err(CodeError::invalid_domain(text));
        }
        let known = [Self::dcc(), Self::ddcc(), Self::icvp(), Self::ips_pilgrimage(), Self::ph4h()];
        Ok(known
            .into_iter()
            .find(|known| known.as_str().eq_ignore_ascii_case(token))
            .unwrap_or_else(|| Self(Cow::Owned(token.to_ascii_uppercase()))))
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_token_is_read_and_written_in_upper_case() {
        for (text, domain) in [
            ("DCC", "DCC"),
            ("#dcc", "DCC"),
            ("IPS-pilgrimage", "IPS-PILGRIMAGE"),
            ("RACSEL-DDVC", "RACSEL-DDVC"),
            ("dICVP", "DICVP"),
        ] {
            assert_eq!(text.parse::<Domain>().unwrap().to_string(), domain);
        }
        assert_eq!("dcc".parse::<Domain>().unwrap(), Domain::dcc());
    }

    #[test]
    fn what_is_no_token_is_refused() {
        let too_long = "A".repeat(33);
        for text in ["", "#", "-", "--", "A B", "DCC/DSC", "Ä", "##DCC", &too_long] {
            assert!(text.parse::<Domain>().is_err(), "{text}");
        }
        assert!("A".repeat(32).parse::<Domain>().is_ok());
    }

    #[test]
    fn two_spellings_of_a_family_are_different_domains_of_one_family() {
        let dicvp: Domain = "DICVP".parse().unwrap();
        assert_ne!(Domain::dcc(), Domain::ddcc());
        assert!(Domain::dcc().is_same_family(&Domain::ddcc()));
        assert!(dicvp.is_same_family(&Domain::icvp()));
        assert!(!Domain::dcc().is_same_family(&Domain::icvp()));
    }
}
