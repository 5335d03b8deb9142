//! `gdhcn gateway onboard`: from a participant's folder to rows that the trust anchor signed.

use std::collections::{BTreeMap, BTreeSet};

use gdhcn_codes::{Domain, Participant};
use gdhcn_server::gateway::{check_issuer, check_party, party_type};
use gdhcn_store::TrustContent;
use gdhcn_store::trusted_issuer::{NewTrustedIssuer, TrustedIssuer};
use gdhcn_store::trusted_party::{Role, TrustedParty};
use gdhcn_trust::lint::{Context, KnownCertificate, Severity, lint};
use gdhcn_trust::onboarding_request::{OnboardingRequest, OnboardingResponse, RequestItem};
use gdhcn_trust::participant_folder::{
    FolderIssuer, IssuerFile, ParticipantFolder, SignedResultContent,
};

use super::desk::Desk;
use super::onboarding_arguments::OnboardArguments;
use super::signing;
use crate::command::participant;
use crate::exit::{Exit, Fault, OrInput, OrInternal};
use crate::onboarding::show_item;
use crate::output::{BAD, FAINT, GOOD, OPEN, PLAIN, STRONG, eprintln, now, println, tame_line};
use crate::participant_files;

pub(crate) fn run(arguments: &OnboardArguments) -> Result<Exit, Fault> {
    super::runtime()?.block_on(onboard(arguments))
}

async fn onboard(arguments: &OnboardArguments) -> Result<Exit, Fault> {
    if let Some(answer) = &arguments.signing.import {
        // Also where nothing is left to change: a file that is none is not passed over.
        signing::read_answer(answer)?;
    }
    let folder = participant_files::read(&arguments.folder, arguments.tag.as_deref())?;
    let whose = match &arguments.participant {
        Some(code) => Participant::parse(code).map_err(|error| Fault::Usage(error.to_string()))?,
        None => folder.participant.ok_or_else(|| {
            Fault::Usage("the folder does not say whose it is; give --participant CODE".to_owned())
        })?,
    };
    let desk = Desk::open(&arguments.config).await?;
    let content = desk.store.trust_content().await.or_internal("reading the database")?;
    let issuers = desk.store.trusted_issuers().await.or_internal("reading the database")?;
    if !passes_lint(arguments, &folder, whose, &content) {
        return Ok(Exit::NEGATIVE);
    }
    let plan = Plan::new(arguments, &desk, &folder, whose, &content, &issuers)?;
    plan.show();
    if plan.changes.is_empty() {
        println!("nothing to change");
        return Ok(Exit::SUCCESS);
    }
    let gateway = desk.config.name();
    let request = OnboardingRequest::new(gateway, now(), whose, plan.items())
        .or_input(arguments.folder.display())?;
    let results = |request: &OnboardingRequest| signed_results(request, &desk, &folder, arguments);
    let made_before: Option<signing::MadeBefore<'_>> =
        if arguments.signed_results { Some(&results) } else { None };
    signing::finish(&desk, &request, &arguments.signing, made_before).await
}

/// The signatures that lie in the folder.
fn signed_results(
    request: &OnboardingRequest,
    desk: &Desk,
    folder: &ParticipantFolder,
    arguments: &OnboardArguments,
) -> Result<OnboardingResponse, Fault> {
    let anchor = desk.anchors.first().ok_or_else(|| Fault::Usage("no anchor".to_owned()))?;
    request
        .answer_with(anchor.thumbprint(), now(), |item| result_over(folder, item))
        .or_input(arguments.folder.display())
}

/// The signature over an item in the results of the folder.
fn result_over(folder: &ParticipantFolder, item: &RequestItem) -> Option<String> {
    let wanted = item.sha256().to_string();
    folder.signed.iter().find_map(|signed| match &signed.content {
        SignedResultContent::Certificate(_, party) if party.certificate_thumbprint == wanted => {
            Some(party.trust_anchor_signature.clone())
        }
        SignedResultContent::Issuer(file)
            if file.signed_text().is_ok_and(|text| text.as_bytes() == item.content()) =>
        {
            file.signature.clone()
        }
        _ => None,
    })
}

