use std::fmt::Write;

use super::QrCode;

/// What a screen reader says about a code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Label<'a> {
    /// The name of the picture. Default `QR code`.
    pub title: &'a str,
    /// What the code is for. Left out when empty, which is the default.
    pub description: &'a str,
}

impl Default for Label<'_> {
    fn default() -> Self {
        Self { title: "QR code", description: "" }
    }
}

impl QrCode {
    /// An SVG picture: one unit for each module, black on white with quiet zone, no size of its
    /// own, so that it fills the place it is given. Screen readers take it for one image with the
    /// words of `label`.
    pub fn svg(&self, label: &Label<'_>) -> String {
        let side = self.side_with_quiet_zone();
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" role=\"img\" \
             shape-rendering=\"crispEdges\">\n<title>{}</title>\n",
            escaped(label.title)
        );
        if !label.description.is_empty() {
            svg += &format!("<desc>{}</desc>\n", escaped(label.description));
        }
        svg += &format!("<rect width=\"{side}\" height=\"{side}\" fill=\"#fff\"/>\n");
        svg += "<path fill=\"#000\" d=\"";
        for (y, row) in self.rows().enumerate() {
            let mut x = 0;
            for run in row.chunk_by(|a, b| a == b) {
                if run.first() == Some(&true) {
                    // Writing to a string does not fail.
                    let _ = write!(svg, "M{x} {y}h{0}v1h-{0}z", run.len());
                }
                x += run.len();
            }
        }
        svg += "\"/>\n</svg>\n";
        svg
    }
}

/// The text as XML character data. Characters that XML 1.0 forbids become U+FFFD.
fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, character| {
        match character {
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '&' => out += "&amp;",
            '\t' | '\n' | '\r' => out.push(character),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(character),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::qr::Options;

    #[test]
    fn the_picture_is_one_image_with_a_name_and_a_description() {
        let code = QrCode::encode("HC1:", &Options::default()).unwrap();
        let svg = code.svg(&Label { title: "A & B <c>", description: "first\u{0} code" });
        assert!(svg.contains("role=\"img\"") && svg.contains("shape-rendering=\"crispEdges\""));
        assert!(
            svg.contains("<title>A &amp; B &lt;c&gt;</title>\n<desc>first\u{fffd} code</desc>")
        );
        assert!(svg.contains("viewBox=\"0 0 29 29\""), "version 1 with quiet zone: {svg}");
        let unlabelled = code.svg(&Label::default());
        assert!(unlabelled.contains("<title>QR code</title>") && !unlabelled.contains("<desc>"));
    }
}
