use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::key_source::{KeySource, SecretArguments};

#[derive(Debug, Subcommand)]
pub(crate) enum TrustAnchorCommand {
    /// Make the key and certificate of a new trust anchor.
    Init(InitArguments),
    /// Show a trust anchor's certificate with its fingerprint, to compare by voice.
    Show(ShowArguments),
    /// Sign an onboarding request or certificates with the trust anchor's key.
    Sign(SignArguments),
}

const INIT_EXAMPLES: &str = "\
Examples:
  gdhcn trust-anchor init --country CH --organization 'World Health Organization'
  gdhcn trust-anchor init --country CH --organization WHO \\
      --key 'pkcs11:token=TA;object=trust-anchor?module-path=/usr/lib/softhsm/libsofthsm2.so'

The key file is encrypted under a passphrase that is asked twice. Keep key and passphrase apart, and
the key off the gateway: see docs/onboarding.md.

Exit codes: 0 done, 64 wrong usage, 66 a file or token cannot be used, 70 internal fault.";

#[derive(Args, Debug)]
#[command(after_help = INIT_EXAMPLES)]
pub(crate) struct InitArguments {
    /// Where the key is made: a new file, or a label in a token
    /// (pkcs11:token=LABEL;object=KEY?module-path=FILE)
    #[arg(long, value_name = "KEY", default_value = "trust-anchor.key")]
    pub(crate) key: KeySource,
    #[command(flatten)]
    pub(crate) secret: SecretArguments,
    /// Where the certificate goes (PEM); a file that exists is not written over
    #[arg(long, value_name = "FILE", default_value = "trust-anchor.pem")]
    pub(crate) certificate: PathBuf,
    /// The operator's country, two or three letters
    #[arg(long, value_name = "CODE")]
    pub(crate) country: String,
    /// The operator: O of the subject
    #[arg(long, value_name = "NAME")]
    pub(crate) organization: String,
    /// CN of the subject [default: country, TA and year]
    #[arg(long, value_name = "NAME")]
    pub(crate) common_name: Option<String>,
    /// Write the key file without a passphrase: for test networks
    #[arg(long)]
    pub(crate) unencrypted: bool,
    /// Write JSON
    #[arg(long)]
    pub(crate) json: bool,
}

const SHOW_EXAMPLES: &str = "\
Examples:
  gdhcn trust-anchor show --certificate trust-anchor.pem
  gdhcn trust-anchor show --certificate trust-anchor.pem --key trust-anchor.key

Exit codes: 0 shown (and the key is the certificate's), 1 the key is another's, 64 wrong usage, 66 a
file or token cannot be read.";

#[derive(Args, Debug)]
#[command(after_help = SHOW_EXAMPLES)]
pub(crate) struct ShowArguments {
    /// The trust anchor's certificate (PEM or DER)
    #[arg(long, value_name = "FILE", default_value = "trust-anchor.pem")]
    pub(crate) certificate: PathBuf,
    /// Also open this key and say whether it is the certificate's
    #[arg(long, value_name = "KEY")]
    pub(crate) key: Option<KeySource>,
    #[command(flatten)]
    pub(crate) secret: SecretArguments,
    /// Write JSON
    #[arg(long)]
    pub(crate) json: bool,
}

const SIGN_EXAMPLES: &str = "\
Examples:
  gdhcn trust-anchor sign request.json --key trust-anchor.key --certificate trust-anchor.pem \\
      --out response.json
  gdhcn trust-anchor sign request.json --certificate trust-anchor.pem --dry-run \\
      --key 'pkcs11:token=TA;object=trust-anchor?module-path=/usr/lib/softhsm/libsofthsm2.so'
  gdhcn trust-anchor sign SCA.pem UP.pem --key trust-anchor.key --certificate trust-anchor.pem \\
      --out signed/

Everything that would be signed is shown with its fingerprint, and nothing is signed before \"yes\".
Of certificates a file TNG_TA.signed.NAME.json each is written, as the network's repositories have it.

Exit codes: 0 signed, or shown with --dry-run; 1 not signed, because nobody said yes; 64 wrong usage;
66 an input, file or token cannot be used; 70 internal fault.";

#[derive(Args, Debug)]
#[command(after_help = SIGN_EXAMPLES)]
pub(crate) struct SignArguments {
    /// One request of `gdhcn gateway onboard --export` or `gdhcn gateway federation add --export`, or
    /// certificate files (PEM or DER)
    #[arg(required = true, value_name = "INPUT")]
    pub(crate) inputs: Vec<PathBuf>,
    /// The trust anchor's key: a PEM file, encrypted or not, or a key in a token
    #[arg(long, value_name = "KEY")]
    pub(crate) key: KeySource,
    #[command(flatten)]
    pub(crate) secret: SecretArguments,
    /// The trust anchor's certificate (PEM or DER)
    #[arg(long, value_name = "FILE", default_value = "trust-anchor.pem")]
    pub(crate) certificate: PathBuf,
    /// Where the response goes; of certificates the folder of the results
    /// [default: response.json beside the request; signed/ beside each certificate]
    #[arg(long, value_name = "PATH")]
    pub(crate) out: Option<PathBuf>,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
    /// Show what would be signed, and sign nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Write what was signed as JSON
    #[arg(long)]
    pub(crate) json: bool,
}
