//! Tells the demo step by step, to a person or to a program.

use serde::Serialize;

use crate::exit::{Exit, Fault};
use crate::output::{self, BAD, FAINT, GOOD, PLAIN, STRONG, println};

/// One step of the story, as `--json` writes it.
#[derive(Debug, Serialize)]
pub(super) struct Step {
    /// A stable name.
    id: &'static str,
    /// Whether it came out as expected.
    ok: bool,
    /// What was to come out.
    expected: String,
    /// What came out.
    detail: String,
}

/// Where the story is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Audience {
    Person,
    Program,
}

#[derive(Debug)]
pub(super) struct Story {
    audience: Audience,
    steps: Vec<Step>,
    chapters: usize,
}

/// Width of a told line; the narrowest terminal in common use.
const WIDTH: usize = 80;

impl Story {
    pub(super) const fn new(audience: Audience) -> Self {
        Self { audience, steps: Vec::new(), chapters: 0 }
    }

    /// Opens a chapter with a sentence or two on what happens and why.
    pub(super) fn chapter(&mut self, title: &str, why: &str) {
        self.chapters += 1;
        if self.audience == Audience::Person {
            println!("\n{STRONG}{}. {title}{PLAIN}", self.chapters);
            self.tell(why);
        }
    }

    /// Says something to a person.
    pub(super) fn tell(&self, text: &str) {
        if self.audience == Audience::Person {
            for line in wrap(text, WIDTH - 3) {
                println!("   {line}");
            }
        }
    }

    /// Shows a drawing to a person, as it is.
    pub(super) fn show(&self, drawing: &str) {
        if self.audience == Audience::Person {
            println!("{drawing}");
        }
    }

    /// Notes what a step was to give and what it gave.
    pub(super) fn step(
        &mut self,
        id: &'static str,
        ok: bool,
        expected: impl Into<String>,
        detail: impl Into<String>,
    ) {
        let step = Step { id, ok, expected: expected.into(), detail: detail.into() };
        if self.audience == Audience::Person {
            let (style, mark) = if ok { (GOOD, "ok") } else { (BAD, "NOT AS EXPECTED") };
            let mut lines = wrap(&output::tame(&step.detail), WIDTH - 8).into_iter();
            println!("   {style}{mark}{PLAIN}   {}", lines.next().unwrap_or_default());
            for line in lines {
                println!("        {line}");
            }
            if !ok {
                println!("        {FAINT}expected: {}{PLAIN}", step.expected);
            }
        }
        self.steps.push(step);
    }

    /// Ends the story: writes it for a program, and says how it came out.
    pub(super) fn end(self) -> Result<Exit, Fault> {
        if self.audience == Audience::Program {
            output::json(&self.steps)?;
        }
        let all = self.steps.iter().all(|step| step.ok);
        Ok(if all { Exit::SUCCESS } else { Exit::NEGATIVE })
    }

    /// How many steps there were, and how many of them came out as expected.
    pub(super) fn score(&self) -> (usize, usize) {
        (self.steps.len(), self.steps.iter().filter(|step| step.ok).count())
    }
}

/// Breaks `text` at blanks into lines of at most `width` characters; longer words stay whole.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_at_blanks_and_long_words_stay_whole() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("a unbreakable b", 5), ["a", "unbreakable", "b"]);
        assert!(wrap("  ", 5).is_empty());
    }

    #[test]
    fn one_step_that_goes_wrong_turns_the_exit_code() {
        let mut story = Story::new(Audience::Person);
        story.step("first", true, "a", "a");
        assert_eq!(story.score(), (1, 1));
        story.step("second", false, "a", "b");
        assert_eq!(story.score(), (2, 1));
        assert_eq!(story.end().unwrap(), Exit::NEGATIVE);
    }
}
