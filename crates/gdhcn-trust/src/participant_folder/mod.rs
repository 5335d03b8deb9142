//! What a participant hands in: the folder `onboarding/` of its repository, read without a disk.
//!
//! The layout is `onboarding/DOMAIN/USAGE/NAME.pem`. Real folders differ in many small ways; what
//! can be understood is, and everything odd is told as a [`Remark`]. Nothing is judged here: that
//! is [`lint`](crate::lint).

mod issuer;
mod layout;
mod signed;

use std::collections::BTreeSet;
use std::fmt;

use gdhcn_codes::{Domain, KeyUsage, Participant};
use gdhcn_envelope::pem;
use gdhcn_envelope::x509::{Certificate, CertificateError};

use crate::participant::TrustedParty;
use crate::private_key::{self, PrivateKeyForm};
use layout::Place;

pub use issuer::{IssuerFault, IssuerFile};

/// One file, named by its path inside the folder with `/` between the parts.
#[derive(Clone, Copy, Debug)]
pub struct File<'a> {
    /// The path, such as `onboarding/DCC/SCA/SCA.pem`.
    pub path: &'a str,
    /// The content.
    pub bytes: &'a [u8],
}

/// Bounds on a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Most files. Real folders have 5 to 100.
    pub max_files: usize,
    /// Longest file in bytes.
    pub max_file_len: usize,
}

impl Default for Limits {
    /// 2 000 files of 1 MiB.
    fn default() -> Self {
        Self { max_files: 2_000, max_file_len: 1 << 20 }
    }
}

/// A participant's onboarding material.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ParticipantFolder {
    /// Whose it is, when the path above `onboarding/` says so.
    pub participant: Option<Participant>,
    /// The domains that have a folder.
    pub domains: BTreeSet<Domain>,
    /// The certificates to onboard (and DSCs, where a folder has some), in the order of the paths.
    pub certificates: Vec<FolderCertificate>,
    /// The issuers of TLS certificates (`TLS/CA*.pem`), which nobody signs.
    pub tls_issuers: Vec<FolderCertificate>,
    /// The DID issuers.
    pub issuers: Vec<FolderIssuer>,
    /// What the trust anchor has signed already.
    pub signed: Vec<SignedResult>,
    /// Everything odd, in the order of the paths.
    pub remarks: Vec<Remark>,
}

/// A certificate of the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderCertificate {
    /// The file.
    pub path: String,
    /// The domain of its folder.
    pub domain: Domain,
    /// The usage of its folder.
    pub usage: KeyUsage,
    /// The certificate.
    pub certificate: Certificate,
}

/// An issuer file that was filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderIssuer {
    /// The file.
    pub path: String,
    /// The domain of its folder.
    pub domain: Domain,
    /// What it says; judged by [`IssuerFile::check`].
    pub issuer: IssuerFile,
}

/// A result file of a trust anchor. Its signature is not checked yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedResult {
    /// The file.
    pub path: String,
    /// The domain of its folder.
    pub domain: Domain,
    /// What it is a signature over.
    pub content: SignedResultContent,
}

/// The two kinds of result file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignedResultContent {
    /// A certificate, with the usage of its folder.
    Certificate(KeyUsage, TrustedParty),
    /// A DID issuer.
    Issuer(IssuerFile),
}

/// Something odd about a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// The file.
    pub path: String,
    /// What is odd.
    pub oddity: Oddity,
}

