//! Writes a code of each format, with the keys to verify it, into a folder. Keys and persons are
//! made up.
//!
//! ```text
//! cargo run -p gdhcn-verify --example five_formats -- codes
//! gdhcn verify codes/dcc.txt codes/icvp.txt codes/shc.txt codes/divoc.txt codes/vds-nc.txt \\
//!     --trust codes/keys --trust https://issuer.example/shc=codes/jwks.json \\
//!     --trust did:example:issuer=codes/divoc.pem
//! ```
#![allow(dead_code, unused_imports)]
#![allow(clippy::panic, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

#[path = "../tests/it/divoc.rs"]
mod divoc;
#[path = "../tests/it/forge.rs"]
mod forge;
#[path = "../tests/it/seals.rs"]
mod seals;
#[path = "../tests/it/smart_health_cards.rs"]
mod smart_health_cards;

use std::fs;
use std::path::Path;

use gdhcn_credential::shc::numeric;
use gdhcn_crypto::{KeyKind, Signer as _};
use gdhcn_envelope::pem;

use forge::{Code, Country};
use smart_health_cards::Issuer;

fn main() -> std::io::Result<()> {
    let Some(folder) = std::env::args().nth(1) else {
        eprintln!("usage: five_formats FOLDER");
        std::process::exit(64);
    };
    let folder = Path::new(&folder);
    fs::create_dir_all(folder.join("keys"))?;
    let write = |name: &str, content: String| fs::write(folder.join(name), content);

    let country = Country::new("XXA");
    for (name, certificate) in [("sca", &country.sca), ("dsc", &country.dsc)] {
        write(&format!("keys/{name}.pem"), pem::encode("CERTIFICATE", certificate.der()))?;
    }
    write("dcc.txt", Code::dcc().text(&country))?;
    write("icvp.txt", Code::icvp("2026-10-01").text(&country))?;
    write("vds-nc.txt", seals::seal(&country, &seals::data(), |_| {}))?;

    let issuer = Issuer::new();
    write("jwks.json", issuer.jwks().to_string())?;
    let card = issuer.card(&smart_health_cards::payload());
    write("shc.txt", numeric::write(&card).unwrap_or(card))?;

    let key = divoc::key(KeyKind::Ed25519);
    write("divoc.pem", pem::encode("PUBLIC KEY", &key.public_key().to_spki_der()))?;
    write("divoc.txt", divoc::signed(&key, KeyKind::Ed25519, divoc::document()).to_string())
}
