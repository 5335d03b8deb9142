use std::fmt;

/// The rules. Their names are stable: tickets and scripts quote them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each rule says itself in `title`")]
pub enum Rule {
    L001,
    L002,
    L003,
    L004,
    L005,
    L006,
    L007,
    L008,
    L010,
    L011,
    L012,
    L013,
    L014,
    L015,
    L020,
    L021,
    L022,
    L023,
    L030,
    L031,
    L032,
    L033,
    L034,
    L035,
    L036,
    L037,
    L040,
    L041,
    L042,
    L043,
    L044,
    L050,
    L051,
    L052,
    L053,
    L060,
    L061,
    L062,
    L063,
    L064,
    L070,
    L071,
    L072,
    L073,
    L074,
}

impl Rule {
    /// All rules, in the order of their names.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|row| row.0)
    }

    /// The name, such as `L051`.
    pub fn id(self) -> &'static str {
        self.row().1
    }

    /// What must hold.
    pub fn title(self) -> &'static str {
        self.row().2
    }

    /// How to mend what breaks the rule.
    pub fn mend(self) -> &'static str {
        self.row().3
    }

    fn row(self) -> &'static Row {
        // The table has a row for each variant: a test counts them.
        TABLE.iter().find(|row| row.0 == self).unwrap_or(&MISSING)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}

/// Never seen: a test counts the rows.
static MISSING: Row = (Rule::L073, "L073", "", "");