/// What can be odd about a file of the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Oddity {
    /// The file holds a private key. Nothing else of it was read.
    PrivateKey(PrivateKeyForm),
    /// The file is longer than the limit, in bytes.
    TooLong {
        /// The limit.
        limit: usize,
    },
    /// There are more files than the limit; the rest was not looked at.
    TooManyFiles {
        /// The limit.
        limit: usize,
    },
    /// A certificate file that cannot be read.
    Unreadable(CertificateError),
    /// A certificate file with text instead of a certificate.
    Placeholder,
    /// A file with one certificate expected has several. All were read, of a TLS file the first.
    SeveralCertificates {
        /// How many.
        count: usize,
    },
    /// A certificate in DER where PEM is expected; it was read.
    Der,
    /// Text before or after the certificate's block.
    TextAround,
    /// A PKCS#7 bundle, which is not read.
    Bundle,
    /// The folder of the domain is no domain token.
    Domain {
        /// Its name.
        found: String,
    },
    /// The folder of the usage is not known.
    Usage {
        /// Its name.
        found: String,
    },
    /// An old spelling of a folder or file name, which was understood.
    OldName {
        /// How it is written today.
        now: &'static str,
    },
    /// A name that is not in the layout, which was understood.
    OddName,
    /// A file that belongs to no usage and was passed over.
    PassedOver,
    /// A mark that a signing run left when it failed.
    FailureMark,
    /// An issuer or reference file that nobody filled in.
    EmptyTemplate,
    /// An issuer file that cannot be used.
    Issuer(IssuerFault),
    /// A result file of the trust anchor that cannot be read.
    SignedResult {
        /// What is wrong with it.
        what: &'static str,
    },
    /// A reference file, which is not onboarded but uploaded.
    Reference,
}

impl fmt::Display for Oddity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PrivateKey(form) => write!(f, "holds {form}"),
            Self::TooLong { limit } => write!(f, "is longer than {limit} bytes and was not read"),
            Self::TooManyFiles { limit } => write!(f, "is file {limit} and later, not looked at"),
            Self::Unreadable(error) => write!(f, "{error}"),
            Self::Placeholder => f.write_str("holds text instead of a certificate"),
            Self::SeveralCertificates { count } => write!(f, "holds {count} certificates"),
            Self::Der => f.write_str("is DER, where PEM is expected"),
            Self::TextAround => f.write_str("has text around the certificate"),
            Self::Bundle => f.write_str("is a PKCS#7 bundle, which is not read"),
            Self::Domain { found } => write!(f, "lies under {found:?}, which is no trust domain"),
            Self::Usage { found } => write!(f, "lies under {found:?}, which is no usage"),
            Self::OldName { now } => write!(f, "has an old name; today it is {now}"),
            Self::OddName => f.write_str("has a name outside the layout; it was read all the same"),
            Self::PassedOver => f.write_str("belongs to no usage and was passed over"),
            Self::FailureMark => f.write_str("is the mark of a signing run that failed"),
            Self::EmptyTemplate => f.write_str("is an unfilled template"),
            Self::Issuer(fault) => write!(f, "{fault}"),
            Self::SignedResult { what } => write!(f, "is no result of a trust anchor: {what}"),
            Self::Reference => f.write_str("is a reference, which the participant uploads itself"),
        }
    }
}

