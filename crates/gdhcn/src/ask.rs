//! Asking a person: secrets without echo, and yes or no.

use std::io::{BufRead as _, IsTerminal as _};
use std::path::Path;

use zeroize::Zeroizing;

use crate::exit::{Fault, OrInput};
use crate::output::eprintln;

/// Longest secret in bytes: nobody types more, and a wrong file is noticed.
const MAX_SECRET: usize = 1024;
/// Fewest characters of a new secret.
const MIN_NEW_SECRET: usize = 8;

/// A secret from a file or descriptor (`/dev/fd/3`), without its final line break; without a file
/// it is asked on the terminal.
pub(crate) fn secret(file: Option<&Path>, prompt: &str) -> Result<Zeroizing<String>, Fault> {
    let Some(file) = file else {
        if !std::io::stdin().is_terminal() {
            return Err(Fault::Usage(format!(
                "{prompt} is needed and there is no terminal to ask at; give --passphrase-file FILE"
            )));
        }
        let text = prompted(&format!("{prompt}: ")).or_input("reading from the terminal")?;
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

/// Asks without echo. Ctrl-C ends the program as it always does, after the terminal has its echo
/// back: the signal comes while it is off.
#[cfg(unix)]
fn prompted(prompt: &str) -> std::io::Result<String> {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Arc, LazyLock};

    use signal_hook::consts::SIGINT;
    use signal_hook::{flag, low_level};

    /// Whether Ctrl-C ends the program, as it does whenever no secret is asked for.
    static ENDS: LazyLock<std::io::Result<Arc<AtomicBool>>> = LazyLock::new(|| {
        let ends = Arc::new(AtomicBool::new(true));
        flag::register_conditional_default(SIGINT, Arc::clone(&ends)).map(|_| ends)
    });
    let ends = ENDS.as_ref().map_err(|error| std::io::Error::from(error.kind()))?;
    ends.store(false, Ordering::SeqCst);
    let typed = rpassword::prompt_password(prompt);
    ends.store(true, Ordering::SeqCst);
    if typed.as_ref().is_err_and(|error| error.kind() == std::io::ErrorKind::Interrupted) {
        low_level::emulate_default_handler(SIGINT)?;
    }
    typed
}

#[cfg(not(unix))]
fn prompted(prompt: &str) -> std::io::Result<String> {
    rpassword::prompt_password(prompt)
}

/// A new secret: asked twice on the terminal, or from a file.
pub(crate) fn new_secret(file: Option<&Path>, prompt: &str) -> Result<Zeroizing<String>, Fault> {
    let first = secret(file, &format!("{prompt} ({MIN_NEW_SECRET} characters at least)"))?;
    if first.chars().count() < MIN_NEW_SECRET {
        return Err(Fault::Usage(format!("a passphrase has {MIN_NEW_SECRET} characters at least")));
    }
    if file.is_none() && *secret(None, "The same again")? != *first {
        return Err(Fault::Usage("the two are not the same".to_owned()));
    }
    Ok(first)
}

/// Whether a person says yes. `--yes` answers for scripts.
pub(crate) fn confirm(question: &str, yes: bool) -> Result<bool, Fault> {
    if yes {
        return Ok(true);
    }
    if !std::io::stdin().is_terminal() {
        let only_shown =
            if crate::cli::takes("dry-run") { ", or --dry-run to see it only" } else { "" };
        return Err(Fault::Usage(format!(
            "{question} There is no terminal to ask at; read what is shown and give \
             --yes{only_shown}"
        )));
    }
    eprintln!("{question} Type \"yes\" to go on:");
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).or_input("reading from the terminal")?;
    Ok(answer.trim() == "yes")
}
