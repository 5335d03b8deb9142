//! The explanations as a caller gets them, and the published table of checks and codes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::fmt::Write as _;
use std::path::Path;

use gdhcn_crypto::Backend;
use gdhcn_explain::{Language, Messages};
use gdhcn_trust::TrustStoreBuilder;
use gdhcn_verify::{CheckId, Context, Limits, Policy, PolicyName, Reason, Verdict, verify};

fn judged(text: &str) -> Verdict {
    let trust = TrustStoreBuilder::new(Backend::default()).build();
    let context = Context {
        trust: &trust,
        at: "2026-08-22T12:00:00Z".parse().unwrap(),
        policy: Policy::new(PolicyName::Border),
        limits: Limits::default(),
    };
    verify(text, &context)
}

#[test]
fn an_address_of_the_web_is_named_for_what_it_is_in_every_language() {
    let verdict = judged("https://example.org/menu");
    let mut all = String::new();
    for language in Language::ALL {
        let explanation = Messages::new(language).explain(&verdict);
        writeln!(all, "{language}: {}", explanation.outcome).unwrap();
        writeln!(all, "    {}", explanation.because.unwrap()).unwrap();
        writeln!(all, "    {}", explanation.advice).unwrap();
    }
    insta::assert_snapshot!(all);
}

#[test]
fn b12_a_code_without_its_prefix_is_told_so() {
    let verdict = judged("NCFOXN%TS3DH3ZSUZK+.V0ETD%65NL-AH%TAIOOW%IYMCE8Q");
    let explanation = Messages::new(Language::English).explain(&verdict);
    assert_eq!(
        explanation.because.as_deref(),
        Some("The beginning of this health certificate code is missing. Scan the original code.")
    );
}

#[test]
fn what_cannot_be_told_is_not_called_refused() {
    for language in Language::ALL {
        let messages = Messages::new(language);
        let refused = messages.explain(&judged("https://example.org"));
        let open = messages.explain(&judged("shlink:/eyJ1cmwiOiJodHRwczovL2V4YW1wbGUub3JnL20vMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyIiwia2V5IjoicnhUZ1lPT2Fac2RFS3VTR2R2UkpVbVBjYjRlZVdyUW9WSW1zVnZuWWRPRSJ9"));
        assert_ne!(refused.outcome, open.outcome, "{language}");
        assert_ne!(refused.advice, open.advice, "{language}");
    }
}

#[test]
fn the_json_says_in_which_direction_to_write() {
    let verdict = judged("https://example.org");
    let json = |language| Messages::new(language).explain(&verdict).to_json();
    assert_eq!(json(Language::Arabic)["direction"], "rtl");
    assert_eq!(json(Language::Russian)["direction"], "ltr");
    assert_eq!(json(Language::Spanish)["checks"].as_array().unwrap().len(), verdict.checks.len());
}

/// D13: each code is published, with what it means. `docs/checks.md` is written from the code; `GDHCN_UPDATE=1` writes it anew.
#[test]
fn the_published_table_of_checks_and_codes_is_that_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/checks.md");
    let table = table();
    if std::env::var_os("GDHCN_UPDATE").is_some() {
        std::fs::write(&path, &table).unwrap();
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(published == table, "docs/checks.md is out of date: run this test with GDHCN_UPDATE=1");
}

fn table() -> String {
    let messages = Messages::new(Language::English);
    let mut text = String::from(
        "# Checks and codes\n\n\
         What `gdhcn verify`, `gdhcn verifier serve` and the library report. A name or code once \
         published keeps its meaning; new ones may come.\n\n\
         ## Checks\n\n\
         In the order in which every verdict lists them. Each comes out as `pass`, `fail`, `warn` \
         or `not done`.\n\n\
         | check | what is looked at | where that is required |\n| --- | --- | --- |\n",
    );
    for check in CheckId::ALL {
        writeln!(text, "| `{check}` | {} | {} |", check.title(), check.clause()).unwrap();
    }
    text.push_str(
        "\n## Codes\n\n\
         Every check carries one. A failure with a code marked *open* gives the outcome \"cannot \
         tell\" unless another check refuses; all other failures give \"not accepted\".\n\n\
         | code | in plain words |\n| --- | --- |\n",
    );
    for code in Reason::CODES {
        let open = if Reason::OPEN_CODES.contains(&code) { " *open*" } else { "" };
        writeln!(text, "| `{code}`{open} | {} |", messages.code(code)).unwrap();
    }
    text
}
