use const_oid::ObjectIdentifier;

use crate::x509::{Name, NameError, encode, oid};

/// Writes a [`Name`] attribute by attribute, most general first: `C`, `O`, `OU`, `CN`.
///
/// The country is a PrintableString, all else UTF8String (RFC 5280, 4.1.2.4).
#[derive(Clone, Debug, Default)]
pub struct NameBuilder {
    rdns: Vec<Vec<u8>>,
    error: Option<NameError>,
}

impl NameBuilder {
    /// A name without attributes.
    pub fn new() -> Self {
        Self::default()
    }

    /// `C`: two capital letters.
    #[must_use]
    pub fn country(mut self, alpha2: &str) -> Self {
        if alpha2.len() == 2 && alpha2.bytes().all(|byte| byte.is_ascii_uppercase()) {
            self.push(oid::COUNTRY, encode::PRINTABLE_STRING, alpha2)
        } else {
            self.error
                .get_or_insert(NameError::Country { found: alpha2.chars().take(8).collect() });
            self
        }
    }

    /// `O`: up to 64 characters.
    #[must_use]
    pub fn organization(self, text: &str) -> Self {
        self.text(oid::ORGANIZATION, "O", 64, text)
    }

    /// `OU`: up to 64 characters.
    #[must_use]
    pub fn organizational_unit(self, text: &str) -> Self {
        self.text(oid::ORGANIZATIONAL_UNIT, "OU", 64, text)
    }

    /// `L`: up to 128 characters.
    #[must_use]
    pub fn locality(self, text: &str) -> Self {
        self.text(oid::LOCALITY, "L", 128, text)
    }

    /// `ST`: up to 128 characters.
    #[must_use]
    pub fn state(self, text: &str) -> Self {
        self.text(oid::STATE, "ST", 128, text)
    }

    /// `CN`: up to 64 characters.
    #[must_use]
    pub fn common_name(self, text: &str) -> Self {
        self.text(oid::COMMON_NAME, "CN", 64, text)
    }

    /// The name.
    ///
    /// # Errors
    ///
    /// The first value that its attribute does not allow, or [`NameError::Empty`].
    pub fn build(self) -> Result<Name, NameError> {
        match self.error {
            Some(error) => Err(error),
            None if self.rdns.is_empty() => Err(NameError::Empty),
            None => Name::from_der(&encode::tlv(encode::SEQUENCE, &self.rdns.concat())),
        }
    }

    fn text(
        mut self,
        attribute: ObjectIdentifier,
        keyword: &'static str,
        limit: usize,
        text: &str,
    ) -> Self {
        let found = text.chars().count();
        if !(1..=limit).contains(&found) {
            self.error.get_or_insert(NameError::Length { attribute: keyword, limit, found });
            return self;
        }
        self.push(attribute, encode::UTF8_STRING, text)
    }

    fn push(mut self, attribute: ObjectIdentifier, tag: u8, text: &str) -> Self {
        let value = encode::tlv(tag, text.as_bytes());
        let pair = encode::nested(encode::SEQUENCE, &[&encode::oid(attribute), &value]);
        self.rdns.push(encode::tlv(encode::SET, &pair));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builds_a_name_from_general_to_specific() {
        let name = NameBuilder::new()
            .country("XA")
            .state("North")
            .locality("Town")
            .organization("Ministry")
            .organizational_unit("Health")
            .common_name("DSC 2026")
            .build()
            .unwrap();
        assert_eq!(name.to_string(), "CN=DSC 2026, OU=Health, O=Ministry, L=Town, ST=North, C=XA");
    }

    #[test]
    fn refuses_values_that_no_certificate_may_carry() {
        let long = "x".repeat(65);
        assert!(matches!(
            NameBuilder::new().country("XA").common_name(&long).build(),
            Err(NameError::Length { attribute: "CN", limit: 64, found: 65 })
        ));
        for country in ["", "xa", "XXA", "X1"] {
            let built = NameBuilder::new().country(country).build();
            assert!(matches!(built, Err(NameError::Country { .. })), "{country}");
        }
        assert!(matches!(
            NameBuilder::new().common_name("").build(),
            Err(NameError::Length { .. })
        ));
        assert!(matches!(NameBuilder::new().build(), Err(NameError::Empty)));
    }
}
