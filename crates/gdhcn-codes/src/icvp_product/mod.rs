//! The prequalified products that an International Certificate of Vaccination or Prophylaxis may
//! name: value set `http://smart.who.int/icvp/ValueSet/ICVPProductIds`.
//!
//! A certificate carries the product code only; vaccine, disease and manufacturer derive from it.

mod table;

use crate::icd11::Disease;
use table::PRODUCTS;

/// A prequalified vaccine in one presentation.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct IcvpProduct {
    /// The code of `PreQualProductIds`, as in the certificate's `vp`.
    pub code: &'static str,
    /// What kind of vaccine it is.
    pub vaccine_type: VaccineType,
    /// The commercial name, where the product has one.
    pub commercial_name: Option<&'static str>,
    /// How it is delivered: vial, ampoule, set.
    pub presentation: &'static str,
    /// Doses in one container.
    pub doses: u8,
    /// Who makes it.
    pub manufacturer: &'static str,
    /// The date of prequalification, `YYYY-MM-DD`.
    pub prequalified: &'static str,
}

impl IcvpProduct {
    /// The disease for which the certificate counts.
    pub const fn disease(&self) -> Disease {
        self.vaccine_type.disease()
    }

    /// The commercial name, or the kind of vaccine where there is none.
    pub fn display_name(&self) -> &'static str {
        self.commercial_name.unwrap_or(self.vaccine_type.name())
    }
}

/// The product with this code. Codes are case-sensitive.
pub fn find(code: &str) -> Option<&'static IcvpProduct> {
    let row = PRODUCTS.binary_search_by(|row| row.code.cmp(code)).ok()?;
    PRODUCTS.get(row)
}

/// All products, sorted by code.
pub fn all() -> &'static [IcvpProduct] {
    &PRODUCTS
}

/// A kind of vaccine: code system `PreQualVaccineType`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum VaccineType {
    /// Yellow fever.
    YellowFever,
    /// Oral polio vaccine (OPV), types 1, 2 and 3.
    OralPolioTrivalent,
    /// Oral polio vaccine, types 1 and 3 (bOPV).
    OralPolioBivalent1And3,
    /// Oral polio vaccine, type 1 (mOPV1).
    OralPolioMonovalent1,
    /// Oral polio vaccine, type 2 (mOPV2).
    OralPolioMonovalent2,
    /// Oral polio vaccine, type 3 (mOPV3).
    OralPolioMonovalent3,
    /// Novel oral polio vaccine, type 2 (nOPV2).
    NovelOralPolio2,
    /// Inactivated polio vaccine (IPV).
    InactivatedPolio,
    /// Inactivated polio vaccine from Sabin strains (sIPV).
    InactivatedPolioSabin,
    /// Six components, whole-cell pertussis. Counts for polio.
    HexavalentWholeCell,
    /// Six components, acellular pertussis. Counts for polio.
    HexavalentAcellular,
}

impl VaccineType {
    /// The code of `PreQualVaccineType`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::YellowFever => "YellowFever",
            Self::OralPolioTrivalent => "PolioVaccineOralOPVTrivalent",
            Self::OralPolioBivalent1And3 => "PolioVaccineOralOPVBivalentTypes1and3",
            Self::OralPolioMonovalent1 => "PolioVaccineOralOPVMonovalentType1",
            Self::OralPolioMonovalent2 => "PolioVaccineOralOPVMonovalentType2",
            Self::OralPolioMonovalent3 => "PolioVaccineOralOPVMonovalentType3",
            Self::NovelOralPolio2 => "PolioVaccineNovelOralnOPVType2",
            Self::InactivatedPolio => "PolioVaccineInactivatedIPV",
            Self::InactivatedPolioSabin => "PolioVaccineInactivatedSabinsIPV",
            Self::HexavalentWholeCell => concat!(
                "DiphtheriaTetanusPertussiswholecellHepatitisB",
                "HaemophilusinfluenzaetypebPolioInactivated"
            ),
            Self::HexavalentAcellular => concat!(
                "DiphtheriaTetanusPertussisacellularHepatitisB",
                "HaemophilusinfluenzaetypebPolioInactivated"
            ),
        }
    }

    /// The English name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::YellowFever => "yellow fever vaccine",
            Self::OralPolioTrivalent => "oral polio vaccine, trivalent",
            Self::OralPolioBivalent1And3 => "oral polio vaccine, bivalent (types 1 and 3)",
            Self::OralPolioMonovalent1 => "oral polio vaccine, type 1",
            Self::OralPolioMonovalent2 => "oral polio vaccine, type 2",
            Self::OralPolioMonovalent3 => "oral polio vaccine, type 3",
            Self::NovelOralPolio2 => "novel oral polio vaccine, type 2",
            Self::InactivatedPolio => "inactivated polio vaccine",
            Self::InactivatedPolioSabin => "inactivated polio vaccine (Sabin strains)",
            Self::HexavalentWholeCell => {
                "diphtheria, tetanus, whole-cell pertussis, hepatitis B, Hib, inactivated polio \
                 vaccine"
            }
            Self::HexavalentAcellular => {
                "diphtheria, tetanus, acellular pertussis, hepatitis B, Hib, inactivated polio \
                 vaccine"
            }
        }
    }

    /// The disease for which a certificate of this vaccine counts.
    pub const fn disease(self) -> Disease {
        match self {
            Self::YellowFever => Disease::YellowFever,
            _ => Disease::Poliomyelitis,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_without_a_double() {
        assert!(PRODUCTS.windows(2).all(|pair| pair[0].code < pair[1].code));
    }

    #[test]
    fn every_code_begins_with_the_start_of_its_vaccine_type() {
        // The value set cuts the type to 24 characters, adds "Product" and 32 hex digits.
        for product in &PRODUCTS {
            let (kind, digits) = product.code.split_once("Product").unwrap();
            assert!(product.vaccine_type.code().starts_with(kind), "{}", product.code);
            assert_eq!(digits.len(), 32);
            assert!(digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)));
        }
    }

    #[test]
    fn every_product_names_maker_presentation_and_date() {
        for product in &PRODUCTS {
            assert!(product.doses >= 1 && !product.manufacturer.is_empty());
            assert!(!product.presentation.is_empty() && !product.display_name().is_empty());
            let date = product.prequalified.as_bytes();
            assert!(date.len() == 10 && date[4] == b'-' && date[7] == b'-', "{}", product.code);
        }
    }

    #[test]
    fn a_product_leads_to_vaccine_disease_and_manufacturer() {
        let stamaril = find("YellowFeverProductd8a09f80301dc05e124f99ffe7711fc0").unwrap();
        assert_eq!(stamaril.display_name(), "STAMARIL");
        assert_eq!(stamaril.manufacturer, "Sanofi Pasteur");
        assert_eq!(stamaril.disease(), Disease::YellowFever);
        assert_eq!(PRODUCTS.iter().filter(|row| row.disease() == Disease::YellowFever).count(), 11);
        assert!(find("yellowfeverproductd8a09f80301dc05e124f99ffe7711fc0").is_none());
        assert!(find("").is_none());
    }
}
