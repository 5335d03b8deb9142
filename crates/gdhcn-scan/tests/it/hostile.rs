//! Pictures that are none, that cost too much, or that hold nothing.

use std::time::{Duration, Instant};

use gdhcn_scan::{Effort, Limits, ScanError, decode_luma, read_picture};
use image::{GrayImage, Luma};
use proptest::prelude::*;

use crate::drawing::*;

/// Limits with one of them changed.
fn limits(change: impl Fn(&mut Limits)) -> Limits {
    let mut limits = Limits::default();
    change(&mut limits);
    limits
}

#[test]
fn a_picture_without_a_code_is_its_own_outcome() {
    for picture in [
        GrayImage::from_pixel(300, 200, Luma([255])),
        GrayImage::from_pixel(300, 200, Luma([0])),
        GrayImage::from_fn(300, 200, |x, y| Luma([(x ^ y) as u8])),
        with_noise(&GrayImage::from_pixel(300, 200, Luma([128])), 127),
    ] {
        let error = read_picture(&png(&picture), &Limits::default()).unwrap_err();
        assert!(matches!(error, ScanError::NoCode { width: 300, height: 200 }), "{error}");
    }
}

#[test]
fn tiny_pictures_hold_no_code() {
    for (width, height) in [(1, 1), (2, 1), (1, 50), (7, 7), (40, 3)] {
        let picture = GrayImage::from_pixel(width, height, Luma([9]));
        assert!(matches!(read(&picture, Effort::Picture), Err(ScanError::NoCode { .. })));
    }
}

#[test]
fn what_is_no_picture_is_named() {
    for (bytes, kind) in [
        (&b"%PDF-1.7"[..], Some("a PDF document")),
        (b"\0\0\0\x24ftypheic\0\0\0\0", Some("a HEIC picture")),
        (b"GIF89a", Some("a GIF picture")),
        (b"HC1:6BF", None),
        (b"", None),
        (b"\xFF", None),
    ] {
        let error = read_picture(bytes, &Limits::default()).unwrap_err();
        assert!(
            matches!(error, ScanError::UnsupportedFormat { found } if found == kind),
            "{error}"
        );
    }
}

#[test]
fn a_damaged_picture_is_no_picture_without_code() {
    let whole = png(&draw("HC1:ABC", 4));
    for cut in [9, 20, 40, whole.len() / 2, whole.len() - 20] {
        let error = read_picture(&whole[..cut], &Limits::default()).unwrap_err();
        assert!(matches!(error, ScanError::Damaged { format: "PNG", .. }), "{cut}: {error}");
    }
    let error = read_picture(&jpeg(&draw("HC1:ABC", 4), 80)[..200], &Limits::default());
    assert!(matches!(error, Err(ScanError::Damaged { format: "JPEG", .. })), "{error:?}");
}

#[test]
fn a_damaged_webp_picture_is_called_so() {
    let whole = webp(&draw("HC1:ABC", 4));
    for cut in [12, 20, 30, whole.len() / 2] {
        let error = read_picture(&whole[..cut], &Limits::default()).unwrap_err();
        assert!(matches!(error, ScanError::Damaged { format: "WebP", .. }), "{cut}: {error}");
    }
}

#[test]
fn a_webp_picture_that_states_more_pixels_than_allowed_is_refused_unread() {
    let picture = webp(&draw("HC1:ABC", 4));
    let small = limits(|limits| limits.max_pixels = 100);
    assert!(matches!(read_picture(&picture, &small), Err(ScanError::Dimensions { .. })));
}

#[test]
fn a_file_of_too_many_bytes_is_refused() {
    let file = png(&draw("HC1:ABC", 4));
    let small = limits(|limits| limits.max_bytes = file.len() - 1);
    assert!(matches!(read_picture(&file, &small), Err(ScanError::FileTooLarge { .. })));
    let exact = limits(|limits| limits.max_bytes = file.len());
    assert!(read_picture(&file, &exact).is_ok());
    let mut bomb = png(&draw("HC1:ABC", 4));
    bomb.resize(30 << 20, 0);
    assert!(matches!(
        read_picture(&bomb, &Limits::default()),
        Err(ScanError::FileTooLarge { found: 31_457_280, limit: 16_777_216 })
    ));
}

