//! Publishing the DID trust lists into a folder and into a git repository.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use gdhcn_codes::{KeyUsage, Participant};
use gdhcn_crypto::{Backend, Curve, KeyKind, Signer as _, SoftwareKey};
use gdhcn_envelope::linked_data::{Document, Limits, Proof};
use gdhcn_envelope::x509::Certificate;
use gdhcn_server::jobs::publication::{
    DidConfig, Input, Occasion, PublicationError, PublicationReport, Publisher,
};
use gdhcn_trust::ceremony::Request;
use gdhcn_trust::did::publish::Candidate;
use gdhcn_trust::profile::Role;
use jiff::{SignedDuration, Timestamp};

fn at(seconds: i64) -> Timestamp {
    "2026-08-22T12:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(seconds)
}

fn authority(code: &str, serial: u8) -> Certificate {
    let key = SoftwareKey::generate(KeyKind::Ec(Curve::P256)).unwrap();
    let owner = Participant::parse(code).unwrap();
    Request::new(Role::Sca, Some(owner), "Ministry", key.public_key(), [serial; 16], at(0))
        .self_signed(&key)
        .unwrap()
}

fn input(countries: &[&str]) -> Input {
    let candidates = countries.iter().zip(1..).map(|(country, serial)| {
        let certificate = authority(country, serial);
        Candidate {
            country: (*country).to_owned(),
            domain: "DCC".parse().unwrap(),
            usage: KeyUsage::Sca,
            kid: certificate.kid().to_base64(),
            certificate,
        }
    });
    Input {
        candidates: candidates.collect(),
        countries: countries.iter().map(|country| (*country).to_owned()).collect(),
        ..Input::default()
    }
}

/// A publisher with its key, and what it publishes to.
struct Site {
    folder: tempfile::TempDir,
    key: SoftwareKey,
    publisher: Publisher,
}

impl Site {
    fn new(target: impl Fn(&Path) -> String, more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = SoftwareKey::generate(KeyKind::Ec(Curve::P256)).unwrap();
        let file = folder.path().join("did.key");
        fs::write(&file, key.to_pem().as_bytes()).unwrap();
        let text = format!(
            "base = 'did:web:lists.example'\nsigning_key = '{}'\n{more}\n[target]\n{}",
            file.display(),
            target(folder.path())
        );
        let config: DidConfig = toml::from_str(&text).unwrap();
        Self { publisher: Publisher::load(config).unwrap(), folder, key }
    }

    fn in_folder(more: &str) -> Self {
        let target =
            |folder: &Path| format!("kind = 'folder'\npath = '{}'", folder.join("web").display());
        Self::new(target, more)
    }

