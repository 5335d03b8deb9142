use std::fmt;

use serde::{Deserialize, Serialize};

/// The body of every error that the gateway itself answers, as `application/json`.
///
/// All four members are always present when written; a missing one is read as empty.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProblemReport {
    /// The code, for example `0x004`.
    pub code: String,
    /// The kind of problem in words.
    pub problem: String,
    /// What the client sent, as far as it matters (the member has no "sent" in its name).
    pub send_value: String,
    /// What in this request led to the problem.
    pub details: String,
}

impl fmt::Display for ProblemReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.problem)?;
        if !self.details.is_empty() {
            write!(f, ": {}", self.details)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> ProblemReport {
        ProblemReport {
            code: "0x002".to_owned(),
            problem: "certificate exists already".to_owned(),
            send_value: "thumbprint".to_owned(),
            details: "Uploaded certificate already exists".to_owned(),
        }
    }

    #[test]
    fn writes_all_four_members_in_order() {
        let json = serde_json::to_string(&ProblemReport::default()).unwrap();
        assert_eq!(json, r#"{"code":"","problem":"","sendValue":"","details":""}"#);
    }

    #[test]
    fn reads_its_own_writing_and_an_incomplete_report() {
        let json = serde_json::to_string(&report()).unwrap();
        assert_eq!(serde_json::from_str::<ProblemReport>(&json).unwrap(), report());
        let short: ProblemReport =
            serde_json::from_str(r#"{"code":"0x005","timestamp":1}"#).unwrap();
        assert_eq!(short.code, "0x005");
        assert_eq!(short.problem, "");
    }

    #[test]
    fn reads_well() {
        assert_eq!(
            report().to_string(),
            "0x002 certificate exists already: Uploaded certificate already exists"
        );
    }
}
