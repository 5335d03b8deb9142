use const_oid::ObjectIdentifier;

use crate::cms::ber::{Element, Elements};
use crate::cms::{CmsError, Limits, oid};
use crate::x509::encode::{OCTET_STRING, SEQUENCE, SET};

/// A `SignedData` (RFC 5652, 5.1) as received, in BER.
pub(crate) struct SignedData<'a> {
    pub(crate) version: Element<'a>,
    /// `digestAlgorithms`: what the signers use, for readers that hash before they reach these.
    pub(crate) digest_algorithms: Vec<Element<'a>>,
    pub(crate) content_type: ObjectIdentifier,
    /// The content, joined when it came in pieces.
    pub(crate) content: Option<Vec<u8>>,
    /// `certificates [0]`: all choices, certificates and others.
    pub(crate) certificates: Vec<Element<'a>>,
    /// `crls [1]`.
    pub(crate) crls: Option<Element<'a>>,
    pub(crate) signer_infos: Vec<Element<'a>>,
}

impl<'a> SignedData<'a> {
    /// Reads a `ContentInfo` that holds `SignedData`.
    pub(crate) fn read(ber: &'a [u8], limits: &Limits) -> Result<Self, CmsError> {
        let message = Element::read_one(ber, limits)?;
        let mut fields = Fields::of(message, SEQUENCE, "not a ContentInfo")?;
        let content_type = fields.oid("the ContentInfo has no type")?;
        if content_type != oid::SIGNED_DATA {
            return Err(fields.wrong("the ContentInfo holds something else than SignedData"));
        }
        let wrapper = fields.take(0xa0, "the ContentInfo is empty")?;
        fields.end("the ContentInfo has surplus elements")?;
        let mut wrapper = Fields::of(wrapper, 0xa0, "the ContentInfo is empty")?;
        let signed_data = wrapper.take(SEQUENCE, "SignedData is no SEQUENCE")?;
        wrapper.end("the ContentInfo has surplus elements")?;
        Self::read_fields(Fields::of(signed_data, SEQUENCE, "SignedData is no SEQUENCE")?)
    }

    fn read_fields(mut fields: Fields<'a>) -> Result<Self, CmsError> {
        let version = fields.take(0x02, "SignedData has no version")?;
        let digest_algorithms = fields.take(SET, "SignedData has no digestAlgorithms")?;
        let encapsulated = fields.take(SEQUENCE, "SignedData has no encapContentInfo")?;
        let certificates = fields.take_if(0xa0)?;
        let crls = fields.take_if(0xa1)?;
        let signer_infos = fields.take(SET, "SignedData has no signerInfos")?;
        fields.end("SignedData has surplus elements")?;

        let mut fields = Fields::of(encapsulated, SEQUENCE, "no encapContentInfo")?;
        let content_type = fields.oid("the content has no type")?;
        let content = match fields.take_if(0xa0)? {
            Some(wrapper) => {
                let mut wrapper = Fields::of(wrapper, 0xa0, "no eContent")?;
                let octets = wrapper.next()?.ok_or_else(|| wrapper.wrong("eContent is empty"))?;
                if octets.tag & !0x20 != OCTET_STRING {
                    return Err(wrapper.wrong("eContent is no OCTET STRING"));
                }
                wrapper.end("eContent has surplus elements")?;
                Some(octets.octets()?)
            }
            None => None,
        };
        fields.end("encapContentInfo has surplus elements")?;
        Ok(Self {
            version,
            digest_algorithms: all(digest_algorithms)?,
            content_type,
            content,
            certificates: match certificates {
                Some(set) => all(set)?,
                None => Vec::new(),
            },
            crls,
            signer_infos: all(signer_infos)?,
        })
    }

    /// The X.509 certificates, as received. Attribute certificates and other formats are tagged.
    pub(crate) fn x509_certificates(&self) -> impl Iterator<Item = &Element<'a>> {
        self.certificates.iter().filter(|element| element.tag == SEQUENCE)
    }
}

/// The fields of one constructed element, taken one by one.
pub(crate) struct Fields<'a> {
    elements: Elements<'a>,
    peeked: Option<Element<'a>>,
    at: usize,
}

impl<'a> Fields<'a> {
    pub(crate) fn of(element: Element<'a>, tag: u8, what: &'static str) -> Result<Self, CmsError> {
        if element.tag == tag {
            Ok(Self { elements: element.children(), peeked: None, at: element.at })
        } else {
            Err(CmsError::InvalidCms { at: element.at, what })
        }
    }

