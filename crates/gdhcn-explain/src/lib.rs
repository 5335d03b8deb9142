//! Verdicts in plain words, for an officer or a traveller who knows nothing of keys.
//!
//! The words come from message files in [Fluent](https://projectfluent.org), one for each
//! [`Language`]; a reason finds its message by [`Reason::code`](gdhcn_verify::Reason::code). The
//! `Display` of a reason remains the detail for developers, in English.
//!
//! ```
//! use gdhcn_explain::{Language, Messages};
//! use gdhcn_crypto::Backend;
//! use gdhcn_trust::TrustStoreBuilder;
//! use gdhcn_verify::{Context, Limits, Policy, PolicyName, verify};
//!
//! let trust = TrustStoreBuilder::new(Backend::default()).build();
//! let context = Context {
//!     trust: &trust,
//!     at: "2026-08-22T12:00:00Z".parse()?,
//!     policy: Policy::new(PolicyName::Border),
//!     limits: Limits::default(),
//! };
//! let verdict = verify("https://example.org/menu", &context);
//! let explanation = Messages::new(Language::French).explain(&verdict);
//! assert_eq!(explanation.outcome, "Non accepté");
//! # Ok::<(), jiff::Error>(())
//! ```

mod explanation;
mod label;
mod language;
mod message;
mod report;

pub use explanation::{ExplainedCheck, Explanation, Messages};
pub use label::Label;
pub use language::{Language, UnknownLanguage};
pub use report::{report, report_together};
