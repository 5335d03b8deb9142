//! `gdhcn demo`: the whole network on one machine, told step by step.
//!
//! [`network`] makes the operator, the countries and the gateway; [`certificates`] issues and
//! checks what the traveller carries; [`story`] tells it. This file is the order of events.

mod audit;
mod certificates;
mod network;
mod story;

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use gdhcn_codes::Participant;
use gdhcn_verify::{Outcome, Verdict};
use jiff::Timestamp;

use self::certificates::Paper;
use self::network::{Country, Network, Received};
use self::story::{Audience, Story};
use super::gateway::runtime;
use super::stop::StopSignals;
use crate::cli::DemoArguments;
use crate::exit::{Exit, Fault, OrInput, OrInternal};
use crate::output::{self, FAINT, PLAIN, STRONG, println};

pub(crate) fn run(arguments: &DemoArguments) -> Result<Exit, Fault> {
    let folder = folder(arguments.folder.as_deref())?;
    let audience = if arguments.json { Audience::Program } else { Audience::Person };
    runtime()?.block_on(async {
        let mut story = Story::new(audience);
        let network = tell(&mut story, &folder, arguments.port).await?;
        let program = std::env::args().next().unwrap_or_else(|| "gdhcn".to_owned());
        let next = next_steps(&program, &folder, network.address().to_string());
        std::fs::write(folder.join("next-steps.txt"), &next).or_input(folder.display())?;
        if audience == Audience::Person {
            let (steps, expected) = story.score();
            println!("\n{STRONG}{expected} of {steps} steps came out as expected.{PLAIN}");
            println!("Everything is kept in {}. Go on by hand:\n", folder.display());
            println!("{FAINT}{}{PLAIN}", next.trim_end());
        }
        let exit = story.end()?;
        if arguments.serve {
            let stop = StopSignals::listen()?;
            crate::output::eprintln!(
                "\nThe gateway stays up at {}; Ctrl-C ends it.",
                network.url()
            );
            stop.received().await;
        }
        network.shutdown().await;
        Ok(exit)
    })
}

/// The folder of the demo: new or empty, so that nothing of anyone's is overwritten.
fn folder(wanted: Option<&Path>) -> Result<PathBuf, Fault> {
    let folder = match wanted {
        Some(folder) => folder.to_owned(),
        None => {
            let seconds = output::now().as_second();
            let moment = Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH);
            let digits: String =
                moment.to_string().chars().filter(|c| c.is_ascii_digit()).collect();
            PathBuf::from(format!("gdhcn-demo-{digits}"))
        }
    };
    if folder.exists() {
        let mut entries = std::fs::read_dir(&folder).or_input(folder.display())?;
        if entries.next().is_some() {
            return Err(Fault::Input(anyhow!(
                "{}: not empty; name a new folder with --folder",
                folder.display()
            )));
        }
    }
    std::fs::create_dir_all(&folder).or_input(folder.display())?;
    Ok(folder)
}

async fn tell(story: &mut Story, folder: &Path, port: u16) -> Result<Network, Fault> {
    story.tell(
        "Two fictional countries, XXA and XXB, and a gateway between them. Everything happens on \
         this machine, and everything is real: keys, certificates, TLS, the database, the codes.",
    );
    let network = gateway(story, folder, port).await?;
    let (xxa, xxb) = countries(story, &network, folder).await?;
    stranger(story, &network, folder).await?;
    upload(story, &network, &xxa).await?;
    let papers = issue(story, &xxa)?;
    let received = first_check(story, &network, &xxb, &papers).await?;
    protection(story, &xxa, &papers, &received)?;
    withdrawal(story, &network, &xxa, &xxb, &papers).await?;
    audit::tell(story, &network, &xxb).await?;
    privacy(story, &network, &papers).await?;
    Ok(network)
}

async fn gateway(story: &mut Story, folder: &Path, port: u16) -> Result<Network, Fault> {
    story.chapter(
        "The gateway",
        "An operator, WHO or a region, has one key that everybody knows: the trust anchor. It \
         signs who takes part. The gateway itself is a web service that countries reach with a \
         certificate of their own.",
    );
    let operator = network::Operator::create(&folder.join("operator"))?;
    story.step(
        "trust-anchor",
        operator.trust_anchor.is_sound(),
        "a self-signed certificate that may sign certificates",
        format!("trust anchor made: {}", operator.trust_anchor.certificate.subject()),
    );
    let network = Network::start(operator, port).await?;
    let listening = network.is_listening().await;
    story.step(
        "gateway-up",
        listening,
        "the gateway takes TLS connections",
        format!(
            "gateway up at {}, its database is {}",
            network.url(),
            network.database().display()
        ),
    );
    Ok(network)
}