    fn in_git() -> Self {
        let site = Self::new(
            |folder| {
                let (copy, url) = (folder.join("copy"), folder.join("remote"));
                format!("kind = 'git'\npath = '{}'\nurl = '{}'", copy.display(), url.display())
            },
            "",
        );
        let remote = site.folder.path().join("remote");
        fs::create_dir(&remote).unwrap();
        git(&remote, &["init", "--quiet", "--bare", "--initial-branch", "main"]);
        let first = site.folder.path().join("first");
        git(site.folder.path(), &["clone", "--quiet", "remote", "first"]);
        fs::write(first.join("CNAME"), "lists.example").unwrap();
        git(&first, &["add", "."]);
        git(&first, &["-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "-m", "t"]);
        git(&first, &["push", "--quiet", "origin", "HEAD:refs/heads/main"]);
        site
    }

    fn web(&self) -> PathBuf {
        self.folder.path().join("web")
    }

    fn run(
        &self,
        input: &Input,
        seconds: i64,
        force: bool,
    ) -> Result<PublicationReport, PublicationError> {
        let mut number = seconds;
        let mut nonce = || {
            number += 1;
            format!("{number:032}")
        };
        let (now, goes_on, nonce) = (at(seconds), &|| true, &mut nonce);
        self.publisher.run(input, Occasion { now, force, goes_on, nonce })
    }

    /// Checks every list under `root`; gives their paths.
    fn verified(&self, root: &Path) -> BTreeSet<String> {
        let verifier = Backend::default().verifier(self.key.public_key()).unwrap();
        let mut paths = BTreeSet::new();
        let mut folders = vec![root.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() && path.file_name().unwrap() != ".git" {
                    folders.push(path);
                } else if path.file_name().unwrap() == "did.json" {
                    let text = fs::read(&path).unwrap();
                    let document = Document::parse(&text, &Limits::default()).unwrap();
                    match Proof::of(&document).unwrap() {
                        Some(proof) => proof.verify(verifier.as_ref()).unwrap(),
                        None => assert!(path.ends_with("trustlist/signerinfo/did.json")),
                    }
                    let path = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
                    paths.insert(path);
                }
            }
        }
        paths
    }
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git").args(arguments).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn a_folder_holds_the_lists_and_keeps_what_is_not_of_them() {
    let site = Site::in_folder("");
    fs::create_dir(site.web()).unwrap();
    fs::write(site.web().join("CNAME"), "lists.example").unwrap();
    // What a killed run left beside the folder.
    let left = site.folder.path().join(".web.next");
    fs::create_dir_all(left.join("v2")).unwrap();

    let both = input(&["XA", "XB"]);
    let report = site.run(&both, 0, false).unwrap();
    assert!(report.written && report.skipped.is_empty(), "{report:?}");
    assert_eq!((report.keys, report.key_elsewhere), (2, None));
    assert!(!left.exists());
    assert_eq!(fs::read_to_string(site.web().join("CNAME")).unwrap(), "lists.example");
    let paths = site.verified(&site.web());
    for path in [
        "trustlist/did.json",
        "trustlist/xxa/did.json",
        "trustlist/signerinfo/did.json",
        "v2/trustlist/did.json",
        "v2/trustlist/-/XXB/SCA/did.json",
        "v2/trustlist-ref/DCC/XXB/did.json",
    ] {
        assert!(paths.contains(path), "{path}");
    }

    // Nothing new: nothing is touched.
    let root = site.web().join("v2/trustlist/did.json");
    let before = fs::metadata(&root).unwrap().modified().unwrap();
    let report = site.run(&both, 3600, false).unwrap();
    assert!(!report.written);
    assert_eq!(fs::metadata(&root).unwrap().modified().unwrap(), before);

    // One goes: its files go too.
    let one = Input { candidates: both.candidates[..1].to_vec(), ..both };
    let report = site.run(&one, 7200, false).unwrap();
    assert!(report.written && report.removed > 0, "{report:?}");
    let paths = site.verified(&site.web());
    assert!(!paths.iter().any(|path| path.contains("v2/") && path.contains("XXB")), "{paths:?}");
    assert!(!site.web().join("v2/trustlist/DCC/XXB").exists());

    // Proofs older than a day are made anew.
    let report = site.run(&one, 7200 + 90_000, false).unwrap();
    assert_eq!(report.documents.changed, 0);
    assert!(report.written && report.documents.refreshed > 0);
}

#[test]
fn readers_see_the_old_lists_or_the_new_at_every_moment() {
    let site = Site::in_folder("");
    let both = input(&["XA", "XB"]);
    site.run(&both, 0, false).unwrap();
    let root = site.web().join("v2/trustlist/did.json");
    let ended = AtomicBool::new(false);
    let reads = std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut reads = 0_u32;
            while !ended.load(Ordering::Relaxed) {
                let text = fs::read(&root).unwrap();
                let document = Document::parse(&text, &Limits::default()).unwrap();
                assert_eq!(document.methods().len(), 2);
                reads += 1;
            }
            reads
        });
        let started = Instant::now();
        let mut day = 0;
        while started.elapsed().as_secs() < 2 || day < 3 {
            day += 1;
            assert!(site.run(&both, day * 90_000, false).unwrap().written);
        }
        ended.store(true, Ordering::Relaxed);
        reader.join().unwrap()
    });
    assert!(reads > 10, "{reads}");
    site.verified(&site.web());
}

#[test]
fn a_list_that_lost_everything_is_published_on_a_word_only() {
    let site = Site::in_folder("");
    site.run(&input(&["XA"]), 0, false).unwrap();
    let before = site.verified(&site.web());
    let error = site.run(&Input::default(), 60, false).unwrap_err();
    assert!(error.to_string().contains("from 1 to 0"), "{error}");
    assert_eq!(site.verified(&site.web()), before);
    assert!(site.run(&Input::default(), 60, true).unwrap().written);
}

