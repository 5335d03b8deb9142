use std::borrow::Cow;

use fluent_bundle::FluentResource;
use fluent_bundle::concurrent::FluentBundle;
use gdhcn_credential::Likeness;
use gdhcn_verify::{CheckId, Outcome, Reason, Status, Together, Verdict};
use serde_json::{Value, json};
use unic_langid::LanguageIdentifier;

use crate::message::Message;
use crate::{Label, Language};

/// The messages of one language, read once and used for many verdicts.
pub struct Messages {
    language: Language,
    bundle: FluentBundle<FluentResource>,
}

/// A verdict in words. Texts are plain: no markup, one line each.
///
/// In a language written from right to left, names and dates stand between the marks U+2068 and
/// U+2069, so that they do not disturb the order of the words around them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The language of the words.
    pub language: Language,
    /// The outcome.
    pub outcome: String,
    /// What decided it; `None` for what was accepted.
    pub because: Option<String>,
    /// What to do now.
    pub advice: String,
    /// The checks, in the verdict's order.
    pub checks: Vec<ExplainedCheck>,
}

/// A check in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplainedCheck {
    /// The check.
    pub id: CheckId,
    /// What was looked at.
    pub title: String,
    /// What came of it.
    pub status: String,
    /// Why; `None` where there is nothing to add.
    pub text: Option<String>,
}

impl Messages {
    /// Reads the messages of a language.
    pub fn new(language: Language) -> Self {
        let tag: LanguageIdentifier = language.tag().parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![tag]);
        bundle.set_use_isolating(language.is_right_to_left());
        // A faulty entry would be left out; the tests allow none.
        let (Ok(resource) | Err((resource, _))) =
            FluentResource::try_new(source(language).to_owned());
        bundle.add_resource_overriding(resource);
        Self { language, bundle }
    }

    /// The language of the words.
    pub const fn language(&self) -> Language {
        self.language
    }

    /// Puts a verdict into words.
    pub fn explain(&self, verdict: &Verdict) -> Explanation {
        Explanation {
            language: self.language,
            outcome: self.outcome(verdict.outcome),
            because: verdict.deciding().map(|check| self.reason(&check.reason, verdict)),
            advice: self.plain(&format!("advice-{}", outcome_id(verdict.outcome))),
            checks: verdict
                .checks
                .iter()
                .map(|check| ExplainedCheck {
                    id: check.id,
                    title: self.plain(&format!("check-{}", check.id)),
                    status: self.plain(status_id(check.status)),
                    text: (Message::of(&check.reason, &verdict.kind).id != "ok")
                        .then(|| self.reason(&check.reason, verdict)),
                })
                .collect(),
        }
    }

    /// What is said of a picture in which there is no code.
    pub fn no_code(&self) -> Explanation {
        Explanation {
            language: self.language,
            outcome: self.outcome(Outcome::CannotTell),
            because: Some(self.plain("no-code")),
            advice: self.plain("advice-cannot-tell"),
            checks: Vec::new(),
        }
    }

    /// What a code means, where the facts of the case are not at hand: an ellipsis stands for them.
    pub fn code(&self, code: &str) -> String {
        self.format(&Message::without_facts(code)).unwrap_or_else(|| code.to_owned())
    }

    /// What a line of the content is about.
    pub fn label(&self, label: Label) -> String {
        self.plain(label.id())
    }

    /// What is said before content that nobody is known to vouch for.
    pub fn unproven(&self) -> String {
        self.plain("unproven")
    }

    /// What is said of several certificates that one person shows.
    pub fn together(&self, together: &Together) -> String {
        self.plain(together_id(together))
    }

    fn outcome(&self, outcome: Outcome) -> String {
        self.plain(&format!("outcome-{}", outcome_id(outcome)))
    }

    fn reason(&self, reason: &Reason, verdict: &Verdict) -> String {
        self.format(&Message::of(reason, &verdict.kind)).unwrap_or_else(|| reason.to_string())
    }

    fn plain(&self, id: &str) -> String {
        self.format(&Message::plain(id)).unwrap_or_else(|| id.to_owned())
    }

    fn format(&self, message: &Message) -> Option<String> {
        let pattern = self.bundle.get_message(&message.id)?.value()?;
        let mut errors = Vec::new();
        let text = self.bundle.format_pattern(pattern, Some(&message.arguments), &mut errors);
        errors.is_empty().then_some(text).map(Cow::into_owned)
    }
}