async fn countries(
    story: &mut Story,
    network: &Network,
    folder: &Path,
) -> Result<(Country, Country), Fault> {
    story.chapter(
        "Two countries join",
        "Each country makes four keys: a signing authority (SCA), a document signer (DSC) that the \
         SCA vouches for, one key to sign uploads and one to reach the gateway. The operator \
         checks who they are and signs three of the certificates with the trust anchor. Private \
         keys never leave the country.",
    );
    let xxa = Country::create(participant("XXA")?, &folder.join("xxa"))?;
    let xxb = Country::create(participant("XXB")?, &folder.join("xxb"))?;
    for (id, country) in [("keys-xxa", &xxa), ("keys-xxb", &xxb)] {
        story.step(
            id,
            country.dsc_is_from_sca(),
            "four certificates, the DSC signed by the SCA",
            format!(
                "{} has its keys; its DSC is {} with kid {}",
                country.participant,
                country.dsc.certificate.subject(),
                country.dsc.certificate.kid()
            ),
        );
    }
    for (id, country) in [("onboard-xxa", &xxa), ("onboard-xxb", &xxb)] {
        let onboarded = network.onboard(country).await?;
        story.step(
            id,
            onboarded == 3,
            "SCA, upload and TLS certificate signed by the trust anchor and stored",
            format!(
                "{} onboarded: {onboarded} certificates signed by the trust anchor",
                country.participant
            ),
        );
    }
    Ok((xxa, xxb))
}

async fn stranger(story: &mut Story, network: &Network, folder: &Path) -> Result<(), Fault> {
    let stranger = Country::create(participant("XXC")?, &folder.join("stranger"))?;
    let refusal = network.ask_as(&stranger).await?;
    story.step(
        "stranger-refused",
        refusal.contains("0x402"),
        "401 with code 0x402",
        format!("a country that nobody onboarded asks for the list: {refusal}"),
    );
    Ok(())
}

async fn upload(story: &mut Story, network: &Network, xxa: &Country) -> Result<(), Fault> {
    story.chapter(
        "XXA publishes its signing key",
        "The DSC's certificate, which holds the public key only, goes to the gateway inside a \
         message (CMS) signed by XXA's upload key. The gateway checks the signature, the country \
         and the SCA.",
    );
    let answer = network.upload_dsc(xxa).await?;
    story.step(
        "upload-dsc",
        answer == gdhcn_client::gateway::Upload::Created,
        "201 created",
        "the gateway accepted XXA's DSC",
    );
    Ok(())
}

fn issue(story: &mut Story, xxa: &Country) -> Result<[Paper; 2], Fault> {
    story.chapter(
        "A traveller gets two certificates",
        "A clinic in XXA issues a COVID-19 vaccination certificate and a yellow card. Each is a \
         signed text of a few hundred characters, printed as a QR code.",
    );
    let dcc = certificates::dcc(xxa, output::now())?;
    story.show(&dcc.drawing()?);
    issued(story, "issue-dcc", &dcc)?;
    let icvp = certificates::icvp(xxa, output::now())?;
    issued(story, "issue-icvp", &icvp)?;
    Ok([dcc, icvp])
}

fn issued(story: &mut Story, id: &'static str, paper: &Paper) -> Result<(), Fault> {
    let saved = paper.save()?;
    story.step(
        id,
        paper.text.starts_with("HC1:"),
        "an HC1 text, saved as PNG and SVG",
        format!("{}: {} characters, saved as {}", paper.title, paper.text.len(), saved.display()),
    );
    Ok(())
}

async fn first_check(
    story: &mut Story,
    network: &Network,
    xxb: &Country,
    papers: &[Paper; 2],
) -> Result<Received, Fault> {
    story.chapter(
        "XXB checks them at its border, offline",
        "XXB fetches the trust list, checks every signature in it up to the trust anchor, and from \
         then on needs no network. The officer reads the pictures that were saved above.",
    );
    let received = network.fetch_list(xxb, "trust-list-1.json").await?;
    story.step(
        "download-trust-list",
        received.refused == 0 && received.signers == 1,
        "every entry's signature holds up to the trust anchor, one DSC among them",
        format!(
            "{} entries, {} of them document signers, {} refused; saved as {}",
            received.entries,
            received.signers,
            received.refused,
            received.file.display()
        ),
    );
    for (id, paper) in [("verify-dcc", &papers[0]), ("verify-icvp", &papers[1])] {
        let verdict = certificates::check(&paper.picture(), &received.trust)?;
        judged(story, id, Outcome::Accepted, paper.title, &verdict);
    }
    Ok(received)
}