    fn next(&mut self) -> Result<Option<Element<'a>>, CmsError> {
        let next = match self.peeked.take() {
            Some(element) => Some(element),
            None => self.elements.next()?,
        };
        if let Some(element) = &next {
            self.at = element.at;
        }
        Ok(next)
    }

    fn take_if(&mut self, tag: u8) -> Result<Option<Element<'a>>, CmsError> {
        match self.next()? {
            Some(element) if element.tag == tag => Ok(Some(element)),
            other => {
                self.peeked = other;
                Ok(None)
            }
        }
    }

    pub(crate) fn take(&mut self, tag: u8, what: &'static str) -> Result<Element<'a>, CmsError> {
        self.take_if(tag)?.ok_or_else(|| self.wrong(what))
    }

    fn oid(&mut self, what: &'static str) -> Result<ObjectIdentifier, CmsError> {
        let element = self.take(0x06, what)?;
        element
            .primitive()
            .and_then(|content| ObjectIdentifier::from_bytes(content).ok())
            .ok_or_else(|| self.wrong(what))
    }

    pub(crate) fn end(mut self, what: &'static str) -> Result<(), CmsError> {
        match self.next()? {
            None => Ok(()),
            Some(element) => Err(CmsError::InvalidCms { at: element.at, what }),
        }
    }

    fn wrong(&self, what: &'static str) -> CmsError {
        CmsError::InvalidCms { at: self.at, what }
    }
}

/// The elements of a set.
pub(crate) fn all(set: Element<'_>) -> Result<Vec<Element<'_>>, CmsError> {
    let mut children = set.children();
    let mut all = Vec::new();
    while let Some(element) = children.next()? {
        all.push(element);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::x509::encode;

    /// A message of these fields, and what is wrong with it.
    fn wrong(fields: &[&[u8]]) -> &'static str {
        let signed_data = encode::nested(SEQUENCE, fields);
        let content = encode::tlv(0xa0, &signed_data);
        let ber = encode::nested(SEQUENCE, &[&encode::oid(oid::SIGNED_DATA), &content]);
        match SignedData::read(&ber, &Limits::default()) {
            Err(CmsError::InvalidCms { what, .. }) => what,
            Ok(_) => "nothing",
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn names_the_field_that_is_missing_or_surplus() {
        let data = encode::nested(SEQUENCE, &[&encode::oid(oid::DATA)]);
        let version: &[u8] = &[2, 1, 1];
        let set: &[u8] = &[SET, 0];
        let null: &[u8] = &encode::NULL;
        assert_eq!(wrong(&[version, set, &data, set]), "nothing");
        assert_eq!(wrong(&[]), "SignedData has no version");
        assert_eq!(wrong(&[version, &data]), "SignedData has no digestAlgorithms");
        assert_eq!(wrong(&[version, set, null]), "SignedData has no encapContentInfo");
        assert_eq!(wrong(&[version, set, &data]), "SignedData has no signerInfos");
        assert_eq!(wrong(&[version, set, &data, set, null]), "SignedData has surplus elements");
        let content = |inner: &[u8]| {
            let content = encode::tlv(0xa0, inner);
            let data = encode::nested(SEQUENCE, &[&encode::oid(oid::DATA), &content]);
            wrong(&[version, set, &data, set])
        };
        assert_eq!(content(&[4, 1, 7]), "nothing");
        assert_eq!(content(&[0x24, 3, 4, 1, 7]), "nothing");
        assert_eq!(content(&[]), "eContent is empty");
        assert_eq!(content(null), "eContent is no OCTET STRING");
        assert_eq!(content(&[4, 0, 4, 0]), "eContent has surplus elements");
        assert_eq!(wrong(&[version, set, &[SEQUENCE, 0], set]), "the content has no type");
    }

    #[test]
    fn refuses_a_content_info_of_another_type() {
        let ber = encode::nested(SEQUENCE, &[&encode::oid(oid::DATA), &[0xa0, 2, 4, 0]]);
        let error = SignedData::read(&ber, &Limits::default()).err().unwrap();
        assert!(error.to_string().contains("something else"), "{error}");
        assert!(SignedData::read(&encode::NULL, &Limits::default()).is_err());
    }
}
