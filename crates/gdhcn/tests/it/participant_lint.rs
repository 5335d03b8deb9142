//! `gdhcn participant lint` over a folder and over a signed tag.

use gdhcn_envelope::pem;
use gdhcn_trust::profile::Role;

use crate::program::Place;
use crate::trust_anchor::certificate;

/// A participant's folder without a fault.
pub(crate) fn with_folder() -> Place {
    let place = Place::new();
    for (role, names) in [
        (Role::Sca, &["SCA/SCA.pem"][..]),
        (Role::Upload, &["UP/UP.pem"]),
        (Role::Tls, &["TLS/TLS.pem", "TLS/CA.pem"]),
    ] {
        let text = pem::encode("CERTIFICATE", certificate(role).0.der());
        for name in names {
            place.write(&format!("XXA/onboarding/DCC/{name}"), &text);
        }
    }
    place
}

#[test]
fn a_sound_folder_passes_and_a_fault_is_told_with_its_file_and_rule() {
    let place = with_folder();
    let sound = place.run(&["participant", "lint", "XXA"]).done(0).stdout;
    assert!(sound.contains("XXA") && sound.contains("no errors"), "{sound}");
    // The folder may be named from inside.
    place.run(&["participant", "lint", "XXA/onboarding"]).done(0);

    let (_, key) = certificate(Role::Upload);
    place.write("XXA/onboarding/DCC/UP/notes.txt", key.to_pem().as_bytes());
    let found = place.run(&["participant", "lint", "XXA", "--json"]).done(1);
    let report: serde_json::Value = serde_json::from_str(&found.stdout).unwrap();
    assert_eq!(report["errors"], 1);
    assert_eq!(report["participant"], "XXA");
    let finding = &report["findings"][0];
    assert_eq!(finding["rule"], "L001");
    assert_eq!(finding["path"], "XXA/onboarding/DCC/UP/notes.txt");
    let other = place.run(&["participant", "lint", "XXA", "--participant", "FR"]).done(1).stdout;
    assert!(other.contains("L005") && other.contains("France"), "{other}");
}

#[test]
fn a_key_of_another_environment_is_found() {
    let place = with_folder();
    let known = ["participant", "lint", "XXA", "--known", "XXA"];
    let found = place.run(&known).done(1).stdout;
    assert!(found.contains("L060") && found.contains("in XXA"), "{found}");
}

#[test]
fn a_folder_that_is_none_is_an_input_fault() {
    let place = Place::new();
    assert_eq!(place.run(&["participant", "lint", "none"]).code, 66);
    std::fs::create_dir(place.path("empty")).unwrap();
    let empty = place.run(&["participant", "lint", "empty"]);
    assert!(empty.code == 66 && empty.stderr.contains("empty"), "{}", empty.stderr);
}

#[test]
fn a_folder_without_the_layout_is_an_error_that_names_it() {
    let place = with_folder();
    place.shell("mkdir flat && cp XXA/onboarding/DCC/*/*.pem flat/");
    let lint = place.run(&["participant", "lint", "flat", "--participant", "XA"]).done(1).stdout;
    assert!(lint.contains("L072") && lint.contains("onboarding/DCC/SCA/SCA.pem"), "{lint}");
    place.shell("mkdir -p XXB/onboarding && touch XXB/onboarding/README.md");
    assert_eq!(place.run(&["participant", "lint", "XXB"]).code, 1);
    // The same for who would onboard it.
    let place = crate::onboarding::with_gateway("");
    place.shell("mv XXA/onboarding/DCC/*/*.pem XXA/onboarding/ && rm -r XXA/onboarding/DCC");
    let refused = crate::onboarding::onboard(&place, &["--dry-run"]);
    assert_eq!(refused.code, 1, "{}", refused.stderr);
    assert!(refused.stderr.contains("L072"), "{}", refused.stderr);
}

