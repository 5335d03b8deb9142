//! The HC1 container (HCERT specification 1.1.1, sections 3 and 4), layer by layer.
//!
//! ```text
//! "HC1:" + Base45 ( zlib ( COSE_Sign1 ( CWT claims ( health document ) ) ) )
//! ```
//!
//! [`open`] takes off the outer layers down to the COSE_Sign1, whose signature is then to be
//! checked; [`Cwt`](crate::Cwt) reads what is inside. [`close`] is the way back.

pub mod base45;

use gdhcn_envelope::cose::{CoseError, CoseSign1};
use gdhcn_envelope::inflate::{self, InflateError};

use crate::Limits;
use base45::Base45Error;

/// The context identifier of the HCERT container, version 1.
pub const PREFIX: &str = "HC1:";

/// How much of a foreign prefix is quoted back.
const QUOTED: usize = 4;

/// A code opened down to its COSE_Sign1. Nothing has been verified.
#[derive(Clone, Debug, PartialEq)]
pub struct Opened {
    /// The context identifier, [`PREFIX`].
    pub prefix: &'static str,
    /// The zlib stream, and whatever follows it.
    pub compressed: Vec<u8>,
    /// How many bytes follow the zlib stream.
    pub trailing_after_zlib: usize,
    /// The COSE_Sign1 as received.
    pub cose_bytes: Vec<u8>,
    /// The COSE_Sign1, parsed.
    pub cose: CoseSign1,
}

/// Opens an HC1 code down to its COSE_Sign1.
///
/// Line ends and tabs after the text, which scanners add, are dropped; blanks are not, since
/// Base45 uses them.
///
/// # Errors
///
/// The first layer that does not open.
pub fn open(text: &str, limits: &Limits) -> Result<Opened, LayerError> {
    if text.len() > limits.text {
        let fault = LayerFault::TextTooLong { limit: limits.text };
        return Err(LayerError { layer: Layer::Prefix, at: None, fault });
    }
    let text = text.trim_end_matches(['\r', '\n', '\t']);
    let base45 = text.strip_prefix(PREFIX).ok_or_else(|| LayerError {
        layer: Layer::Prefix,
        at: Some(0),
        fault: LayerFault::Prefix { found: text.chars().take(QUOTED).collect() },
    })?;
    let compressed = base45::decode(base45)?;
    let unpacked = inflate::zlib(&compressed, limits.inflated.min(Limits::INFLATED_MAX))?;
    let cose = CoseSign1::parse(&unpacked.bytes, &limits.cbor)?;
    Ok(Opened {
        prefix: PREFIX,
        compressed,
        trailing_after_zlib: unpacked.trailing,
        cose_bytes: unpacked.bytes,
        cose,
    })
}

/// Packs a COSE_Sign1 into an HC1 code.
pub fn close(cose: &[u8]) -> String {
    let mut text = String::from(PREFIX);
    text.push_str(&base45::encode(&inflate::deflate(cose)));
    text
}

/// A layer of the container, outermost first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Layer {
    /// The context identifier.
    Prefix,
    /// The Base45 text.
    Base45,
    /// The zlib stream.
    Zlib,
    /// The COSE_Sign1.
    Cose,
}

impl Layer {
    /// All layers, outermost first.
    pub const ALL: [Self; 4] = [Self::Prefix, Self::Base45, Self::Zlib, Self::Cose];

    /// The stable code for programs of a layer that does not open.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Prefix => "PREFIX",
            Self::Base45 => "BASE45",
            Self::Zlib => "ZLIB",
            Self::Cose => "COSE",
        }
    }
}

impl std::fmt::Display for Layer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Prefix => "prefix",
            Self::Base45 => "Base45",
            Self::Zlib => "zlib",
            Self::Cose => "COSE",
        })
    }
}

/// A layer that does not open, where, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{layer}: {fault}")]
pub struct LayerError {
    /// The layer.
    pub layer: Layer,
    /// Offset of the fault: in the text for the prefix and Base45 layers (the prefix counted), in
    /// the compressed bytes for zlib, in the unpacked bytes for COSE.
    pub at: Option<usize>,
    /// What is wrong.
    pub fault: LayerFault,
}

impl LayerError {
    /// The stable code for programs.
    pub const fn code(&self) -> &'static str {
        self.layer.code()
    }
}

