//! Entries of trust lists, and the lists that are put together of them.
//!
//! A certificate and its signature stand in memory once, whatever number of lists holds them: a
//! list is a row of references, written out piece by piece while it is sent.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use gdhcn_client::wire::{CertificateType, TrustListItem, TrustedCertificateItem};
use gdhcn_crypto::sha256;
use gdhcn_store::signer_information::SignerInformation;
use gdhcn_store::tombstone::Tombstone;
use gdhcn_store::trusted_party::TrustedParty;
use hyper::body::{Body, Frame, SizeHint};
use jiff::Timestamp;

use super::facts::Facts;
use super::list_query::ListQuery;

/// The domain of the lists that name none.
pub(crate) const DEFAULT_DOMAIN: &str = "DCC";

/// How much of a list is written out at a time.
const CHUNK: usize = 64 * 1024;

/// One certificate of the lists, in the pieces that its two forms are made of.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) kid: String,
    pub(crate) country: String,
    pub(crate) thumbprint: String,
    /// The certificate group, as lists name it.
    pub(crate) group: &'static str,
    pub(crate) domain: Option<String>,
    pub(crate) source_gateway: Option<String>,
    pub(crate) created_at: Timestamp,
    pub(crate) uploaded: bool,
    /// What is told of the certificate.
    pub(crate) facts: Facts,
    /// Names the content of both forms.
    digest: [u8; 32],
    /// The certificate as a JSON text.
    raw_data: Bytes,
    /// The signature as a JSON text, or `null`.
    signature: Bytes,
    /// The first form up to the signature.
    item_head: Bytes,
    /// The second form up to the certificate.
    certificate_head: Bytes,
    /// The second form behind the signature.
    certificate_tail: Bytes,
}

/// In which form a list holds its entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Form {
    /// [`TrustListItem`], of `/trustList` and its variants by type and country.
    Item,
    /// [`TrustedCertificateItem`], of `/trustList/certificate`.
    Certificate,
}

/// Which entries a list holds, and in which form.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Selection {
    /// The types UPLOAD, AUTHENTICATION, CSCA and DSC.
    Everything,
    /// One type, and one country where given.
    Of(CertificateType, Option<String>),
    /// What parameters ask for.
    Certificates(Filter),
}

/// The parameters of `/trustList/certificate`. An absent one asks for everything.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct Filter {
    groups: Option<Vec<String>>,
    countries: Option<Vec<String>>,
    domains: Option<Vec<String>>,
    with_federation: bool,
}

impl Filter {
    /// What a query asks for.
    pub(crate) fn of(query: &ListQuery) -> Self {
        let wanted = |name| {
            let mut values: Vec<_> = query.values(name).map(str::to_owned).collect();
            values.sort();
            values.dedup();
            Some(values).filter(|values| !values.is_empty())
        };
        Self {
            groups: wanted("group"),
            countries: wanted("country"),
            domains: wanted("domain"),
            with_federation: query.with_federation(),
        }
    }

    fn holds(&self, entry: &Entry) -> bool {
        let admits = |wanted: &Option<Vec<String>>, value: Option<&str>| {
            wanted.as_ref().is_none_or(|wanted| {
                value.is_some_and(|value| wanted.iter().any(|one| one == value))
            })
        };
        (self.with_federation || entry.source_gateway.is_none())
            && admits(&self.groups, Some(entry.group))
            && admits(&self.countries, Some(&entry.country))
            && admits(&self.domains, entry.domain.as_deref())
    }
}

impl Selection {
    /// The form of the list's entries.
    pub(crate) fn form(&self) -> Form {
        match self {
            Self::Everything | Self::Of(..) => Form::Item,
            Self::Certificates(_) => Form::Certificate,
        }
    }

