//! `gdhcn gateway onboard`: from a participant's folder to rows that the trust anchor signed.

use std::collections::BTreeSet;

use anyhow::anyhow;
use gdhcn_codes::{Domain, Participant};
use gdhcn_crypto::Backend;
use gdhcn_server::gateway::party_type;
use gdhcn_store::TrustContent;
use gdhcn_store::trusted_party::{Role, TrustedParty};
use gdhcn_trust::lint::{Context, KnownCertificate, Severity, lint};
use gdhcn_trust::onboarding_request::{
    OnboardingRequest, OnboardingResponse, RequestItem, SignedRequest,
};
use gdhcn_trust::participant_folder::{ParticipantFolder, SignedResultContent};

use super::approval;
use super::desk::Desk;
use super::onboarding_arguments::OnboardArguments;
use crate::ask;
use crate::command::participant;
use crate::exit::{Exit, Fault, OrInput, OrInternal};
use crate::file;
use crate::onboarding::{show_item, show_request};
use crate::output::{FAINT, GOOD, OPEN, PLAIN, STRONG, eprintln, now, println};
use crate::participant_files;

pub(crate) fn run(arguments: &OnboardArguments) -> Result<Exit, Fault> {
    super::runtime()?.block_on(onboard(arguments))
}

async fn onboard(arguments: &OnboardArguments) -> Result<Exit, Fault> {
    let folder = participant_files::read(&arguments.folder, arguments.tag.as_deref())?;
    let whose = match &arguments.participant {
        Some(code) => Participant::parse(code).map_err(|error| Fault::Usage(error.to_string()))?,
        None => folder.participant.ok_or_else(|| {
            Fault::Usage("the folder does not say whose it is; give --participant CODE".to_owned())
        })?,
    };
    let desk = Desk::open(&arguments.config).await?;
    let content = desk.store.trust_content().await.or_internal("reading the database")?;
    if !passes_lint(arguments, &folder, whose, &content) {
        return Ok(Exit::NEGATIVE);
    }
    let plan = Plan::new(arguments, &folder, whose, &content)?;
    plan.show();
    if plan.items.is_empty() {
        println!("nothing to change");
        return Ok(Exit::SUCCESS);
    }
    let gateway = desk.config.listen.to_string();
    let request = OnboardingRequest::new(gateway, now(), whose, plan.items.clone())
        .or_input(arguments.folder.display())?;
    if arguments.dry_run {
        eprintln!("dry run: nothing was changed");
        return Ok(Exit::SUCCESS);
    }
    if let Some(out) = &arguments.export {
        file::write_new(out, request.to_json().as_bytes())?;
        println!("to be signed: {}", out.display());
        println!("Next, where the trust anchor's key is:");
        println!("  gdhcn trust-anchor sign {} --key trust-anchor.key \\", out.display());
        println!("      --certificate trust-anchor.pem --out response.json");
        return Ok(Exit::SUCCESS);
    }
    let Some(response) = answer(arguments, &desk, &folder, &plan, &request)? else {
        eprintln!("nothing was changed");
        return Ok(Exit::NEGATIVE);
    };
    let signed = response
        .check(&desk.anchors, Backend::default())
        .or_input("the trust anchor's signatures")?;
    approval::finish(&desk, &signed, &response, &arguments.operator).await
}

/// The trust anchor's answer, however it comes. `None` when nobody said yes.
fn answer(
    arguments: &OnboardArguments,
    desk: &Desk,
    folder: &ParticipantFolder,
    plan: &Plan<'_>,
    request: &OnboardingRequest,
) -> Result<Option<OnboardingResponse>, Fault> {
    if let Some(key) = &arguments.sign_with {
        let question = format!("Sign and onboard these {} items?", plan.items.len());
        if !ask::confirm(&question, arguments.yes)? {
            return Ok(None);
        }
        let signer = key.open(&arguments.secret)?;
        let anchor = desk.anchors.iter().find(|one| one.public_key() == Ok(signer.public_key()));
        let anchor = anchor.ok_or_else(|| {
            let key = key.describe();
            Fault::Input(anyhow!("{key} is the key of none of the configured trust anchors"))
        })?;
        return request.sign(anchor, signer.as_ref(), now()).or_input(key.describe()).map(Some);
    }
    let response = if let Some(path) = &arguments.import {
        let text = std::fs::read(path).or_input(path.display())?;
        let response = OnboardingResponse::from_json(&text).or_input(path.display())?;
        let refused = |what: &str| Fault::Input(anyhow!("{}: {what}", path.display()));
        if response.confirmation.is_none() {
            return Err(refused("the trust anchor did not confirm what the certificates are for"));
        }
        let signed = response.request().or_input(path.display())?;
        // The folder may have changed since: what is stored is what was shown here, no more.
        let same = signed.participant() == request.participant()
            && signed.items().len() == plan.items.len()
            && signed.items().iter().all(|item| plan.items.contains(item));
        if !same {
            return Err(refused(
                "what was signed is not what the folder and the options ask for now; export again",
            ));
        }
        response
    } else if arguments.signed_results {
        let anchor = desk.anchors.first().ok_or_else(|| Fault::Usage("no anchor".to_owned()))?;
        request
            .answer_with(anchor.thumbprint(), now(), |item| result_over(folder, item))
            .or_input(arguments.folder.display())?
    } else {
        return Err(Fault::Usage(
            "say how it is signed: --sign-with KEY, --export FILE, --import FILE or \
             --signed-results; --dry-run only shows it"
                .to_owned(),
        ));
    };
    let question = format!("Onboard these {} items?", plan.items.len());
    Ok(ask::confirm(&question, arguments.yes)?.then_some(response))
}

