//! `gdhcn verify` on many codes: folders and streams, in parallel, in their order.

use std::ffi::OsString;
use std::fs;
use std::io::{self, BufRead, BufWriter, IsTerminal, Read, StdoutLock, Write};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::time::{Duration, Instant};

use anyhow::anyhow;
use gdhcn_explain::{Language, Messages};
use gdhcn_verify::{Context, Envelope, Outcome, Status, Verdict};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use serde_json::json;

use super::verify::Judged;
use crate::cli::VerifyArguments;
use crate::exit::{Exit, Fault, OrInput, OrInternal};
use crate::input::{self, Found, Input};
use crate::output::tame_line;

/// So many inputs are in memory at a time, at most.
const CHUNK: usize = 1024;
/// Results are written at least so often, as far as there are any.
const WRITTEN_EVERY: Duration = Duration::from_millis(500);
/// The endings of files in a folder that may hold a code. Others are left alone.
const ENDINGS: [&str; 11] =
    ["", "txt", "png", "jpg", "jpeg", "webp", "json", "smart-health-card", "zip", "hc1", "pdf"];
/// The longest line of standard input; the largest QR code holds 4296 characters, links and DIVOC
/// texts more.
const LONGEST_LINE: u64 = 64 * 1024;

/// What is written for each code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A line for people.
    Lines,
    /// A JSON object.
    Jsonl,
    /// A CSV row.
    Csv,
}

impl Form {
    /// The form of a call that is for many codes, `None` for one that is not.
    pub(crate) fn of(arguments: &VerifyArguments) -> Option<Self> {
        if arguments.jsonl {
            Some(Self::Jsonl)
        } else if arguments.csv {
            Some(Self::Csv)
        } else {
            let folder = |argument: &OsString| Path::new(argument).is_dir();
            (!arguments.json && arguments.inputs.iter().any(folder)).then_some(Self::Lines)
        }
    }
}

const COLUMNS: [&str; 10] = [
    "input",
    "outcome",
    "code",
    "reason",
    "kind",
    "participant",
    "key",
    "issued_at",
    "expires_at",
    "warnings",
];

/// Judges every code and writes what came of it. Nothing is kept.
pub(crate) fn run(
    arguments: &VerifyArguments,
    form: Form,
    messages: Option<&Messages>,
    context: &Context<'_>,
) -> Result<Exit, Fault> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(arguments.jobs.map_or(0, usize::from))
        .build()
        .or_internal("starting threads")?;
    let Sources { found, countable, skipped } = sources(&arguments.inputs)?;
    if found.is_empty() {
        return Err(Fault::Input(anyhow!(
            "{}: no file in it that could hold a code",
            arguments.inputs.iter().map(|one| one.to_string_lossy()).collect::<Vec<_>>().join(", ")
        )));
    }
    let bar = progress(countable.then_some(found.len() as u64));
    let mut out = BufWriter::new(io::stdout().lock());
    if form == Form::Csv {
        write_row(&mut out, &csv_row(COLUMNS.map(str::to_owned)))?;
    }
    let mut tally = Tally { skipped, ..Tally::default() };
    let mut sources = found.into_iter();
    let mut lines = None;
    // Grows while the work is quick.
    let smallest = 2 * pool.current_num_threads().max(1);
    let mut size = smallest.min(CHUNK);
    loop {
        let started = Instant::now();
        let chunk = next_chunk(&mut sources, &mut lines, size);
        if chunk.is_empty() {
            break;
        }
        let count = chunk.len() as u64;
        let rows: Vec<Row> = pool.install(|| {
            chunk
                .into_par_iter()
                .flat_map_iter(|item| judge(item, form, messages, context))
                .collect()
        });
        for row in rows {
            if !write_row(&mut out, &row.text)? {
                return Ok(tally.exit());
            }
            tally.count(&row);
        }
        if !written(out.flush())? {
            return Ok(tally.exit());
        }
        let quick = started.elapsed() < WRITTEN_EVERY / 4;
        size = if quick { (size * 2).min(CHUNK) } else { (size / 2).max(smallest) };
        bar.inc(count);
    }
    bar.finish_and_clear();
    if form == Form::Lines || io::stderr().is_terminal() {
        crate::output::eprintln!("{tally}");
    }
    Ok(tally.exit())
}

/// A place where codes come from.
enum Source {
    /// A text or a file.
    Argument(OsString),
    /// Standard input, a code on each line.
    Lines,
}

/// Something to judge.
enum Item {
    Argument(OsString),
    Line(Input),
    /// A line that is no code for its length or its bytes.
    Unreadable {
        name: String,
        why: String,
    },
}

/// All places in the order of the arguments, folders with what is below them.
struct Sources {
    found: Vec<Source>,
    /// Whether each of them is one file.
    countable: bool,
    /// Files in folders that are of another kind.
    skipped: u64,
}