/// What OpenSSL makes by itself is told for each role without a contradiction.
#[test]
fn the_advice_for_certificates_of_openssl_does_not_go_in_a_circle() {
    let place = with_folder();
    let tls = |options: &str| {
        let make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 365 \
                    -subj '/C=XA/O=Test/CN=XXA TLS' -keyout key";
        let line = format!(
            "{make} {options} -out TLS.pem && openssl verify -purpose sslclient -CAfile TLS.pem \
             TLS.pem && for name in TLS CA; do cp TLS.pem XXA/onboarding/DCC/TLS/$name.pem; done"
        );
        let made = place.shell(&line);
        assert_eq!(made.code, 0, "{}", made.stderr);
        let report = place.run(&["participant", "lint", "XXA", "--json"]).done(0).json();
        let findings = report["findings"].as_array().unwrap().iter();
        let texts = findings.map(|one| (one["rule"].clone(), one["mend"].to_string()));
        texts.collect::<Vec<_>>()
    };
    let found =
        tls("-addext keyUsage=critical,digitalSignature -addext extendedKeyUsage=clientAuth");
    let rules: Vec<_> = found.iter().map(|(rule, _)| rule).collect();
    assert_eq!(rules, ["L022", "L033"]);
    for (rule, mend) in &found {
        assert!(mend.contains("leave basicConstraints out"), "{rule}: {mend}");
    }
    // As both say, with a section of one's own: nothing is left, and OpenSSL takes it as its own
    // issuer.
    place.write(
        "own.cnf",
        "[req]\ndistinguished_name = n\n[n]\n[tls]\nkeyUsage = critical, digitalSignature, \
         keyCertSign\nextendedKeyUsage = clientAuth\n",
    );
    assert_eq!(tls("-config own.cnf -extensions tls"), []);
}

#[test]
fn the_files_of_a_tag_count_only_when_git_finds_its_signature_good() {
    let place = with_folder();
    let shell = |line: &str| {
        let run = place.shell(line);
        assert_eq!(run.code, 0, "{line}: {}{}", run.stdout, run.stderr);
    };
    let git = "git -C XXA -c user.name=Tester -c user.email=t@xxa.example -c gpg.format=openpgp";
    shell(&format!("git init -q XXA && {git} add . && {git} commit -q -m folder"));
    shell(&format!("{git} tag -a unsigned -m unsigned"));
    let refused = place.run(&["participant", "lint", "XXA", "--tag", "unsigned"]);
    assert_eq!(refused.code, 66);
    assert!(refused.stderr.contains("good signature"), "{}", refused.stderr);
    let none = place.run(&["participant", "lint", "XXA", "--tag", "none"]);
    assert!(none.code == 66 && none.stderr.contains("no tag"), "{}", none.stderr);

    // A stand-in for gpg that signs anything and finds one signature good: what counts here is
    // that git's word decides, and that the files are the tag's.
    let stand_in = r#"#!/bin/sh
cat >/dev/null
case "$*" in
*--verify*)
    echo '[GNUPG:] NEWSIG'
    echo '[GNUPG:] GOODSIG 0123456789ABCDEF Tester'
    echo '[GNUPG:] TRUST_ULTIMATE 0 pgp'
    ;;
*)
    echo >&2
    echo '[GNUPG:] SIG_CREATED D' >&2
    echo '-----BEGIN PGP SIGNATURE-----'
    echo
    echo '-----END PGP SIGNATURE-----'
    ;;
esac
"#;
    place.write("gpg", stand_in);
    shell("chmod +x gpg && git -C XXA config gpg.program \"$PWD/gpg\"");
    shell(&format!("{git} tag -s signed -m signed"));
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    place.write("XXA/onboarding/DCC/UP/UP.pem", broken);
    place.run(&["participant", "lint", "XXA"]).done(1);
    place.run(&["participant", "lint", "XXA", "--tag", "signed"]).done(0);
}
