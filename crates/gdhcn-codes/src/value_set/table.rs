//! The codes of the six value sets, each sorted by code.

use super::Entry;

const fn active(code: &'static str, display: &'static str) -> Entry {
    Entry { code, display, active: true }
}

const fn inactive(code: &'static str, display: &'static str) -> Entry {
    Entry { code, display, active: false }
}

#[rustfmt::skip]
pub(super) static DISEASE: [Entry; 1] = [
    active("840539006", "COVID-19"),
];

#[rustfmt::skip]
pub(super) static PROPHYLAXIS: [Entry; 9] = [
    active("1119305005", "SARS-CoV-2 antigen vaccine"),
    active("1119349007", "SARS-CoV-2 mRNA vaccine"),
    active("1157024006", "Inactivated whole SARS-CoV-2 antigen vaccine"),
    active("1162643001", "SARS-CoV-2 recombinant spike protein antigen vaccine"),
    active("1187593009", "SARS-CoV-2 DNA plasmid encoding spike protein vaccine"),
    active("28531000087107", "COVID-19 vaccine"),
    active("29061000087103", "COVID-19 non-replicating viral vector vaccine"),
    active("30141000087107", "SARS-CoV-2 virus-like particle antigen vaccine"),
    inactive("J07BX03", "COVID-19 vaccines"),
];

#[rustfmt::skip]
pub(super) static PRODUCT: [Entry; 39] = [
    active("AZD2816", "AZD2816"),
    active("Abdala", "Abdala"),
    active("BBIBP-CorV", "BBIBP-CorV"),
    active("CVnCoV", "CVnCoV"),
    active("Convidecia", "Convidecia"),
    active("CoronaVac", "CoronaVac"),
    active("Covaxin", "Covaxin"),
    active("CoviVac", "CoviVac"),
    active("Covid-19-adsorvida-inativada", "Vacina adsorvida covid-19 (inativada)"),
    active("Covid-19-recombinant", "Covid-19 (recombinant)"),
    active("Covifenz", "Covifenz"),
    active("Covishield", "Covishield"),
    active("Covovax", "Covovax"),
    active("EU/1/20/1507", "Spikevax"),
    active("EU/1/20/1525", "Jcovden"),
    active("EU/1/20/1528", "Comirnaty"),
    active("EU/1/21/1529", "Vaxzevria"),
    active("EU/1/21/1580", "VidPrevtyn Beta"),
    active("EU/1/21/1618", "Nuvaxovid"),
    active("EU/1/21/1624", "COVID-19 Vaccine Valneva"),
    active("EU/1/22/1709", "Bimervax"),
    active("EpiVacCorona", "EpiVacCorona"),
    active("EpiVacCorona-N", "EpiVacCorona-N"),
    active("Hayat-Vax", "Hayat-Vax"),
    inactive("Inactivated-SARS-CoV-2-Vero-Cell", "Inactivated SARS-CoV-2 (Vero Cell)"),
    active("MVC-COV1901", "MVC COVID-19 vaccine"),
    active("NVSI-06-08", "NVSI-06-08"),
    inactive("NVX-CoV2373", "NVX-CoV2373"),
    active("R-COVI", "R-COVI"),
    active("SCTV01C", "SCTV01C"),
    active("Soberana-02", "Soberana 02"),
    active("Soberana-Plus", "Soberana Plus"),
    active("Sputnik-Light", "Sputnik Light"),
    active("Sputnik-M", "Sputnik M"),
    active("Sputnik-V", "Sputnik-V"),
    inactive("VLA2001", "VLA2001"),
    inactive("Vidprevtyn", "Vidprevtyn"),
    active("WIBP-CorV", "WIBP-CorV"),
    active("YS-SC2-010", "YS-SC2-010"),
];

#[rustfmt::skip]
pub(super) static HOLDER: [Entry; 31] = [
    active("Bharat-Biotech", "Bharat Biotech"),
    active("CIGB", "Center for Genetic Engineering and Biotechnology"),
    active("Chumakov-Federal-Scientific-Center", "Chumakov Federal Scientific Center for Research and Development of Immune-and-Biological Products"),
    active("Finlay-Institute", "Finlay Institute of Vaccines"),
    active("Fiocruz", "Fiocruz"),
    active("Gamaleya-Research-Institute", "Gamaleya Research Institute"),
    active("Instituto-Butantan", "Instituto Butantan"),
    active("NVSI", "National Vaccine and Serum Institute, China"),
    active("ORG-100000788", "Sanofi Pasteur"),
    active("ORG-100001417", "Janssen-Cilag International"),
    active("ORG-100001699", "AstraZeneca AB"),
    active("ORG-100001981", "Serum Institute Of India Private Limited"),
    active("ORG-100006270", "Curevac AG"),
    active("ORG-100007893", "R-Pharm CJSC"),
    active("ORG-100008549", "Medicago Inc."),
    active("ORG-100010771", "Sinopharm Weiqida Europe Pharmaceutical s.r.o. - Prague location"),
    active("ORG-100013793", "CanSino Biologics"),
    active("ORG-100020693", "China Sinopharm International Corp. - Beijing location"),
    active("ORG-100023050", "Gulf Pharmaceutical Industries"),
    active("ORG-100024420", "Sinopharm Zhijun (Shenzhen) Pharmaceutical Co. Ltd. - Shenzhen location"),
    active("ORG-100026614", "Sinocelltech Ltd."),
    active("ORG-100030215", "Biontech Manufacturing GmbH"),
    active("ORG-100031184", "Moderna Biotech Spain S.L."),
    active("ORG-100032020", "Novavax CZ a.s."),
    active("ORG-100033914", "Medigen Vaccine Biologics Corporation"),
    active("ORG-100036422", "Valneva France"),
    active("ORG-100036914", "Hipra Human Health S.L."),
    active("Sinopharm-WIBP", "Sinopharm - Wuhan Institute of Biological Products"),
    active("Sinovac-Biotech", "Sinovac Biotech"),
    active("Vector-Institute", "Vector Institute"),
    active("Yisheng-Biopharma", "Yisheng Biopharma"),
];

#[rustfmt::skip]
pub(super) static TEST_TYPE: [Entry; 2] = [
    active("LP217198-3", "Rapid immunoassay"),
    active("LP6464-4", "Nucleic acid amplification with probe detection"),
];

#[rustfmt::skip]
pub(super) static TEST_RESULT: [Entry; 2] = [
    active("260373001", "Detected"),
    active("260415000", "Not detected"),
];
