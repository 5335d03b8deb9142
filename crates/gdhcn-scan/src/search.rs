use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rxing::common::{BitMatrix, GlobalHistogramBinarizer, HybridBinarizer};
use rxing::{Binarizer, BinaryBitmap, Luma8Source};

use crate::luma::check_size;
use crate::symbol::{self, Found};
use crate::{Code, Limits, Luma, ScanError};

/// How long to look for codes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Effort {
    /// One view of a camera frame: the next frame comes soon.
    Frame,
    /// A picture that does not come again: also inverted, with stretched contrast and at other
    /// sizes.
    Picture,
}

/// A view of more pixels costs time and gains nothing for a code that fills part of a page.
const WORKING_PIXELS: u64 = 4_000_000;
/// The largest view that is tried at all.
const LARGEST_VIEW: u64 = 16_000_000;
/// How far around a pixel blur is taken back, in pixels.
const SHARPENING_RADIUS: u32 = 3;
/// Smaller pictures are also tried at double size.
const SMALL_PICTURE: u64 = 1_000_000;

/// Reads all codes of a picture given as grey values, row by row, 0 is black.
///
/// # Errors
///
/// [`ScanError::NoCode`] when no code could be read, [`ScanError::PixelCount`] when there are not
/// exactly `width * height` values, [`ScanError::Dimensions`] beyond the limits.
pub fn decode_luma(
    pixels: &[u8],
    width: u32,
    height: u32,
    effort: Effort,
    limits: &Limits,
) -> Result<Vec<Code>, ScanError> {
    check_size(width, height, limits)?;
    if u64::try_from(pixels.len()) != Ok(u64::from(width) * u64::from(height)) {
        return Err(ScanError::PixelCount { width, height, found: pixels.len() });
    }
    search(Luma { width, height, pixels: Cow::Borrowed(pixels) }, effort, limits)
}

pub(crate) fn search(
    picture: Luma<'_>,
    effort: Effort,
    limits: &Limits,
) -> Result<Vec<Code>, ScanError> {
    let mut search = Search { limits, found: Vec::new(), done: false };
    search.run(&picture, effort);
    if search.found.is_empty() {
        return Err(ScanError::NoCode { width: picture.width, height: picture.height });
    }
    search.found.sort_by(|a, b| {
        let ((top_a, left_a), (top_b, left_b)) = (a.top_left(), b.top_left());
        top_a.total_cmp(&top_b).then(left_a.total_cmp(&left_b))
    });
    Ok(search.found.into_iter().map(|found| found.code).collect())
}

struct Search<'a> {
    limits: &'a Limits,
    found: Vec<Found>,
    /// Every mark of a code seen so far belongs to a code that was read.
    done: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Threshold {
    /// By the surroundings of each pixel: shade and glare.
    Local,
    /// One for the whole picture: thin strokes and noise.
    Global,
    /// By the mean around each pixel, however little it differs: dim and strongly shaded codes.
    /// The surroundings reach this share of the picture's longer side.
    Mean { share: u32 },
}

