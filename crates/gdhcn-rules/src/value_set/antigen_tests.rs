//! The value set of antigen tests, made from a list of devices that is published elsewhere.
//!
//! The list names each device with a history of when it was on the common list of tests. The
//! value set says of each device whether it is on that list now, since when, and until when.

use std::collections::BTreeMap;

use jiff::civil::DateTime;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// `valueSetId` of the set.
pub const ID: &str = "covid-19-lab-test-manufacturer-and-name";

/// `system` of each code.
const SYSTEM: &str = "https://covid-19-diagnostics.jrc.ec.europa.eu/devices";

/// The published list, as far as it is used.
#[derive(Deserialize)]
struct Source {
    #[serde(rename = "extracted_on")]
    _extracted_on: Value,
    #[serde(rename = "deviceList")]
    devices: Vec<Device>,
}

#[derive(Deserialize)]
struct Device {
    id_device: String,
    commercial_name: String,
    manufacturer: Manufacturer,
    hsc_list_history: Option<Vec<Listing>>,
}

#[derive(Deserialize)]
struct Manufacturer {
    name: String,
}

#[derive(Deserialize)]
struct Listing {
    list_date: ListDate,
    in_common_list: Option<bool>,
}

/// A date of the source: kept as it is written, because it is passed on.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
struct ListDate {
    text: String,
    instant: Timestamp,
}

impl TryFrom<String> for ListDate {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match instant(&text) {
            Some(instant) => Ok(Self { text, instant }),
            None => Err("a list_date is not of the form 2021-05-10 18:11:00 CET".to_owned()),
        }
    }
}

/// Why the published list is not used.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// It is not JSON of the known form.
    #[error("the list of devices cannot be read: {0}")]
    Form(#[from] serde_json::Error),
    /// `extracted_on` is null.
    #[error("the list of devices does not say when it was made (extracted_on)")]
    NoDate,
}

/// Merges the published list into the stored set and gives the new text of the set.
///
/// Devices that are no longer published stay as they are, and so does a device without a history.
/// A stored text that cannot be read counts as an empty set.
///
/// # Errors
///
/// [`SourceError`]; then the stored set stays.
pub fn merge(stored: Option<&str>, source: &[u8], now: Timestamp) -> Result<String, SourceError> {
    let source: Source = serde_json::from_slice(source)?;
    if source._extracted_on.is_null() {
        return Err(SourceError::NoDate);
    }
    let mut values: BTreeMap<String, Value> = stored.and_then(codes).unwrap_or_default();
    for device in source.devices {
        let history = device.hsc_list_history.unwrap_or_default();
        let newest = history.iter().max_by_key(|listing| listing.list_date.instant);
        let Some(newest) = newest else { continue };
        let present = history
            .iter()
            .filter(|listing| listing.list_date.instant <= now)
            .max_by_key(|listing| listing.list_date.instant);
        let until = Some(&newest.list_date).filter(|date| date.instant >= now);
        let value = json!({
            "display": format!("{}, {}", device.manufacturer.name, device.commercial_name),
            "lang": "en",
            "active": present.and_then(|listing| listing.in_common_list),
            "system": SYSTEM,
            "version": present.map(|listing| listing.list_date.text.as_str()),
            "validUntil": until.map(|date| date.text.as_str()),
        });
        values.insert(device.id_device, value);
    }
    let today = Offset::UTC.to_datetime(now).date();
    let set = json!({
        "valueSetId": ID,
        "valueSetDate": today.to_string(),
        "valueSetValues": values,
    });
    Ok(set.to_string())
}

fn codes(stored: &str) -> Option<BTreeMap<String, Value>> {
    let mut set: Map<String, Value> = serde_json::from_str(stored).ok()?;
    match set.remove("valueSetValues")? {
        Value::Object(values) => Some(values.into_iter().collect()),
        _ => None,
    }
}