/// What is wrong with a layer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LayerFault {
    /// The text is longer than any code.
    #[error("the text is longer than {limit} bytes")]
    TextTooLong {
        /// The limit.
        limit: usize,
    },
    /// The text begins with something else than [`PREFIX`].
    #[error("the text begins with {found:?}, where a health certificate begins with \"HC1:\"")]
    Prefix {
        /// The first characters.
        found: String,
    },
    /// The Base45 text is faulty.
    #[error(transparent)]
    Base45(Base45Error),
    /// The zlib stream is faulty.
    #[error(transparent)]
    Zlib(InflateError),
    /// The COSE_Sign1 is faulty.
    #[error(transparent)]
    Cose(CoseError),
}

impl From<Base45Error> for LayerError {
    fn from(error: Base45Error) -> Self {
        let at = Some(PREFIX.len() + error.at);
        Self { layer: Layer::Base45, at, fault: LayerFault::Base45(error) }
    }
}

impl From<InflateError> for LayerError {
    fn from(error: InflateError) -> Self {
        Self { layer: Layer::Zlib, at: error.offset(), fault: LayerFault::Zlib(error) }
    }
}

impl From<CoseError> for LayerError {
    fn from(error: CoseError) -> Self {
        Self { layer: Layer::Cose, at: Some(error.offset()), fault: LayerFault::Cose(error) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A COSE_Sign1 with empty headers, payload and signature.
    const COSE: &[u8] = &[0xd2, 0x84, 0x40, 0xa0, 0x40, 0x40];

    #[test]
    fn what_is_closed_opens_again() {
        let text = close(COSE);
        assert!(text.starts_with("HC1:NCF"), "{text}");
        let opened = open(&format!("{text}\r\n"), &Limits::default()).unwrap();
        assert_eq!(opened.cose_bytes, COSE);
        assert_eq!(opened.trailing_after_zlib, 0);
    }

    #[test]
    fn each_layer_reports_its_own_fault_with_its_place() {
        let limits = Limits::default();
        let text = close(COSE);
        let error = |text: &str| {
            let error = open(text, &limits).unwrap_err();
            (error.code(), error.at)
        };
        assert_eq!(error(&text.replace("HC1", "HC2")), ("PREFIX", Some(0)));
        assert_eq!(error(&text.to_lowercase()), ("PREFIX", Some(0)));
        assert_eq!(error(&text[4..]), ("PREFIX", Some(0)));
        assert_eq!(error(""), ("PREFIX", Some(0)));
        assert_eq!(error(&text.replace("NCF", "nCF")), ("BASE45", Some(4)));
        assert_eq!(error(&format!("HC1:{}", base45::encode(COSE))), ("ZLIB", Some(0)));
        assert_eq!(error(&close(&[0xd3, 0x84])), ("COSE", Some(0)));
        assert_eq!(error(&close(&[0xd2, 0x83, 0x40, 0xa0, 0x40])), ("COSE", Some(1)));
    }

    #[test]
    fn bytes_after_the_stream_are_counted() {
        let mut compressed = inflate::deflate(COSE);
        compressed.extend([0, 0, 0]);
        let text = format!("HC1:{}", base45::encode(&compressed));
        assert_eq!(open(&text, &Limits::default()).unwrap().trailing_after_zlib, 3);
    }

    #[test]
    fn the_limits_on_text_and_unpacked_length_hold() {
        let text = close(COSE);
        let short = Limits { text: text.len() - 1, ..Limits::default() };
        let fault = open(&text, &short).unwrap_err().fault;
        assert_eq!(fault, LayerFault::TextTooLong { limit: text.len() - 1 });

        let bomb = close(&vec![0; Limits::INFLATED_MAX + 1]);
        assert!(bomb.len() < 16 * 1024, "a bomb is small: {}", bomb.len());
        for (allowed, limit) in [(64 * 1024, 64 * 1024), (usize::MAX, Limits::INFLATED_MAX)] {
            let limits = Limits { inflated: allowed, ..Limits::default() };
            let fault = open(&bomb, &limits).unwrap_err().fault;
            assert_eq!(fault, LayerFault::Zlib(InflateError::TooLong { limit }));
        }
    }
}
