//! Codes as people hold them: turned, dim, blurred, slanted.

use gdhcn_scan::{Effort, Limits, read_picture};
use image::imageops;

use crate::drawing::*;

const LENGTHS: [usize; 3] = [450, 700, 1_000];

/// How many of the pictures of three code sizes are read after `spoil`.
fn read_of(what: &str, spoil: &[&dyn Fn(&image::GrayImage) -> image::GrayImage]) -> (usize, usize) {
    let mut read = 0;
    for characters in LENGTHS {
        let text = certificate_text(characters);
        let sheet = on_sheet(&draw(&text, 5), 40, 255);
        read += spoil.iter().filter(|spoil| reads_as(&spoil(&sheet), &text)).count();
    }
    println!("{what}: {read} of {} read", spoil.len() * LENGTHS.len());
    (read, spoil.len() * LENGTHS.len())
}

#[test]
fn a_turned_code_is_read_at_every_angle() {
    let mut read = 0;
    for characters in LENGTHS {
        let text = certificate_text(characters);
        let code = draw(&text, 5);
        read +=
            (0..24).filter(|step| reads_as(&rotated(&code, 15.0 * *step as f32), &text)).count();
    }
    println!("turned: {read} of 72 read");
    assert_eq!(read, 72);
}

#[test]
fn a_mirrored_code_is_read() {
    let (read, all) = read_of("mirrored", &[&|sheet| imageops::flip_horizontal(sheet)]);
    assert_eq!(read, all);
}

#[test]
fn an_inverted_code_is_read() {
    let (read, all) = read_of(
        "inverted",
        &[&|sheet| with_contrast(sheet, 255, 0), &|sheet| with_contrast(sheet, 230, 30)],
    );
    assert_eq!(read, all);
}

#[test]
fn a_code_of_little_contrast_is_read() {
    let (read, all) = read_of(
        "little contrast",
        &[
            &|sheet| with_contrast(sheet, 110, 150),
            &|sheet| with_contrast(sheet, 200, 225),
            &|sheet| with_contrast(sheet, 20, 40),
            &|sheet| with_contrast(sheet, 128, 140),
            &|sheet| with_contrast(sheet, 150, 130),
            &|sheet| with_noise(&with_contrast(sheet, 100, 130), 4),
        ],
    );
    assert_eq!(read, all);
}

#[test]
fn a_dim_code_on_a_bright_ground_is_read() {
    let mut read = 0;
    for characters in LENGTHS {
        let text = certificate_text(characters);
        for (dark, light) in [(90, 130), (60, 80), (30, 48)] {
            let dim = with_contrast(&draw(&text, 5), dark, light);
            read += usize::from(reads_as(&on_sheet(&dim, 200, 200), &text));
        }
    }
    println!("dim on bright: {read} of 9 read");
    assert_eq!(read, 9);
}

#[test]
fn a_blurred_code_is_read() {
    let (read, all) = read_of(
        "blurred",
        &[&|sheet| imageops::blur(sheet, 1.0), &|sheet| imageops::blur(sheet, 2.0), &|sheet| {
            imageops::blur(sheet, 2.5)
        }],
    );
    assert_eq!(read, all);
}

#[test]
fn a_noisy_or_shaded_code_is_read() {
    let (read, all) = read_of(
        "noise and shade",
        &[
            &|sheet| with_noise(sheet, 60),
            &|sheet| with_noise(sheet, 100),
            &|sheet| with_shade(sheet, 0.2),
            &|sheet| with_noise(&with_shade(sheet, 0.3), 15),
        ],
    );
    assert_eq!(read, all);
}

#[test]
fn a_slanted_code_is_read() {
    let slant = |strength: f32| {
        move |sheet: &image::GrayImage| {
            seen_through(sheet, sheet.width(), move |x, y| {
                // The upper edge is farther away.
                let near = 1.0 + strength * (1.0 - y);
                ((x - 0.5) * near + 0.5, y + strength * (y - 1.0) * 0.3)
            })
        }
    };
    let (read, all) = read_of("slanted", &[&slant(0.1), &slant(0.2), &slant(0.3)]);
    // The densest code, most slanted, has modules of three pixels at the upper edge.
    assert!(read + 1 >= all);
}

#[test]
fn a_compressed_photograph_is_read() {
    for characters in LENGTHS {
        let text = certificate_text(characters);
        let photograph = with_noise(&rotated(&draw(&text, 5), 8.0), 10);
        for quality in [20, 50, 90] {
            let codes = read_picture(&jpeg(&photograph, quality), &Limits::default());
            assert_eq!(codes.unwrap()[0].text, text, "{characters} characters, quality {quality}");
        }
    }
}

#[test]
fn small_and_large_modules_are_read() {
    let text = certificate_text(600);
    for scale in [1, 2, 3, 10, 20, 40] {
        let code = draw(&text, scale);
        assert!(reads_as(&code, &text), "{scale} pixels for each module");
    }
}

#[test]
fn a_small_code_on_a_large_scan_is_read() {
    let text = certificate_text(600);
    // A page at 300 dpi: 8.7 million pixels, the code 1 inch wide.
    let mut page = image::GrayImage::from_pixel(2_480, 3_508, image::Luma([245]));
    imageops::replace(&mut page, &draw(&text, 3), 1_900, 200);
    assert!(reads_as(&page, &text));
}

#[test]
fn one_view_is_enough_for_a_clear_frame() {
    let text = certificate_text(700);
    let frame = on_sheet(&rotated(&draw(&text, 5), 4.0), 30, 160);
    assert_eq!(read(&frame, Effort::Frame).unwrap()[0].text, text);
}

// B8: dense codes, which many readers do not know.
#[test]
fn the_largest_code_is_read_from_a_clean_picture() {
    let text = certificate_text(3_391);
    let picture = draw(&text, 3);
    assert_eq!(picture.width(), (177 + 8) * 3, "version 40");
    assert!(reads_as(&picture, &text));
}

#[test]
fn a_code_of_version_27_is_read_from_a_frame_of_720_lines() {
    let text = certificate_text(1_600);
    let code = draw(&text, 5);
    assert_eq!(code.width(), (125 + 8) * 5, "version 27");
    let mut frame = image::GrayImage::from_pixel(1280, 720, image::Luma([140]));
    imageops::replace(&mut frame, &code, 300, 20);
    let codes = read(&with_noise(&frame, 10), Effort::Frame).unwrap();
    assert_eq!(codes[0].text, text);
}

#[test]
fn a_webp_picture_is_read() {
    let text = certificate_text(700);
    let codes = read_picture(&webp(&draw(&text, 3)), &Limits::default()).unwrap();
    assert_eq!(codes[0].text, text);
}