impl Search<'_> {
    /// Tries one view after the other, cheapest and most promising first.
    fn run(&mut self, picture: &Luma<'_>, effort: Effort) {
        let shrink =
            (1..).find(|n: &u32| picture.pixel_count() / u64::from(n * n) <= WORKING_PIXELS);
        let shrink = shrink.unwrap_or(1);
        let shrunk;
        let working = if shrink > 1 {
            shrunk = picture.shrunk(shrink);
            &shrunk
        } else {
            picture
        };
        self.view(working, shrink as f32, Threshold::Local, effort == Effort::Picture);
        if effort == Effort::Frame {
            return;
        }
        // A dense code on a large scan may leave no trace in the smaller view.
        let finer = (1..shrink).find(|n| picture.pixel_count() / u64::from(n * n) <= LARGEST_VIEW);
        if let Some(finer) = finer {
            self.view(&picture.shrunk(finer), finer as f32, Threshold::Local, true);
        }
        if self.done {
            return;
        }
        if let Some(stretched) = working.stretched() {
            self.view(&stretched, shrink as f32, Threshold::Local, true);
        }
        for share in [96, 40] {
            if !self.done {
                self.view(working, shrink as f32, Threshold::Mean { share }, true);
            }
        }
        if !self.done {
            self.view(working, shrink as f32, Threshold::Global, true);
        }
        if !self.done {
            self.view(&working.shrunk(2), shrink as f32 * 2.0, Threshold::Local, true);
        }
        if !self.done && picture.pixel_count() <= SMALL_PICTURE {
            self.view(&picture.doubled(), 0.5, Threshold::Local, true);
        }
        if !self.done {
            let sharp = working.sharpened(SHARPENING_RADIUS);
            self.view(&sharp, shrink as f32, Threshold::Mean { share: 96 }, true);
        }
        if self.found.is_empty() {
            self.aztec_off_centre(working);
        }
    }

    /// Looks at one view and, when thorough, at its negative.
    fn view(&mut self, luma: &Luma<'_>, scale: f32, threshold: Threshold, thorough: bool) {
        let Some(mut matrix) = black_and_white(luma, threshold) else { return };
        self.matrix(&matrix, scale, thorough);
        if thorough && !self.done {
            matrix.flip_self();
            self.matrix(&matrix, scale, thorough);
        }
    }

    fn matrix(&mut self, matrix: &BitMatrix, scale: f32, thorough: bool) {
        // The readers index by computed positions: a picture that leads one astray must cost the
        // caller this view, not the process.
        let qr = catch_unwind(AssertUnwindSafe(|| symbol::qr(matrix, thorough, self.limits)));
        if let Ok(view) = qr {
            self.done |= !view.found.is_empty() && !view.unread;
            self.add(view.found, scale);
        }
        if self.found.is_empty()
            && let Ok(Some(found)) = catch_unwind(AssertUnwindSafe(|| symbol::aztec(matrix)))
        {
            self.done = true;
            self.add(vec![found], scale);
        }
    }

    fn add(&mut self, found: Vec<Found>, scale: f32) {
        for mut found in found {
            if self.found.iter().all(|known| known.code != found.code) {
                found.scale(scale);
                self.found.push(found);
            }
        }
        self.found.truncate(self.limits.max_codes);
        self.done |= self.found.len() >= self.limits.max_codes;
    }

    /// The Aztec reader begins in the middle of what it is given: give it nine overlapping parts.
    fn aztec_off_centre(&mut self, luma: &Luma<'_>) {
        let (width, height) = (luma.width / 2, luma.height / 2);
        for (row, column) in (0..3).flat_map(|row| (0..3).map(move |column| (row, column))) {
            let part = luma.cropped(column * width / 2, row * height / 2, width, height);
            let matrix = part.and_then(|part| black_and_white(&part, Threshold::Local));
            let Some(matrix) = matrix else { continue };
            if let Ok(Some(found)) = catch_unwind(AssertUnwindSafe(|| symbol::aztec(&matrix))) {
                self.add(vec![found], 1.0);
                return;
            }
        }
    }
}

/// Black is what is darker than the mean of its surroundings.
fn below_mean(luma: &Luma<'_>, share: u32) -> Option<BitMatrix> {
    let means = luma.local_means(luma.width.max(luma.height) / share + 1);
    let mut matrix = BitMatrix::new(luma.width, luma.height).ok()?;
    let width = luma.width.max(1) as usize;
    for (index, (&value, &mean)) in luma.pixels.iter().zip(&means).enumerate() {
        // Noise on blank paper is not to become a pattern.
        if u16::from(value) + 2 < u16::from(mean) {
            matrix.set((index % width) as u32, (index / width) as u32);
        }
    }
    Some(matrix)
}

/// `None` for a view without pixels.
fn black_and_white(luma: &Luma<'_>, threshold: Threshold) -> Option<BitMatrix> {
    fn matrix<B: Binarizer>(binarizer: B) -> BitMatrix {
        BinaryBitmap::new(binarizer).get_black_matrix().clone()
    }
    if luma.pixels.is_empty() {
        return None;
    }
    let source = Luma8Source::new_with_slice(&luma.pixels, luma.width, luma.height).ok()?;
    let binarize = || match threshold {
        Threshold::Local => Some(matrix(HybridBinarizer::new(source))),
        Threshold::Global => Some(matrix(GlobalHistogramBinarizer::new(source))),
        Threshold::Mean { share } => below_mean(luma, share),
    };
    catch_unwind(AssertUnwindSafe(binarize)).ok().flatten()
}
