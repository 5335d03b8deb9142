use gdhcn_crypto::{Backend, Signer};

use crate::note::{NoteError, NoteKey, sign_note, verify_note};
use crate::{Frontier, TreeHash};

/// The head of a log (C2SP tlog-checkpoint): how many entries it has and the root of their tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The name of the log.
    pub origin: String,
    /// Number of entries.
    pub size: u64,
    /// Root of the tree over them.
    pub root: TreeHash,
}

impl Checkpoint {
    /// The checkpoint of the log of this name whose tree has this right edge.
    pub fn of(origin: &str, frontier: &Frontier) -> Self {
        Self { origin: origin.to_owned(), size: frontier.size(), root: frontier.root() }
    }

    /// Reads the text of a checkpoint. Extension lines are passed over: no monitor can check them.
    ///
    /// # Errors
    ///
    /// [`CheckpointError::Malformed`].
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let malformed = |what| CheckpointError::Malformed { what };
        let text = text.strip_suffix('\n').ok_or(malformed("the last line does not end"))?;
        let mut lines = text.split('\n');
        if lines.clone().any(str::is_empty) {
            return Err(malformed("a line is empty"));
        }
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next())
        else {
            return Err(malformed("there are fewer than three lines"));
        };
        let number: u64 = size.parse().map_err(|_| malformed("the size is no number"))?;
        if number.to_string() != size {
            return Err(malformed("the size is not written shortest"));
        }
        let hash: TreeHash = root.parse().map_err(|_| malformed("the root is no hash"))?;
        Ok(Self { origin: origin.to_owned(), size: number, root: hash })
    }

    /// Reads a signed checkpoint and checks that the log of this key signed it under its own name.
    ///
    /// # Errors
    ///
    /// See [`CheckpointError`].
    pub fn open(note: &[u8], key: &NoteKey, backend: Backend) -> Result<Self, CheckpointError> {
        let checkpoint = Self::parse(verify_note(note, key, backend)?)?;
        if checkpoint.origin == key.name().as_str() {
            Ok(checkpoint)
        } else {
            Err(CheckpointError::Origin {
                found: checkpoint.origin.chars().take(80).collect(),
                expected: key.name().to_string(),
            })
        }
    }

    /// The text that is signed.
    pub fn to_text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, self.root)
    }

    /// The signed checkpoint.
    ///
    /// # Errors
    ///
    /// When the key does not sign, or is another one.
    pub fn sign(&self, key: &NoteKey, signer: &dyn Signer) -> Result<String, NoteError> {
        sign_note(&self.to_text(), key, signer)
    }
}

/// Why a checkpoint does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// The note is none, or not signed by the log.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The note is no checkpoint.
    #[error("not a checkpoint: {what}")]
    Malformed {
        /// What is wrong.
        what: &'static str,
    },
    /// The checkpoint is of a log of another name than the key's.
    #[error("a checkpoint of the log {found:?}, where the key is that of {expected:?}")]
    Origin {
        /// The name in the checkpoint.
        found: String,
        /// The name of the key.
        expected: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    // The example of C2SP tlog-checkpoint.
    #[test]
    fn reads_the_published_example() {
        let text = "example.com/behind-the-sofa\n20852163\n\
                    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
        let checkpoint = Checkpoint::parse(text).unwrap();
        assert_eq!(checkpoint.size, 20_852_163);
        assert_eq!(checkpoint.to_text(), text);
        assert_eq!(Checkpoint::parse(&format!("{text}more\n")).unwrap(), checkpoint);
    }

    #[test]
    fn refuses_other_texts() {
        const ROOT: &str = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
        for text in [
            String::new(),
            format!("o\n1\n{ROOT}"),
            "o\n1\n".to_owned(),
            format!("\n1\n{ROOT}\n"),
            format!("o\n01\n{ROOT}\n"),
            format!("o\n+1\n{ROOT}\n"),
            format!("o\n-1\n{ROOT}\n"),
            format!("o\n99999999999999999999\n{ROOT}\n"),
            "o\n1\nAAAA\n".to_owned(),
            format!("o\n1\n{ROOT}\n\nx\n"),
        ] {
            assert!(Checkpoint::parse(&text).is_err(), "{text:?}");
        }
    }
}
