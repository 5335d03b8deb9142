//! Texts to QR codes: ISO/IEC 18004, alphanumeric mode.
//!
//! A certificate text is made for this mode: its Base45 letters are those of the mode. The code is
//! drawn black on white with the quiet zone of four modules that the standard demands, as PNG in
//! whole pixels, as SVG and in the terminal. There are no styled codes.
//!
//! Error correction is Q where the text allows it; see [`Options`] for the rule.

mod capacity;
mod error;
mod picture;
mod svg;
mod terminal;

use fast_qr::{ECL, Mode, QRBuilder};

pub use capacity::capacity;
pub use error::QrError;
pub use picture::{MAX_PICTURE_SIDE, pixels_per_module};
pub use svg::Label;
pub use terminal::TerminalStyle;

/// Light modules on each side of a code: what the standard demands, and phones need.
pub const QUIET_ZONE: u32 = 4;

/// How much of a code may be damaged and still be read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ErrorCorrection {
    /// L: 7 %.
    Low,
    /// M: 15 %.
    Medium,
    /// Q: 25 %, the recommended level for health certificates.
    Quartile,
    /// H: 30 %.
    High,
}

impl ErrorCorrection {
    /// The letter of the standard.
    pub const fn letter(self) -> char {
        match self {
            Self::Low => 'L',
            Self::Medium => 'M',
            Self::Quartile => 'Q',
            Self::High => 'H',
        }
    }

    const fn lower(self) -> Option<Self> {
        match self {
            Self::High => Some(Self::Quartile),
            Self::Quartile => Some(Self::Medium),
            Self::Medium => Some(Self::Low),
            Self::Low => None,
        }
    }
}

/// How to choose size and error correction.
///
/// The rule: the text is encoded at `level` in the smallest version that holds it. When that
/// version is above `max_version`, the next lower level is taken, down to `lowest_level`. A denser
/// code has smaller modules at the same printed size, and phones fail on small modules before
/// they fail on damage.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Options {
    /// The error correction to begin with. Default [`ErrorCorrection::Quartile`].
    pub level: ErrorCorrection,
    /// The error correction to go down to. Default [`ErrorCorrection::Low`].
    pub lowest_level: ErrorCorrection,
    /// The largest version to accept, 1 to 40. Default 40.
    pub max_version: u8,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            level: ErrorCorrection::Quartile,
            lowest_level: ErrorCorrection::Low,
            max_version: 40,
        }
    }
}

/// A QR code: a square of dark and light modules.
#[derive(Clone, PartialEq, Eq)]
pub struct QrCode {
    version: u8,
    level: ErrorCorrection,
    wanted: ErrorCorrection,
    characters: usize,
    side: u32,
    /// Row by row, `true` is dark, without quiet zone.
    modules: Vec<bool>,
}

impl QrCode {
    /// Encodes a text such as `HC1:…` after the rule of [`Options`].
    ///
    /// # Errors
    ///
    /// [`QrError::Empty`], [`QrError::NotAlphanumeric`] for a character that the mode does not
    /// have, [`QrError::TooLong`] when not even the lowest level holds the text.
    pub fn encode(text: &str, options: &Options) -> Result<Self, QrError> {
        if text.is_empty() {
            return Err(QrError::Empty);
        }
        if let Some((at, found)) = text.char_indices().find(|&(_, found)| !is_alphanumeric(found)) {
            return Err(QrError::NotAlphanumeric { at, found });
        }
        let characters = text.len();
        let (version, level) = fitting(characters, options)?;
        let built = QRBuilder::new(text).mode(Mode::Alphanumeric).ecl(ecl(level)).build();
        // The table of capacities has said that it fits.
        let built = built.map_err(|_| too_long(characters, options))?;
        let side = u32::try_from(built.size).map_err(|_| too_long(characters, options))?;
        let modules: Vec<bool> =
            built.data.iter().take(built.size * built.size).map(|module| module.value()).collect();
        Ok(Self { version, level, wanted: options.level, characters, side, modules })
    }

    /// The version, 1 to 40.
    pub const fn version(&self) -> u8 {
        self.version
    }

    /// The error correction that the code has.
    pub const fn level(&self) -> ErrorCorrection {
        self.level
    }

    /// The error correction that was wanted, when the code has a lower one because the text is too
    /// long for it.
    pub fn lowered_from(&self) -> Option<ErrorCorrection> {
        (self.level != self.wanted).then_some(self.wanted)
    }

    /// Characters of the text.
    pub const fn characters(&self) -> usize {
        self.characters
    }

    /// Modules on one side, without quiet zone: 17 + 4 × version.
    pub const fn side(&self) -> u32 {
        self.side
    }

    /// Modules on one side with the quiet zone.
    pub const fn side_with_quiet_zone(&self) -> u32 {
        self.side + 2 * QUIET_ZONE
    }

    /// Whether the module in this column and row is dark. Outside the code all is light.
    pub fn is_dark(&self, x: u32, y: u32) -> bool {
        if x >= self.side || y >= self.side {
            return false;
        }
        let index = y as usize * self.side as usize + x as usize;
        self.modules.get(index).copied().unwrap_or(false)
    }

    /// The modules row by row with the quiet zone, `true` is dark.
    pub fn rows(&self) -> impl Iterator<Item = Vec<bool>> {
        let whole = self.side_with_quiet_zone();
        // Below the quiet zone the subtraction wraps far outside the code.
        let place = |position: u32| position.wrapping_sub(QUIET_ZONE);
        (0..whole).map(move |y| (0..whole).map(|x| self.is_dark(place(x), place(y))).collect())
    }
}

