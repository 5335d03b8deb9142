//! Exit codes, and the faults of a call that have one.

use std::fmt;
use std::process::ExitCode;

use gdhcn_verify::Outcome;

/// How the program ends. Verdicts use 0, 1 and 2; faults of the call those of `sysexits.h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exit(u8);

impl Exit {
    /// Done, or accepted.
    pub(crate) const SUCCESS: Self = Self(0);
    /// Not accepted, or a step of the demo did not come out as expected.
    pub(crate) const NEGATIVE: Self = Self(1);
    /// It cannot be told whether something holds.
    pub(crate) const CANNOT_TELL: Self = Self(2);
    /// Wrong usage.
    pub(crate) const USAGE: Self = Self(64);
    /// An input or trust source that cannot be read.
    pub(crate) const NO_INPUT: Self = Self(66);
    /// A fault of this program or its surroundings.
    pub(crate) const INTERNAL: Self = Self(70);
}

impl Exit {
    /// As the operating system sees it.
    pub(crate) fn code(self) -> i32 {
        self.0.into()
    }
}

impl From<Outcome> for Exit {
    fn from(outcome: Outcome) -> Self {
        Self(outcome.exit_code())
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.0)
    }
}

/// A call that could not be carried out. A verdict is never a fault.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The arguments contradict each other or have a wrong form.
    Usage(String),
    /// A file, picture, trust source or server that cannot be read.
    Input(anyhow::Error),
    /// Everything else.
    Internal(anyhow::Error),
}

impl Fault {
    pub(crate) const fn exit(&self) -> Exit {
        match self {
            Self::Usage(_) => Exit::USAGE,
            Self::Input(_) => Exit::NO_INPUT,
            Self::Internal(_) => Exit::INTERNAL,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(message) => f.write_str(message),
            Self::Input(error) | Self::Internal(error) => {
                // Some errors repeat what caused them.
                let mut said = String::new();
                for cause in error.chain().map(ToString::to_string) {
                    if cause.starts_with(&said) {
                        said = cause;
                    } else if !said.contains(&cause) {
                        let colon = if said.is_empty() { "" } else { ": " };
                        said = format!("{said}{colon}{cause}");
                    }
                }
                f.write_str(&said)
            }
        }
    }
}

/// Marks an error as one of the input.
pub(crate) trait OrInput<T> {
    /// Turns the error into [`Fault::Input`] with `what` before it.
    fn or_input(self, what: impl fmt::Display) -> Result<T, Fault>;
}

impl<T, E: Into<anyhow::Error>> OrInput<T> for Result<T, E> {
    fn or_input(self, what: impl fmt::Display) -> Result<T, Fault> {
        self.map_err(|error| Fault::Input(error.into().context(what.to_string())))
    }
}

/// Marks an error as one of this program or its surroundings.
pub(crate) trait OrInternal<T> {
    /// Turns the error into [`Fault::Internal`] with `what` before it.
    fn or_internal(self, what: impl fmt::Display) -> Result<T, Fault>;
}

impl<T, E: Into<anyhow::Error>> OrInternal<T> for Result<T, E> {
    fn or_internal(self, what: impl fmt::Display) -> Result<T, Fault> {
        self.map_err(|error| Fault::Internal(error.into().context(what.to_string())))
    }
}