// G11: the operator switches the old shape on beside the new one.
#[test]
fn g11_both_shapes_are_a_matter_of_configuration() {
    let site = Site::in_folder(
        "trees = [{ name = 'v2' }, { name = 'v2-texts', members = 'texts' }]\ncompatibility = true",
    );
    site.run(&input(&["XA"]), 0, false).unwrap();
    site.verified(&site.web());
    let text = |path: &str| fs::read_to_string(site.web().join(path)).unwrap();
    assert!(text("v2/trustlist/did.json").contains(r##""participant":{"code":"#XXA"}"##));
    assert!(text("v2-texts/trustlist/did.json").contains(r#""participant":"XXA""#));
}

#[test]
fn a_repository_gets_one_commit_for_each_change_and_none_without() {
    let site = Site::in_git();
    let remote = site.folder.path().join("remote");
    let commits = || git(&remote, &["rev-list", "--count", "main"]);
    let one = input(&["XA"]);
    // What a run left that was killed while it cloned.
    fs::create_dir_all(site.folder.path().join(".copy.next/.git")).unwrap();
    assert!(site.run(&one, 0, false).unwrap().written);
    assert_eq!(commits(), "2");
    assert!(!site.run(&one, 600, false).unwrap().written);
    assert_eq!(commits(), "2");

    // What a killed run left in the copy does not reach anybody.
    let copy = site.folder.path().join("copy");
    fs::write(copy.join("trustlist/did.json"), "half").unwrap();
    fs::write(copy.join("stray"), "x").unwrap();
    for lock in [".git/index.lock", ".git/refs/heads/main.lock"] {
        fs::write(copy.join(lock), "").unwrap();
    }
    let mut two = input(&["XB"]);
    two.candidates.extend(one.candidates.clone());
    assert!(site.run(&two, 1200, false).unwrap().written);
    assert_eq!(commits(), "3");

    let checkout = site.folder.path().join("checkout");
    git(site.folder.path(), &["clone", "--quiet", "remote", "checkout"]);
    assert!(site.verified(&checkout).contains("v2/trustlist/DCC/XXB/SCA/did.json"));
    assert!(checkout.join("CNAME").exists() && !checkout.join("stray").exists());
}

#[test]
fn a_push_that_fails_is_told_and_made_good_by_the_next_run() {
    let site = Site::in_git();
    let remote = site.folder.path().join("remote");
    let one = input(&["XA"]);
    site.run(&one, 0, false).unwrap();
    let hook = remote.join("hooks/pre-receive");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    fs::write(&hook, "#!/bin/sh\necho the branch is protected >&2\nexit 1\n").unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let mut two = input(&["XB"]);
    two.candidates.extend(one.candidates);
    let error = site.run(&two, 60, false).unwrap_err().to_string();
    assert!(error.starts_with("git push: ") && error.contains("protected"), "{error}");
    fs::remove_file(&hook).unwrap();
    assert!(site.run(&two, 120, false).unwrap().written);
    assert_eq!(git(&remote, &["rev-list", "--count", "main"]), "3");
}

#[test]
fn settings_that_cannot_be_are_refused_with_what_is_wrong() {
    let with = |more: &str, target: &str| {
        let text = format!("signing_key = 'k'\n{more}\n[target]\n{target}");
        let config: DidConfig = toml::from_str(&text).unwrap();
        config.check().unwrap_err().to_string()
    };
    let (base, folder) = ("base = 'did:web:l.example'", "kind = 'folder'\npath = 'w'");
    for (more, target, word) in [
        ("base = 'https://l.example'", folder, "did:web"),
        (&format!("{base}\ncountries = {{ ZZ = 'a-b' }}"), folder, "did.countries"),
        (&format!("{base}\ntrees = [{{ name = 'a' }}, {{ name = 'a' }}]"), folder, "twice"),
        (&format!("{base}\nversion_1 = false\ntrees = []"), folder, "neither"),
        (base, "kind = 'git'\npath = 'w'\nurl = '--upload-pack=x'", "cannot be an address"),
    ] {
        let error = with(more, target);
        assert!(error.contains(word), "{error}");
    }
}