    /// Whether the list holds an entry. The lists without parameters hold own rows of the default
    /// domain, by country too (deviation D-06).
    pub(crate) fn holds(&self, entry: &Entry) -> bool {
        let plain =
            || entry.domain.as_deref() == Some(DEFAULT_DOMAIN) && entry.source_gateway.is_none();
        match self {
            Self::Everything => {
                plain() && ["UPLOAD", "AUTHENTICATION", "CSCA", "DSC"].contains(&entry.group)
            }
            Self::Of(of, country) => {
                entry.group == of.as_str()
                    && country.as_ref().is_none_or(|country| entry.country == *country)
                    && plain()
            }
            Self::Certificates(filter) => filter.holds(entry),
        }
    }
}

impl Entry {
    /// What the order of lists depends on.
    pub(crate) fn key(&self) -> (&str, &str, Option<&str>) {
        // Kids are unique among own rows; the rest makes the order certain anyway.
        (&self.kid, &self.thumbprint, self.source_gateway.as_deref())
    }

    /// The entry of an onboarded certificate.
    pub(crate) fn of_party(row: &TrustedParty) -> Arc<Self> {
        Self::new(Parts {
            kid: &row.kid,
            country: &row.country,
            thumbprint: &row.thumbprint,
            group: row.certificate_type.as_str(),
            domain: row.domain.as_deref(),
            source_gateway: row.source_gateway_id.as_deref(),
            uuid: row.uuid.as_deref(),
            version: row.version,
            properties: None,
            created_at: row.created_at,
            uploaded: false,
            raw_data: &row.raw_data,
            signature: Some(&row.signature),
        })
    }

    /// The entry of an uploaded certificate.
    pub(crate) fn of_signer(row: &SignerInformation) -> Arc<Self> {
        Self::new(Parts {
            kid: &row.kid,
            country: &row.country,
            thumbprint: &row.thumbprint,
            group: row.certificate_type.as_str(),
            domain: row.domain.as_deref(),
            source_gateway: row.source_gateway_id.as_deref(),
            uuid: row.uuid.as_deref(),
            version: row.version,
            properties: row.properties.as_deref(),
            created_at: row.created_at,
            uploaded: true,
            raw_data: &row.raw_data,
            signature: Some(&row.signature),
        })
    }

    /// The entry of a withdrawn certificate, without signature.
    pub(crate) fn of_tombstone(row: &Tombstone) -> Arc<Self> {
        Self::new(Parts {
            kid: &row.kid,
            country: &row.country,
            thumbprint: &row.thumbprint,
            group: row.certificate_type.as_str(),
            domain: row.domain.as_deref(),
            source_gateway: None,
            uuid: None,
            version: 1,
            properties: None,
            created_at: row.created_at,
            uploaded: true,
            raw_data: &row.raw_data,
            signature: None,
        })
    }

    fn new(parts: Parts<'_>) -> Arc<Self> {
        let raw_data = json(&parts.raw_data);
        let signature = json(&parts.signature);
        // What both forms share is left empty here and stands between the pieces.
        let item = json(&TrustListItem {
            kid: parts.kid.to_owned(),
            timestamp: parts.created_at,
            country: parts.country.to_owned(),
            // The first form is written for the types of its lists only.
            certificate_type: parts.group.parse().unwrap_or(CertificateType::Dsc),
            thumbprint: parts.thumbprint.to_owned(),
            signature: String::new(),
            raw_data: String::new(),
        });
        let item_head = item.strip_suffix(b"\"\",\"rawData\":\"\"}").unwrap_or(&item).to_vec();
        let certificate = json(&TrustedCertificateItem {
            source_gateway: parts.source_gateway.map(str::to_owned),
            uuid: parts.uuid.map(str::to_owned),
            domain: parts.domain.map(str::to_owned),
            version: Some(parts.version),
            certificate: String::new(),
            signature: String::new(),
            kid: parts.kid.to_owned(),
            group: parts.group.to_owned(),
            country: parts.country.to_owned(),
            properties: parts.properties.and_then(|text| serde_json::from_str(text).ok()),
        });
        let text = String::from_utf8_lossy(&certificate);
        let (head, tail) = text.split_once(GAP).unwrap_or((&text, ""));
        let digest = sha256(&[&item[..], &certificate, &raw_data, &signature].concat());
        Arc::new(Self {
            kid: parts.kid.to_owned(),
            country: parts.country.to_owned(),
            thumbprint: parts.thumbprint.to_owned(),
            group: parts.group,
            domain: parts.domain.map(str::to_owned),
            source_gateway: parts.source_gateway.map(str::to_owned),
            created_at: parts.created_at,
            uploaded: parts.uploaded,
            facts: Facts::of(parts.raw_data, parts.group),
            digest,
            item_head: item_head.into(),
            certificate_head: format!("{head}\"certificate\":").into(),
            certificate_tail: tail.to_owned().into(),
            raw_data: raw_data.into(),
            signature: signature.into(),
        })
    }

