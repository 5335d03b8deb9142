use std::borrow::Cow;
use std::io::Cursor;

use image::error::{ImageError, LimitErrorKind};
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader};

use crate::luma::check_size;
use crate::{Limits, Luma, ScanError};

/// The grey values of a PNG, JPEG or WebP file, after all limits have been checked.
pub(crate) fn decode(bytes: &[u8], limits: &Limits) -> Result<Luma<'static>, ScanError> {
    if bytes.len() > limits.max_bytes {
        return Err(ScanError::FileTooLarge { found: bytes.len(), limit: limits.max_bytes });
    }
    let Some((format, name)) = format(bytes) else {
        return Err(ScanError::UnsupportedFormat { found: known_kind(bytes) });
    };
    let refused = |error: ImageError| match error {
        ImageError::Limits(limit) if limit.kind() == LimitErrorKind::InsufficientMemory => {
            ScanError::Memory { limit: limits.max_memory }
        }
        error => ScanError::Damaged { format: name, reason: error.to_string() },
    };

    let mut memory = image::Limits::no_limits();
    memory.max_alloc = Some(limits.max_memory);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(memory);
    let decoder = reader.into_decoder().map_err(refused)?;
    let (width, height) = decoder.dimensions();
    check_size(width, height, limits)?;
    // The decoders check their working memory, not the picture that they are asked for.
    if decoder.total_bytes() > limits.max_memory {
        return Err(ScanError::Memory { limit: limits.max_memory });
    }
    let picture = DynamicImage::from_decoder(decoder).map_err(refused)?;
    Ok(on_white(picture))
}

/// The format by the file's first bytes, with its name.
pub(crate) fn format(bytes: &[u8]) -> Option<(ImageFormat, &'static str)> {
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        Some((ImageFormat::Png, "PNG"))
    } else if bytes.starts_with(&[0xFF, 0xD8, 0xFF]) {
        Some((ImageFormat::Jpeg, "JPEG"))
    } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        Some((ImageFormat::WebP, "WebP"))
    } else {
        None
    }
}

/// Grey values of the picture as it looks on white paper: codes are often stored as black modules
/// on a transparent ground whose colour is black too.
fn on_white(picture: DynamicImage) -> Luma<'static> {
    let (width, height) = (picture.width(), picture.height());
    let pixels = if picture.color().has_alpha() {
        let with_alpha = picture.into_luma_alpha8();
        with_alpha
            .pixels()
            .map(|pixel| {
                let [value, alpha] = pixel.0.map(u16::from);
                ((value * alpha + 255 * (255 - alpha)) / 255) as u8
            })
            .collect()
    } else {
        picture.into_luma8().into_raw()
    };
    Luma { width, height, pixels: Cow::Owned(pixels) }
}

/// The kinds of files that people give instead of a picture.
fn known_kind(bytes: &[u8]) -> Option<&'static str> {
    let brand = bytes.get(4..12);
    if bytes.starts_with(b"%PDF") {
        Some("a PDF document")
    } else if matches!(brand, Some(b"ftypheic" | b"ftypheix" | b"ftypmif1" | b"ftyphevc")) {
        Some("a HEIC picture")
    } else if brand == Some(b"ftypavif") {
        Some("an AVIF picture")
    } else if bytes.starts_with(b"GIF8") {
        Some("a GIF picture")
    } else if bytes.starts_with(b"II*\0") || bytes.starts_with(b"MM\0*") {
        Some("a TIFF picture")
    } else if bytes.starts_with(b"BM") {
        Some("a BMP picture")
    } else if bytes.starts_with(b"<svg") || bytes.starts_with(b"<?xml") {
        Some("an SVG or XML document")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{ImageBuffer, LumaA, Rgba};

    #[test]
    fn transparent_black_looks_like_white_paper() {
        let picture = ImageBuffer::from_fn(3, 1, |x, _| match x {
            0 => Rgba([0, 0, 0, 0]),
            1 => Rgba([0, 0, 0, 255]),
            _ => Rgba([255_u8, 255, 255, 128]),
        });
        assert_eq!(&*on_white(picture.into()).pixels, [255, 0, 255]);
    }

    #[test]
    fn sixteen_bits_are_reduced_to_eight() {
        let picture = ImageBuffer::from_fn(2, 1, |x, _| LumaA([(x as u16) * 65_535, 65_535]));
        assert_eq!(&*on_white(picture.into()).pixels, [0, 255]);
    }
}
