//! Decode, authenticate, decide: one call from the text of a code to a verdict.
//!
//! [`verify`] takes a text and a [`Context`]: the keys that count, the instant, the policy, the
//! limits. It gives a [`Verdict`]: one of three outcomes, and every [`Check`] that led to it with
//! its reason. Nothing here reads a clock, a file or a network, and nothing is fetched because a
//! code names it.
//!
//! ```
//! use gdhcn_crypto::Backend;
//! use gdhcn_trust::TrustStoreBuilder;
//! use gdhcn_verify::{Context, Limits, Outcome, Policy, PolicyName, verify};
//!
//! let trust = TrustStoreBuilder::new(Backend::default()).build();
//! let context = Context {
//!     trust: &trust,
//!     at: "2026-11-25T12:00:00Z".parse().unwrap(),
//!     policy: Policy::new(PolicyName::Border),
//!     limits: Limits::default(),
//! };
//! let verdict = verify("https://example.org", &context);
//! assert_eq!(verdict.outcome, Outcome::NotAccepted);
//! // Content without a proven signature cannot be had as authentic.
//! assert!(verdict.authentic().is_none());
//! ```

mod check;
mod content;
mod dates;
mod divoc;
mod hcert;
mod link;
mod policy;
mod reason;
pub mod report;
mod seal;
mod signature;
mod signer;
mod smart_health_card;
mod source;
mod time;
mod together;
mod verdict;

use gdhcn_credential::{TextKind, detect};
use gdhcn_trust::TrustStore;
use jiff::Timestamp;

use crate::verdict::Findings;

pub use check::{Check, CheckId, Status};
pub use policy::{Policy, PolicyName, UnknownPolicy};
pub use reason::{Fact, Reason};
pub use together::Together;
pub use verdict::{Content, Envelope, Outcome, Signer, Verdict};

/// What a text is judged by.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The keys that count.
    pub trust: &'a TrustStore,
    /// The instant at which validity is judged.
    pub at: Timestamp,
    /// What is tolerated.
    pub policy: Policy,
    /// Bounds on the text and what it unfolds to.
    pub limits: Limits,
}

/// Bounds on all layers of a text.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    /// Of the code and the document inside.
    pub credential: gdhcn_credential::Limits,
}

/// Judges the text of a code.
///
/// A text that is damaged, forged or something else altogether is a verdict too; there is no error.
pub fn verify(text: &str, context: &Context<'_>) -> Verdict {
    // What editors and scanners put before a text is no part of it.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim_ascii_start();
    match detect(text) {
        // The container's own check names what is wrong with the prefix.
        kind @ (TextKind::Hcert
        | TextKind::HcertLowerCase
        | TextKind::HcertFuture(_)
        | TextKind::HcertWithoutPrefix) => hcert::verify(text, kind, context),
        kind @ (TextKind::SmartHealthCard | TextKind::SmartHealthCardFile) => {
            smart_health_card::verify(text, kind, context)
        }
        TextKind::VdsNc => seal::verify(text, context),
        kind @ (TextKind::SmartHealthLink | TextKind::VerifiableHealthLink) => {
            link::verify(text, kind, context)
        }
        kind @ (TextKind::Divoc | TextKind::VerifiableCredential) => {
            divoc::verify(text, kind, context)
        }
        kind => {
            let mut findings = Findings::new();
            findings.fail(CheckId::Container, Reason::NotSupported(kind.clone()));
            Verdict::without_content(kind, findings, context)
        }
    }
}

impl Verdict {
    fn without_content(kind: TextKind, findings: Findings, context: &Context<'_>) -> Self {
        let checks = findings.into_checks();
        Self {
            outcome: Outcome::of(&checks),
            policy: context.policy.name,
            at: context.at,
            kind,
            checks,
            envelope: None,
            signer: None,
            content: Content::Unreadable,
        }
    }
}
