//! Which message a reason has, and the facts that the message names.

use fluent_bundle::{FluentArgs, FluentValue};
use gdhcn_codes::Participant;
use gdhcn_credential::TextKind;
use gdhcn_verify::{Fact, Reason};
use jiff::Timestamp;
use jiff::tz::Offset;

/// A message's identifier with its arguments.
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) arguments: FluentArgs<'static>,
}

impl Message {
    pub(crate) fn plain(id: impl Into<String>) -> Self {
        Self { id: id.into(), arguments: FluentArgs::new() }
    }

    /// The message for a code, with an ellipsis for each fact.
    pub(crate) fn without_facts(code: &str) -> Self {
        let id = match code {
            "PREFIX" => "not-supported-without-prefix".to_owned(),
            "NOT_SUPPORTED" => "not-supported-other".to_owned(),
            code => id_of(code),
        };
        ["date", "days", "limit", "claimed", "owner", "index", "count"]
            .into_iter()
            .fold(Self::plain(id), |message, fact| message.with(fact, "…"))
    }

    fn with(mut self, name: &'static str, value: impl Into<FluentValue<'static>>) -> Self {
        self.arguments.set(name, value);
        self
    }

    /// A text of a foreign document as a fact: what could disturb a line or its direction is left
    /// out.
    fn with_text(self, name: &'static str, text: &str) -> Self {
        let hostile = |character: &char| {
            character.is_control()
                || matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        };
        let text: String = text.chars().filter(|one| !hostile(one)).take(200).collect();
        self.with(name, text)
    }

    /// The message for a reason; `scanned` is the kind of text that the verdict is about.
    pub(crate) fn of(reason: &Reason, scanned: &TextKind) -> Self {
        match reason {
            Reason::Holds(fact) => of_fact(fact),
            Reason::NotSupported(kind) => Self::plain(of_kind(kind)),
            Reason::Layer(error) if error.code() == "PREFIX" => Self::plain(of_kind(scanned)),
            reason => facts(reason, Self::plain(id_of(reason.code()))),
        }
    }
}

/// The identifier of the message for a code. Codes that say the same to an officer share one.
pub(crate) fn id_of(code: &str) -> String {
    match code {
        "BASE45" | "ZLIB" | "COSE" | "ENCODING" | "COMPRESSION" | "PAYLOAD" | "SIGNING_FORMAT" => {
            "damaged".to_owned()
        }
        "CONTAINER_ODD" | "CLAIMS_ODD" | "TRAILING_BYTES" | "KID_IS_TEXT" | "KID_NO_THUMBPRINT" => {
            "odd".to_owned()
        }
        // The same to an officer; what it means for the outcome is said beside it.
        "TRUST_AGING" => "trust-too-old".to_owned(),
        code => code.to_ascii_lowercase().replace('_', "-"),
    }
}

fn facts(reason: &Reason, message: Message) -> Message {
    match reason {
        Reason::TrustTooOld { days, limit, .. } | Reason::TrustAging { days, limit, .. } => {
            message.with("days", *days).with("limit", *limit)
        }
        Reason::ClockBehind { newest: at }
        | Reason::KeyExpired(at)
        | Reason::KeyNotYetValid(at)
        | Reason::NotYetIssued(at)
        | Reason::NotYetValid(at)
        | Reason::Expired(at) => message.with("date", day(*at)),
        Reason::ValidityEnded(day) | Reason::BeforeFirstDay(day) => message.with_text("date", day),
        Reason::IssuerMismatch { claimed, owner } => {
            message.with_text("claimed", &named(claimed)).with_text("owner", &named(owner))
        }
        Reason::ChunkOfSeveral { index, count } => {
            message.with("index", *index).with("count", *count)
        }
        _ => message,
    }
}

fn of_fact(fact: &Fact) -> Message {
    match fact {
        Fact::Key { participant: None, code } if code.is_empty() => Message::plain("ok"),
        Fact::Key { participant: None, code } => Message::plain("ok-key").with_text("owner", code),
        Fact::Key { participant: Some(participant), .. } => {
            Message::plain("ok-key").with("owner", country(*participant))
        }
        Fact::Age(days) => Message::plain("ok-age").with("days", *days),
        Fact::Until(at) => Message::plain("ok-until").with("date", day(*at)),
        Fact::Since(at) => Message::plain("ok-since").with("date", day(*at)),
        Fact::NotOpened(_) => Message::plain("ok-not-opened"),
        _ => Message::plain("ok"),
    }
}

const fn of_kind(kind: &TextKind) -> &'static str {
    match kind {
        TextKind::HcertLowerCase => "not-supported-lower-case",
        TextKind::HcertFuture(_) => "not-supported-future",
        TextKind::HcertWithoutPrefix => "not-supported-without-prefix",
        TextKind::HcertTyped(_) => "not-supported-keyboard",
        TextKind::National(_) => "not-supported-national",
        TextKind::VerifiableCredential => "not-supported-credential",
        TextKind::WebAddress => "not-supported-web-address",
        TextKind::Empty => "not-supported-empty",
        _ => "not-supported-other",
    }
}

/// A day in UTC, in the form of ISO 8601, which is read alike everywhere.
fn day(at: Timestamp) -> String {
    Offset::UTC.to_datetime(at).date().to_string()
}

fn named(code: &str) -> String {
    Participant::parse(code).map_or_else(|_| code.to_owned(), country)
}

fn country(participant: Participant) -> String {
    format!("{} ({})", participant.name(), participant.alpha3())
}
