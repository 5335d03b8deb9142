//! Pages of a PDF document as pictures.

use std::borrow::Cow;

use hayro::hayro_interpret::InterpreterSettings;
use hayro::hayro_syntax::page::Page;
use hayro::hayro_syntax::{DecryptionError, LoadPdfError, Pdf};
use hayro::vello_cpu::Pixmap;
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings, render};

use crate::search::{self, Effort};
use crate::{Code, Limits, Luma, ScanError};

/// Pixels of a page's longer side, one after the other until the pages show a code: 210 dpi and
/// 360 dpi of an A4 page. The first is enough for nearly all, and much faster.
const SIZES: [f32; 2] = [2450.0, 4200.0];

/// Codes of all pages, in the order of the pages.
pub(crate) fn read(bytes: &[u8], limits: &Limits) -> Result<Vec<Code>, ScanError> {
    if bytes.len() > limits.max_bytes {
        return Err(ScanError::FileTooLarge { found: bytes.len(), limit: limits.max_bytes });
    }
    let pdf = Pdf::new(bytes.to_vec()).map_err(|error| damaged(reason(&error)))?;
    let pages = pdf.pages();
    if pages.len() > limits.max_pages {
        return Err(ScanError::TooManyPages { found: pages.len(), limit: limits.max_pages });
    }
    let cache = RenderCache::new();
    // Fonts that are not in the document are not looked for: a code is no text.
    let settings = InterpreterSettings::default();
    let mut codes = Vec::new();
    let mut largest = (0, 0);
    for size in SIZES {
        for page in pages.iter() {
            let Some(luma) = draw(page, size, &cache, &settings, limits) else { continue };
            largest = largest.max((luma.width, luma.height));
            match search::search(luma, Effort::Picture, limits) {
                Ok(found) => codes.extend(found),
                Err(ScanError::NoCode { .. }) => {}
                Err(error) => return Err(error),
            }
            if codes.len() >= limits.max_codes {
                codes.truncate(limits.max_codes);
                return Ok(codes);
            }
        }
        if !codes.is_empty() {
            return Ok(codes);
        }
    }
    Err(match largest {
        (0, 0) => damaged("it has no page that could be drawn"),
        (width, height) => ScanError::NoCode { width, height },
    })
}

fn damaged(reason: impl Into<String>) -> ScanError {
    ScanError::Damaged { format: "PDF", reason: reason.into() }
}

const fn reason(error: &LoadPdfError) -> &'static str {
    match error {
        LoadPdfError::Decryption(DecryptionError::PasswordProtected) => {
            "it is protected by a password"
        }
        LoadPdfError::Decryption(_) => "it is encrypted in a way that is not known",
        LoadPdfError::Invalid => "it cannot be read",
    }
}

/// The page on white paper; `None` for one without area.
fn draw<'p>(
    page: &'p Page<'p>,
    size: f32,
    cache: &RenderCache<'p>,
    settings: &InterpreterSettings,
    limits: &Limits,
) -> Option<Luma<'static>> {
    let (width, height) = page.render_dimensions();
    let scale = size / width.max(height);
    if !scale.is_finite() || scale <= 0.0 {
        return None;
    }
    let pixels = f64::from(width * scale) * f64::from(height * scale);
    if pixels < 1.0 || pixels > limits.max_pixels as f64 {
        return None;
    }
    let paper = PixmapSettings { x_scale: scale, y_scale: scale, bg_color: WHITE };
    let picture = render(page, cache, settings, &RenderSettings::default(), &paper);
    (picture.width() > 0 && picture.height() > 0).then(|| grey(&picture))
}

/// ITU-R BT.601, in whole numbers.
fn grey(picture: &Pixmap) -> Luma<'static> {
    let pixels = picture.data_as_u8_slice().as_chunks::<4>().0;
    let pixels = pixels.iter().map(|[red, green, blue, _]| {
        let sum = 299 * u32::from(*red) + 587 * u32::from(*green) + 114 * u32::from(*blue);
        u8::try_from(sum / 1000).unwrap_or(u8::MAX)
    });
    Luma {
        width: picture.width().into(),
        height: picture.height().into(),
        pixels: Cow::Owned(pixels.collect()),
    }
}