/// `2021-05-10 18:11:00 CET`: a local time and the name of its zone.
fn instant(text: &str) -> Option<Timestamp> {
    let (local, zone) = text.rsplit_once(' ')?;
    let east = match zone {
        "UTC" | "GMT" | "Z" => 0,
        "CET" => 1,
        "CEST" => 2,
        _ => return None,
    };
    let local = DateTime::strptime("%Y-%m-%d %H:%M:%S", local).ok()?;
    let instant = Offset::UTC.to_timestamp(local).ok()?;
    instant.checked_sub(SignedDuration::from_hours(east)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAST: &str = "2021-05-10 18:11:00 CET";
    const LATER_PAST: &str = "2021-06-10 18:11:00 CEST";
    const FUTURE: &str = "2021-07-10 18:11:00 CEST";
    const LATER_FUTURE: &str = "2021-08-10 18:11:00 CEST";

    fn now() -> Timestamp {
        "2021-06-30T23:30:00Z".parse().unwrap()
    }

    fn source(history: &Value) -> Value {
        json!({
            "extracted_on": "2021-06-30 20:00:00 CEST",
            "deviceList": [{
                "id_device": "1232",
                "commercial_name": "Panbio Rapid Test",
                "manufacturer": {"id_manufacturer": "1", "name": "Abbott", "country": "US"},
                "hsc_list_history": history
            }]
        })
    }

    fn listing(date: &str, common: bool) -> Value {
        json!({"list_date": date, "in_common_list": common, "in_mutual_recognition": true})
    }

    fn stored() -> String {
        json!({
            "valueSetId": ID,
            "valueSetDate": "2021-01-01",
            "valueSetValues": {
                "1232": {"display": "old", "active": false},
                "99": {"display": "gone from the list", "active": true}
            }
        })
        .to_string()
    }

    fn merged(stored: Option<&str>, history: &Value) -> Value {
        let text = merge(stored, source(history).to_string().as_bytes(), now()).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    fn device(history: &Value) -> Value {
        merged(Some(&stored()), history)["valueSetValues"]["1232"].clone()
    }

    #[test]
    fn updates_a_device_and_keeps_those_that_are_gone() {
        let set = merged(Some(&stored()), &json!([listing(PAST, true)]));
        assert_eq!(set["valueSetId"], ID);
        assert_eq!(set["valueSetDate"], "2021-06-30");
        assert_eq!(set["valueSetValues"]["99"]["display"], "gone from the list");
        assert_eq!(
            set["valueSetValues"]["1232"],
            json!({
                "display": "Abbott, Panbio Rapid Test",
                "lang": "en",
                "active": true,
                "system": SYSTEM,
                "version": PAST,
                "validUntil": null
            })
        );
    }

    #[test]
    fn inserts_into_an_empty_or_unreadable_set() {
        for stored in [None, Some("no JSON"), Some("{}"), Some(r#"{"valueSetValues":1}"#)] {
            let set = merged(stored, &json!([listing(PAST, false)]));
            assert_eq!(set["valueSetValues"].as_object().unwrap().len(), 1, "{stored:?}");
            assert_eq!(set["valueSetValues"]["1232"]["active"], false);
        }
    }

    #[test]
    fn the_newest_past_entry_decides_whatever_the_order() {
        let device = device(&json!([listing(LATER_PAST, false), listing(PAST, true)]));
        assert_eq!(device["active"], false);
        assert_eq!(device["version"], LATER_PAST);
        assert_eq!(device["validUntil"], Value::Null);
    }

    #[test]
    fn an_entry_of_the_future_is_an_end() {
        let device = device(&json!([
            listing(PAST, true),
            listing(LATER_FUTURE, true),
            listing(FUTURE, false)
        ]));
        assert_eq!(device["active"], true);
        assert_eq!(device["version"], PAST);
        assert_eq!(device["validUntil"], LATER_FUTURE);
    }

    #[test]
    fn with_all_history_in_the_future_nothing_is_said_of_today() {
        let device = device(&json!([listing(FUTURE, true)]));
        assert_eq!(device["active"], Value::Null);
        assert_eq!(device["version"], Value::Null);
        assert_eq!(device["validUntil"], FUTURE);
    }

    #[test]
    fn a_device_without_history_is_passed_by() {
        for history in [json!([]), Value::Null] {
            assert_eq!(device(&history), json!({"display": "old", "active": false}));
        }
    }

    #[test]
    fn a_source_of_another_form_changes_nothing() {
        let mut undated = source(&json!([listing(PAST, true)]));
        undated["extracted_on"] = Value::Null;
        let refused = merge(None, undated.to_string().as_bytes(), now()).unwrap_err();
        assert!(matches!(refused, SourceError::NoDate));
        for text in [
            String::new(),
            "{}".to_owned(),
            r#"{"extracted_on":"x","deviceList":null}"#.to_owned(),
            r#"{"deviceList":[]}"#.to_owned(),
            source(&json!([listing("2021-05-10", true)])).to_string(),
            source(&json!([listing("2021-05-10 18:11:00 XYZ", true)])).to_string(),
        ] {
            let refused = merge(Some(&stored()), text.as_bytes(), now()).unwrap_err();
            assert!(matches!(refused, SourceError::Form(_)), "{text}");
        }
    }

    #[test]
    fn dates_are_instants_of_their_zone() {
        for (text, utc) in [
            ("2021-05-10 18:11:00 UTC", "2021-05-10T18:11:00Z"),
            (PAST, "2021-05-10T17:11:00Z"),
            (FUTURE, "2021-07-10T16:11:00Z"),
        ] {
            assert_eq!(instant(text).unwrap().to_string(), utc);
        }
    }
}
