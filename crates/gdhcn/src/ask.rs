//! Asking a person: secrets without echo, and yes or no.

use std::io::{BufRead as _, IsTerminal as _};
use std::path::Path;

use zeroize::Zeroizing;

use crate::exit::{Fault, OrInput};
use crate::output::eprintln;

/// Longest secret in bytes: nobody types more, and a wrong file is noticed.
const MAX_SECRET: usize = 1024;

/// A secret from a file or descriptor (`/dev/fd/3`), without its final line break; without a file
/// it is asked on the terminal.
pub(crate) fn secret(file: Option<&Path>, prompt: &str) -> Result<Zeroizing<String>, Fault> {
    let Some(file) = file else {
        if !std::io::stdin().is_terminal() {
            return Err(Fault::Usage(format!(
                "{prompt} is needed and there is no terminal to ask at; give --passphrase-file FILE"
            )));
        }
        let text = rpassword::prompt_password(format!("{prompt}: "))
            .or_input("reading from the terminal")?;
        return Ok(Zeroizing::new(text));
    };
    let bytes = Zeroizing::new(std::fs::read(file).or_input(file.display())?);
    let text = std::str::from_utf8(&bytes).or_input(file.display())?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() || text.len() > MAX_SECRET || text.contains('\n') {
        return Err(Fault::Usage(format!(
            "{}: one line with the secret is expected",
            file.display()
        )));
    }
    Ok(Zeroizing::new(text.to_owned()))
}

/// A new secret: asked twice on the terminal, or from a file.
pub(crate) fn new_secret(file: Option<&Path>, prompt: &str) -> Result<Zeroizing<String>, Fault> {
    let first = secret(file, prompt)?;
    if file.is_none() && *secret(None, "The same again")? != *first {
        return Err(Fault::Usage("the two are not the same".to_owned()));
    }
    if first.chars().count() < 8 {
        return Err(Fault::Usage("a passphrase has 8 characters at least".to_owned()));
    }
    Ok(first)
}

/// Whether a person says yes. `--yes` answers for scripts.
pub(crate) fn confirm(question: &str, yes: bool) -> Result<bool, Fault> {
    if yes {
        return Ok(true);
    }
    if !std::io::stdin().is_terminal() {
        return Err(Fault::Usage(format!(
            "{question} There is no terminal to ask at; read what is shown and give --yes, or \
             --dry-run to see it only"
        )));
    }
    eprintln!("{question} Type \"yes\" to go on:");
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).or_input("reading from the terminal")?;
    Ok(answer.trim() == "yes")
}
