//! What the traveller carries: issuing it, spoiling it, checking it.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use gdhcn_codes::Participant;
use gdhcn_credential::dcc::{Name, Statement, Vaccination};
use gdhcn_credential::icvp::Dose;
use gdhcn_credential::{Dcc, HealthDocument, Icvp, hcert, uvci};
use gdhcn_issue::hcert::{Request, issue};
use gdhcn_issue::qr::{ErrorCorrection, Label, Options, QrCode, TerminalStyle};
use gdhcn_trust::TrustStore;
use gdhcn_verify::{Context, Limits, Policy, PolicyName, Verdict, verify};
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

use super::network::{Country, write};
use crate::exit::{Fault, OrInternal};
use crate::input::{self, Found};

/// The traveller, who does not exist.
const SURNAME: &str = "Okonkwo-Núñez";
const FORENAME: &str = "Amara Zoë";
const BORN: &str = "1990-04-12";

/// A prequalified yellow fever vaccine (Institut Pasteur de Dakar, ten doses).
const YELLOW_FEVER_VACCINE: &str = "YellowFeverProduct223330a7c15da86b21cc363f591de002";
const VALIDITY: SignedDuration = SignedDuration::from_hours(24 * 180);
/// Pixels a module; fine enough for a printer of 300 dots per inch.
const SCALE: u32 = 6;

/// A certificate as the traveller has it.
pub(super) struct Paper {
    pub(super) title: &'static str,
    pub(super) text: String,
    /// Folder and stem of its files.
    stem: PathBuf,
}

impl Paper {
    fn new(title: &'static str, country: &Country, name: &str, text: String) -> Self {
        Self { title, text, stem: country.folder.join(name) }
    }

    fn code(&self, level: ErrorCorrection) -> Result<QrCode, Fault> {
        let mut options = Options::default();
        options.level = level;
        QrCode::encode(&self.text, &options).or_internal("drawing the code")
    }

    /// Saves text, PNG and SVG, and gives the path of the PNG.
    pub(super) fn save(&self) -> Result<PathBuf, Fault> {
        let code = self.code(ErrorCorrection::Quartile)?;
        let label = Label { title: self.title, description: "A health certificate as a QR code" };
        write(&self.stem.with_extension("txt"), self.text.as_bytes())?;
        write(&self.stem.with_extension("svg"), code.svg(&label).as_bytes())?;
        write(&self.picture(), &code.png(SCALE).or_internal("drawing the code")?)?;
        Ok(self.picture())
    }

    pub(super) fn picture(&self) -> PathBuf {
        self.stem.with_extension("png")
    }

    /// The code for a terminal, at the level that fits into 80 columns.
    pub(super) fn drawing(&self) -> Result<String, Fault> {
        let style = if std::io::stdout().is_terminal() {
            TerminalStyle::Ansi
        } else {
            TerminalStyle::PlainOnLight
        };
        Ok(self.code(ErrorCorrection::Low)?.terminal(style))
    }

    /// Texts that must not be found at the gateway.
    pub(super) fn personal(&self) -> [&str; 4] {
        [SURNAME, FORENAME, BORN, &self.text]
    }
}

/// An EU DCC vaccination certificate.
pub(super) fn dcc(country: &Country, at: Timestamp) -> Result<Paper, Fault> {
    let text = sign(vaccination(country, at), country, at, at + VALIDITY)?;
    Ok(Paper::new("COVID-19 vaccination (EU DCC)", country, "dcc", text))
}

/// A yellow-fever ICVP.
pub(super) fn icvp(country: &Country, at: Timestamp) -> Result<Paper, Fault> {
    let alpha3 = country.participant.alpha3();
    let dose = Dose {
        product: YELLOW_FEVER_VACCINE.to_owned(),
        date: days_before(at, 30).into(),
        batch: "YF-2026-0815".to_owned(),
        clinician: Some("Dr B. Demba".to_owned()),
        authority: Some(alpha3.to_owned()),
        ..Dose::default()
    };
    let name = format!("{FORENAME} {SURNAME}");
    let icvp = Icvp::new(name, BORN, "female", alpha3, dose);
    let text = sign(HealthDocument::Icvp(Box::new(icvp)), country, at, at + VALIDITY)?;
    Ok(Paper::new("yellow fever (ICVP)", country, "icvp", text))
}