    fn pieces(&self, form: Form) -> [&[u8]; 5] {
        match form {
            Form::Item => {
                [&self.item_head, &self.signature, b",\"rawData\":", &self.raw_data, b"}"]
            }
            Form::Certificate => [
                &self.certificate_head,
                &self.raw_data,
                b",\"signature\":",
                &self.signature,
                &self.certificate_tail,
            ],
        }
    }

    fn length(&self, form: Form) -> usize {
        self.pieces(form).iter().map(|piece| piece.len()).sum()
    }
}

/// What stands between the two parts of the second form that are kept.
const GAP: &str = "\"certificate\":\"\",\"signature\":\"\"";

/// What an entry is made of.
struct Parts<'a> {
    kid: &'a str,
    country: &'a str,
    thumbprint: &'a str,
    group: &'static str,
    domain: Option<&'a str>,
    source_gateway: Option<&'a str>,
    uuid: Option<&'a str>,
    version: i64,
    properties: Option<&'a str>,
    created_at: Timestamp,
    uploaded: bool,
    raw_data: &'a str,
    signature: Option<&'a str>,
}

/// Texts and maps of texts always have a JSON form.
fn json(value: &impl serde::Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

/// Entries in their order and the form in which they are sent. Cloning is cheap.
#[derive(Debug, Clone)]
pub(crate) struct List {
    entries: Arc<[Arc<Entry>]>,
    form: Form,
    length: usize,
}

impl List {
    pub(crate) fn new(entries: impl IntoIterator<Item = Arc<Entry>>, form: Form) -> Self {
        let entries: Arc<[_]> = entries.into_iter().collect();
        let commas = entries.len().saturating_sub(1);
        let length = 2 + commas + entries.iter().map(|entry| entry.length(form)).sum::<usize>();
        Self { entries, form, length }
    }

    /// SHA-256 that names the content.
    pub(crate) fn digest(&self) -> [u8; 32] {
        let mut all = Vec::with_capacity(1 + 32 * self.entries.len());
        all.push(u8::from(self.form == Form::Certificate));
        for entry in &*self.entries {
            all.extend_from_slice(&entry.digest);
        }
        sha256(&all)
    }

    /// The JSON array, written out while it is sent.
    pub(crate) fn body(&self) -> ListBody {
        ListBody { list: self.clone(), next: Next::Entry(0), left: self.length }
    }
}

/// A list on its way to a peer.
#[derive(Debug)]
pub(crate) struct ListBody {
    list: List,
    next: Next,
    left: usize,
}

#[derive(Debug, Clone, Copy)]
enum Next {
    Entry(usize),
    Nothing,
}

impl Body for ListBody {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let Next::Entry(mut place) = self.next else { return Poll::Ready(None) };
        // Room for the entry that goes over the mark.
        let mut chunk = BytesMut::with_capacity(CHUNK + 16 * 1024);
        if place == 0 {
            chunk.extend_from_slice(b"[");
        }
        self.next = loop {
            let Some(entry) = self.list.entries.get(place) else {
                chunk.extend_from_slice(b"]");
                break Next::Nothing;
            };
            if place > 0 {
                chunk.extend_from_slice(b",");
            }
            for piece in entry.pieces(self.list.form) {
                chunk.extend_from_slice(piece);
            }
            place += 1;
            if chunk.len() >= CHUNK {
                break Next::Entry(place);
            }
        };
        self.left = self.left.saturating_sub(chunk.len());
        Poll::Ready(Some(Ok(Frame::data(chunk.freeze()))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.next, Next::Nothing)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left as u64)
    }
}