impl ParticipantFolder {
    /// Reads the files of a folder; `onboarding/` may be the folder itself, or stand in it, or
    /// below the participant's code.
    pub fn read<'a>(files: impl IntoIterator<Item = File<'a>>, limits: &Limits) -> Self {
        let mut folder = Self::default();
        let mut files: Vec<_> = files.into_iter().collect();
        files.sort_by_key(|file| file.path);
        for (index, file) in files.iter().enumerate() {
            if index == limits.max_files {
                folder.remark(file.path, Oddity::TooManyFiles { limit: limits.max_files });
                break;
            }
            if file.bytes.len() > limits.max_file_len {
                folder.remark(file.path, Oddity::TooLong { limit: limits.max_file_len });
                continue;
            }
            // Also in files that are passed over: a key that was sent is a key that is lost.
            if let Some(form) = private_key::find(file.bytes) {
                folder.remark(file.path, Oddity::PrivateKey(form));
                continue;
            }
            folder.take(file);
        }
        folder
    }

    /// The files that hold a private key.
    pub fn private_keys(&self) -> impl Iterator<Item = (&str, PrivateKeyForm)> {
        self.remarks.iter().filter_map(|remark| match remark.oddity {
            Oddity::PrivateKey(form) => Some((remark.path.as_str(), form)),
            _ => None,
        })
    }

    /// The certificates of one usage in one domain.
    pub fn of(&self, domain: &Domain, usage: KeyUsage) -> impl Iterator<Item = &FolderCertificate> {
        self.certificates.iter().filter(move |one| one.usage == usage && one.domain == *domain)
    }

    fn remark(&mut self, path: &str, oddity: Oddity) {
        self.remarks.push(Remark { path: path.to_owned(), oddity });
    }

    fn take(&mut self, file: &File<'_>) {
        let found = layout::place(file.path);
        self.participant = self.participant.or(found.participant);
        self.domains.extend(found.domain.clone());
        for oddity in found.oddities {
            self.remark(file.path, oddity);
        }
        let Some(domain) = found.domain else { return };
        match found.place {
            Place::Certificate(usage) => self.take_certificates(file, domain, usage, false),
            Place::TlsIssuer => self.take_certificates(file, domain, KeyUsage::Tls, true),
            Place::Issuer => self.take_issuer(file, domain),
            Place::SignedCertificate(usage) => match signed::certificate(file) {
                Ok(party) => self.signed.push(SignedResult {
                    path: file.path.to_owned(),
                    domain,
                    content: SignedResultContent::Certificate(usage, party),
                }),
                Err(what) => self.remark(file.path, Oddity::SignedResult { what }),
            },
            Place::SignedIssuer => match signed::issuer(file) {
                Ok(issuer) if issuer.is_placeholder() => {
                    self.remark(file.path, Oddity::EmptyTemplate);
                }
                Ok(issuer) => self.signed.push(SignedResult {
                    path: file.path.to_owned(),
                    domain,
                    content: SignedResultContent::Issuer(issuer),
                }),
                Err(what) => self.remark(file.path, Oddity::SignedResult { what }),
            },
            Place::Nothing => {}
        }
    }

    fn take_certificates(
        &mut self,
        file: &File<'_>,
        domain: Domain,
        usage: KeyUsage,
        tls_issuer: bool,
    ) {
        let is_der = file.bytes.first() == Some(&0x30);
        let found = pem::certificates(file.bytes);
        let count = found.len();
        if is_der {
            self.remark(file.path, Oddity::Der);
        } else if count > 1 && !tls_issuer {
            self.remark(file.path, Oddity::SeveralCertificates { count });
        } else if matches!(found[..], [Ok(_)]) && has_text_around(file.bytes) {
            self.remark(file.path, Oddity::TextAround);
        }
        // What stands behind a TLS certificate is its chain.
        let taken = if usage == KeyUsage::Tls && !tls_issuer { 1 } else { count };
        for certificate in found.into_iter().take(taken) {
            match certificate {
                Ok(certificate) => {
                    let list =
                        if tls_issuer { &mut self.tls_issuers } else { &mut self.certificates };
                    let path = file.path.to_owned();
                    let domain = domain.clone();
                    list.push(FolderCertificate { path, domain, usage, certificate });
                }
                Err(CertificateError::NoneFound) => self.remark(file.path, Oddity::Placeholder),
                Err(error) => self.remark(file.path, Oddity::Unreadable(error)),
            }
        }
    }

    fn take_issuer(&mut self, file: &File<'_>, domain: Domain) {
        match serde_json::from_slice::<IssuerFile>(file.bytes) {
            Ok(issuer) if issuer.is_placeholder() => {
                self.remark(file.path, Oddity::EmptyTemplate);
            }
            Ok(issuer) => {
                if let Err(fault) = issuer.check() {
                    self.remark(file.path, Oddity::Issuer(fault));
                }
                self.issuers.push(FolderIssuer { path: file.path.to_owned(), domain, issuer });
            }
            Err(_) => self.remark(file.path, Oddity::Issuer(IssuerFault::Json)),
        }
    }
}

/// Whether anything but blanks stands outside the one block.
fn has_text_around(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start_matches('\u{feff}').trim();
    !(text.starts_with("-----BEGIN ") && text.ends_with("-----"))
}
