//! When participants came, gathered in memory and written down now and then: a download costs no
//! write.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use gdhcn_store::contact::Contact;
use gdhcn_store::{Store, StoreError};
use jiff::Timestamp;

use crate::metrics::RequestKind;

/// How often contacts are written down.
pub(super) const WRITE_EVERY: Duration = Duration::from_secs(30);

/// The contacts of this process, by client certificate: as many as are onboarded.
#[derive(Debug, Default)]
pub(crate) struct Contacts {
    seen: Mutex<HashMap<String, Seen>>,
}

#[derive(Debug)]
struct Seen {
    contact: Contact,
    is_written: bool,
}

impl Contacts {
    /// A participant got what it asked for.
    pub(crate) fn saw(&self, thumbprint: &str, country: &str, kind: RequestKind, at: Timestamp) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if !seen.contains_key(thumbprint) {
            let contact = Contact {
                thumbprint: thumbprint.to_owned(),
                country: country.to_owned(),
                downloaded_at: None,
                uploaded_at: None,
            };
            seen.insert(thumbprint.to_owned(), Seen { contact, is_written: false });
        }
        let Some(known) = seen.get_mut(thumbprint) else { return };
        known.is_written = false;
        match kind {
            RequestKind::Read => known.contact.downloaded_at = Some(at),
            RequestKind::Write => known.contact.uploaded_at = Some(at),
        }
    }

    /// All of this process.
    pub(super) fn all(&self) -> Vec<Contact> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.values().map(|seen| seen.contact.clone()).collect()
    }

    /// Writes down what is new.
    pub(super) async fn write(&self, store: &Store) -> Result<(), StoreError> {
        let new: Vec<_> = {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            let new = seen.values_mut().filter(|seen| !seen.is_written);
            new.map(|seen| {
                seen.is_written = true;
                seen.contact.clone()
            })
            .collect()
        };
        if new.is_empty() {
            return Ok(());
        }
        let written = store.record_contacts(&new).await;
        if written.is_err() {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            for contact in &new {
                if let Some(known) = seen.get_mut(&contact.thumbprint) {
                    known.is_written = false;
                }
            }
        }
        written
    }
}
