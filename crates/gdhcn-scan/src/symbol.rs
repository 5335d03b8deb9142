//! One black-and-white view of a picture to the codes in it.
//!
//! The parts of the QR reader are called one by one, not through its front: that one tries every
//! combination of corner marks without a bound, and stamps each result with the time of the day.

use rxing::Point;
use rxing::aztec;
use rxing::common::cpp_essentials::ConcentricPattern;
use rxing::common::{BitArray, BitMatrix, DetectorRXingResult};
use rxing::qrcode::cpp_port::{decoder, detector};

use crate::{Code, Limits, Symbology};

/// A code and where it lies.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) code: Code,
    corners: Vec<Point>,
}

impl Found {
    /// The upper edge and the left edge, in pixels of the view.
    pub(crate) fn top_left(&self) -> (f32, f32) {
        let least = |values: &mut dyn Iterator<Item = f32>| values.fold(f32::INFINITY, f32::min);
        let points = || self.corners.iter();
        (least(&mut points().map(|point| point.y)), least(&mut points().map(|point| point.x)))
    }

    pub(crate) fn scale(&mut self, factor: f32) {
        for corner in &mut self.corners {
            *corner = Point { x: corner.x * factor, y: corner.y * factor };
        }
    }

    /// Whether the point lies in the code's bounding box.
    fn covers(&self, point: Point) -> bool {
        let most = |values: &mut dyn Iterator<Item = f32>| values.fold(f32::NEG_INFINITY, f32::max);
        let (top, left) = self.top_left();
        let bottom = most(&mut self.corners.iter().map(|corner| corner.y));
        let right = most(&mut self.corners.iter().map(|corner| corner.x));
        (left..=right).contains(&point.x) && (top..=bottom).contains(&point.y)
    }
}

/// The codes of one view.
pub(crate) struct View {
    pub(crate) found: Vec<Found>,
    /// Whether corner marks are left outside the codes that were read: there may be more codes.
    pub(crate) unread: bool,
}

/// All QR codes in a black-and-white view.
pub(crate) fn qr(view: &BitMatrix, thorough: bool, limits: &Limits) -> View {
    if marks_seen(view) > limits.max_marks {
        return View { found: Vec::new(), unread: true };
    }
    let mut marks = detector::FindFinderPatterns(view, thorough, 0);
    let mut used: Vec<ConcentricPattern> = Vec::new();
    let mut found: Vec<Found> = Vec::new();
    for set in detector::GenerateFinderPatternSets(&mut marks).iter().take(limits.max_candidates) {
        if found.len() >= limits.max_codes {
            break;
        }
        let corners = [set.bl, set.tl, set.tr];
        if corners.iter().any(|mark| used.contains(mark)) {
            continue;
        }
        let Ok(sampled) = detector::SampleQR(view, set) else { continue };
        let Ok(decoded) = decoder::Decode(sampled.getBits()) else { continue };
        if !decoded.isValid() {
            continue;
        }
        used.extend(corners);
        let content = decoded.content();
        let bytes = content.bytes().to_vec();
        // Without a declared encoding UTF-8 is what everybody writes today.
        let text = match std::str::from_utf8(&bytes) {
            Ok(text) if !content.has_eci => text.to_owned(),
            _ => decoded.text(),
        };
        let code = Code { text, bytes, symbology: Symbology::Qr };
        found.push(Found { code, corners: sampled.getPoints().to_vec() });
    }
    let left = marks.iter().filter(|mark| !found.iter().any(|code| code.covers(mark.p))).count();
    View { found, unread: left >= 3 }
}

/// How often rows cross something like a corner mark: dark, light, dark, light, dark in the
/// proportion 1:1:3:1:1. The finder compares each crossing with all marks before it, so their
/// number must be bounded first. No mark lies between the rows that are looked at.
fn marks_seen(view: &BitMatrix) -> usize {
    (2..view.getHeight()).step_by(3).map(|y| marks_in_row(&view.getRow(y))).sum()
}

fn marks_in_row(row: &BitArray) -> usize {
    let mut runs = [0_u32; 5];
    let (mut dark, mut marks) = (false, 0);
    // One light pixel more ends the last run.
    for x in 0..=row.get_size() {
        let pixel = x < row.get_size() && row.get(x);
        if pixel != dark {
            if dark && is_mark(runs) {
                marks += 1;
            }
            runs.rotate_left(1);
            dark = pixel;
            runs[4] = 0;
        }
        runs[4] += 1;
    }
    marks
}

/// The finder's own first test, so that no crossing of its is missed.
fn is_mark([a, b, middle, c, d]: [u32; 5]) -> bool {
    middle >= 3 && middle >= 2 * a.max(d) && middle >= b.max(c)
}

/// The Aztec code near the middle of a black-and-white view.
pub(crate) fn aztec(view: &BitMatrix) -> Option<Found> {
    let mut detector = aztec::detector::Detector::new(view);
    let sampled = detector.detect(false).or_else(|_| detector.detect(true)).ok()?;
    let decoded = aztec::decoder::decode(&sampled).ok()?;
    let declared = decoded.getText();
    // Bytes without a declared encoding come as Latin-1.
    let latin1: Option<Vec<u8>> = declared.chars().map(|c| u8::try_from(c).ok()).collect();
    let bytes = latin1.unwrap_or_else(|| declared.as_bytes().to_vec());
    let text = std::str::from_utf8(&bytes).unwrap_or(declared).to_owned();
    let code = Code { text, bytes, symbology: Symbology::Aztec };
    Some(Found { code, corners: sampled.getPoints().to_vec() })
}
