use serde_json::json;

use super::arguments::ShowArguments;
use crate::exit::{Exit, Fault};
use crate::output::{self, BAD, GOOD, PLAIN, STRONG, day, println};

pub(super) fn run(arguments: &ShowArguments) -> Result<Exit, Fault> {
    let certificate = super::certificate(&arguments.certificate)?;
    let belongs = match &arguments.key {
        Some(key) => {
            let key = key.open(&arguments.secret)?;
            Some(certificate.public_key() == Ok(key.public_key()))
        }
        None => None,
    };
    let exit = if belongs == Some(false) { Exit::NEGATIVE } else { Exit::SUCCESS };
    let kind = match certificate.public_key() {
        Ok(key) => key.to_string(),
        Err(error) => error.to_string(),
    };
    if arguments.json {
        output::json(&json!({
            "subject": certificate.subject().to_string(),
            "issuer": certificate.issuer().to_string(),
            "sha256": certificate.thumbprint().to_string(),
            "key": kind,
            "notBefore": certificate.not_before().to_string(),
            "notAfter": certificate.not_after().to_string(),
            "keyBelongs": belongs,
        }))?;
        return Ok(exit);
    }
    let line = |name: &str, value: &str| println!("{STRONG}{name:12}{PLAIN} {value}");
    line("subject", &output::tame_line(&certificate.subject().to_string()));
    line("issuer", &output::tame_line(&certificate.issuer().to_string()));
    line("fingerprint", &output::spoken(certificate.thumbprint()));
    line("key", &kind);
    line(
        "valid",
        &format!("{} to {}", day(certificate.not_before()), day(certificate.not_after())),
    );
    match belongs {
        Some(true) => println!("{GOOD}The key is the certificate's.{PLAIN}"),
        Some(false) => println!("{BAD}The key is not the certificate's.{PLAIN}"),
        None => {}
    }
    Ok(exit)
}
