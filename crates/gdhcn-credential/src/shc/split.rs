//! Texts as they were scanned or read from files, to cards that can be judged one by one.

use super::{files, numeric};
use crate::{Limits, TextKind, detect};

/// A code to be judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Which text it comes from, the first of several.
    pub source: usize,
    /// What to call it.
    pub name: String,
    /// The text of the code.
    pub text: String,
}

/// The codes of several texts, given as name and text: a file of cards becomes its cards, and the
/// chunks of a card become the card where all are there. Everything else stays as it is, and what
/// cannot be read is left for the verifier to name.
pub fn split(texts: Vec<(String, String)>, limits: &Limits) -> Vec<Piece> {
    let mut chunks = numeric::Chunks::default();
    let mut parts = Vec::new();
    for (source, (_, text)) in texts.iter().enumerate() {
        if let Ok(numeric::Scanned::Part(chunk)) = numeric::read(text)
            && chunks.add(chunk).is_ok()
        {
            parts.push(source);
        }
    }
    let whole = chunks.jws();
    let mut found = Vec::new();
    for (source, (name, text)) in texts.into_iter().enumerate() {
        match &whole {
            Some(jws) if parts.first() == Some(&source) => {
                let name = format!("{name} and {} more", parts.len() - 1);
                found.push(Piece { source, name, text: jws.clone() });
            }
            Some(_) if parts.contains(&source) => {}
            _ => found.extend(cards(source, name, text, limits)),
        }
    }
    found
}

fn cards(source: usize, name: String, text: String, limits: &Limits) -> Vec<Piece> {
    if detect(&text) == TextKind::SmartHealthCardFile
        && let Ok(cards) = files::cards(&text, limits)
        && cards.len() > 1
    {
        let numbered = cards.into_iter().enumerate();
        return numbered
            .map(|(index, text)| Piece { source, name: format!("{name} [{}]", index + 1), text })
            .collect();
    }
    vec![Piece { source, name, text }]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(texts: &[(&str, &str)]) -> Vec<(String, String)> {
        let own = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
        let pieces = split(texts.iter().map(own).collect(), &Limits::default());
        assert!(pieces.is_sorted_by_key(|piece| piece.source));
        pieces.into_iter().map(|piece| (piece.name, piece.text)).collect()
    }

    #[test]
    fn the_cards_of_a_file_are_judged_one_by_one() {
        let found =
            names(&[("f", r#"{"verifiableCredential":["a.b.c","d.e.f"]}"#), ("g", "HC1:x")]);
        let expected = [("f [1]", "a.b.c"), ("f [2]", "d.e.f"), ("g", "HC1:x")];
        assert_eq!(found, expected.map(|(name, text)| (name.to_owned(), text.to_owned())));
    }

    #[test]
    fn chunks_become_a_card_only_where_all_are_there() {
        let found = names(&[("a", "shc:/2/2/56"), ("b", "HC1:x"), ("c", "shc:/1/2/7629")]);
        let expected = [("a and 1 more", "yJe"), ("b", "HC1:x")];
        assert_eq!(found, expected.map(|(name, text)| (name.to_owned(), text.to_owned())));
        let found = names(&[("a", "shc:/2/3/56"), ("c", "shc:/1/3/7629")]);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].1, "shc:/2/3/56");
    }
}
