//! Where a file stands in the layout, by its path alone.

use gdhcn_codes::{Domain, KeyUsage, Participant};

use super::Oddity;

/// What a file is.
pub(super) enum Place {
    Certificate(KeyUsage),
    TlsIssuer,
    Issuer,
    SignedCertificate(KeyUsage),
    SignedIssuer,
    Nothing,
}

pub(super) struct Found {
    pub(super) participant: Option<Participant>,
    pub(super) domain: Option<Domain>,
    pub(super) place: Place,
    pub(super) oddities: Vec<Oddity>,
}

/// Folder names of the first years.
const OLD_NAMES: [(&str, &str); 3] = [("auth", "TLS"), ("csca", "SCA"), ("up", "UP")];

/// What the network's own tools leave beside the results.
const LEFT_BY_TOOLS: [&str; 2] = [".pem.der", ".pem_signed.der"];

pub(super) fn place(path: &str) -> Found {
    let mut found =
        Found { participant: None, domain: None, place: Place::Nothing, oddities: Vec::new() };
    let parts: Vec<_> = path.split('/').filter(|part| !part.is_empty()).collect();
    let inner = match parts.iter().position(|part| *part == "onboarding") {
        Some(at) => {
            let above = at.checked_sub(1).and_then(|index| parts.get(index));
            found.participant = above.and_then(|code| Participant::from_alpha3(code));
            parts.get(at + 1..).unwrap_or_default()
        }
        None => &parts[..],
    };
    let (domain, usage, rest) = match inner {
        [domain, usage, rest @ ..] if !rest.is_empty() => (*domain, *usage, rest),
        // Beside the folders: readme files, marks of tools.
        [.., name] => {
            if !is_silent(name) {
                found.oddities.push(mark(name).unwrap_or(Oddity::PassedOver));
            }
            if let [domain, _] = inner {
                found.domain = domain.parse().ok();
            }
            return found;
        }
        [] => return found,
    };
    match domain.parse::<Domain>() {
        Ok(domain) => found.domain = Some(domain),
        Err(_) => {
            found.oddities.push(Oddity::Domain { found: shortened(domain) });
            return found;
        }
    }
    let name = rest.last().copied().unwrap_or_default();
    if is_silent(name) || mark(name).is_some() {
        found.oddities.extend(mark(name));
        return found;
    }
    let signed = matches!(rest, ["signed", _]);
    if !signed && rest.len() > 1 {
        found.oddities.push(Oddity::PassedOver);
        return found;
    }
    let (usage, old) = usage_of(usage);
    found.oddities.extend(old.map(|now| Oddity::OldName { now }));
    found.place = match (usage, signed) {
        (Some(Usage::Key(usage)), true) => signed_result(name, Place::SignedCertificate(usage)),
        (Some(Usage::Issuer), true) => signed_result(name, Place::SignedIssuer),
        (Some(Usage::Key(usage)), false) => certificate(usage, name, &mut found.oddities),
        (Some(Usage::Issuer), false) if is_named(name, "Trusted_Issuer", "json") => Place::Issuer,
        (Some(Usage::Issuer), false) if ["DID.txt", "JWKS.txt"].contains(&name) => Place::Nothing,
        (Some(Usage::References), _) => {
            found.oddities.push(Oddity::Reference);
            Place::Nothing
        }
        (Some(Usage::Issuer), false) => {
            found.oddities.push(Oddity::PassedOver);
            Place::Nothing
        }
        (None, _) => {
            let unknown = inner.get(1).map(|name| shortened(name)).unwrap_or_default();
            found.oddities.push(Oddity::Usage { found: unknown });
            Place::Nothing
        }
    };
    found
}

enum Usage {
    Key(KeyUsage),
    Issuer,
    References,
}

fn usage_of(folder: &str) -> (Option<Usage>, Option<&'static str>) {
    if let Some((_, now)) = OLD_NAMES.iter().find(|(old, _)| *old == folder) {
        return (KeyUsage::from_list_code(now).map(Usage::Key), Some(now));
    }
    let usage = match folder.to_ascii_uppercase().as_str() {
        "ISSUER" => Some(Usage::Issuer),
        "REFERENCES" => Some(Usage::References),
        other => KeyUsage::ALL.into_iter().find(|usage| usage.as_str() == other).map(Usage::Key),
    };
    (usage, None)
}

fn certificate(usage: KeyUsage, name: &str, oddities: &mut Vec<Oddity>) -> Place {
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    match extension.to_ascii_lowercase().as_str() {
        "pem" | "crt" | "cer" | "der" => {}
        "p7c" | "p7b" => {
            oddities.push(Oddity::Bundle);
            return Place::Nothing;
        }
        // The network's own description of an upload key, unsigned.
        "json" if usage == KeyUsage::Up && name == "did.json" => return Place::Nothing,
        _ => {
            oddities.push(Oddity::PassedOver);
            return Place::Nothing;
        }
    }
    let tls_issuer = usage == KeyUsage::Tls && stem.to_ascii_uppercase().starts_with("CA");
    let expected = if tls_issuer { "CA" } else { usage.as_str() };
    if stem.eq_ignore_ascii_case("csca") && usage == KeyUsage::Sca {
        oddities.push(Oddity::OldName { now: "SCA.pem" });
    } else if extension != "pem" || !is_numbered(stem, expected) {
        oddities.push(Oddity::OddName);
    }
    if tls_issuer { Place::TlsIssuer } else { Place::Certificate(usage) }
}

/// `SCA` and `SCA_1`, but neither `SCA_1_1` nor `SCA-2024`. The synchronised upload key has a
/// name of its own.
fn is_numbered(stem: &str, expected: &str) -> bool {
    let Some(rest) = stem.strip_prefix(expected) else { return false };
    match rest.strip_prefix('_') {
        Some(number) => {
            let digits = number.bytes().all(|byte| byte.is_ascii_digit());
            (digits && !number.is_empty()) || stem == "UP_SYNC"
        }
        None => rest.is_empty(),
    }
}

fn is_named(name: &str, stem: &str, extension: &str) -> bool {
    name.rsplit_once('.')
        .is_some_and(|(found, ending)| is_numbered(found, stem) && ending == extension)
}

fn signed_result(name: &str, place: Place) -> Place {
    let result =
        name.starts_with("TNG_TA.signed.") && (name.ends_with(".json") || name.ends_with(".txt"));
    if result { place } else { Place::Nothing }
}

/// Files that say nothing and harm nobody.
fn is_silent(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    [".ds_store", ".gitkeep", ".gitignore", "thumbs.db"].contains(&lower.as_str())
        || lower.ends_with(".md")
        || lower.ends_with(".csr")
        || LEFT_BY_TOOLS.iter().any(|ending| lower.ends_with(ending))
}

/// What the network's own tools leave when they fail.
fn mark(name: &str) -> Option<Oddity> {
    name.eq_ignore_ascii_case("failure").then_some(Oddity::FailureMark)
}

fn shortened(text: &str) -> String {
    text.chars().take(32).collect()
}
