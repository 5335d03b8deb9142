//! Codes that a hand scanner typed for another keyboard than the computer expects.
//!
//! Most scanners pretend to be a keyboard with the American layout. Where the computer is set to
//! another one, each key gives another character. What a British or American setting gives is the
//! same for all characters of an HC1 code.

use std::fmt;

use crate::hcert::{self, base45};

/// A keyboard layout under which the characters of an HC1 code come out wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Layout {
    /// German, QWERTZ.
    German,
    /// French, AZERTY.
    French,
}

impl Layout {
    const ALL: [Self; 2] = [Self::German, Self::French];

    /// The character that the scanner meant.
    const fn meant(self, typed: char) -> Option<char> {
        Some(match (self, typed) {
            (Self::German, 'Y') => 'Z',
            (Self::German, 'Z') => 'Y',
            (Self::German, '(') => '*',
            (Self::German, '`') => '+',
            (Self::German, 'ß') => '-',
            (Self::German, '-') => '/',
            (Self::German, 'Ö') => ':',
            (Self::German, '0'..='9' | 'A'..='X' | ' ' | '$' | '%' | '.') => typed,
            (Self::French, 'A') => 'Q',
            (Self::French, 'Q') => 'A',
            (Self::French, 'Z') => 'W',
            (Self::French, 'W') => 'Z',
            (Self::French, '?') => 'M',
            (Self::French, 'M') => ':',
            (Self::French, 'à') => '0',
            (Self::French, '&') => '1',
            (Self::French, 'é') => '2',
            (Self::French, '"') => '3',
            (Self::French, '\'') => '4',
            (Self::French, '(') => '5',
            (Self::French, '-') => '6',
            (Self::French, 'è') => '7',
            (Self::French, '_') => '8',
            (Self::French, 'ç') => '9',
            (Self::French, '4') => '$',
            (Self::French, '5') => '%',
            (Self::French, '8') => '*',
            (Self::French, ')') => '-',
            (Self::French, ':') => '.',
            (Self::French, '!') => '/',
            (Self::French, 'B'..='L' | 'N'..='P' | 'R'..='V' | 'X' | 'Y' | ' ' | '+') => typed,
            _ => return None,
        })
    }

    /// The whole text as it was meant, if it is an HC1 code then.
    fn undo(self, text: &str) -> Option<String> {
        let mut meant = String::with_capacity(text.len());
        for typed in text.chars() {
            // The German key beside the zero waits for a letter and puts its accent on it.
            let accented = match typed {
                'À' => Some('A'),
                'È' => Some('E'),
                'Ì' => Some('I'),
                'Ò' => Some('O'),
                'Ù' => Some('U'),
                _ => None,
            };
            if let (Self::German, Some(letter)) = (self, accented) {
                meant.push('+');
                meant.push(letter);
            } else {
                meant.push(self.meant(typed)?);
            }
        }
        let body = meant.strip_prefix(hcert::PREFIX)?;
        // What deflate makes begins so.
        base45::decode(body).is_ok_and(|bytes| bytes.starts_with(&[0x78])).then_some(meant)
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::German => "German",
            Self::French => "French",
        })
    }
}

/// The longest text that is looked at: more than an HC1 code has.
const LONGEST: usize = 16 * 1024;

/// The HC1 code that was meant by a text that came out of another keyboard.
pub fn undo(text: &str) -> Option<(Layout, String)> {
    if text.len() > LONGEST {
        return None;
    }
    Layout::ALL.into_iter().find_map(|layout| Some((layout, layout.undo(text)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All 45 characters, typed under each layout.
    const MEANT: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    const GERMAN: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXZY $%(`ß.-Ö";
    const FRENCH: &str = "à&é\"'(-è_çQBCDEFGHIJKL?NOPARSTUVZXYW 458+):!M";

    fn typed(text: &str, keys: &str) -> String {
        let key = |character| MEANT.chars().position(|one| one == character).unwrap();
        text.chars().map(|character| keys.chars().nth(key(character)).unwrap()).collect()
    }

    #[test]
    fn every_character_is_undone() {
        for (layout, keys) in [(Layout::German, GERMAN), (Layout::French, FRENCH)] {
            let undone: Option<String> = keys.chars().map(|key| layout.meant(key)).collect();
            assert_eq!(undone.as_deref(), Some(MEANT), "{layout}");
        }
    }

    #[test]
    fn a_code_from_another_keyboard_is_understood_and_others_are_left_alone() {
        let payload: Vec<u8> = (0..=255).collect();
        let code = hcert::close(&payload);
        for (layout, keys) in [(Layout::German, GERMAN), (Layout::French, FRENCH)] {
            assert_eq!(undo(&typed(&code, keys)), Some((layout, code.clone())));
        }
        assert_eq!(undo(&typed("HC1:", GERMAN)), None);
        for other in [code.as_str(), "", "hello", "HC1ÖABC", &"Ö".repeat(20_000)] {
            assert_eq!(undo(other), None);
        }
        // The accent on the next letter.
        let accented = typed(&code, GERMAN).replace("`A", "À").replace("`E", "È");
        assert_eq!(undo(&accented).unwrap().1, code);
    }
}
