//! Several certificates of one person.

use gdhcn_credential::{HealthDocument, Likeness, Person};

use crate::{Outcome, Verdict};

/// What several certificates are worth that a person shows together: the best of them counts, if all
/// genuine ones are of one person. A booster that is too fresh does no harm beside an older dose.
///
/// A certificate that nobody vouches for says nothing of whose it is: beside a genuine one it neither
/// harms nor helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Together {
    /// The answer for the person.
    pub outcome: Outcome,
    /// Index of the verdict that decides; `None` where the persons do.
    pub best: Option<usize>,
    /// Whether the genuine certificates are of one person. A single one always is.
    pub persons: Likeness,
}

impl Together {
    /// Judges verdicts together; `None` for none.
    pub fn of<'v>(verdicts: impl IntoIterator<Item = &'v Verdict>) -> Option<Self> {
        let verdicts: Vec<_> = verdicts.into_iter().enumerate().collect();
        let genuine: Vec<_> =
            verdicts.iter().filter(|(_, verdict)| verdict.authentic().is_some()).collect();
        let all: Vec<_> = verdicts.iter().collect();
        let ranked = if genuine.is_empty() { &all } else { &genuine };
        let (best, verdict) = ranked.iter().min_by_key(|(_, verdict)| rank(verdict.outcome))?;
        let (outcome, best) = (verdict.outcome, Some(*best));
        let documents = genuine.iter().filter_map(|(_, verdict)| verdict.authentic()).flatten();
        let persons: Vec<Option<Person>> = documents.map(HealthDocument::person).collect();
        let persons = match persons.iter().cloned().collect::<Option<Vec<_>>>() {
            Some(persons) => compare(&persons),
            // A link, for instance, is nobody's by itself.
            None if persons.len() > 1 => Likeness::Unclear,
            None => Likeness::Same,
        };
        Some(match persons {
            Likeness::Same => Self { outcome, best, persons },
            Likeness::Different => Self { outcome: Outcome::NotAccepted, best: None, persons },
            Likeness::Unclear => Self { outcome: Outcome::CannotTell, best: None, persons },
        })
    }
}

/// The best first.
const fn rank(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Accepted => 0,
        Outcome::CannotTell => 1,
        Outcome::NotAccepted => 2,
    }
}

/// Each with each: likeness is no equivalence, a short name may be like two that are not alike.
fn compare(persons: &[Person]) -> Likeness {
    let mut all = Likeness::Same;
    for (index, one) in persons.iter().enumerate() {
        for other in persons.iter().skip(index + 1) {
            match one.likeness(other) {
                Likeness::Same => {}
                Likeness::Unclear => all = Likeness::Unclear,
                Likeness::Different => return Likeness::Different,
            }
        }
    }
    all
}
