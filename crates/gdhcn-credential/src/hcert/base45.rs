//! Base45 (RFC 9285): two bytes as three characters of the QR code's alphanumeric set.

/// The alphabet, by value.
const ALPHABET: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
/// In [`VALUES`], a byte outside the alphabet. It is the only entry with the top bit set.
const FOREIGN: u8 = 0x80;
/// The value of each byte.
const VALUES: [u8; 256] = values();

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler, which checks it")]
const fn values() -> [u8; 256] {
    let mut values = [FOREIGN; 256];
    let mut value = 0;
    while value < ALPHABET.len() {
        values[ALPHABET[value] as usize] = value as u8;
        value += 1;
    }
    values
}

/// Where and why a text is no Base45.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{fault} (byte {at} of the Base45 text)")]
pub struct Base45Error {
    /// Offset in bytes from the start of the Base45 text: of the character, or of its group.
    pub at: usize,
    /// What is wrong there.
    pub fault: Base45Fault,
}

/// What can be wrong with Base45.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Base45Fault {
    /// A character outside the alphabet.
    #[error("a character that Base45 does not use")]
    Character,
    /// Three characters that stand for more than two bytes can hold.
    #[error("three characters beyond the value of two bytes")]
    TripleTooLarge,
    /// Two characters at the end that stand for more than one byte can hold.
    #[error("two characters at the end beyond the value of one byte")]
    PairTooLarge,
    /// One character is left over.
    #[error("one character left over at the end; part of the code is missing")]
    Leftover,
}

/// Decodes Base45.
///
/// # Errors
///
/// The first fault from the left.
pub fn decode(text: &str) -> Result<Vec<u8>, Base45Error> {
    let text = text.as_bytes();
    let mut bytes = Vec::with_capacity(text.len() / 3 * 2 + 1);
    let (triples, rest) = text.as_chunks::<3>();
    for triple in triples {
        let [a, b, c] = triple.map(value);
        let number = u32::from(a) + 45 * u32::from(b) + 2025 * u32::from(c);
        match u16::try_from(number) {
            Ok(number) if (a | b | c) & FOREIGN == 0 => {
                bytes.extend_from_slice(&number.to_be_bytes());
            }
            _ => return Err(locate(text)),
        }
    }
    match rest {
        [] => Ok(bytes),
        &[a, b] => {
            let (a, b) = (value(a), value(b));
            match u8::try_from(u32::from(a) + 45 * u32::from(b)) {
                Ok(byte) if (a | b) & FOREIGN == 0 => bytes.push(byte),
                _ => return Err(locate(text)),
            }
            Ok(bytes)
        }
        _ => Err(locate(text)),
    }
}

/// Encodes as Base45.
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(2) * 3);
    let (pairs, rest) = bytes.as_chunks::<2>();
    for pair in pairs {
        let number = u16::from_be_bytes(*pair);
        text.extend([digit(number), digit(number / 45), digit(number / 2025)]);
    }
    if let &[byte] = rest {
        text.extend([digit(byte.into()), digit(u16::from(byte) / 45)]);
    }
    text
}

fn value(byte: u8) -> u8 {
    VALUES.get(usize::from(byte)).copied().unwrap_or(FOREIGN)
}

fn digit(number: u16) -> char {
    ALPHABET.get(usize::from(number % 45)).copied().unwrap_or_default().into()
}

/// The first fault of a text that has one. Apart, to keep the common path short.
#[cold]
fn locate(text: &[u8]) -> Base45Error {
    for (index, group) in text.chunks(3).enumerate() {
        let start = index * 3;
        if let Some(offset) = group.iter().position(|&byte| value(byte) == FOREIGN) {
            return Base45Error { at: start + offset, fault: Base45Fault::Character };
        }
        let number = group.iter().rev().fold(0, |sum, &byte| sum * 45 + u32::from(value(byte)));
        let fault = match group.len() {
            3 if number > 0xffff => Base45Fault::TripleTooLarge,
            2 if number > 0xff => Base45Fault::PairTooLarge,
            1 => Base45Fault::Leftover,
            _ => continue,
        };
        return Base45Error { at: start, fault };
    }
    Base45Error { at: text.len(), fault: Base45Fault::Leftover }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> (usize, Base45Fault) {
        let error = decode(text).unwrap_err();
        (error.at, error.fault)
    }

    #[test]
    fn the_examples_of_the_rfc_hold_both_ways() {
        for (bytes, text) in
            [("AB", "BB8"), ("Hello!!", "%69 VD92EX0"), ("base-45", "UJCLQE7W581"), ("", "")]
        {
            assert_eq!(encode(bytes.as_bytes()), text);
            assert_eq!(decode(text).unwrap(), bytes.as_bytes());
        }
        assert_eq!(decode("QED8WEX0").unwrap(), b"ietf!");
    }

    #[test]
    fn names_the_first_fault_and_its_place() {
        assert_eq!(fault("BB8aB8"), (3, Base45Fault::Character));
        assert_eq!(fault("BB8B\u{e4}"), (4, Base45Fault::Character));
        assert_eq!(fault("BB8:::"), (3, Base45Fault::TripleTooLarge));
        assert_eq!(fault("GGX"), (0, Base45Fault::TripleTooLarge));
        assert_eq!(decode("FGW").unwrap(), [0xff, 0xff]);
        assert_eq!(fault("BB8:5"), (3, Base45Fault::PairTooLarge));
        assert_eq!(fault("BB8B"), (3, Base45Fault::Leftover));
        assert_eq!(fault("BB8b"), (3, Base45Fault::Character));
        assert_eq!(fault(":::::a"), (0, Base45Fault::TripleTooLarge));
    }
}
