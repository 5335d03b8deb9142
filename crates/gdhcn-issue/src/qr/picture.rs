use png::{BitDepth, ColorType, Compression, Encoder, PixelDimensions, Unit};

use super::{QrCode, QrError};

/// The largest width and height of a picture, in pixels.
pub const MAX_PICTURE_SIDE: u32 = 8_192;

const MM_PER_INCH: f64 = 25.4;

/// How many whole pixels make a module of about `module_mm` millimetres at `dpi` dots per inch, at
/// least one. Printers and label printers scale fractions of pixels unevenly; 0.5 mm is the
/// smallest module to be used on paper.
pub fn pixels_per_module(module_mm: f64, dpi: u32) -> u32 {
    let pixels = (module_mm * f64::from(dpi) / MM_PER_INCH).round();
    // A float to integer cast saturates; NaN becomes 0.
    (pixels as u32).max(1)
}

impl QrCode {
    /// A PNG picture with `scale` pixels for each module, black on white, with quiet zone.
    ///
    /// # Errors
    ///
    /// [`QrError::PictureSize`] when `scale` is 0 or the picture would be larger than
    /// [`MAX_PICTURE_SIDE`].
    pub fn png(&self, scale: u32) -> Result<Vec<u8>, QrError> {
        self.draw(scale, None)
    }

    /// A PNG picture for paper: modules of about `module_mm` millimetres in whole pixels of a
    /// printer with `dpi` dots per inch. The file states its resolution, so that programs print it
    /// at this size. See [`pixels_per_module`].
    ///
    /// # Errors
    ///
    /// As [`png`](Self::png).
    pub fn png_for_print(&self, module_mm: f64, dpi: u32) -> Result<Vec<u8>, QrError> {
        self.draw(pixels_per_module(module_mm, dpi), Some(dpi))
    }

    fn draw(&self, scale: u32, dpi: Option<u32>) -> Result<Vec<u8>, QrError> {
        let limit = MAX_PICTURE_SIDE / self.side_with_quiet_zone();
        if scale == 0 || scale > limit {
            return Err(QrError::PictureSize { pixels: scale, limit });
        }
        let side = self.side_with_quiet_zone() * scale;
        let mut rows = Vec::with_capacity((side.div_ceil(8) * side) as usize);
        for row in self.rows() {
            let bits = packed(&row, scale as usize);
            for _ in 0..scale {
                rows.extend_from_slice(&bits);
            }
        }

        let mut file = Vec::new();
        let mut encoder = Encoder::new(&mut file, side, side);
        encoder.set_color(ColorType::Grayscale);
        encoder.set_depth(BitDepth::One);
        encoder.set_compression(Compression::High);
        if let Some(dpi) = dpi {
            let per_metre = (f64::from(dpi) * 1000.0 / MM_PER_INCH).round() as u32;
            encoder.set_pixel_dims(Some(PixelDimensions {
                xppu: per_metre,
                yppu: per_metre,
                unit: Unit::Meter,
            }));
        }
        let failed = |error: png::EncodingError| QrError::Png(error.to_string());
        let mut writer = encoder.write_header().map_err(failed)?;
        writer.write_image_data(&rows).map_err(failed)?;
        writer.finish().map_err(failed)?;
        Ok(file)
    }
}

/// One row of pixels, eight in a byte, 1 is white, padded with white.
fn packed(modules: &[bool], scale: usize) -> Vec<u8> {
    let pixels: Vec<bool> =
        modules.iter().flat_map(|&dark| std::iter::repeat_n(dark, scale)).collect();
    pixels
        .chunks(8)
        .map(|eight| {
            eight.iter().enumerate().fold(0xFF_u8, |byte, (position, &dark)| {
                if dark { byte & !(0x80 >> position) } else { byte }
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::qr::Options;

    #[test]
    fn pixels_are_packed_from_the_left_and_padded_with_white() {
        assert_eq!(packed(&[true, false, true], 3), [0b0001_1100, 0b0111_1111]);
    }

    #[test]
    fn modules_are_whole_pixels_of_the_printer() {
        assert_eq!(pixels_per_module(0.5, 203), 4);
        assert_eq!(pixels_per_module(0.5, 300), 6);
        assert_eq!(pixels_per_module(0.5, 600), 12);
        for (module_mm, dpi) in [(0.0, 300), (f64::NAN, 300), (-1.0, 300), (0.5, 0)] {
            assert_eq!(pixels_per_module(module_mm, dpi), 1);
        }
    }

    #[test]
    fn a_picture_of_no_or_too_many_pixels_is_refused() {
        let code = QrCode::encode("HC1:", &Options::default()).unwrap();
        let limit = MAX_PICTURE_SIDE / code.side_with_quiet_zone();
        for pixels in [0, limit + 1, u32::MAX] {
            assert_eq!(code.png(pixels), Err(QrError::PictureSize { pixels, limit }));
        }
        assert!(code.png(limit).is_ok());
        assert!(code.png_for_print(f64::INFINITY, 300).is_err());
    }

    #[test]
    fn a_picture_for_print_states_its_resolution() {
        let code = QrCode::encode("HC1:", &Options::default()).unwrap();
        let file = code.png_for_print(0.5, 300).unwrap();
        let reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
        let info = reader.info();
        assert_eq!(info.width, code.side_with_quiet_zone() * 6);
        assert_eq!(info.pixel_dims.unwrap().xppu, 11_811, "300 dots per inch in dots per metre");
    }
}