fn sources(inputs: &[OsString]) -> Result<Sources, Fault> {
    let mut found = Vec::new();
    let mut countable = true;
    let mut skipped = 0;
    for argument in inputs {
        if argument == "-" {
            countable = false;
            found.push(Source::Lines);
        } else if Path::new(argument).is_dir() {
            let mut files = Vec::new();
            walk(Path::new(argument), &mut files)?;
            let all = files.len();
            files.retain(|file| may_hold_a_code(file));
            skipped += (all - files.len()) as u64;
            found.extend(files.into_iter().map(|path| Source::Argument(path.into_os_string())));
        } else {
            found.push(Source::Argument(argument.clone()));
        }
    }
    Ok(Sources { found, countable, skipped })
}

fn may_hold_a_code(file: &Path) -> bool {
    let ending = file.extension().unwrap_or_default().to_ascii_lowercase();
    ENDINGS.iter().any(|known| ending == *known)
}

/// The files below a folder in the order of their names. Links to folders are not followed, so
/// that there is an end.
fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Fault> {
    let entries = fs::read_dir(folder).or_input(folder.display())?;
    let mut entries = entries.collect::<Result<Vec<_>, _>>().or_input(folder.display())?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let kind = entry.file_type().or_input(entry.path().display())?;
        if kind.is_dir() {
            walk(&entry.path(), files)?;
        } else if kind.is_file() || entry.path().is_file() {
            files.push(entry.path());
        }
    }
    Ok(())
}

/// Up to `size` items; fewer where the next line of standard input has not come yet.
fn next_chunk(
    sources: &mut impl Iterator<Item = Source>,
    lines: &mut Option<Receiver<Item>>,
    size: usize,
) -> Vec<Item> {
    let mut chunk = Vec::new();
    while chunk.len() < size {
        if let Some(open) = lines {
            let next = if chunk.is_empty() {
                open.recv().map_err(|_| TryRecvError::Disconnected)
            } else {
                open.try_recv()
            };
            match next {
                Ok(item) => chunk.push(item),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => *lines = None,
            }
            continue;
        }
        match sources.next() {
            Some(Source::Argument(argument)) => chunk.push(Item::Argument(argument)),
            Some(Source::Lines) => *lines = Some(Lines::read()),
            None => break,
        }
    }
    chunk
}

/// The lines of standard input, each within bounds.
struct Lines {
    number: u64,
    has_failed: bool,
}

impl Lines {
    /// Reads on a thread of its own, so that what has come is judged while more is waited for.
    fn read() -> Receiver<Item> {
        let (sender, items) = mpsc::sync_channel(CHUNK);
        std::thread::spawn(move || {
            let mut lines = Self { number: 0, has_failed: false };
            while let Some(item) = lines.next() {
                if sender.send(item).is_err() {
                    return;
                }
            }
        });
        items
    }

    fn next(&mut self) -> Option<Item> {
        while !self.has_failed {
            let mut line = Vec::new();
            let mut input = io::stdin().lock();
            self.number += 1;
            let name = format!("line {}", self.number);
            let unreadable = |why: String| Some(Item::Unreadable { name: name.clone(), why });
            match input.by_ref().take(LONGEST_LINE + 1).read_until(b'\n', &mut line) {
                Ok(0) => return None,
                Ok(_) => {}
                Err(error) => {
                    // It would fail again and again.
                    self.has_failed = true;
                    return unreadable(error.to_string());
                }
            }
            if line.len() as u64 > LONGEST_LINE {
                skip_line(&mut input);
                return unreadable(format!("longer than {LONGEST_LINE} bytes"));
            }
            let Ok(text) = String::from_utf8(line) else {
                return unreadable("not UTF-8".to_owned());
            };
            let text = text.trim_end_matches(['\n', '\r']);
            if !text.trim().is_empty() {
                return Some(Item::Line(Input { name, found: Found::Text(text.to_owned()) }));
            }
        }
        None
    }
}

fn skip_line(input: &mut impl BufRead) {
    loop {
        let Ok(buffer) = input.fill_buf() else { return };
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let used = end.map_or(buffer.len(), |end| end + 1);
        input.consume(used);
        if end.is_some() || used == 0 {
            return;
        }
    }
}

/// What came of one code, written out.
struct Row {
    /// `None` when it could not be read.
    outcome: Option<Outcome>,
    text: String,
}

fn judge(item: Item, form: Form, messages: Option<&Messages>, context: &Context<'_>) -> Vec<Row> {
    let inputs = match item {
        Item::Line(input) => Ok(vec![input]),
        Item::Argument(argument) => {
            // What is no file may be a code, of which nothing is repeated.
            let name = argument.to_string_lossy();
            let is_file = Path::new(&argument).exists();
            let name = if is_file { name.into_owned() } else { input::shorten(&name) };
            input::read(&argument).map_err(|fault| (name, fault.to_string()))
        }
        Item::Unreadable { name, why } => Err((name, why)),
    };
    match inputs {
        Ok(inputs) => input::split(inputs, &context.limits.credential)
            .into_iter()
            .map(|input| {
                let judged = Judged::of(input, context);
                Row { outcome: Some(judged.outcome()), text: of_judged(&judged, form, messages) }
            })
            .collect(),
        Err((name, why)) => {
            vec![Row { outcome: None, text: of_unreadable(&name, &tame_line(&why), form) }]
        }
    }
}

