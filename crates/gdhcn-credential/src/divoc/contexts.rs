//! The contexts that DIVOC certificates name. Nothing is fetched, so these are all there are.

use gdhcn_envelope::json_ld::{ContextError, Contexts};

/// The context of the W3C data model, version 1.
const CREDENTIALS: &str = "https://www.w3.org/2018/credentials/v1";
/// The context of the proof options.
pub(super) const SECURITY: &str = "https://w3id.org/security/v2";
const SECURITY_V1: &str = "https://w3id.org/security/v1";
/// The vaccination contexts of the first DIVOC installation, on which all others build.
const VACCINATION_V1: &str = "https://cowin.gov.in/credentials/vaccination/v1";
const VACCINATION_V2: &str = "https://cowin.gov.in/credentials/vaccination/v2";
/// Addresses of other countries for the same contexts; the terms keep the first one's names.
const ALIASES: [(&str, &str); 3] = [
    ("https://www.pedulilindungi.id/credentials/vaccination/v2", VACCINATION_V2),
    ("https://divoc.lgcc.gov.lk/credentials/vaccination/v1", VACCINATION_V1),
    ("https://divoc.prod/vaccine/credentials/vaccination/v1", VACCINATION_V1),
];

/// An address as the vaccination contexts know it.
const ADDRESS: &str = r#"{"@id": "schema:PostalAddress", "@context": {
    "streetAddress": "schema:streetAddress",
    "streetAddress2": "vac:addressLine2",
    "city": "vac:city",
    "district": "vac:district",
    "addressRegion": "schema:addressRegion",
    "postalCode": "schema:postalCode",
    "addressCountry": "schema:addressCountry"
}}"#;

/// Terms that version 2 has beyond version 1: of the person, of the vaccination.
const NEW_IN_V2: [&str; 2] =
    [r#""dob": "schema:date","#, r#""icd11Code": "schema:id", "prophylaxis": "schema:name","#];

/// All contexts.
pub(super) fn known() -> Result<Contexts, ContextError> {
    let mut contexts = Contexts::default();
    contexts.add(CREDENTIALS, ssi_contexts::CREDENTIALS_V1)?;
    contexts.add(SECURITY, ssi_contexts::SECURITY_V2)?;
    contexts.add(SECURITY_V1, ssi_contexts::SECURITY_V1)?;
    contexts.add(VACCINATION_V1, &vaccination(VACCINATION_V1, ["", ""]))?;
    contexts.add(VACCINATION_V2, &vaccination(VACCINATION_V2, NEW_IN_V2))?;
    for (address, known) in ALIASES {
        contexts.alias(address, known);
    }
    Ok(contexts)
}

/// A vaccination context: which term stands for which IRI, in which type.
fn vaccination(vocabulary: &str, [of_person, of_vaccination]: [&str; 2]) -> String {
    format!(
        r#"{{"@context": {{
            "id": "@id",
            "type": "@type",
            "schema": "https://schema.org/",
            "vac": "{vocabulary}",
            "ProofOfVaccinationCredential": {{"@id": "schema:ProofOfVaccinationCredential",
                "@context": {{"nonTransferable": "vac:nonTransferable"}}}},
            "Person": {{"@id": "schema:Person", "@context": {{
                "refId": "schema:id",
                "uhid": "schema:id",
                "name": "schema:name",
                "age": "schema:Number",
                {of_person}
                "gender": "schema:gender",
                "sex": "schema:gender",
                "nationality": "schema:nationality",
                "address": {ADDRESS}
            }}}},
            "Vaccination": {{"@id": "vac:Vaccination", "@context": {{
                "certificateId": "schema:id",
                "feedbackUrl": "schema:url",
                "infoUrl": "schema:url",
                "batch": "schema:id",
                "vaccine": "schema:id",
                "manufacturer": "schema:id",
                "date": "schema:date",
                {of_vaccination}
                "effectiveStart": "schema:date",
                "effectiveUntil": "schema:date",
                "dose": "schema:doseValue",
                "totalDoses": "schema:doseValue",
                "verifier": {{"@id": "vac:verifier", "@context": {{
                    "id": "schema:id", "name": "schema:name", "sign-image": "schema:image"}}}},
                "facility": {{"@id": "vac:Facility", "@context": {{
                    "name": "schema:name", "seal-image": "schema:image", "address": {ADDRESS}}}}}
            }}}}
        }}}}"#
    )
}
