//! What changed in a trust list since a moment, and lists page by page: what clients of the EU's
//! gateway ask for.

use std::sync::Arc;

use gdhcn_store::StoreError;
use http::HeaderMap;
use http::header::IF_MODIFIED_SINCE;
use jiff::fmt::rfc2822;
use jiff::{SignedDuration, Timestamp};

use super::Gateway;
use super::list::{Entry, List, Selection};
use super::list_query::ListQuery;
use super::representation::Representation;

/// How far before the asked moment a list of changes begins: an entry bears the moment at which its
/// message came, and can be seen only when the change is made and this process has taken notice. A
/// client that asks in between must not miss it; what it gets twice does no harm.
const OVERLAP: SignedDuration = SignedDuration::from_secs(30);

/// Entries of a page whose size is not asked for.
const PAGE_SIZE: usize = 100;

/// Which part of a list is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wish {
    since: Option<Timestamp>,
    page: Option<Page>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Page {
    number: usize,
    size: usize,
}

/// Why it cannot be told which part is meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadDelta {
    /// The moment is none.
    #[error(
        "If-Modified-Since is neither a date-time of ISO 8601 with offset, such as \
         2021-06-01T00:00:00Z, nor an HTTP date"
    )]
    Since,
    /// A number of the page is none.
    #[error("{parameter} is no whole number{}", if *.parameter == "pagesize" { " above 0" } else { "" })]
    Page {
        /// Which one.
        parameter: &'static str,
    },
}

impl Wish {
    /// `None` when the whole list is asked for.
    pub(crate) fn read(query: &ListQuery, headers: &HeaderMap) -> Result<Option<Self>, BadDelta> {
        let since = match headers.get(IF_MODIFIED_SINCE) {
            None => None,
            Some(value) => {
                let moment = value.to_str().ok().and_then(moment).ok_or(BadDelta::Since)?;
                Some(moment.saturating_sub(OVERLAP).unwrap_or(Timestamp::MIN))
            }
        };
        let number = |parameter| match query.values(parameter).next() {
            None => Ok(None),
            Some(text) => text.parse::<usize>().map(Some).map_err(|_| BadDelta::Page { parameter }),
        };
        let (page, size) = (number("page")?, number("pagesize")?);
        if size == Some(0) {
            return Err(BadDelta::Page { parameter: "pagesize" });
        }
        let page = (page.is_some() || size.is_some())
            .then(|| Page { number: page.unwrap_or(0), size: size.unwrap_or(PAGE_SIZE) });
        Ok((since.is_some() || page.is_some()).then_some(Self { since, page }))
    }

    /// The part of a list: its entries that came since the moment or, without signature, went.
    pub(crate) async fn list(
        self,
        gateway: &Gateway,
        selection: &Selection,
    ) -> Result<Representation, StoreError> {
        let snapshot = gateway.trust.current();
        let mut entries: Vec<Arc<Entry>> = snapshot
            .entries(selection)
            .filter(|entry| self.since.is_none_or(|since| entry.created_at >= since))
            .map(Arc::clone)
            .collect();
        if let Some(since) = self.since {
            let gone = gateway.trust.store().tombstones_since(since).await?;
            let gone = gone.iter().map(Entry::of_tombstone);
            entries.extend(gone.filter(|entry| selection.holds(entry)));
            entries.sort_by(|a, b| a.key().cmp(&b.key()));
        }
        let page = self.page.unwrap_or(Page { number: 0, size: usize::MAX });
        let first = page.number.saturating_mul(page.size);
        let chosen = entries.into_iter().skip(first).take(page.size);
        Ok(Representation::of_list(List::new(chosen, selection.form())))
    }
}

/// Clients send ISO 8601; the reference's description also speaks of the dates of HTTP.
fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    text.parse().ok().or_else(|| {
        // RFC 9110 writes GMT where RFC 5322 has an offset.
        let zoned = rfc2822::parse(&text.replace("GMT", "+0000")).ok()?;
        Some(zoned.timestamp())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_a_moment_are_read() {
        let expected: Timestamp = "2021-06-01T10:00:00Z".parse().unwrap();
        for text in
            ["2021-06-01T10:00:00Z", "2021-06-01T12:00:00+02:00", "Tue, 01 Jun 2021 10:00:00 GMT"]
        {
            assert_eq!(moment(text), Some(expected), "{text}");
        }
        for text in ["", "yesterday", "2021-06-01", "2021-06-01T10:00:00"] {
            assert_eq!(moment(text), None, "{text}");
        }
    }
}
