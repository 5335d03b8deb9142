//! Dates and instants as health documents and people write them.
//!
//! Birth dates are often known to the year or month only, issuers add times to dates, and clocks
//! come with and without a zone. What is read here is lenient; what is kept is the received text
//! ([`DateText`]), because revocation and display need it unchanged.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;

/// A date that may be known to the year or to the month only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PartialDate {
    /// `1963`, also written `1963-00` or `1963-XX-XX`
    Year(i16),
    /// `1963-07`
    Month {
        /// The year.
        year: i16,
        /// The month, 1 to 12.
        month: i8,
    },
    /// `1963-07-12`
    Day(Date),
}

impl PartialDate {
    /// Reads a date; a time after it is cut off. `None` when it is empty or no date.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let date = text.split(['T', 't', ' ']).next()?;
        let mut parts = date.split('-');
        let year = digits(parts.next()?, 4)?;
        let month = parts.next().map_or(Some(None), part)?;
        let day = parts.next().map_or(Some(None), part)?;
        if parts.next().is_some() || text.starts_with('-') {
            return None;
        }
        match (month, day) {
            (None, None) => Some(Self::Year(year)),
            (None, Some(_)) => None,
            (Some(month), None) => (1..=12).contains(&month).then_some(Self::Month { year, month }),
            (Some(month), Some(day)) => Date::new(year, month, day).ok().map(Self::Day),
        }
    }

    /// The first day that it can mean.
    pub fn first_day(self) -> Option<Date> {
        match self {
            Self::Year(year) => Date::new(year, 1, 1).ok(),
            Self::Month { year, month } => Date::new(year, month, 1).ok(),
            Self::Day(day) => Some(day),
        }
    }

    /// The day, if it is known.
    pub const fn day(self) -> Option<Date> {
        match self {
            Self::Day(day) => Some(day),
            _ => None,
        }
    }
}

impl fmt::Display for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Year(year) => write!(f, "{year:04}"),
            Self::Month { year, month } => write!(f, "{year:04}-{month:02}"),
            Self::Day(day) => day.fmt(f),
        }
    }
}

/// A date or instant as it stands in a document; empty if it is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct DateText(String);

impl DateText {
    /// The text as received.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nothing is stated.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The date meant, if it can be read.
    pub fn date(&self) -> Option<PartialDate> {
        PartialDate::parse(&self.0)
    }

    /// The instant meant, if it can be read; a bare date means its first moment in UTC.
    pub fn instant(&self) -> Option<Timestamp> {
        parse_instant_loose(&self.0).ok()
    }
}

impl From<String> for DateText {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for DateText {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<Date> for DateText {
    fn from(date: Date) -> Self {
        Self(date.to_string())
    }
}

impl fmt::Display for DateText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that names no instant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is no instant; write 2026-08-22T17:05:00Z, or with +02:00 for Z, or the date alone"
)]
pub struct InstantError {
    text: String,
}

/// Reads an instant: RFC 3339 and what people and test data make of it.
///
/// Zone `Z`, `+02:00`, `+0200`, `+02` or none (UTC); any number of digits of a second, kept to the
/// nanosecond; seconds may be left out; `t`, `z` and a blank in place of `T` pass; a date alone
/// means its first moment in UTC.
///
/// # Errors
///
/// When the text is none of these or names a moment that does not exist.
pub fn parse_instant_loose(text: &str) -> Result<Timestamp, InstantError> {
    instant(text.trim())
        .ok_or_else(|| InstantError { text: text.chars().take(64).collect::<String>() })
}

fn instant(text: &str) -> Option<Timestamp> {
    let (date, rest) = text.split_at_checked(10)?;
    let date = PartialDate::parse(date)?.day()?;
    if rest.is_empty() {
        return to_timestamp(date.at(0, 0, 0, 0), Offset::UTC);
    }
    let clock = rest.strip_prefix(['T', 't', ' '])?;
    let zone_at = clock.find(['Z', 'z', '+', '-', '\u{2212}']).unwrap_or(clock.len());
    let (clock, zone) = clock.split_at_checked(zone_at)?;
    to_timestamp(date.to_datetime(time(clock)?), offset(zone)?)
}

fn to_timestamp(moment: DateTime, offset: Offset) -> Option<Timestamp> {
    offset.to_timestamp(moment).ok()
}