impl Explanation {
    /// The same for programs: `language`, `direction` (`ltr` or `rtl`), `outcome`, `because`,
    /// `advice`, and `checks` with `check`, `title`, `status` and `text`.
    pub fn to_json(&self) -> Value {
        json!({
            "language": self.language.tag(),
            "direction": if self.language.is_right_to_left() { "rtl" } else { "ltr" },
            "outcome": self.outcome,
            "because": self.because,
            "advice": self.advice,
            "checks": self.checks.iter().map(|check| json!({
                "check": check.id.as_str(),
                "title": check.title,
                "status": check.status,
                "text": check.text,
            })).collect::<Vec<_>>(),
        })
    }
}

const fn together_id(together: &Together) -> &'static str {
    match (together.persons, together.outcome) {
        (Likeness::Different, _) => "together-different",
        (Likeness::Unclear, _) => "together-unclear",
        (Likeness::Same, Outcome::Accepted) => "together-accepted",
        (Likeness::Same, _) => "together-none",
    }
}

const fn source(language: Language) -> &'static str {
    match language {
        Language::Arabic => include_str!("../messages/ar.ftl"),
        Language::Chinese => include_str!("../messages/zh.ftl"),
        Language::English => include_str!("../messages/en.ftl"),
        Language::French => include_str!("../messages/fr.ftl"),
        Language::Portuguese => include_str!("../messages/pt.ftl"),
        Language::Russian => include_str!("../messages/ru.ftl"),
        Language::Spanish => include_str!("../messages/es.ftl"),
    }
}

const fn outcome_id(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Accepted => "accepted",
        Outcome::NotAccepted => "not-accepted",
        Outcome::CannotTell => "cannot-tell",
    }
}