fn of_judged(judged: &Judged, form: Form, messages: Option<&Messages>) -> String {
    if form == Form::Jsonl {
        return format!("{}\n", judged.json(messages));
    }
    let verdict = judged.verdict.as_ref();
    let (code, reason) = judged.because(messages).unwrap_or_default();
    let outcome = judged.outcome().as_str();
    if form == Form::Lines {
        // The words of a language keep the marks of their direction.
        let reason = if messages.is_some() { reason } else { tame_line(&reason) };
        return line(outcome, &judged.name, &reason);
    }
    // The words of the code and none of its facts, which may be of the content.
    let reason = match (code, messages) {
        ("", _) => String::new(),
        (code, Some(messages)) => messages.code(code),
        (code, None) => ENGLISH.code(code),
    };
    let envelope = verdict.and_then(|verdict| verdict.envelope.as_ref());
    let time = |of: fn(&Envelope) -> Option<jiff::Timestamp>| {
        envelope.and_then(of).map(|at| at.to_string()).unwrap_or_default()
    };
    let participant = verdict.and_then(|verdict| verdict.signer.as_ref()).map(|signer| {
        signer.participant.map_or(signer.participant_code.clone(), |one| one.alpha3().to_owned())
    });
    csv_row([
        judged.name.clone(),
        outcome.to_owned(),
        code.to_owned(),
        reason,
        verdict.map(|verdict| verdict.kind.to_string()).unwrap_or_default(),
        participant.unwrap_or_default(),
        envelope.and_then(|envelope| envelope.key_name.clone()).unwrap_or_default(),
        time(|envelope| envelope.issued_at),
        time(|envelope| envelope.expires_at),
        verdict.map(warnings).unwrap_or_default(),
    ])
}

/// The codes of what was noted and did not decide.
fn warnings(verdict: &Verdict) -> String {
    let noted = verdict.checks.iter().filter(|check| check.status == Status::Warn);
    noted.map(|check| check.reason.code()).collect::<Vec<_>>().join(" ")
}

static ENGLISH: LazyLock<Messages> = LazyLock::new(|| Messages::new(Language::English));

const UNREADABLE: &str = "unreadable";

fn of_unreadable(name: &str, why: &str, form: Form) -> String {
    match form {
        Form::Jsonl => {
            format!("{}\n", json!({ "input": name, "outcome": UNREADABLE, "reason": why }))
        }
        Form::Lines => line(UNREADABLE, name, why),
        Form::Csv => {
            let mut cells = COLUMNS.map(|_| String::new());
            let [input, outcome, _, reason, ..] = &mut cells;
            name.clone_into(input);
            UNREADABLE.clone_into(outcome);
            why.clone_into(reason);
            csv_row(cells)
        }
    }
}

fn line(outcome: &str, name: &str, reason: &str) -> String {
    let gap = if reason.is_empty() { "" } else { "  " };
    format!("{:12}  {}{gap}{reason}\n", outcome.to_uppercase(), tame_line(name))
}

fn csv_row<const N: usize>(cells: [String; N]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing to memory does not fail.
    let _ = writer.write_record(cells);
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

/// `false` when nobody reads any more.
fn write_row(out: &mut BufWriter<StdoutLock<'_>>, row: &str) -> Result<bool, Fault> {
    written(out.write_all(row.as_bytes()))
}

/// `false` when nobody reads any more.
fn written(result: io::Result<()>) -> Result<bool, Fault> {
    match result {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(error).or_internal("writing the results"),
    }
}

/// How often each outcome came up.
#[derive(Default)]
struct Tally {
    accepted: u64,
    not_accepted: u64,
    cannot_tell: u64,
    unreadable: u64,
    /// Files in folders that are of another kind; they are not looked at.
    skipped: u64,
}

impl Tally {
    fn count(&mut self, row: &Row) {
        *match row.outcome {
            Some(Outcome::Accepted) => &mut self.accepted,
            Some(Outcome::NotAccepted) => &mut self.not_accepted,
            Some(Outcome::CannotTell) => &mut self.cannot_tell,
            None => &mut self.unreadable,
        } += 1;
    }

    fn exit(&self) -> Exit {
        if self.unreadable > 0 {
            Exit::NO_INPUT
        } else if self.not_accepted > 0 {
            Outcome::NotAccepted.into()
        } else if self.cannot_tell > 0 {
            Outcome::CannotTell.into()
        } else {
            Exit::SUCCESS
        }
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { accepted, not_accepted, cannot_tell, unreadable, skipped } = self;
        write!(f, "{accepted} accepted, {not_accepted} not accepted, {cannot_tell} cannot tell")?;
        write!(f, ", {unreadable} unreadable")?;
        if *skipped > 0 {
            write!(f, "; {skipped} files of other kinds left alone")?;
        }
        Ok(())
    }
}

/// A bar on standard error, where a person looks at it.
fn progress(total: Option<u64>) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr_with_hz(10));
    let template = match total {
        Some(_) => "{wide_bar} {pos}/{len}, {per_sec}, {eta} left",
        None => "{spinner} {pos} judged, {per_sec}",
    };
    bar.with_style(
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()),
    )
}