/// `17:05`, `17:05:09` or `17:05:09.1234567`
fn time(text: &str) -> Option<Time> {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, "0"));
    if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let nanoseconds = fraction.bytes().chain(std::iter::repeat(b'0')).take(9);
    let nanoseconds = nanoseconds.fold(0, |sum, digit| sum * 10 + i32::from(digit - b'0'));
    let mut parts = clock.split(':').map(|part| digits::<i8>(part, 2));
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = parts.next().unwrap_or(Some(0))?;
    if parts.next().is_some() {
        return None;
    }
    // A leap second is taken as the last second that clocks know.
    Time::new(hour, minute, if second == 60 { 59 } else { second }, nanoseconds).ok()
}

/// Nothing, `Z`, `+02:00`, `+0200` or `+02`
fn offset(text: &str) -> Option<Offset> {
    if matches!(text, "" | "Z" | "z") {
        return Some(Offset::UTC);
    }
    let (sign, rest) = match text.strip_prefix('+') {
        Some(rest) => (1, rest),
        None => (-1, text.strip_prefix(['-', '\u{2212}'])?),
    };
    let (hours, minutes) = match rest.split_once(':') {
        Some(pair) => pair,
        None if rest.len() == 2 => (rest, "00"),
        None => rest.split_at_checked(2)?,
    };
    let (hours, minutes): (i32, i32) = (digits(hours, 2)?, digits(minutes, 2)?);
    if minutes > 59 {
        return None;
    }
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()
}

fn digits<T: std::str::FromStr>(text: &str, length: usize) -> Option<T> {
    let sound = text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    sound.then(|| text.parse().ok()).flatten()
}

/// A month or day; the inner `None` stands for `00` and `XX`, which mean "not known". The outer one
/// is a fault.
fn part(text: &str) -> Option<Option<i8>> {
    match text {
        "00" | "XX" | "xx" => Some(None),
        _ => digits(text, 2).map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_dates_known_to_the_year_month_or_day() {
        let read = |text| PartialDate::parse(text).map(|date| date.to_string());
        for (text, expected) in [
            ("1963", "1963"),
            ("1963-00", "1963"),
            ("1963-00-00", "1963"),
            ("1963-XX-XX", "1963"),
            ("1963-07", "1963-07"),
            ("1963-07-XX", "1963-07"),
            ("1963-07-12", "1963-07-12"),
            (" 1963-07-12 ", "1963-07-12"),
            ("1963-07-12T00:00:00", "1963-07-12"),
            ("1963-07-12T00:00:00.000Z", "1963-07-12"),
            ("2021-03-18T00:00:00+02:00", "2021-03-18"),
        ] {
            assert_eq!(read(text).as_deref(), Some(expected), "{text}");
        }
        for text in
            ["", "63", "1963-13", "1963-02-30", "1963-00-12", "1963-7", "12.07.1963", "-1963"]
        {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(PartialDate::Year(1963).first_day().unwrap().to_string(), "1963-01-01");
        assert_eq!(PartialDate::Year(1963).day(), None);
    }

    #[test]
    fn reads_every_form_of_an_instant_in_the_field() {
        for text in [
            "2021-06-30T12:34:56Z",
            "2021-06-30t12:34:56z",
            "2021-06-30 12:34:56",
            "2021-06-30T12:34:56",
            "2021-06-30T14:34:56+02:00",
            "2021-06-30T14:34:56+0200",
            "2021-06-30T14:34:56+02",
            "2021-06-30T07:04:56-05:30",
            "2021-06-30T12:34:56.0000000+00:00",
            "2021-06-30T12:34:56.0000000000000",
        ] {
            let read = parse_instant_loose(text).unwrap();
            assert_eq!(read.to_string(), "2021-06-30T12:34:56Z", "{text}");
        }
        let fraction = parse_instant_loose("2021-06-30T12:34:56.1234567Z").unwrap();
        assert_eq!(fraction.to_string(), "2021-06-30T12:34:56.1234567Z");
        assert_eq!(parse_instant_loose("2021-06-30").unwrap().to_string(), "2021-06-30T00:00:00Z");
        assert_eq!(parse_instant_loose("2021-06-30T12:34").unwrap().as_second(), 1_625_056_440);
    }

    #[test]
    fn refuses_what_is_no_instant() {
        for text in [
            "",
            "now",
            "2021",
            "2021-06",
            "2021-06-31T00:00:00Z",
            "2021-06-30T24:00:00Z",
            "2021-06-30T12:34:56+2:00",
            "2021-06-30T12:34:56.Z",
            "2021-06-30T12:34:56 CET",
            "2021-06-30T12:34:56+00:99",
            "2021-06-30T12",
            "1625056496",
            "2021-06-30T12:34:56+",
            "202\u{e9}-06-30T12:34:56Z",
        ] {
            assert!(parse_instant_loose(text).is_err(), "{text}");
        }
    }
}
