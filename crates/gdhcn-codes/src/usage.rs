use std::fmt;

/// What a certificate of the network is for.
///
/// Lists, folders and the gateway name the same usage differently: the folder and the path say
/// `SCA`, the list entry `#CSCA`, the gateway's group is `CSCA`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[non_exhaustive]
pub enum KeyUsage {
    /// Signing Certificate Authority of a participant: issues its DSCs.
    Sca,
    /// Document Signer Certificate: signs health documents.
    Dsc,
    /// Data Exchange Certificate Authority.
    Deca,
    /// Data Exchange Signer Certificate, issued by a DECA.
    Desc,
    /// Signs a participant's uploads to the gateway. Never part of a trust list.
    Up,
    /// Client certificate of a participant at the gateway. Never part of a trust list.
    Tls,
}

impl KeyUsage {
    /// All usages, in the order of the list codes.
    pub const ALL: [Self; 6] = [Self::Sca, Self::Dsc, Self::Deca, Self::Desc, Self::Up, Self::Tls];

    /// Reads the code of a trust list, a folder or a gateway group, in any case: `#CSCA`, `SCA`,
    /// `UPLOAD`. The groups `SIGN`, `AUTH` and `CUSTOM` are not known here: what their keys may
    /// do is not defined.
    pub fn from_list_code(code: &str) -> Option<Self> {
        let code = code.strip_prefix('#').unwrap_or(code);
        Self::ALL.into_iter().find(|usage| {
            code.eq_ignore_ascii_case(usage.as_str())
                || code.eq_ignore_ascii_case(usage.gateway_group())
        })
    }

    /// The name in folders and trust list paths: `SCA`, `DSC`, `DECA`, `DESC`, `UP`, `TLS`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sca => "SCA",
            Self::Dsc => "DSC",
            Self::Deca => "DECA",
            Self::Desc => "DESC",
            Self::Up => "UP",
            Self::Tls => "TLS",
        }
    }

    /// The certificate group in the gateway's API and database.
    pub const fn gateway_group(self) -> &'static str {
        match self {
            Self::Sca => "CSCA",
            Self::Dsc => "DSC",
            Self::Deca => "DECA",
            Self::Desc => "DESC",
            Self::Up => "UPLOAD",
            Self::Tls => "AUTHENTICATION",
        }
    }

    /// The member `keyusage.code` of a trust list entry: `#CSCA`, `#DSC`, `#DECA`, `#DESC`.
    /// `None` for the usages that lists never carry.
    pub const fn list_code(self) -> Option<&'static str> {
        match self {
            Self::Sca => Some("#CSCA"),
            Self::Dsc => Some("#DSC"),
            Self::Deca => Some("#DECA"),
            Self::Desc => Some("#DESC"),
            Self::Up | Self::Tls => None,
        }
    }

    /// Whether such a certificate may issue others: SCA and DECA.
    pub const fn is_authority(self) -> bool {
        matches!(self, Self::Sca | Self::Deca)
    }
}

impl fmt::Display for KeyUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_usage_is_read() {
        for code in ["SCA", "CSCA", "#CSCA", "#SCA", "csca"] {
            assert_eq!(KeyUsage::from_list_code(code), Some(KeyUsage::Sca), "{code}");
        }
        for usage in KeyUsage::ALL {
            assert_eq!(KeyUsage::from_list_code(usage.as_str()), Some(usage));
            assert_eq!(KeyUsage::from_list_code(usage.gateway_group()), Some(usage));
            if let Some(code) = usage.list_code() {
                assert_eq!(KeyUsage::from_list_code(code), Some(usage));
            }
        }
    }

    #[test]
    fn an_undefined_usage_is_not_known() {
        for code in ["", "#", "SIGN", "AUTH", "CUSTOM", "TRUSTANCHOR", "##DSC", "DSC "] {
            assert_eq!(KeyUsage::from_list_code(code), None, "{code}");
        }
    }
}
