use gdhcn_verify::{Together, Verdict, report};
use serde_json::Value;

use crate::Messages;

/// The report of a verdict ([`gdhcn_verify::report`]), with the member `explanation`
/// ([`Explanation::to_json`](crate::Explanation::to_json)) where messages are given. No verdict
/// stands for a picture without a code.
pub fn report(verdict: Option<&Verdict>, messages: Option<&Messages>) -> Value {
    let mut report = verdict.map_or_else(report::no_code, report::of);
    if let (Some(messages), Some(members)) = (messages, report.as_object_mut()) {
        let explanation =
            verdict.map_or_else(|| messages.no_code(), |verdict| messages.explain(verdict));
        members.insert("explanation".to_owned(), explanation.to_json());
    }
    report
}

/// The same for several certificates that one person shows; `explanation` is one sentence.
pub fn report_together(together: &Together, messages: Option<&Messages>) -> Value {
    let mut report = report::together(together);
    if let (Some(messages), Some(members)) = (messages, report.as_object_mut()) {
        members.insert("explanation".to_owned(), messages.together(together).into());
    }
    report
}