fn protection(
    story: &mut Story,
    xxa: &Country,
    papers: &[Paper; 2],
    received: &Received,
) -> Result<(), Fault> {
    story.chapter(
        "What protects people",
        "A certificate is refused when something is wrong with it. When it only cannot be decided, \
         because the key is not known here, the answer is \"cannot tell\": that is no accusation.",
    );
    let [dcc, _] = papers;
    let cases = [
        ("refuse-changed", Outcome::NotAccepted, certificates::changed(dcc)?),
        ("refuse-expired", Outcome::NotAccepted, certificates::expired(xxa, output::now())?),
        (
            "undecided-unknown-key",
            Outcome::CannotTell,
            certificates::unknown_key(xxa, output::now())?,
        ),
    ];
    for (id, expected, paper) in cases {
        paper.save()?;
        let verdict = certificates::check(&paper.picture(), &received.trust)?;
        judged(story, id, expected, paper.title, &verdict);
    }
    Ok(())
}

async fn withdrawal(
    story: &mut Story,
    network: &Network,
    xxa: &Country,
    xxb: &Country,
    papers: &[Paper; 2],
) -> Result<(), Fault> {
    story.chapter(
        "A key is withdrawn",
        "XXA finds that its signing key was stolen and takes it back at the gateway. XXB fetches \
         the list again.",
    );
    let answer = network.delete_dsc(xxa).await?;
    story.step(
        "delete-dsc",
        answer == gdhcn_client::gateway::Deletion::Deleted,
        "204 deleted",
        "the gateway removed XXA's DSC",
    );
    let received = network.fetch_list(xxb, "trust-list-2.json").await?;
    story.step(
        "download-again",
        received.signers == 0 && received.refused == 0,
        "the list without the DSC",
        format!("{} entries, {} document signers", received.entries, received.signers),
    );
    let verdict = certificates::check(&papers[0].picture(), &received.trust)?;
    judged(story, "undecided-withdrawn", Outcome::CannotTell, "the same certificate", &verdict);
    Ok(())
}

async fn privacy(story: &mut Story, network: &Network, papers: &[Paper; 2]) -> Result<(), Fault> {
    story.chapter("What the gateway knows", "");
    let known = network.what_the_gateway_knows(papers).await?;
    story.step(
        "gateway-knows-no-person",
        !known.names_a_person,
        "certificates of countries, and nothing of the traveller",
        format!(
            "The gateway knows {} keys of countries and {} log entries about them. It does not \
             know any person: the traveller's name and codes are nowhere in its database.",
            known.keys, known.events
        ),
    );
    Ok(())
}

/// Notes a verdict as a step.
fn judged(story: &mut Story, id: &'static str, expected: Outcome, what: &str, verdict: &Verdict) {
    let why = match verdict.deciding() {
        Some(check) => check.reason.to_string(),
        None => verdict
            .authentic()
            .and_then(<[_]>::first)
            .and_then(|document| document.person())
            .map(|person| format!("{}, born {}", person.name, person.birth_date))
            .unwrap_or_default(),
    };
    story.step(
        id,
        verdict.outcome == expected,
        expected.as_str(),
        format!("{what}: {}. {why}", verdict.outcome.as_str().to_uppercase()),
    );
}

fn participant(code: &str) -> Result<Participant, Fault> {
    Participant::parse(code).or_internal("a participant of the demo")
}

fn next_steps(program: &str, folder: &Path, address: String) -> String {
    let program = quoted(program);
    let file = |name: &str| quoted(&folder.join(name).display().to_string());
    let (dcc, icvp) = (file("xxa/dcc.png"), file("xxa/icvp.png"));
    let (first, second) = (file("xxb/trust-list-1.json"), file("xxb/trust-list-2.json"));
    let (certificate, key) = (file("xxb/tls.pem"), file("xxb/tls.key"));
    let (anchor, server) = (file("operator/trust-anchor.pem"), file("operator/gateway.pem"));
    let (config, log) = (file("operator/gateway.toml"), file("operator/log.key.pub"));
    format!(
        "\
# Check the saved picture against the first list, then against the second, without the key:
{program} verify {dcc} --trust {first} --trust-anchor {anchor}
{program} verify {dcc} --trust {second} --trust-anchor {anchor}

# See every layer of a code:
{program} decode {icvp}

# Start the gateway again, and ask it from another terminal as XXB:
{program} gateway serve --config {config}
{program} trust list https://{address} --client-cert {certificate} --client-key {key} --gateway-ca {server} --trust-anchor {anchor}

# Check the gateway's log, and that its list follows from it:
{program} gateway audit --log https://{address}/log --key {log} --gateway https://{address} --client-cert {certificate} --client-key {key} --gateway-ca {server} --trust-anchor {anchor}
"
    )
}

/// A word for a shell, in quotes where it needs them.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-:=+,@".contains(c);
    if word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}