/// The signature over an item in the results of the folder.
fn result_over(folder: &ParticipantFolder, item: &RequestItem) -> Option<String> {
    let wanted = item.sha256().to_string();
    folder.signed.iter().find_map(|signed| match &signed.content {
        SignedResultContent::Certificate(_, party) if party.certificate_thumbprint == wanted => {
            Some(party.trust_anchor_signature.clone())
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
struct Plan<'a> {
    /// What is to be signed, in the order of the folder.
    items: Vec<RequestItem>,
    /// Rows that another use or role takes the place of.
    replaced: Vec<&'a TrustedParty>,
    /// Rows that are as the folder has them.
    unchanged: Vec<&'a TrustedParty>,
    /// Rows of the participant that the folder does not have; they stay.
    staying: Vec<&'a TrustedParty>,
    /// Issuers, which are shown and not onboarded here.
    issuers: usize,
}

impl<'a> Plan<'a> {
    fn new(
        arguments: &OnboardArguments,
        folder: &ParticipantFolder,
        whose: Participant,
        content: &'a TrustContent,
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
        let mut plan = Plan {
            items: Vec::new(),
            replaced: Vec::new(),
            unchanged: Vec::new(),
            staying: Vec::new(),
            issuers: folder.issuers.len(),
        };
        let mut seen = BTreeSet::new();
        for one in folder.certificates.iter().filter(|one| wanted(&one.domain)) {
            let Some(group) = party_type(one.usage) else { continue };
            let thumbprint = one.certificate.thumbprint().to_string();
            // The gateway keeps one row for each certificate: the first domain counts.
            if !seen.insert(thumbprint.clone()) {
                continue;
            }
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
                if row.certificate_type == group && same_domain && names == asked {
                    plan.unchanged.push(row);
                    continue;
                }
                plan.replaced.push(row);
            }
            plan.items.push(RequestItem::Certificate {
                usage: one.usage,
                domain: one.domain.clone(),
                certificate: one.certificate.clone(),
                roles,
            });
        }
        plan.staying = content
            .trusted_parties
            .iter()
            .filter(|row| row.country == whose.alpha2() && row.source_gateway_id.is_none())
            .filter(|row| !seen.contains(&row.thumbprint))
            .collect();
        Ok(plan)
    }

    fn show(&self) {
        println!("{STRONG}what will change{PLAIN}");
        for item in &self.items {
            let thumbprint = item.sha256().to_string();
            match self.replaced.iter().find(|row| row.thumbprint == thumbprint) {
                Some(row) => println!(
                    "{OPEN}replaced{PLAIN}: it was {} in {}",
                    row.certificate_type,
                    row.domain.as_deref().unwrap_or("no domain")
                ),
                None => println!("{GOOD}added{PLAIN}"),
            }
            show_item(item);
        }
        for (rows, what) in [
            (&self.unchanged, "already there"),
            (&self.staying, "stays, though the folder does not have it"),
        ] {
            for row in rows {
                println!("{FAINT}{what}: {} {}{PLAIN}", row.certificate_type, row.thumbprint);
            }
        }
        if self.issuers > 0 {
            println!(
                "{FAINT}{} issuer files are not onboarded by this command{PLAIN}",
                self.issuers
            );
        }
    }
}

/// Shows a signed request that waits.
pub(super) fn show_waiting(signed: &SignedRequest) {
    show_request(&signed.request);
}
