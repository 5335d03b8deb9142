//! What all commands share in writing: lines, colours, instants, JSON.

use std::fmt;
use std::io::{self, Write};
use std::path::Path;

use anstyle::{AnsiColor, Reset, Style};
use jiff::Timestamp;
use jiff::tz::Offset;
use serde::Serialize;

use crate::exit::{Exit, Fault, OrInternal};

pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(crate) const OPEN: Style = AnsiColor::Yellow.on_default().bold();
pub(crate) const STRONG: Style = Style::new().bold();
pub(crate) const FAINT: Style = Style::new().dimmed();
pub(crate) const PLAIN: Reset = Reset;

/// The clock of this machine.
#[allow(clippy::disallowed_methods, reason = "the program is where the clock is read")]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

/// A minute in UTC, as `2026-08-22 17:05 UTC`.
pub(crate) fn minute(at: Timestamp) -> String {
    let moment = Offset::UTC.to_datetime(at);
    format!("{} {:02}:{:02} UTC", moment.date(), moment.hour(), moment.minute())
}

/// A day in UTC, as `2026-08-22`.
pub(crate) fn day(at: Timestamp) -> String {
    Offset::UTC.to_datetime(at).date().to_string()
}

/// A fingerprint in groups of four digits, as people read it to each other.
pub(crate) fn spoken(fingerprint: impl fmt::Display) -> String {
    let digits: Vec<char> = fingerprint.to_string().chars().collect();
    digits.chunks(4).map(String::from_iter).collect::<Vec<_>>().join(" ")
}

/// As the standard library's macro, for a program: see [`write_line`].
macro_rules! println {
    () => { $crate::output::write_line(format_args!("")) };
    ($($arguments:tt)*) => { $crate::output::write_line(format_args!($($arguments)*)) };
}

/// As the standard library's macro; that nobody reads the message is no reason to fail.
macro_rules! eprintln {
    ($($arguments:tt)*) => { $crate::output::write_message(format_args!($($arguments)*)) };
}

pub(crate) use {eprintln, println};

/// Writes a line to standard output, coloured where a person looks. A closed pipe changes nothing
/// about the answer; any other failure ends the program, since the answer would be lost.
pub(crate) fn write_line(line: fmt::Arguments<'_>) {
    match writeln!(anstream::stdout(), "{line}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            eprintln!("{BAD}error:{PLAIN} writing the result: {error}");
            std::process::exit(Exit::INTERNAL.code());
        }
        _ => {}
    }
}

/// Writes a line to standard error.
pub(crate) fn write_message(line: fmt::Arguments<'_>) {
    // There is nobody left to tell.
    let _ = writeln!(anstream::stderr(), "{line}");
}

/// Ends a dry run.
pub(crate) fn dry_run() -> Exit {
    eprintln!("dry run: nothing was changed");
    Exit::SUCCESS
}

/// Writes `value` as indented JSON with a final newline.
pub(crate) fn json(value: &impl Serialize) -> Result<(), Fault> {
    let mut out = io::stdout().lock();
    let written = serde_json::to_writer_pretty(&mut out, value)
        .map_err(io::Error::from)
        .and_then(|()| out.write_all(b"\n"));
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.or_internal("writing the result"),
    }
}

/// Text of a foreign document made fit for a terminal: control characters and the marks that turn
/// the writing direction become visible instead of doing their work.
pub(crate) fn tame(text: &str) -> String {
    text.chars()
        .flat_map(|character| {
            let hostile = character.is_control()
                || matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            let escaped = hostile.then(|| character.escape_unicode());
            let plain = (!hostile).then_some(character);
            escaped.into_iter().flatten().chain(plain)
        })
        .collect()
}

/// As [`tame`], for a message that is to stay on one line.
pub(crate) fn tame_line(text: &str) -> String {
    tame(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// A path as it is typed in a shell: in quotes where it needs them.
pub(crate) fn argument(path: &Path) -> String {
    let text = tame_line(&path.display().to_string());
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+:@%=".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_plain) {
        return text;
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{argument, tame};

    #[test]
    fn a_path_with_blanks_is_quoted() {
        assert_eq!(argument(Path::new("a/gateway.toml")), "a/gateway.toml");
        assert_eq!(argument(Path::new("my gate's")), r"'my gate'\''s'");
    }

    #[test]
    fn control_sequences_of_a_document_do_not_reach_the_terminal() {
        assert_eq!(tame("Zoë \u{1b}[31m\n\u{202e}x"), "Zoë \\u{1b}[31m\\u{a}\\u{202e}x");
        assert_eq!(tame("محمد 王 Ñandú"), "محمد 王 Ñandú");
    }
}
