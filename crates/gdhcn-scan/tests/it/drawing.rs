//! Pictures made for the tests: codes drawn, then spoiled.

use std::io::Cursor;

use gdhcn_scan::{Code, Effort, Limits, ScanError, decode_luma};
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, GrayImage, ImageFormat, Luma};
use qrcodegen::{QrCode, QrCodeEcc, QrSegment};

/// A text that looks like a certificate's.
pub(crate) fn certificate_text(characters: usize) -> String {
    const ALPHABET: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    let mut noise = Noise(characters as u64);
    let letters =
        std::iter::repeat_with(|| char::from(ALPHABET[noise.next() as usize % ALPHABET.len()]));
    "HC1:".chars().chain(letters).take(characters).collect()
}

/// A code with quiet zone, `scale` pixels for each module.
pub(crate) fn draw(text: &str, scale: u32) -> GrayImage {
    draw_segments(&QrSegment::make_segments(text), scale)
}

pub(crate) fn draw_segments(segments: &[QrSegment], scale: u32) -> GrayImage {
    let code = QrCode::encode_segments(segments, QrCodeEcc::Medium).unwrap();
    let side = (code.size() as u32 + 8) * scale;
    GrayImage::from_fn(side, side, |x, y| {
        let module = |position: u32| (position / scale) as i32 - 4;
        Luma([if code.get_module(module(x), module(y)) { 0 } else { 255 }])
    })
}

pub(crate) fn read(picture: &GrayImage, effort: Effort) -> Result<Vec<Code>, ScanError> {
    let (width, height) = picture.dimensions();
    decode_luma(picture.as_raw(), width, height, effort, &Limits::default())
}

pub(crate) fn reads_as(picture: &GrayImage, text: &str) -> bool {
    read(picture, Effort::Picture).is_ok_and(|codes| codes.len() == 1 && codes[0].text == text)
}

pub(crate) fn png(picture: &GrayImage) -> Vec<u8> {
    let mut file = Vec::new();
    picture.write_to(&mut Cursor::new(&mut file), ImageFormat::Png).unwrap();
    file
}

pub(crate) fn webp(picture: &GrayImage) -> Vec<u8> {
    let mut file = Vec::new();
    picture.write_to(&mut Cursor::new(&mut file), ImageFormat::WebP).unwrap();
    file
}

pub(crate) fn jpeg(picture: &GrayImage, quality: u8) -> Vec<u8> {
    let mut file = Vec::new();
    let (width, height) = picture.dimensions();
    JpegEncoder::new_with_quality(&mut file, quality)
        .encode(picture.as_raw(), width, height, ExtendedColorType::L8)
        .unwrap();
    file
}

/// The picture on a larger sheet of this grey.
pub(crate) fn on_sheet(picture: &GrayImage, margin: u32, ground: u8) -> GrayImage {
    let (width, height) = picture.dimensions();
    let mut sheet = GrayImage::from_pixel(width + 2 * margin, height + 2 * margin, Luma([ground]));
    image::imageops::replace(&mut sheet, picture, i64::from(margin), i64::from(margin));
    sheet
}

/// The picture as seen through a projective map: `map` gives, for a place in the result from 0 to
/// 1, the place in the picture. Outside is mid-grey.
pub(crate) fn seen_through(
    picture: &GrayImage,
    side: u32,
    map: impl Fn(f32, f32) -> (f32, f32),
) -> GrayImage {
    let (width, height) = picture.dimensions();
    GrayImage::from_fn(side, side, |x, y| {
        let (u, v) = map((x as f32 + 0.5) / side as f32, (y as f32 + 0.5) / side as f32);
        let (u, v) = (u * width as f32 - 0.5, v * height as f32 - 0.5);
        let at = |x: f32, y: f32| {
            let inside = x >= 0.0 && y >= 0.0 && x < width as f32 && y < height as f32;
            if inside { f32::from(picture.get_pixel(x as u32, y as u32)[0]) } else { 160.0 }
        };
        let (left, top) = (u.floor(), v.floor());
        let (dx, dy) = (u - left, v - top);
        let upper = at(left, top) * (1.0 - dx) + at(left + 1.0, top) * dx;
        let lower = at(left, top + 1.0) * (1.0 - dx) + at(left + 1.0, top + 1.0) * dx;
        Luma([(upper * (1.0 - dy) + lower * dy) as u8])
    })
}

pub(crate) fn rotated(picture: &GrayImage, degrees: f32) -> GrayImage {
    let (sin, cos) = degrees.to_radians().sin_cos();
    // Large enough for every angle.
    let side = (picture.width() as f32 * 1.45) as u32;
    seen_through(picture, side, |x, y| {
        let (x, y) = ((x - 0.5) * 1.45, (y - 0.5) * 1.45);
        (x * cos + y * sin + 0.5, y * cos - x * sin + 0.5)
    })
}

pub(crate) fn with_contrast(picture: &GrayImage, dark: u8, light: u8) -> GrayImage {
    let mut picture = picture.clone();
    picture.pixels_mut().for_each(|pixel| {
        let value = f32::from(pixel[0]) / 255.0;
        pixel[0] = (f32::from(dark) + value * (f32::from(light) - f32::from(dark))) as u8;
    });
    picture
}

pub(crate) fn with_noise(picture: &GrayImage, strength: u8) -> GrayImage {
    let mut noise = Noise(7);
    let mut picture = picture.clone();
    picture.pixels_mut().for_each(|pixel| {
        let shift = (noise.next() % (2 * u64::from(strength) + 1)) as i32 - i32::from(strength);
        pixel[0] = (i32::from(pixel[0]) + shift).clamp(0, 255) as u8;
    });
    picture
}

/// Light falls off from one side to the other.
pub(crate) fn with_shade(picture: &GrayImage, darkest: f32) -> GrayImage {
    let width = picture.width() as f32;
    let mut picture = picture.clone();
    picture.enumerate_pixels_mut().for_each(|(x, _, pixel)| {
        let light = darkest + (1.0 - darkest) * x as f32 / width;
        pixel[0] = (f32::from(pixel[0]) * light) as u8;
    });
    picture
}

/// A small generator, so that the pictures are the same in every run.
pub(crate) struct Noise(pub(crate) u64);

impl Noise {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }
}
