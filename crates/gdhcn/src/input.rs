//! What a person hands over: a text, a text file, a picture, a PDF document, or standard input.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use gdhcn_credential::{TextKind, codes_of_text, detect, divoc, shc};
use gdhcn_scan::ScanError;

use crate::exit::{Fault, OrInput};
use crate::pdf;

/// The largest file that is read as an input.
const MAX_INPUT: u64 = 32 * 1024 * 1024;
/// A text file may hold this many codes, one a line.
const MAX_CODES: usize = 10_000;

/// One text to look at, or the fact that a picture holds none.
#[derive(Debug)]
pub(crate) struct Input {
    /// What the person called it.
    pub(crate) name: String,
    pub(crate) found: Found,
}

#[derive(Debug)]
pub(crate) enum Found {
    Text(String),
    /// The picture could be read, and there is no code in it.
    NoCode,
}

/// Reads one argument of the command line; a picture or file may hold several codes.
pub(crate) fn read(argument: &OsStr) -> Result<Vec<Input>, Fault> {
    let path = Path::new(argument);
    if argument == "-" {
        return from_bytes("standard input", &read_bounded(io::stdin().lock(), "standard input")?);
    }
    // A code is no path: it may be longer than a path can be, and starts with a known mark.
    if let Some(text) = argument.to_str()
        && detect(text) != TextKind::Unknown
        && !path.exists()
        && !text.trim().is_empty()
    {
        return Ok(vec![Input { name: shorten(text), found: Found::Text(text.to_owned()) }]);
    }
    let name = path.display().to_string();
    let file = File::open(path).or_input(format_args!(
        "{}: not the text of a code, and no file that can be read",
        shorten(&name)
    ))?;
    from_bytes(&name, &read_bounded(file, &name)?)
}

/// Files of cards become their cards, and the chunks of a card the card.
pub(crate) fn split(inputs: Vec<Input>, limits: &gdhcn_credential::Limits) -> Vec<Input> {
    let mut texts = Vec::new();
    let mut sources = Vec::new();
    let mut found = Vec::new();
    for (place, input) in inputs.into_iter().enumerate() {
        match input.found {
            Found::Text(text) => {
                sources.push(place);
                texts.push((input.name, text));
            }
            Found::NoCode => found.push((place, input)),
        }
    }
    for piece in shc::split(texts, limits) {
        let place = sources.get(piece.source).copied().unwrap_or_default();
        found.push((place, Input { name: piece.name, found: Found::Text(piece.text) }));
    }
    // Stable, so that the cards of one file stay in their order.
    found.sort_by_key(|(place, _)| *place);
    found.into_iter().map(|(_, input)| input).collect()
}

/// Reads a file of at most [`MAX_INPUT`] bytes.
pub(crate) fn read_file(path: &Path) -> Result<Vec<u8>, Fault> {
    let file = File::open(path).or_input(path.display())?;
    read_bounded(file, path.display())
}

fn read_bounded(source: impl Read, name: impl std::fmt::Display) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    source.take(MAX_INPUT + 1).read_to_end(&mut bytes).or_input(&name)?;
    if bytes.len() as u64 > MAX_INPUT {
        return Err(Fault::Input(anyhow::anyhow!(
            "{name}: larger than {} MiB",
            MAX_INPUT / (1024 * 1024)
        )));
    }
    Ok(bytes)
}

fn from_bytes(name: &str, bytes: &[u8]) -> Result<Vec<Input>, Fault> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Fault::Input(anyhow::anyhow!("{name}: there is nothing in it")));
    }
    // The content of a code as a scanner writes it to a file.
    if let Some(text) = divoc::text_of_archive(bytes) {
        return Ok(vec![Input { name: name.to_owned(), found: Found::Text(text) }]);
    }
    if gdhcn_scan::is_picture(bytes) {
        return from_picture(name, bytes);
    }
    if gdhcn_scan::is_pdf(bytes) {
        return Ok(match pdf::read(name, bytes.to_vec())? {
            Some(codes) => numbered(name, codes.into_iter()),
            None => no_code(name),
        });
    }
    // What is no text may be a picture of a kind that is not read: its error says which.
    let Ok(text) = std::str::from_utf8(bytes) else { return from_picture(name, bytes) };
    if is_svg(text) {
        return Err(Fault::Input(anyhow::anyhow!(
            "{name}: an SVG drawing, which is not read; hand over a PNG, JPEG or WebP picture of it"
        )));
    }
    let lines = codes_of_text(text);
    if lines.len() > 1 {
        if lines.len() > MAX_CODES {
            return Err(Fault::Input(anyhow::anyhow!("{name}: more than {MAX_CODES} lines")));
        }
        return Ok(numbered(name, lines.into_iter().map(str::to_owned)));
    }
    let text = lines.into_iter().next().unwrap_or_default().to_owned();
    Ok(vec![Input { name: name.to_owned(), found: Found::Text(text) }])
}

fn is_svg(text: &str) -> bool {
    let start = text.trim_start_matches('\u{feff}').trim_ascii_start();
    let start = start.get(..200).unwrap_or(start);
    start.starts_with("<svg") || start.starts_with("<?xml") && text.contains("<svg")
}

fn from_picture(name: &str, bytes: &[u8]) -> Result<Vec<Input>, Fault> {
    match gdhcn_scan::read_picture(bytes, &gdhcn_scan::Limits::default()) {
        Ok(codes) => Ok(numbered(
            name,
            codes.into_iter().map(|code| divoc::text_of_code(code.text, &code.bytes)),
        )),
        Err(ScanError::NoCode { .. }) => Ok(no_code(name)),
        Err(error) => Err(error).or_input(name),
    }
}

fn no_code(name: &str) -> Vec<Input> {
    vec![Input { name: name.to_owned(), found: Found::NoCode }]
}

fn numbered(name: &str, texts: impl ExactSizeIterator<Item = String>) -> Vec<Input> {
    let several = texts.len() > 1;
    texts
        .enumerate()
        .map(|(index, text)| Input {
            name: if several { format!("{name} [{}]", index + 1) } else { name.to_owned() },
            found: Found::Text(text),
        })
        .collect()
}

/// A code names a person, so it is not repeated in whole.
pub(crate) fn shorten(argument: &str) -> String {
    match argument.char_indices().nth(24) {
        Some((end, _)) => format!("{}…", argument.get(..end).unwrap_or_default()),
        None => argument.to_owned(),
    }
}
