use crate::Participant;

/// A code that this crate does not know, with what was probably meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CodeError {
    /// Neither an ISO 3166-1 code nor one of the network's own.
    #[error("{:?} is not a participant code{}", .text, ParticipantHint(*.meant))]
    UnknownParticipant {
        /// The text as given, cut to 32 characters.
        text: String,
        /// Who was probably meant: only for the mistakes that are made often, and for names.
        meant: Option<Participant>,
    },
    /// Not a trust domain token.
    #[error(
        "{text:?} is not a trust domain: 1 to 32 letters, digits and hyphens with at least one \
         letter or digit, such as DCC or IPS-PILGRIMAGE"
    )]
    InvalidDomain {
        /// The text as given, cut to 32 characters.
        text: String,
    },
}

impl CodeError {
    pub(crate) fn unknown_participant(text: &str, meant: Option<Participant>) -> Self {
        Self::UnknownParticipant { text: shortened(text), meant }
    }

    pub(crate) fn invalid_domain(text: &str) -> Self {
        Self::InvalidDomain { text: shortened(text) }
    }
}

/// Hostile input must not become a long message.
fn shortened(text: &str) -> String {
    text.chars().take(32).collect()
}

struct ParticipantHint(Option<Participant>);

impl std::fmt::Display for ParticipantHint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(meant) => {
                write!(f, "; {} is {} ({})", meant.name(), meant.alpha2(), meant.alpha3())
            }
            None => f.write_str(
                "; give the two-letter or three-letter code of ISO 3166-1, such as FR or FRA",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_hostile_text_does_not_become_a_long_message() {
        let message = CodeError::unknown_participant(&"x".repeat(100_000), None).to_string();
        assert!(message.len() < 200, "{}", message.len());
    }
}
