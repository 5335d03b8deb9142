use std::fmt;

use gdhcn_trust::GatewayItem;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::{GatewayError, Limits, answer};
use crate::wire::{CertificateType, TrustListItem};

/// Which part of the trust list to download.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Selection {
    /// `/trustList`: upload, authentication, CSCA and DSC certificates of all participants.
    All,
    /// `/trustList/{type}`: one type, all participants.
    Type(CertificateType),
    /// `/trustList/{type}/{country}`: one type, one participant by its code of two letters.
    TypeAndCountry(CertificateType, String),
}

impl Selection {
    pub(super) fn segments(&self) -> Result<Vec<&str>, GatewayError> {
        Ok(match self {
            Self::All => vec!["trustList"],
            Self::Type(kind) => vec!["trustList", kind.as_str()],
            Self::TypeAndCountry(kind, country) => {
                if country.len() != 2 || !country.bytes().all(|b| b.is_ascii_alphabetic()) {
                    return Err(GatewayError::InvalidCountry { given: country.clone() });
                }
                vec!["trustList", kind.as_str(), country]
            }
        })
    }
}

/// The outcome of a conditional download.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Download {
    /// The gateway's list is the one that the caller has.
    NotModified,
    /// The list.
    List(TrustList),
}

/// A trust list as downloaded. No signature in it has been checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TrustList {
    items: Vec<TrustListItem>,
    unreadable: Vec<UnreadableEntry>,
    etag: Option<String>,
}

/// An entry of a downloaded list that does not have the form of the interface.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnreadableEntry {
    /// The position in the array, from 0.
    pub position: usize,
    /// The entry's `kid` where there is one.
    pub kid: Option<String>,
    /// What is wrong with it.
    pub reason: String,
}

impl TrustList {
    /// Reads the JSON array of an answer, entry by entry.
    ///
    /// # Errors
    ///
    /// When the text is no JSON array, or has more entries than `limits` allow.
    pub fn read(json: &[u8], etag: Option<String>, limits: &Limits) -> Result<Self, GatewayError> {
        let Entries { items, unreadable } = Entries::read(json, limits)?;
        Ok(Self { items, unreadable, etag })
    }

    /// The entries that have the form of the interface, in the gateway's order.
    pub fn items(&self) -> &[TrustListItem] {
        &self.items
    }

    /// The entries in the form that `gdhcn_trust::TrustStoreBuilder::add_gateway_list` checks up to
    /// the trust anchor.
    pub fn to_gateway_items(&self) -> Vec<GatewayItem> {
        self.items.iter().map(GatewayItem::from).collect()
    }

    /// The entries that have not. They are never dropped in silence.
    pub fn unreadable(&self) -> &[UnreadableEntry] {
        &self.unreadable
    }

    /// The gateway's mark for this state of the list, for the next conditional download.
    pub fn etag(&self) -> Option<&str> {
        self.etag.as_deref()
    }
}

/// A list of any kind as downloaded: the entries of the interface's form, and what has another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entries<Item> {
    /// The entries in the gateway's order. No signature in them has been checked.
    pub items: Vec<Item>,
    /// Those that cannot be read. They are never dropped in silence.
    pub unreadable: Vec<UnreadableEntry>,
}

impl<Item: DeserializeOwned> Entries<Item> {
    /// Reads the JSON array of an answer, entry by entry.
    ///
    /// # Errors
    ///
    /// When the text is no JSON array, or has more entries than `limits` allow.
    pub fn read(json: &[u8], limits: &Limits) -> Result<Self, GatewayError> {
        let entries = answer::json_with(json, |reader| {
            reader.deserialize_seq(BoundedEntries { limit: limits.entries })
        })?;
        let Some(entries) = entries else {
            return Err(GatewayError::TooManyEntries { limit: limits.entries });
        };
        let mut list = Self { items: Vec::with_capacity(entries.len()), unreadable: vec![] };
        for (position, entry) in entries.into_iter().enumerate() {
            match serde_json::from_str(entry.get()) {
                Ok(item) => list.items.push(item),
                Err(error) => list.unreadable.push(UnreadableEntry {
                    position,
                    kid: serde_json::from_str::<KidOnly>(entry.get()).ok().map(|entry| entry.kid),
                    reason: answer::brief(&error.to_string()),
                }),
            }
        }
        Ok(list)
    }
}

#[derive(Deserialize)]
struct KidOnly {
    kid: String,
}

/// Reads an array into slices of the text, so that memory is bounded by the text's length;
/// `None` for an array of more than `limit` entries.
struct BoundedEntries {
    limit: usize,
}

impl<'de> Visitor<'de> for BoundedEntries {
    type Value = Option<Vec<&'de RawValue>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of trust list entries")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = array.next_element()? {
            if entries.len() == self.limit {
                while array.next_element::<IgnoredAny>()?.is_some() {}
                return Ok(None);
            }
            entries.push(entry);
        }
        Ok(Some(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(kind: &str, country: &str) -> String {
        format!(
            r#"{{"kid":"{kind}-{country}","timestamp":"2021-05-05T12:54:49Z","country":"{country}",
               "certificateType":"{kind}","thumbprint":"","signature":"","rawData":""}}"#
        )
    }

    fn list(entries: &[String]) -> TrustList {
        let json = format!("[{}]", entries.join(","));
        TrustList::read(json.as_bytes(), None, &Limits::default()).unwrap()
    }

    #[test]
    fn one_unreadable_entry_does_not_cost_the_others() {
        let broken = r#"{"kid":"odd","certificateType":"AUTH"}"#.to_owned();
        let list = list(&[entry("DSC", "XA"), broken, "7".to_owned(), entry("CSCA", "XA")]);
        assert_eq!(list.items().len(), 2);
        let [odd, number] = list.unreadable() else { panic!("{list:?}") };
        assert_eq!((odd.position, odd.kid.as_deref()), (1, Some("odd")));
        assert_eq!((number.position, number.kid.as_deref()), (2, None));
    }

    #[test]
    fn an_object_in_place_of_the_array_is_an_error() {
        let error = TrustList::read(b"{}", None, &Limits::default()).unwrap_err();
        assert!(matches!(error, GatewayError::UnreadableAnswer { .. }), "{error:?}");
    }

    #[test]
    fn the_entry_limit_is_kept() {
        let json = format!("[{},{}]", entry("DSC", "XA"), entry("DSC", "XB"));
        let limits = Limits { entries: 1, ..Limits::default() };
        let error = TrustList::read(json.as_bytes(), None, &limits).unwrap_err();
        assert_eq!(error, GatewayError::TooManyEntries { limit: 1 });
    }

    #[test]
    fn paths_are_those_of_the_interface() {
        let xa =
            |country: &str| Selection::TypeAndCountry(CertificateType::Dsc, country.to_owned());
        assert_eq!(Selection::All.segments().unwrap(), ["trustList"]);
        assert_eq!(xa("XA").segments().unwrap(), ["trustList", "DSC", "XA"]);
        for bad in ["", "X", "XXA", "..", "X/", "é"] {
            assert!(xa(bad).segments().is_err(), "{bad}");
        }
    }
}
