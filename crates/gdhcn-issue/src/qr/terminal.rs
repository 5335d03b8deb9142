use super::QrCode;

/// How a code is drawn in a terminal.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TerminalStyle {
    /// With black and white set by escape sequences: right on every ground, and the usual choice
    /// for a terminal.
    Ansi,
    /// Without colours, for light letters on a dark ground: light modules are drawn.
    PlainOnDark,
    /// Without colours, for dark letters on a light ground, such as a text file or a mail: dark
    /// modules are drawn.
    PlainOnLight,
}

/// Colours 16 and 231 of the 256: themes leave them black and white, other than the first 16.
const BLACK_ON_WHITE: &str = "\u{1b}[38;5;16;48;5;231m";
const RESET: &str = "\u{1b}[0m";

impl QrCode {
    /// The code with its quiet zone as lines of half blocks: each character is two modules, one
    /// above the other, so that modules are about square. [`side_with_quiet_zone`] characters
    /// wide, half as many lines. Ends with a line break.
    ///
    /// [`side_with_quiet_zone`]: Self::side_with_quiet_zone
    pub fn terminal(&self, style: TerminalStyle) -> String {
        let inked = |dark: bool| dark != (style == TerminalStyle::PlainOnDark);
        let rows: Vec<Vec<bool>> = self.rows().collect();
        let mut text = String::new();
        for pair in rows.chunks(2) {
            let (Some(upper), lower) = (pair.first(), pair.get(1)) else { continue };
            if style == TerminalStyle::Ansi {
                text += BLACK_ON_WHITE;
            }
            for (x, &above) in upper.iter().enumerate() {
                // The number of rows is odd: below the last one is the ground of the terminal,
                // which the quiet zone does not need.
                let below = lower.and_then(|row| row.get(x)).map(|&dark| inked(dark));
                text.push(match (inked(above), below.unwrap_or(false)) {
                    (true, true) => '█',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    (false, false) => ' ',
                });
            }
            if style == TerminalStyle::Ansi {
                text += RESET;
            }
            text.push('\n');
        }
        text
    }
}