impl std::fmt::Debug for QrCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("QrCode")
            .field("version", &self.version)
            .field("level", &self.level)
            .field("characters", &self.characters)
            .finish_non_exhaustive()
    }
}

/// The version and level that the rule of [`Options`] gives.
fn fitting(characters: usize, options: &Options) -> Result<(u8, ErrorCorrection), QrError> {
    let max_version = options.max_version.clamp(1, 40);
    let mut level = options.level;
    loop {
        let fits = (1..=max_version).find(|&version| capacity(version, level) >= Some(characters));
        if let Some(version) = fits {
            return Ok((version, level));
        }
        match level.lower().filter(|&lower| lower >= options.lowest_level) {
            Some(lower) => level = lower,
            None => return Err(too_long(characters, options)),
        }
    }
}

fn too_long(characters: usize, options: &Options) -> QrError {
    let version = options.max_version.clamp(1, 40);
    let level = options.lowest_level.min(options.level);
    let limit = capacity(version, level).unwrap_or_default();
    QrError::TooLong { characters, limit, version, level }
}

const fn is_alphanumeric(character: char) -> bool {
    matches!(
        character,
        '0'..='9' | 'A'..='Z' | ' ' | '$' | '%' | '*' | '+' | '-' | '.' | '/' | ':'
    )
}

const fn ecl(level: ErrorCorrection) -> ECL {
    match level {
        ErrorCorrection::Low => ECL::L,
        ErrorCorrection::Medium => ECL::M,
        ErrorCorrection::Quartile => ECL::Q,
        ErrorCorrection::High => ECL::H,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(characters: usize) -> String {
        "HC1:6BFOXN%TS3DH".chars().cycle().take(characters).collect()
    }

    #[test]
    fn level_q_is_the_default_and_the_smallest_version_is_taken() {
        let code = QrCode::encode(&text(604), &Options::default()).unwrap();
        assert_eq!((code.version(), code.level()), (19, ErrorCorrection::Quartile));
        assert_eq!((code.side(), code.side_with_quiet_zone()), (93, 101));
        assert_eq!((code.lowered_from(), code.characters()), (None, 604));
    }

    #[test]
    fn a_long_text_lowers_the_level_and_says_so() {
        for (characters, level) in [
            (2_420, ErrorCorrection::Quartile),
            (2_421, ErrorCorrection::Medium),
            (3_391, ErrorCorrection::Medium),
            (3_392, ErrorCorrection::Low),
            (4_296, ErrorCorrection::Low),
        ] {
            let code = QrCode::encode(&text(characters), &Options::default()).unwrap();
            assert_eq!(code.level(), level, "{characters}");
            let lowered = level != ErrorCorrection::Quartile;
            assert_eq!(code.lowered_from(), lowered.then_some(ErrorCorrection::Quartile));
        }
    }

    #[test]
    fn a_largest_version_lowers_the_level_too() {
        let options = Options { max_version: 16, ..Options::default() };
        let code = QrCode::encode(&text(604), &options).unwrap();
        assert_eq!(code.level(), ErrorCorrection::Medium);
        assert!(code.version() <= 16);
    }

    #[test]
    fn a_text_beyond_the_limit_is_refused_with_the_limit() {
        let error = QrCode::encode(&text(4_297), &Options::default()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the text has 4297 characters; a QR code of version 40 and level L holds 4296"
        );
        let fixed = Options { lowest_level: ErrorCorrection::Quartile, ..Options::default() };
        let error = QrCode::encode(&text(2_421), &fixed).unwrap_err();
        assert!(matches!(error, QrError::TooLong { characters: 2_421, limit: 2_420, .. }));
    }

    #[test]
    fn a_lowest_level_above_the_wanted_one_means_the_wanted_one() {
        let options = Options {
            level: ErrorCorrection::Medium,
            lowest_level: ErrorCorrection::High,
            ..Options::default()
        };
        assert_eq!(QrCode::encode("HC1:", &options).unwrap().level(), ErrorCorrection::Medium);
        let error = QrCode::encode(&text(3_392), &options).unwrap_err();
        assert!(matches!(error, QrError::TooLong { limit: 3_391, .. }));
    }

    #[test]
    fn what_the_mode_does_not_have_is_refused_with_its_place() {
        let encode = |text: &str| QrCode::encode(text, &Options::default());
        assert!(matches!(encode(""), Err(QrError::Empty)));
        assert!(matches!(encode("HC1:AÄ"), Err(QrError::NotAlphanumeric { at: 5, found: 'Ä' })));
        assert!(matches!(encode("hc1:"), Err(QrError::NotAlphanumeric { at: 0, found: 'h' })));
        assert!(encode("HC1: $%*+-./:").is_ok());
    }

    #[test]
    fn rows_carry_the_quiet_zone_on_all_sides() {
        let code = QrCode::encode("HC1:", &Options::default()).unwrap();
        let rows: Vec<_> = code.rows().collect();
        let whole = code.side_with_quiet_zone() as usize;
        assert!(rows.len() == whole && rows.iter().all(|row| row.len() == whole));
        let light = |values: &[bool]| values.iter().all(|dark| !dark);
        assert!(rows[..4].iter().chain(&rows[whole - 4..]).all(|row| light(row)));
        assert!(rows.iter().all(|row| light(&row[..4]) && light(&row[whole - 4..])));
        assert!(rows[4][4] && rows[4][whole - 5] && rows[whole - 5][4], "the three corner marks");
    }
}