const fn status_id(status: Status) -> &'static str {
    match status {
        Status::Pass => "status-pass",
        Status::Fail => "status-fail",
        Status::Warn => "status-warn",
        Status::NotDone => "status-not-done",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use fluent_syntax::ast::{Entry, Expression, InlineExpression, PatternElement};
    use gdhcn_codes::Participant;
    use gdhcn_credential::TextKind;
    use gdhcn_verify::Fact;
    use jiff::Timestamp;

    use super::*;
    use crate::message::id_of;

    /// The reasons whose messages name facts.
    fn reasons_with_facts() -> Vec<Reason> {
        let at = Timestamp::UNIX_EPOCH;
        let text = || "2026-01-01".to_owned();
        vec![
            Reason::TrustTooOld { source: text(), days: 20, limit: 14 },
            Reason::TrustAging { source: text(), days: 20, limit: 14 },
            Reason::ClockBehind { newest: at },
            Reason::KeyExpired(at),
            Reason::KeyNotYetValid(at),
            Reason::NotYetIssued(at),
            Reason::NotYetValid(at),
            Reason::Expired(at),
            Reason::ValidityEnded(text()),
            Reason::BeforeFirstDay(text()),
            Reason::IssuerMismatch { claimed: "FR".to_owned(), owner: "XXB".to_owned() },
            Reason::ChunkOfSeveral { index: 1, count: 3 },
            Reason::Holds(Fact::Key { participant: None, code: "XXA".to_owned() }),
            Reason::Holds(Fact::Key { participant: Participant::parse("FR").ok(), code: text() }),
            Reason::Holds(Fact::Age(3)),
            Reason::Holds(Fact::Until(at)),
            Reason::Holds(Fact::Since(at)),
            Reason::Holds(Fact::NotOpened(true)),
            Reason::NotSupported(TextKind::HcertLowerCase),
            Reason::NotSupported(TextKind::HcertFuture('2')),
            Reason::NotSupported(TextKind::HcertWithoutPrefix),
            Reason::NotSupported(TextKind::HcertTyped(gdhcn_credential::keyboard::Layout::German)),
            Reason::NotSupported(TextKind::National("AT1:".to_owned())),
            Reason::NotSupported(TextKind::VerifiableCredential),
            Reason::NotSupported(TextKind::WebAddress),
            Reason::NotSupported(TextKind::Empty),
            Reason::NotSupported(TextKind::Json),
        ]
    }

    #[test]
    fn every_code_and_check_has_a_message_in_every_language() {
        let reasons = reasons_with_facts();
        let with_facts: BTreeSet<_> = reasons.iter().map(Reason::code).collect();
        for language in Language::ALL {
            let messages = Messages::new(language);
            for reason in &reasons {
                let message = Message::of(reason, &TextKind::Hcert);
                assert!(messages.format(&message).is_some(), "{language} {reason:?}");
            }
            let codes = Reason::CODES.into_iter().filter(|code| !with_facts.contains(code));
            let ids = codes
                .filter(|code| !matches!(*code, "PREFIX"))
                .map(id_of)
                .chain(CheckId::ALL.map(|check| format!("check-{check}")))
                .chain(
                    [Status::Pass, Status::Fail, Status::Warn, Status::NotDone]
                        .map(|status| status_id(status).to_owned()),
                )
                .chain(
                    [Outcome::Accepted, Outcome::NotAccepted, Outcome::CannotTell]
                        .map(outcome_id)
                        .into_iter()
                        .flat_map(|id| [format!("outcome-{id}"), format!("advice-{id}")]),
                )
                .chain(Label::ALL.map(|label| label.id().to_owned()))
                .chain(["no-code".to_owned(), "unproven".to_owned()])
                .chain(
                    ["accepted", "none", "different", "unclear"]
                        .map(|what| format!("together-{what}")),
                );
            for id in ids {
                assert!(messages.format(&Message::plain(&id)).is_some(), "{language} {id}");
            }
        }
    }

    #[test]
    fn every_language_has_the_messages_of_english_with_the_same_facts() {
        let english = entries(Language::English);
        assert!(english.len() > 100);
        for language in Language::ALL {
            assert_eq!(entries(language), english, "{language}");
        }
    }

    #[test]
    fn days_are_counted_after_the_grammar_of_the_language() {
        let age = |language, days| {
            let reason = Reason::Holds(Fact::Age(days));
            let messages = Messages::new(language);
            messages.format(&Message::of(&reason, &TextKind::Hcert)).unwrap()
        };
        for (days, word) in
            [(1, "1 день"), (2, "2 дня"), (5, "5 дней"), (11, "11 дней"), (21, "21 день")]
        {
            assert!(age(Language::Russian, days).contains(word), "{days}");
        }
        for (days, word) in [(2, "يومان"), (3, "أيام"), (11, "يومًا"), (100, "يوم.")]
        {
            assert!(age(Language::Arabic, days).contains(word), "{days}");
        }
        assert!(age(Language::English, 0).contains("less than a day"));
        assert!(age(Language::Chinese, 2).contains("2 天"));
    }

    #[test]
    fn arabic_and_chinese_hold_no_latin_letters_but_in_facts() {
        for language in [Language::Arabic, Language::Chinese] {
            let words = source(language)
                .lines()
                .filter_map(|line| line.split_once('=').map(|(_, words)| words))
                .map(|words| words.split(['{', '}']).step_by(2).collect::<String>());
            for words in words {
                assert!(!words.contains(|c: char| c.is_ascii_alphabetic()), "{language}: {words}");
            }
        }
    }

    #[test]
    fn facts_in_arabic_are_set_apart_from_the_words_around() {
        let reason = Reason::Expired(Timestamp::UNIX_EPOCH);
        let of = |language| Messages::new(language).format(&Message::of(&reason, &TextKind::Hcert));
        assert!(of(Language::Arabic).unwrap().contains("\u{2068}1970-01-01\u{2069}"));
        assert_eq!(of(Language::English).unwrap(), "The document expired on 1970-01-01.");
    }

    /// The messages of a file with the names of their arguments.
    fn entries(language: Language) -> BTreeMap<String, BTreeSet<String>> {
        let resource = fluent_syntax::parser::parse(source(language)).unwrap();
        let mut entries = BTreeMap::new();
        for entry in resource.body {
            let Entry::Message(message) = entry else { continue };
            let mut names = BTreeSet::new();
            collect(&message.value.unwrap().elements, &mut names);
            let before = entries.insert(message.id.name.to_owned(), names);
            assert!(before.is_none(), "{language}: {} twice", message.id.name);
        }
        entries
    }

    fn collect(elements: &[PatternElement<&str>], names: &mut BTreeSet<String>) {
        for element in elements {
            let PatternElement::Placeable { expression } = element else { continue };
            let inline = match expression {
                Expression::Inline(inline) => inline,
                Expression::Select { selector, variants } => {
                    for variant in variants {
                        collect(&variant.value.elements, names);
                    }
                    selector
                }
            };
            let InlineExpression::VariableReference { id } = inline else {
                panic!("only variables are used: {inline:?}")
            };
            names.insert(id.name.to_owned());
        }
    }
}