#[test]
fn a_picture_of_too_many_pixels_is_refused_before_it_is_decoded() {
    // A white picture of 100 million pixels is a small file.
    let bomb = png(&GrayImage::from_pixel(10_000, 10_000, Luma([255])));
    assert!(bomb.len() < 2 << 20, "{}", bomb.len());
    let error = read_picture(&bomb, &Limits::default()).unwrap_err();
    assert!(
        matches!(error, ScanError::Dimensions { width: 10_000, height: 10_000, limit: 40_000_000 }),
        "{error}"
    );

    // A JPEG file whose header claims the largest size there is.
    let mut file = jpeg(&draw("HC1:ABC", 4), 80);
    let frame = file.windows(2).position(|marker| marker == [0xFF, 0xC0]).unwrap();
    file[frame + 5..frame + 9].fill(0xFF);
    let error = read_picture(&file, &Limits::default()).unwrap_err();
    assert!(matches!(error, ScanError::Dimensions { width: 65_535, .. }), "{error}");
}

#[test]
fn a_picture_that_needs_too_much_memory_is_refused() {
    let file = png(&draw("HC1:ABC", 4));
    let small = limits(|limits| limits.max_memory = 1_000);
    assert!(matches!(read_picture(&file, &small), Err(ScanError::Memory { limit: 1_000 })));
}

#[test]
fn grey_values_must_fill_the_size() {
    let read = |count: usize, width, height| {
        decode_luma(&vec![0; count], width, height, Effort::Frame, &Limits::default()).unwrap_err()
    };
    assert!(matches!(read(99, 10, 10), ScanError::PixelCount { found: 99, .. }));
    assert!(matches!(read(0, 0, 10), ScanError::Dimensions { .. }));
    assert!(matches!(read(0, u32::MAX, u32::MAX), ScanError::Dimensions { .. }));
}

#[test]
fn no_more_codes_than_the_limit_are_taken() {
    let mut page = GrayImage::from_pixel(900, 450, Luma([255]));
    for column in 0..4 {
        let code = draw(&certificate_text(20 + column), 5);
        image::imageops::replace(&mut page, &code, 220 * column as i64, 0);
    }
    let count = |limits: &Limits| {
        decode_luma(page.as_raw(), 900, 450, Effort::Picture, limits).unwrap().len()
    };
    assert_eq!(count(&Limits::default()), 4);
    assert_eq!(count(&limits(|limits| limits.max_codes = 2)), 2);
}

#[test]
fn a_view_of_more_marks_than_the_limit_is_left_out() {
    let picture = draw("HC1:ABC", 5);
    let none = limits(|limits| limits.max_marks = 2);
    let (width, height) = picture.dimensions();
    let result = decode_luma(picture.as_raw(), width, height, Effort::Picture, &none);
    assert!(matches!(result, Err(ScanError::NoCode { .. })));
}

#[test]
fn no_more_places_than_the_limit_are_tried() {
    let picture = draw("HC1:ABC", 5);
    let none = limits(|limits| limits.max_candidates = 0);
    let (width, height) = picture.dimensions();
    let result = decode_luma(picture.as_raw(), width, height, Effort::Picture, &none);
    assert!(matches!(result, Err(ScanError::NoCode { .. })));
}

/// A picture of nothing but corner marks of codes, `unit` pixels for each module.
fn corner_marks(side: u32, unit: u32) -> GrayImage {
    GrayImage::from_fn(side, side, |x, y| {
        let ring = |position: u32| (position / unit % 9).abs_diff(4);
        let distance = ring(x).max(ring(y));
        Luma([if matches!(distance, 2 | 4) { 255 } else { 0 }])
    })
}

#[test]
fn a_carpet_of_corner_marks_takes_a_bounded_time() {
    for unit in [1, 2, 3, 5] {
        let carpet = corner_marks(2_000, unit);
        let start = Instant::now();
        let result = read(&carpet, Effort::Picture);
        println!("{unit} pixels for each module: {:?}", start.elapsed());
        assert!(matches!(result, Err(ScanError::NoCode { .. })));
        assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_spoiled_file_gives_codes_or_an_error(
        at in 0.0..1.0_f64, byte in any::<u8>(), as_jpeg in any::<bool>(),
    ) {
        let picture = draw("HC1:6BFOXN%TS3DH", 3);
        let mut file = if as_jpeg { jpeg(&picture, 70) } else { png(&picture) };
        let place = (at * file.len() as f64) as usize;
        file[place] = byte;
        let _ = read_picture(&file, &Limits::default());
    }

    #[test]
    fn any_grey_values_give_codes_or_an_error(
        width in 1..90_u32, pixels in prop::collection::vec(any::<u8>(), 90..4_000),
        binary in any::<bool>(),
    ) {
        let height = pixels.len() as u32 / width;
        let pixels: Vec<u8> = pixels[..(width * height) as usize]
            .iter()
            .map(|&value| if binary { (value & 1) * 255 } else { value })
            .collect();
        let _ = decode_luma(&pixels, width, height, Effort::Picture, &Limits::default());
    }
}
