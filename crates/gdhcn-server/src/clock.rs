use jiff::Timestamp;

/// Where a server takes the time from: the only place in this crate that reads it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// Always the same instant, for tests and demonstrations.
    Fixed(Timestamp),
}

impl Clock {
    /// The present instant.
    #[allow(
        clippy::disallowed_methods,
        reason = "a server answers at the present time; everything below it is given the instant"
    )]
    pub fn now(self) -> Timestamp {
        match self {
            Self::System => Timestamp::now(),
            Self::Fixed(at) => at,
        }
    }
}
