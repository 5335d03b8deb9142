//! Timestamps of the form `yyyy-MM-dd'T'HH:mm:ssXXX`: whole seconds and an offset, `Z` for UTC.
//!
//! A `serde(with = ...)` module for members of type [`jiff::Timestamp`]. Written in UTC; read with
//! any offset, and with a fraction of a second, which some gateways send.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serializer, de};

/// Writes whole seconds in UTC, for example `2021-05-05T12:54:49Z`. A fraction is cut off.
pub fn serialize<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format(*at))
}

/// Reads a date, a time and an offset.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|error| {
        de::Error::custom(format_args!(
            "`{}` is no timestamp of the form 2021-05-05T12:54:49Z: {error}",
            text.chars().take(64).collect::<String>()
        ))
    })
}

/// The text of `at` in this form.
pub fn format(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Serialize, serde::Deserialize, PartialEq, Debug)]
    struct Row(#[serde(with = "super")] Timestamp);

    #[test]
    fn writes_whole_seconds_in_utc() {
        let row = Row("2021-05-05T14:54:49.987+02:00".parse().unwrap());
        assert_eq!(serde_json::to_string(&row).unwrap(), "\"2021-05-05T12:54:49Z\"");
    }

    #[test]
    fn reads_an_offset_and_a_fraction() {
        for text in ["2021-05-05T12:54:49Z", "2021-05-05T14:54:49+02:00", "2021-05-05T12:54:49.0Z"]
        {
            let row: Row = serde_json::from_str(&format!("\"{text}\"")).unwrap();
            assert_eq!(row.0.as_second(), 1_620_219_289, "{text}");
        }
    }

    #[test]
    fn refuses_a_time_without_offset() {
        assert!(serde_json::from_str::<Row>("\"2021-05-05T12:54:49\"").is_err());
        assert!(serde_json::from_str::<Row>("\"yesterday\"").is_err());
        assert!(serde_json::from_str::<Row>("1620219289").is_err());
    }
}