#[cfg(test)]
mod tests {
    use gdhcn_store::signer_information::SignerType;
    use http_body_util::BodyExt as _;

    use super::*;

    fn signer(number: usize) -> SignerInformation {
        SignerInformation {
            id: String::new(),
            uuid: Some("0b5f5a6e-0000-4000-8000-000000000000".to_owned()),
            created_at: Timestamp::UNIX_EPOCH,
            country: "XA".to_owned(),
            thumbprint: format!("{number:064x}"),
            raw_data: "cmF3".repeat(300),
            signature: "c2ln".repeat(300),
            certificate_type: SignerType::Dsc,
            kid: format!("k\"{number:03}"),
            domain: Some("DCC".to_owned()),
            properties: Some("{\"purpose\":\"a\"}".to_owned()),
            source_gateway_id: None,
            version: 1,
        }
    }

    async fn text(list: &List) -> String {
        let body = list.body();
        let announced = body.size_hint().exact().unwrap();
        let bytes = body.collect().await.unwrap().to_bytes();
        assert_eq!(announced, bytes.len() as u64);
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn what_is_sent_in_pieces_reads_back_in_both_forms() {
        for count in [0, 1, 2, 200] {
            let rows: Vec<_> = (0..count).map(signer).collect();
            let entries = || rows.iter().map(Entry::of_signer);
            let items: Vec<TrustListItem> =
                serde_json::from_str(&text(&List::new(entries(), Form::Item)).await).unwrap();
            let certificates: Vec<TrustedCertificateItem> =
                serde_json::from_str(&text(&List::new(entries(), Form::Certificate)).await)
                    .unwrap();
            assert_eq!((items.len(), certificates.len()), (count, count));
            for ((row, item), certificate) in rows.iter().zip(items).zip(certificates) {
                assert_eq!((&item.kid, &item.signature), (&row.kid, &row.signature));
                assert_eq!(item.raw_data, row.raw_data);
                assert_eq!(certificate.certificate, row.raw_data);
                assert_eq!(certificate.signature, row.signature);
                assert_eq!(certificate.properties.unwrap()["purpose"], "a");
            }
        }
    }

    #[test]
    fn the_digest_follows_content_and_form() {
        let list = |numbers: &[usize], form| {
            List::new(numbers.iter().map(|number| Entry::of_signer(&signer(*number))), form)
        };
        let one = list(&[1], Form::Item).digest();
        assert_eq!(one, list(&[1], Form::Item).digest());
        assert_ne!(one, list(&[1], Form::Certificate).digest());
        assert_ne!(one, list(&[2], Form::Item).digest());
        assert_ne!(one, list(&[], Form::Item).digest());
    }

    #[tokio::test]
    async fn a_withdrawn_certificate_has_no_signature() {
        let tombstone = Tombstone {
            thumbprint: "00".repeat(32),
            created_at: Timestamp::UNIX_EPOCH,
            deleted_at: Timestamp::UNIX_EPOCH,
            country: "XA".to_owned(),
            raw_data: "cmF3".to_owned(),
            certificate_type: SignerType::Dsc,
            kid: "kid".to_owned(),
            domain: Some("DCC".to_owned()),
        };
        let list = List::new([Entry::of_tombstone(&tombstone)], Form::Item);
        let value: serde_json::Value = serde_json::from_str(&text(&list).await).unwrap();
        assert_eq!(value[0]["signature"], serde_json::Value::Null);
        assert_eq!(value[0]["rawData"], "cmF3");
    }
}