/// Shows the lint; whether the folder may be onboarded.
fn passes_lint(
    arguments: &OnboardArguments,
    folder: &ParticipantFolder,
    whose: Participant,
    content: &TrustContent,
) -> bool {
    let known: Vec<_> = known_certificates(content, whose);
    let mut context = Context::new(arguments.environment.into(), now());
    context.participant = Some(whose);
    context.known = &known;
    context.onboarded = content.trusted_parties.iter().any(|row| row.country == whose.alpha2());
    let report = lint(folder, &context);
    println!("{STRONG}lint{PLAIN}");
    participant::show(&report);
    // A key that was sent is lost, whoever would accept it.
    let keys = folder.private_keys().count();
    if keys > 0 {
        eprintln!("refused: {keys} files hold a private key; its owner must make a new one");
        return false;
    }
    let refusing: BTreeSet<_> = report
        .findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .map(|finding| finding.rule.id())
        .filter(|rule| !arguments.accept.iter().any(|accepted| accepted == rule))
        .collect();
    if !refusing.is_empty() {
        let rules = refusing.into_iter().collect::<Vec<_>>().join(", ");
        eprintln!("refused because of {rules}; have it mended, or decide with --accept RULE");
        return false;
    }
    true
}

/// What is in use at this gateway.
fn known_certificates(content: &TrustContent, whose: Participant) -> Vec<KnownCertificate> {
    use base64::Engine as _;
    let parse = |raw: &str| {
        let der = base64::prelude::BASE64_STANDARD.decode(raw).ok()?;
        gdhcn_envelope::x509::Certificate::from_der(&der).ok()
    };
    let parties = content
        .trusted_parties
        .iter()
        .map(|row| (&row.raw_data, row.certificate_type.as_str(), &row.country));
    let signers = content
        .signer_information
        .iter()
        .map(|row| (&row.raw_data, row.certificate_type.as_str(), &row.country));
    parties
        .chain(signers)
        .filter_map(|(raw, group, country)| {
            let certificate = parse(raw)?;
            let usage = gdhcn_codes::KeyUsage::from_list_code(group);
            let place = format!("at this gateway as {group} of {country}");
            let known = KnownCertificate::new(&certificate, usage, place);
            // A certificate of its own that changes its use is shown as replaced.
            let own = country == whose.alpha2();
            Some(KnownCertificate { usage: if own { known.usage } else { None }, ..known })
        })
        .collect()
}

/// What will change.
#[derive(Default)]
struct Plan {
    /// What is to be signed, in the order of the folder, and what of it takes the place of what.
    changes: Vec<(RequestItem, Option<String>)>,
    /// What is as the folder has it.
    unchanged: Vec<String>,
    /// What the participant has and the folder does not; it stays.
    staying: Vec<String>,
    /// Issuer files that say too little, with what is wrong.
    faulty: Vec<String>,
}

impl Plan {
    fn new(
        arguments: &OnboardArguments,
        desk: &Desk,
        folder: &ParticipantFolder,
        whose: Participant,
        content: &TrustContent,
        issuers: &[TrustedIssuer],
    ) -> Result<Self, Fault> {
        let domains = arguments
            .domain
            .iter()
            .map(|text| text.parse::<Domain>().map_err(|error| Fault::Usage(error.to_string())))
            .collect::<Result<Vec<_>, _>>()?;
        for role in &arguments.role {
            role.parse::<Role>().map_err(|_| Fault::Usage(format!("{role:?} is no role")))?;
        }
        let wanted = |domain: &Domain| domains.is_empty() || domains.contains(domain);
        // A row that no trust anchor vouches for any more is signed anew, and every row where that
        // is asked for.
        let holds =
            |row: &TrustedParty| !arguments.sign_anew && check_party(row, &desk.anchors).is_ok();
        let issuer_holds = |row: &TrustedIssuer| {
            !arguments.sign_anew && check_issuer(row, &desk.anchors, desk.config.profile).is_ok()
        };
        let mut plan = Self::default();
        plan.add_certificates(arguments, folder, whose, content, wanted, holds);
        plan.add_issuers(folder, whose, issuers, wanted, issuer_holds);
        Ok(plan)
    }

