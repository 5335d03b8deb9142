//! Why a row is not simply taken over, and what an operator can do about it.

use gdhcn_dump::RowFault;
use gdhcn_envelope::cms::CmsError;
use gdhcn_envelope::x509::CertificateError;
use gdhcn_revocation::BatchError;
use gdhcn_rules::RuleError;
use gdhcn_rules::upload::UploadRefusal as RuleRefusal;
use gdhcn_trust::federation::PeerError;
use gdhcn_trust::issuer::Ambiguous;
use gdhcn_trust::participant::OnboardingError;
use gdhcn_trust::upload::UploadRefusal;

use super::fields::FieldFault;
use super::report::Verdict;

/// One thing about a row.
#[derive(Debug, thiserror::Error)]
pub(super) enum Reason {
    #[error(transparent)]
    Unreadable(#[from] RowFault),
    #[error(transparent)]
    Field(#[from] FieldFault),

    #[error("pulled from another gateway")]
    Pulled,
    #[error("withdrawn longer ago than `jobs.tombstone_days`")]
    WithdrawnLongAgo,
    #[error("it is in this gateway already")]
    Present,

    #[error("column {column}: {source}")]
    Base64 { column: &'static str, source: CmsError },
    #[error("column raw_data: {0}")]
    Certificate(#[from] CertificateError),
    #[error("the certificate has the thumbprint {computed}, the row says {stored:?}")]
    Thumbprint { computed: String, stored: String },
    #[error(transparent)]
    Anchor(#[from] OnboardingError),
    #[error(transparent)]
    Peer(#[from] PeerError),
    #[error(transparent)]
    Ambiguous(#[from] Ambiguous),
    #[error("the signature cannot be read: {0}")]
    Message(CmsError),
    #[error("the signature does not hold: {0}")]
    Signature(CmsError),
    #[error("what was signed is no rule: {0}")]
    NoRule(#[from] RuleError),
    #[error("what was signed is no rule of this country: {0}")]
    Rule(#[from] RuleRefusal),
    #[error("what was signed is no batch: {0}")]
    NoBatch(#[from] BatchError),
    #[error(
        "a certificate of {subject} in a row of {country}, which the trust anchor does not sign"
    )]
    OthersCertificate { subject: String, country: String },
    #[error("the signed text says {said}, the row {stored:?}")]
    Contradiction { said: String, stored: String },
    #[error("it has no signature and is not withdrawn")]
    NeitherSignedNorWithdrawn,
    #[error("another row has the same {0}")]
    Clash(&'static str),
    #[error("it was taken away from this gateway")]
    Removed,
    #[error("{0}; only what is proven is asked for")]
    LeftOut(Box<Reason>),

    #[error(transparent)]
    Upload(#[from] UploadRefusal),
    #[error("signed by {signer}, which is no upload certificate of {country}")]
    Uploader { signer: String, country: String },
    #[error("the old gateway did not keep the signed message")]
    NeverKept,
    #[error("nobody signs it: it is the old database's word")]
    Unsigned,

    #[error("the thumbprint had lost its leading 00; it has it again")]
    LostZeros,
    #[error("white space was taken out of its base64; not every client could read it there")]
    Blanks,
    #[error("the certificate's own country is another one than the row's")]
    OtherCountry,
    #[error("it has a time of withdrawal and still a signature; it counts as withdrawn")]
    WithdrawnAndSigned,
    #[error("it came through /trustedCertificate, where the old gateway may have lost its group")]
    GroupMayBeLost,
    #[error("signed in the EU's form, which clients of the WHO's form drop")]
    EuForm,
    #[error("it had no uuid and has one now")]
    Uuid,
    #[error("its text is no JSON; it is kept as it stands")]
    NotJson,
    #[error("it is withdrawn and still had its content, which is left out")]
    ContentLeftOut,
    #[error("its change lay in the future; it counts as changed now")]
    FromTheFuture,
    #[error("{0} seconds between two pulls are no interval; it is not pulled from")]
    Interval(i64),
}

impl Reason {
    /// What it makes of the row.
    pub(super) const fn verdict(&self) -> Verdict {
        match self {
            Self::Unreadable(_) | Self::Field(_) => Verdict::Rejected,
            Self::Pulled | Self::WithdrawnLongAgo | Self::Present => Verdict::Skipped,
            Self::Upload(_) | Self::Uploader { .. } | Self::NeverKept | Self::Unsigned => {
                Verdict::Unproven
            }
            Self::LostZeros
            | Self::Blanks
            | Self::OtherCountry
            | Self::WithdrawnAndSigned
            | Self::GroupMayBeLost
            | Self::EuForm
            | Self::Uuid
            | Self::NotJson
            | Self::ContentLeftOut
            | Self::FromTheFuture
            | Self::Interval(_) => Verdict::Remarked,
            _ => Verdict::Quarantined,
        }
    }

    /// Whether it holds of so many rows that their number says enough.
    pub(super) fn is_only_counted(&self) -> bool {
        match self {
            Self::Present | Self::Unsigned => true,
            Self::LeftOut(reason) => reason.is_only_counted(),
            _ => false,
        }
    }

    /// What an operator can do, for a row of this table; empty where nothing needs to be done.
    pub(super) fn advice(&self, table: &str) -> &'static str {
        match self {
            Self::Pulled => "the federation pulls it again",
            Self::Anchor(error) | Self::Peer(PeerError::Signature(error))
                if matches!(
                    error,
                    OnboardingError::OtherSigner { .. } | OnboardingError::NoAnchor
                ) =>
            {
                "if this is an anchor of the old gateway, name its certificate in trust_anchors"
            }
            Self::Upload(UploadRefusal::UnknownUploader { .. }) | Self::Uploader { .. } => {
                "ask the participant whether it is theirs: their upload certificate was changed, or \
                 somebody else put the row there"
            }
            Self::Upload(UploadRefusal::NoAuthority { .. } | UploadRefusal::NotIssued { .. }) => {
                "ask the participant which authority issued it and onboard that one, or have the \
                 certificate withdrawn"
            }
            Self::Upload(_) | Self::OtherCountry | Self::OthersCertificate { .. } => {
                "ask the participant whether it is theirs"
            }
            Self::NeverKept => "ask the participant to upload it again, which proves it",
            Self::Clash(_) => "decide which of the two counts, and remove the other one",
            Self::Removed => "if it is wanted again, let it be uploaded or onboarded again",
            Self::GroupMayBeLost => {
                "if it is no document signer, ask the participant to withdraw it and upload it again"
            }
            Self::EuForm => "have the trust anchor sign it anew",
            Self::WithdrawnAndSigned => "ask the participant whether it is withdrawn",
            Self::Unsigned => "",
            Self::Interval(_) => "add it anew with an interval (gateway federation add)",
            Self::NotJson => "import the value set anew",
            Self::LeftOut(reason) => reason.advice(table),
            _ => match (self.verdict(), table) {
                (Verdict::Imported | Verdict::Remarked | Verdict::Skipped, _) => "",
                (_, "trusted_party" | "trusted_party_roles") => {
                    "if it is still wanted, onboard it anew"
                }
                (_, "trusted_issuer" | "federation_gateway") => {
                    "if it is still wanted, have the trust anchor sign it anew"
                }
                (_, "valueset") => "import the value set anew",
                (_, "audit_event") => "keep the dump as the archive",
                _ => "if it is still wanted, ask the participant to upload it again",
            },
        }
    }
}