type Row = (Rule, &'static str, &'static str, &'static str);

#[rustfmt::skip]
static TABLE: [Row; 45] = [
    (Rule::L001, "L001", "a certificate file is one PEM block, and no file holds a private key",
     "export it again with `openssl x509 -outform PEM`; if a private key was in the folder, remove it and make a new one"),
    (Rule::L002, "L002", "a TLS file holds one certificate, without its chain",
     "put the issuing certificates into CA.pem"),
    (Rule::L003, "L003", "a TLS certificate is signed by a certificate of CA.pem of the same domain",
     "add the issuing CA to CA.pem; for a self-signed certificate copy TLS.pem to CA.pem"),
    (Rule::L004, "L004", "the subject has exactly one country (C)",
     "issue the certificate again with one C"),
    (Rule::L005, "L005", "the country is the participant's two-letter code",
     "issue the certificate again with the right C"),
    (Rule::L006, "L006", "the country is in capital letters",
     "issue the certificate again with C in capital letters"),
    (Rule::L007, "L007", "the subject has one common name (CN), which no other certificate of the participant has",
     "choose a CN that names participant, role and year"),
    (Rule::L008, "L008", "each role and key generation has a subject of its own",
     "add role and year to the CN"),
    (Rule::L010, "L010", "the key is long enough",
     "make a new key, best on P-256"),
    (Rule::L011, "L011", "the key of a document signer is on P-256",
     "make the document signer's key on P-256"),
    (Rule::L012, "L012", "the key names its curve instead of spelling out the parameters",
     "make the key again with a named curve (`-pkeyopt ec_param_enc:named_curve`)"),
    (Rule::L013, "L013", "the signature algorithm is one of the network's",
     "sign the certificate again with SHA-256"),
    (Rule::L014, "L014", "the signature does not rest on a broken digest",
     "sign the certificate again with SHA-256"),
    (Rule::L015, "L015", "the key is of a kind that gateways and verifiers use",
     "make a new key on P-256"),
    (Rule::L020, "L020", "the SCA is an authority (CA:TRUE) with path length 0 or none",
     "set basicConstraints to `critical, CA:TRUE, pathlen:0`"),
    (Rule::L021, "L021", "the SCA's basic constraints are critical with path length 0",
     "set basicConstraints to `critical, CA:TRUE, pathlen:0`"),
    (Rule::L022, "L022", "upload, TLS and document signer certificates are no authorities",
     "leave basicConstraints out (`openssl req -x509` adds it unless -config or -extensions names \
      another section)"),
    (Rule::L023, "L023", "the DECA is an authority (CA:TRUE)",
     "set basicConstraints to `critical, CA:TRUE, pathlen:0`"),
    (Rule::L030, "L030", "the certificate has a key usage",
     "add keyUsage"),
    (Rule::L031, "L031", "upload and TLS certificates have digitalSignature and not cRLSign",
     "set keyUsage to `critical, digitalSignature`, of a self-signed TLS certificate also keyCertSign"),
    (Rule::L032, "L032", "the SCA has keyCertSign and cRLSign",
     "set keyUsage to `critical, keyCertSign, cRLSign`"),
    (Rule::L033, "L033", "a self-signed TLS certificate has keyCertSign",
     "set keyUsage to `critical, digitalSignature, keyCertSign`, and leave basicConstraints out"),
    (Rule::L034, "L034", "a document signer has digitalSignature and nothing else",
     "set keyUsage to `critical, digitalSignature`"),
    (Rule::L035, "L035", "a TLS certificate has the purpose clientAuth",
     "set extendedKeyUsage to clientAuth"),
    (Rule::L036, "L036", "SCA and upload certificates have no extended key usage",
     "leave extendedKeyUsage out next time"),
    (Rule::L037, "L037", "a document signer's purposes are the registered ones, not critical",
     "use 1.3.6.1.4.1.1847.2021.1.1 (test), .2 (vaccination), .3 (recovery), not critical"),
    (Rule::L040, "L040", "the SCA has a subject key identifier",
     "add subjectKeyIdentifier"),
    (Rule::L041, "L041", "a document signer is issued by an SCA of the folder and names its key",
     "issue it again with the SCA's key and its subjectKeyIdentifier as authorityKeyIdentifier"),
    (Rule::L042, "L042", "a document signer has a subject key identifier and a revocation list address",
     "add subjectKeyIdentifier and cRLDistributionPoints where a list is served"),
    (Rule::L043, "L043", "the key usage period lies inside the validity and has not ended",
     "make a new certificate before the key usage period ends"),
    (Rule::L044, "L044", "a document signer's validity lies inside its SCA's",
     "shorten its validity or renew the SCA"),
    (Rule::L050, "L050", "the certificate is valid for 30 days more at least",
     "renew it"),
    (Rule::L051, "L051", "SCA and DECA live from two to four years",
     "1461 days fit"),
    (Rule::L052, "L052", "upload and TLS certificates live from one to two years",
     "365 to 731 days fit"),
    (Rule::L053, "L053", "a document signer lives two years at most",
     "730 days fit"),
    (Rule::L060, "L060", "the key is used in no other role, environment or participant",
     "make a new key for each role and environment"),
    (Rule::L061, "L061", "the private key is not known to the public",
     "make a new key with a current library"),
    (Rule::L062, "L062", "no other certificate has this key identifier (kid)",
     "issue it again: another serial number gives another kid"),
    (Rule::L063, "L063", "the key identifier on a list is the one that readers compute",
     "leave the chosen kid out"),
    (Rule::L064, "L064", "the certificate is of X.509 version 3 in strict DER, and its file holds nothing else",
     "issue it again with a current library; remove files that hold only a text"),
    (Rule::L070, "L070", "the folder of the domain is one of the network's trust domains",
     "use DCC, DDCC, IPS-PILGRIMAGE, PH4H or DICVP"),
    (Rule::L071, "L071", "the folder of the usage is UP, SCA, TLS, DECA or ISSUER",
     "move the files into the folder of their usage"),
    (Rule::L072, "L072", "TLS, CA and UP are there in one domain, SCA in every domain",
     "add the missing file"),
    (Rule::L073, "L073", "the folder holds what the layout names",
     "move it to onboarding/DOMAIN/USAGE/NAME.pem, such as onboarding/DCC/SCA/SCA.pem, or remove it"),
    (Rule::L074, "L074", "an issuer file is complete and unambiguous",
     "fill in every member of Trusted_Issuer.json, or remove the file"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_its_row_under_its_name() {
        for (index, rule) in Rule::all().enumerate() {
            assert_eq!(rule.id(), format!("{rule:?}"));
            assert_eq!(rule as usize, index, "{rule} stands out of order or a row is missing");
            assert!(!rule.title().is_empty() && !rule.mend().is_empty());
        }
        assert_eq!(Rule::L074 as usize + 1, TABLE.len());
    }
}
