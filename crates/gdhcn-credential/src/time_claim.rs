use std::fmt;

use gdhcn_envelope::cbor::Value;
use gdhcn_envelope::json;
use jiff::Timestamp;

/// A time claim of the CWT: `iat`, `exp` or `nbf` (RFC 8392, 3.1; NumericDate of RFC 7519, 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeClaim {
    /// The claim is not there.
    Absent,
    /// Its instant, to the second; fractions are cut off downwards.
    At(Timestamp),
    /// The claim is there, but names no instant.
    Unreadable {
        /// Why not.
        why: TimeFault,
    },
}

/// Why a time claim names no instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TimeFault {
    /// A floating-point number that is not a number, or infinite.
    #[error("it is a floating-point number without a finite value")]
    NotFinite,
    /// Beyond the years that a calendar knows.
    #[error("it lies beyond the year 9999")]
    OutOfRange,
    /// Beyond the calendar as seconds, but a sound date as milliseconds.
    #[error("it seems to count milliseconds where seconds are prescribed")]
    Milliseconds,
    /// Some other kind of value.
    #[error("it is not a number")]
    NotANumber,
}

/// How a readable time claim deviates from an untagged integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Plain,
    /// Text of digits, or tag 0 with RFC 3339 text.
    Text,
}

impl TimeClaim {
    /// The instant, if there is one.
    pub const fn at(self) -> Option<Timestamp> {
        match self {
            Self::At(at) => Some(at),
            _ => None,
        }
    }

    pub(crate) fn read(value: Option<&Value<'_>>) -> (Self, Form) {
        let Some(value) = value else { return (Self::Absent, Form::Plain) };
        match value {
            Value::Tag(1, inner) => (Self::of_number(inner), Form::Plain),
            Value::Tag(0, inner) => (Self::of_date_time(inner), Form::Text),
            Value::Text(digits) => (Self::of_digits(digits), Form::Text),
            number => (Self::of_number(number), Form::Plain),
        }
    }

    /// Reads a NumericDate of a JSON Web Token (RFC 7519, 2).
    pub(crate) fn of_json(value: Option<&json::Value<'_>>) -> Self {
        match value {
            None => Self::Absent,
            Some(json::Value::Integer(seconds)) => Self::of_seconds(*seconds),
            Some(json::Value::Float(seconds)) => Self::of_number(&Value::Float(*seconds)),
            Some(_) => unreadable(TimeFault::NotANumber),
        }
    }

    fn of_number(value: &Value<'_>) -> Self {
        match value {
            Value::Float(float) if !float.is_finite() => unreadable(TimeFault::NotFinite),
            // Casting saturates, and both ends lie outside the calendar.
            #[expect(clippy::cast_possible_truncation, reason = "see above")]
            Value::Float(float) => Self::of_seconds(float.floor() as i64),
            Value::Unsigned(_) | Value::Negative(_) => {
                value.as_i64().map_or(unreadable(TimeFault::OutOfRange), Self::of_seconds)
            }
            _ => unreadable(TimeFault::NotANumber),
        }
    }

    fn of_seconds(seconds: i64) -> Self {
        /// The last second of the year 9999, by which "no end" is written: more than a day beyond
        /// what the calendar counts.
        const END_OF_9999: i64 = 253_402_300_799;
        match Timestamp::from_second(seconds) {
            Ok(at) => Self::At(at),
            Err(_) if (0..=END_OF_9999).contains(&seconds) => Self::At(Timestamp::MAX),
            Err(_) if Timestamp::from_millisecond(seconds).is_ok() => {
                unreadable(TimeFault::Milliseconds)
            }
            Err(_) => unreadable(TimeFault::OutOfRange),
        }
    }

    fn of_digits(text: &str) -> Self {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits {
            return unreadable(TimeFault::NotANumber);
        }
        text.parse().map_or(unreadable(TimeFault::OutOfRange), Self::of_seconds)
    }

    fn of_date_time(value: &Value<'_>) -> Self {
        value
            .as_text()
            .and_then(|text| crate::parse_instant_loose(text).ok())
            .and_then(|at| Timestamp::from_second(at.as_second()).ok())
            .map_or(unreadable(TimeFault::NotANumber), Self::At)
    }
}

impl fmt::Display for TimeClaim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("absent"),
            Self::At(at) => at.fmt(f),
            Self::Unreadable { why } => write!(f, "unreadable: {why}"),
        }
    }
}

const fn unreadable(why: TimeFault) -> TimeClaim {
    TimeClaim::Unreadable { why }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &Value<'_>) -> Result<i64, TimeFault> {
        match TimeClaim::read(Some(value)).0 {
            TimeClaim::At(at) => Ok(at.as_second()),
            TimeClaim::Unreadable { why } => Err(why),
            TimeClaim::Absent => panic!("a value is not absent"),
        }
    }

    #[test]
    fn accepts_every_form_of_the_field() {
        let tagged = |tag, value| Value::Tag(tag, Box::new(value));
        for (value, seconds) in [
            (Value::Unsigned(1_620_000_000), 1_620_000_000),
            (Value::Negative(0), -1),
            (Value::Unsigned(253_402_300_799), Timestamp::MAX.as_second()),
            (Value::Float(1_620_000_000.9), 1_620_000_000),
            (Value::Float(-0.5), -1),
            (Value::from("1620000000"), 1_620_000_000),
            (tagged(1, Value::Unsigned(7)), 7),
            (tagged(1, Value::Float(7.99)), 7),
            (tagged(0, Value::from("1970-01-01T00:00:07.5Z")), 7),
        ] {
            assert_eq!(read(&value), Ok(seconds), "{value}");
        }
        assert_eq!(TimeClaim::read(None).0, TimeClaim::Absent);
    }

    #[test]
    fn says_why_a_value_is_no_time() {
        for (value, why) in [
            (Value::Float(f64::NAN), TimeFault::NotFinite),
            (Value::Float(f64::NEG_INFINITY), TimeFault::NotFinite),
            (Value::Float(1e300), TimeFault::OutOfRange),
            (Value::Unsigned(u64::MAX), TimeFault::OutOfRange),
            (Value::Unsigned(1_757_271_643_804), TimeFault::Milliseconds),
            (Value::from("12e3"), TimeFault::NotANumber),
            (Value::from(""), TimeFault::NotANumber),
            (Value::from("99999999999999999999"), TimeFault::OutOfRange),
            (Value::Bool(true), TimeFault::NotANumber),
            (Value::Null, TimeFault::NotANumber),
            (Value::Tag(0, Box::new(Value::from("soon"))), TimeFault::NotANumber),
            (Value::Tag(2, Box::new(Value::Unsigned(7))), TimeFault::NotANumber),
        ] {
            assert_eq!(read(&value), Err(why), "{value}");
        }
    }
}
