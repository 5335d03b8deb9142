use gdhcn_crypto::{KeyKind, PublicKey, Signer, SoftwareKey};
use gdhcn_log::{
    Checkpoint, CheckpointError, Frontier, MAX_NOTE_LEN, NoteError, NoteKey, TreeHash, sign_note,
    verify_note,
};

use crate::network::BACKEND;

fn key(name: &str) -> (NoteKey, SoftwareKey) {
    let signer = SoftwareKey::generate(KeyKind::Ed25519).unwrap();
    (NoteKey::new(name.parse().unwrap(), signer.public_key().clone()).unwrap(), signer)
}

// The verifier key and note that the documentation of Go's package
// golang.org/x/mod/sumdb/note shows as its example.
#[test]
fn reads_the_published_note() {
    let key: NoteKey =
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW".parse().unwrap();
    assert_eq!(
        key.to_string(),
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    );
    let text = "If you think cryptography is the answer to your problem,\n\
                then you don't know what your problem is.\n";
    let note = format!(
        "{text}\n\u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    );
    assert_eq!(verify_note(note.as_bytes(), &key, BACKEND), Ok(text));
}

#[test]
fn a_key_is_told_by_its_text_and_no_other() {
    let (key, _) = key("gateway.example/log");
    let text = key.to_string();
    assert_eq!(text.parse(), Ok(key));
    let (name, rest) = text.split_once('+').unwrap();
    for other in [
        name.to_owned(),
        format!("{name}+{}", rest.split_once('+').unwrap().0),
        format!("other+{rest}"),
        format!("two words+{rest}"),
        format!("+{rest}"),
        // The third part is base64 of the type and the key; this is of type 2.
        format!("{name}+{}+Ag{}", rest.split_once('+').unwrap().0, "A".repeat(42)),
        text[..text.len() - 4].to_owned(),
        format!("{}+{rest}", "n".repeat(300)),
    ] {
        assert!(other.parse::<NoteKey>().is_err(), "{other}");
    }
    let ec = SoftwareKey::generate(KeyKind::Ec(gdhcn_crypto::Curve::P256)).unwrap();
    assert!(matches!(ec.public_key(), PublicKey::Ec(_)));
    let refused = NoteKey::new(name.parse().unwrap(), ec.public_key().clone());
    assert!(matches!(refused, Err(NoteError::KeyType { .. })));
}

#[test]
fn a_note_counts_only_with_the_signature_of_its_key() {
    let (ours, signer) = key("gateway.example/log");
    let (theirs, their_signer) = key("witness.example");
    let text = "gateway.example/log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
    let note = sign_note(text, &ours, &signer).unwrap();
    assert_eq!(verify_note(note.as_bytes(), &ours, BACKEND), Ok(text));
    assert!(sign_note(text, &ours, &their_signer).is_err(), "the signer has the named key");
    assert!(sign_note("no end", &ours, &signer).is_err());
    assert!(sign_note("a\tb\n", &ours, &signer).is_err());

    let other = sign_note(text, &theirs, &their_signer).unwrap();
    let unsigned = verify_note(other.as_bytes(), &ours, BACKEND);
    assert!(matches!(unsigned, Err(NoteError::NotSigned { .. })), "{unsigned:?}");
    // A witness's line before or after ours is passed over.
    let line = other.rsplit_once("\n\n").unwrap().1;
    assert_eq!(verify_note(format!("{note}{line}").as_bytes(), &ours, BACKEND), Ok(text));

    let changed = note.replace("\n0\n", "\n1\n");
    let refused = verify_note(changed.as_bytes(), &ours, BACKEND);
    assert!(matches!(refused, Err(NoteError::Signature(_))), "{refused:?}");
    for (wrong, what) in [
        (note.trim_end().to_owned(), "does not end"),
        (text.to_owned(), "empty line"),
        (note.replace('\u{2014}', "-"), "signature line"),
        (note.replace("log 0", "log\t0").replace("\n0", "\n\u{1}"), "control characters"),
        (format!("{note}{}", line.repeat(70)), "too many"),
        (format!("{text}{}", " ".repeat(MAX_NOTE_LEN)), "too long"),
        (format!("{note}\u{2014} x AAA=\n"), "no key id"),
        (format!("{note}\u{2014} x %\n"), "base64"),
    ] {
        let error = verify_note(wrong.as_bytes(), &ours, BACKEND).expect_err(what).to_string();
        assert!(error.contains(what), "{error}: {what}");
    }
    assert!(verify_note(b"\xff\n\n", &ours, BACKEND).is_err());
}

#[test]
fn a_checkpoint_is_of_the_log_that_the_key_names() {
    let (key, signer) = key("gateway.example/log");
    let mut frontier = Frontier::default();
    frontier.push(TreeHash::of_leaf(b"entry"));
    let checkpoint = Checkpoint::of("gateway.example/log", &frontier);
    let note = checkpoint.sign(&key, &signer).unwrap();
    assert_eq!(Checkpoint::open(note.as_bytes(), &key, BACKEND), Ok(checkpoint));

    let other = Checkpoint::of("other.example/log", &frontier).sign(&key, &signer).unwrap();
    let refused = Checkpoint::open(other.as_bytes(), &key, BACKEND);
    assert!(matches!(refused, Err(CheckpointError::Origin { .. })), "{refused:?}");
}
