use crate::DateText;

/// Whose document it is, for people to compare with an identity document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Person {
    /// The name as the document writes it, surname last.
    pub name: String,
    /// The name in the letters of a passport's machine-readable zone, as `SURNAME<<FORENAME`.
    pub machine_readable_name: Option<String>,
    /// Date of birth, as the document writes it.
    pub birth_date: DateText,
    /// Sex, as the document writes it.
    pub sex: Option<String>,
    /// Nationality, as the document writes it.
    pub nationality: Option<String>,
    /// Number of the identity document.
    pub document_number: Option<String>,
    /// Kind of the identity document (HL7 v2 table 0203), such as `PPN` for a passport.
    pub document_type: Option<String>,
    /// The guardian of a minor or dependant.
    pub guardian: Option<String>,
}
