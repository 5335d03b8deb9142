use const_oid::ObjectIdentifier;
use der::asn1::{AnyRef, OctetStringRef};
use der::{Decode, Reader, SliceReader, Tag, Tagged};
use spki::AlgorithmIdentifierRef;

use crate::x509::encode;

/// A `SignerInfo` (RFC 5652, 5.3) in DER. The signer identifier is not compared with the one
/// certificate that there is: some clients re-encode the issuer's name.
pub(crate) struct SignerInfo<'a> {
    /// As an element.
    pub(crate) version: &'a [u8],
    /// `sid`, as an element.
    pub(crate) identifier: &'a [u8],
    pub(crate) digest_algorithm: AlgorithmIdentifierRef<'a>,
    pub(crate) signed_attributes: Option<Vec<Attribute<'a>>>,
    pub(crate) signature_algorithm: AlgorithmIdentifierRef<'a>,
    pub(crate) signature: &'a [u8],
    pub(crate) unsigned_attributes: Vec<Attribute<'a>>,
}

/// An `Attribute`: a type and a set of values, each with its raw bytes.
pub(crate) struct Attribute<'a> {
    pub(crate) oid: ObjectIdentifier,
    pub(crate) values: Vec<&'a [u8]>,
}

impl<'a> SignerInfo<'a> {
    pub(crate) fn from_der(der: &'a [u8]) -> der::Result<Self> {
        let mut reader = content(der, Tag::Sequence)?;
        let version = reader.tlv_bytes()?;
        let identifier = reader.tlv_bytes()?;
        let digest_algorithm = reader.decode()?;
        let signed_attributes = match reader.peek_byte() {
            Some(SIGNED_ATTRIBUTES) => Some(attributes(reader.tlv_bytes()?)?),
            _ => None,
        };
        let signature_algorithm = reader.decode()?;
        let signature = <&OctetStringRef>::decode(&mut reader)?.as_bytes();
        let unsigned_attributes = match reader.peek_byte() {
            Some(UNSIGNED_ATTRIBUTES) => attributes(reader.tlv_bytes()?)?,
            _ => Vec::new(),
        };
        reader.finish()?;
        Ok(Self {
            version,
            identifier,
            digest_algorithm,
            signed_attributes,
            signature_algorithm,
            signature,
            unsigned_attributes,
        })
    }
}

/// What is signed when there are signed attributes: their DER encoding as SET OF, elements in
/// order, whatever order they came in (RFC 5652, 5.4).
pub(crate) fn to_be_signed(attributes: &[Attribute<'_>]) -> Vec<u8> {
    let encoded = attributes.iter().map(|attribute| {
        let values = attribute.values.iter().map(|value| value.to_vec()).collect();
        encode::nested(encode::SEQUENCE, &[&encode::oid(attribute.oid), &encode::set_of(values)])
    });
    encode::set_of(encoded.collect())
}

pub(crate) const SIGNED_ATTRIBUTES: u8 = 0xa0;
const UNSIGNED_ATTRIBUTES: u8 = 0xa1;

fn attributes(raw: &[u8]) -> der::Result<Vec<Attribute<'_>>> {
    let mut reader = SliceReader::new(AnyRef::from_der(raw)?.value())?;
    let mut attributes = Vec::new();
    while !reader.is_finished() {
        let mut fields = content(reader.tlv_bytes()?, Tag::Sequence)?;
        let oid = fields.decode()?;
        let mut set = content(fields.tlv_bytes()?, Tag::Set)?;
        fields.finish()?;
        let mut values = Vec::new();
        while !set.is_finished() {
            values.push(set.tlv_bytes()?);
        }
        attributes.push(Attribute { oid, values });
    }
    Ok(attributes)
}

fn content(raw: &[u8], tag: Tag) -> der::Result<SliceReader<'_>> {
    let any = AnyRef::from_der(raw)?;
    any.tag().assert_eq(tag)?;
    SliceReader::new(any.value())
}