    fn add_certificates(
        &mut self,
        arguments: &OnboardArguments,
        folder: &ParticipantFolder,
        whose: Participant,
        content: &TrustContent,
        wanted: impl Fn(&Domain) -> bool,
        holds: impl Fn(&TrustedParty) -> bool,
    ) {
        let mut seen = BTreeMap::new();
        for one in folder.certificates.iter().filter(|one| wanted(&one.domain)) {
            let Some(group) = party_type(one.usage) else { continue };
            let thumbprint = one.certificate.thumbprint().to_string();
            // The gateway keeps one row for each certificate: the first place counts.
            if let Some((first, usage)) = seen.get(&thumbprint) {
                if (first, usage) != (&one.domain, &one.usage) {
                    self.faulty.push(format!(
                        "{}: it is onboarded as {usage} in {first}, and a gateway lists a \
                         certificate once",
                        tame_line(&one.path)
                    ));
                }
                continue;
            }
            seen.insert(thumbprint.clone(), (one.domain.clone(), one.usage));
            let is_tls = one.usage == gdhcn_codes::KeyUsage::Tls;
            let roles = if is_tls { arguments.role.clone() } else { Vec::new() };
            let own = content
                .trusted_parties
                .iter()
                .find(|row| row.thumbprint == thumbprint && row.source_gateway_id.is_none());
            if let Some(row) = own {
                let mut names: Vec<_> = row.roles.iter().map(|role| role.as_str()).collect();
                names.sort_unstable();
                let mut asked: Vec<_> = roles.iter().map(String::as_str).collect();
                asked.sort_unstable();
                let same_domain = row.domain.as_deref() == Some(one.domain.as_str());
                if row.certificate_type == group && same_domain && names == asked && holds(row) {
                    self.unchanged.push(described(row));
                    continue;
                }
            }
            let replaced = own.map(|row| {
                let domain = row.domain.as_deref().unwrap_or("no domain");
                format!("{} in {domain}", row.certificate_type)
            });
            let item = RequestItem::Certificate {
                usage: one.usage,
                domain: one.domain.clone(),
                certificate: one.certificate.clone(),
                roles,
            };
            self.changes.push((item, replaced));
        }
        self.staying.extend(
            content
                .trusted_parties
                .iter()
                .filter(|row| row.country == whose.alpha2() && row.source_gateway_id.is_none())
                .filter(|row| !seen.contains_key(&row.thumbprint))
                .map(described),
        );
    }

    fn add_issuers(
        &mut self,
        folder: &ParticipantFolder,
        whose: Participant,
        present: &[TrustedIssuer],
        wanted: impl Fn(&Domain) -> bool,
        holds: impl Fn(&TrustedIssuer) -> bool,
    ) {
        let own = || {
            present.iter().filter(|row| {
                row.source_gateway_id.is_none() && row.issuer.country == whose.alpha2()
            })
        };
        let is_at = |row: &TrustedIssuer, one: &FolderIssuer| {
            row.issuer.url == one.issuer.url
                && row.issuer.domain.as_deref() == Some(one.domain.as_str())
        };
        for one in folder.issuers.iter().filter(|one| wanted(&one.domain)) {
            let row = own().find(|row| is_at(row, one));
            if row.is_some_and(|row| says_the_same(&row.issuer, &one.issuer) && holds(row)) {
                self.unchanged.push(format!("issuer {}", tame_line(&one.issuer.url)));
                continue;
            }
            match RequestItem::issuer(one.domain.clone(), one.issuer.clone()) {
                Ok(item) => {
                    let name = row.map(|row| format!("issuer {}", tame_line(&row.issuer.name)));
                    self.changes.push((item, name));
                }
                Err(fault) => self.faulty.push(format!("{}: {fault}", tame_line(&one.path))),
            }
        }
        self.staying.extend(
            own()
                .filter(|row| !folder.issuers.iter().any(|one| is_at(row, one)))
                .map(|row| format!("issuer {}", tame_line(&row.issuer.url))),
        );
    }

    fn items(&self) -> Vec<RequestItem> {
        self.changes.iter().map(|(item, _)| item.clone()).collect()
    }

    fn show(&self) {
        println!("{STRONG}what will change{PLAIN}");
        for (item, replaced) in &self.changes {
            match replaced {
                Some(former) => println!("{OPEN}replaced{PLAIN}: it was {former}"),
                None => println!("{GOOD}added{PLAIN}"),
            }
            show_item(item);
        }
        for (rows, what) in [
            (&self.unchanged, "already there"),
            (&self.staying, "stays, though the folder does not have it"),
        ] {
            for row in rows {
                println!("{FAINT}{what}: {row}{PLAIN}");
            }
        }
        for fault in &self.faulty {
            println!("{BAD}not onboarded{PLAIN}: {fault}");
        }
    }
}

fn described(row: &TrustedParty) -> String {
    format!("{} {}", row.certificate_type, row.thumbprint)
}

/// Whether a stored issuer is as the file has it.
fn says_the_same(row: &NewTrustedIssuer, file: &IssuerFile) -> bool {
    row.name == file.name
        && row.url_type == file.url_type
        && row.thumbprint.as_deref().unwrap_or_default().eq_ignore_ascii_case(&file.hash)
        && row.ssl_public_key.as_ref() == file.ssl_public_keys.first()
}