/// A genuine certificate whose time is over.
pub(super) fn expired(country: &Country, at: Timestamp) -> Result<Paper, Fault> {
    let minutes = |minutes| at - SignedDuration::from_mins(minutes);
    let text = sign(vaccination(country, at), country, minutes(3), minutes(1))?;
    Ok(Paper::new("a certificate that has expired", country, "dcc-expired", text))
}

/// The same content, signed by a key that nobody onboarded.
pub(super) fn unknown_key(country: &Country, at: Timestamp) -> Result<Paper, Fault> {
    let forger = Country::create(country.participant, &country.folder.join("forger"))?;
    let text = sign(vaccination(country, at), &forger, at, at + VALIDITY)?;
    Ok(Paper::new("a certificate signed by an unknown key", country, "dcc-unknown-key", text))
}

/// One byte of the name changed, and everything packed again.
pub(super) fn changed(paper: &Paper) -> Result<Paper, Fault> {
    let opened = hcert::open(&paper.text, &Default::default()).or_internal("opening the code")?;
    let mut bytes = opened.cose_bytes;
    let name = FORENAME.as_bytes();
    let position = bytes.windows(name.len()).position(|window| window == name);
    if let Some(letter) = position.and_then(|position| bytes.get_mut(position)) {
        *letter = b'E';
    }
    Ok(Paper {
        title: "the certificate with one byte of the name changed",
        text: hcert::close(&bytes),
        stem: paper.stem.with_file_name("dcc-changed"),
    })
}

/// Reads a picture and judges the code in it, now, as an officer would.
pub(super) fn check(picture: &Path, trust: &TrustStore) -> Result<Verdict, Fault> {
    let inputs = input::read(picture.as_os_str())?;
    let text = inputs.into_iter().find_map(|input| match input.found {
        Found::Text(text) => Some(text),
        Found::NoCode => None,
    });
    let context = Context {
        trust,
        at: crate::output::now(),
        policy: Policy::new(PolicyName::Border),
        limits: Limits::default(),
    };
    Ok(verify(&text.unwrap_or_default(), &context))
}

fn vaccination(country: &Country, at: Timestamp) -> HealthDocument {
    let name = Name {
        surname: Some(SURNAME.to_owned()),
        standardised_surname: Some("OKONKWO<NUNEZ".to_owned()),
        forename: Some(FORENAME.to_owned()),
        standardised_forename: Some("AMARA<ZOE".to_owned()),
    };
    let vaccination = Vaccination {
        disease: "840539006".to_owned(),
        prophylaxis: "1119349007".to_owned(),
        product: "EU/1/20/1528".to_owned(),
        holder: "ORG-100030215".to_owned(),
        dose: Some(2),
        series: Some(2),
        date: days_before(at, 60).into(),
        country: country.participant.alpha2().to_owned(),
        issuer: format!("Ministry of Health of {}", country.participant.alpha3()),
        id: identifier(country.participant),
    };
    HealthDocument::Dcc(Box::new(Dcc::new(name, BORN, Statement::Vaccination(vaccination))))
}

fn identifier(participant: Participant) -> String {
    let opaque = uuid::Uuid::new_v4().simple().to_string().to_uppercase();
    let text = format!("URN:UVCI:01:{}:{opaque}", participant.alpha2());
    match uvci::check_character(&text) {
        Some(check) => format!("{text}#{check}"),
        None => text,
    }
}

fn days_before(at: Timestamp, days: i64) -> String {
    Offset::UTC.to_datetime(at - SignedDuration::from_hours(24 * days)).date().to_string()
}

fn sign(
    document: HealthDocument,
    country: &Country,
    issued_at: Timestamp,
    expires_at: Timestamp,
) -> Result<String, Fault> {
    let request = Request {
        document,
        issuer: country.participant,
        issued_at,
        expires_at,
        certificate: &country.dsc.certificate,
    };
    let issued = issue(&request, &country.dsc.key).or_internal("issuing the certificate")?;
    Ok(issued.text)
}
