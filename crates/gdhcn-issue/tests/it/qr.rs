//! QR codes against a second encoder and a reader.

use std::fs;

use gdhcn_issue::qr::{
    ErrorCorrection, Label, Options, QUIET_ZONE, QrCode, TerminalStyle, capacity,
};
use gdhcn_scan::{Effort, Limits, Symbology, decode_luma, read_picture};
use gdhcn_testkit::corpus;
use proptest::prelude::*;
use qrcodegen::{Mask, QrCodeEcc, QrSegment, Version};
use serde_json::Value;

const LEVELS: [ErrorCorrection; 4] = [
    ErrorCorrection::Low,
    ErrorCorrection::Medium,
    ErrorCorrection::Quartile,
    ErrorCorrection::High,
];

/// A text that looks like a certificate's, of any length.
fn text(characters: usize) -> String {
    const ALPHABET: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    let mut state = 1_u64;
    let letters = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        char::from(ALPHABET[(state >> 33) as usize % ALPHABET.len()])
    });
    "HC1:".chars().chain(letters).take(characters).collect()
}

fn exactly(level: ErrorCorrection) -> Options {
    let mut options = Options::default();
    options.level = level;
    options.lowest_level = level;
    options
}

/// Whether the second encoder draws the same modules with one of the eight masks.
fn agrees_with_the_second_encoder(code: &QrCode, text: &str) -> bool {
    let level = match code.level() {
        ErrorCorrection::Low => QrCodeEcc::Low,
        ErrorCorrection::Medium => QrCodeEcc::Medium,
        ErrorCorrection::Quartile => QrCodeEcc::Quartile,
        ErrorCorrection::High => QrCodeEcc::High,
    };
    let segment = [QrSegment::make_alphanumeric(text)];
    let smallest = qrcodegen::QrCode::encode_segments_advanced(
        &segment,
        level,
        Version::MIN,
        Version::MAX,
        Some(Mask::new(0)),
        false,
    )
    .unwrap();
    assert_eq!(smallest.version().value(), code.version(), "{} characters", text.len());
    (0..8).any(|mask| {
        let version = smallest.version();
        let other = qrcodegen::QrCode::encode_segments_advanced(
            &segment,
            level,
            version,
            version,
            Some(Mask::new(mask)),
            false,
        )
        .unwrap();
        let side = code.side();
        assert_eq!(other.size(), side as i32);
        (0..side)
            .all(|y| (0..side).all(|x| code.is_dark(x, y) == other.get_module(x as i32, y as i32)))
    })
}

#[test]
fn every_version_and_level_agrees_with_the_second_encoder_at_its_capacity() {
    for level in LEVELS {
        for version in 1..=40 {
            let full = text(capacity(version, level).unwrap());
            let code = QrCode::encode(&full, &exactly(level)).unwrap();
            assert_eq!((code.version(), code.level()), (version, level));
            assert!(agrees_with_the_second_encoder(&code, &full), "{version}{}", level.letter());
        }
    }
}

#[test]
fn one_character_more_than_the_capacity_needs_the_next_version() {
    for level in LEVELS {
        for version in 1..40 {
            let more = text(capacity(version, level).unwrap() + 1);
            assert_eq!(QrCode::encode(&more, &exactly(level)).unwrap().version(), version + 1);
        }
    }
}

#[test]
fn published_certificate_texts_survive_a_picture() {
    let Some(root) = corpus("dgc-testdata") else { return };
    let listed: Value =
        serde_json::from_slice(&fs::read(root.join("pictures.json")).unwrap()).unwrap();
    let texts = listed.as_array().unwrap().iter().filter_map(|picture| {
        let text = picture["codes"].get(0)?["text"].as_str()?;
        text.starts_with("HC1:").then_some(text)
    });
    let (mut read, mut longest) = (0, 0);
    // Every seventh is enough to meet all sizes.
    for text in texts.step_by(7) {
        let code = QrCode::encode(text, &Options::default()).unwrap();
        assert_eq!(code.level(), ErrorCorrection::Quartile);
        let codes = read_picture(&code.png(3).unwrap(), &Limits::default()).unwrap();
        assert_eq!(codes.len(), 1);
        assert_eq!((codes[0].text.as_str(), codes[0].symbology), (text, Symbology::Qr));
        read += 1;
        longest = longest.max(text.len());
    }
    println!("{read} certificate texts read back, the longest of {longest} characters");
    assert!(read >= 60, "the corpus has shrunk to {read}");
}

#[test]
fn the_largest_code_is_read_back() {
    let longest = text(4_296);
    let code = QrCode::encode(&longest, &Options::default()).unwrap();
    let codes = read_picture(&code.png(4).unwrap(), &Limits::default()).unwrap();
    assert_eq!(codes[0].text, longest);
}

#[test]
fn a_picture_for_print_is_read_back() {
    let text = text(604);
    let code = QrCode::encode(&text, &Options::default()).unwrap();
    for dpi in [203, 300, 600] {
        let codes = read_picture(&code.png_for_print(0.5, dpi).unwrap(), &Limits::default());
        assert_eq!(codes.unwrap()[0].text, text);
    }
}

#[test]
fn the_picture_is_black_on_white_with_a_quiet_zone_and_whole_pixels() {
    let code = QrCode::encode("HC1:ABC", &Options::default()).unwrap();
    let scale = 5;
    let file = code.png(scale).unwrap();
    let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
    let mut packed = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut packed).unwrap();
    assert_eq!(info.width, code.side_with_quiet_zone() * scale);
    assert_eq!((info.bit_depth, info.color_type), (png::BitDepth::One, png::ColorType::Grayscale));
    for y in 0..info.height {
        for x in 0..info.width {
            let byte = packed[y as usize * info.line_size + x as usize / 8];
            let dark = byte & (0x80 >> (x % 8)) == 0;
            let module = |position: u32| (position / scale).wrapping_sub(QUIET_ZONE);
            assert_eq!(dark, code.is_dark(module(x), module(y)), "{x} {y}");
        }
    }
}

/// Grey values from rows of characters, `dark` telling what each half of a character shows.
fn luma_of(lines: &str, inked_is_dark: bool) -> (Vec<u8>, u32, u32) {
    let lines: Vec<Vec<char>> = lines.lines().map(|line| line.chars().collect()).collect();
    let scale = 4;
    let mut pixels = Vec::new();
    for line in &lines {
        for upper in [true, false] {
            let row: Vec<u8> = line
                .iter()
                .flat_map(|character| {
                    let inked = match character {
                        '█' => true,
                        '▀' => upper,
                        '▄' => !upper,
                        ' ' => false,
                        other => panic!("{other:?}"),
                    };
                    [if inked == inked_is_dark { 0 } else { 255 }; 4]
                })
                .collect();
            (0..scale).for_each(|_| pixels.extend_from_slice(&row));
        }
    }
    (pixels, lines[0].len() as u32 * scale, lines.len() as u32 * 2 * scale)
}

#[test]
fn the_code_in_the_terminal_is_read_on_every_ground() {
    let text = text(300);
    let code = QrCode::encode(&text, &Options::default()).unwrap();
    let ansi = code.terminal(TerminalStyle::Ansi);
    let (start, end) = ("\u{1b}[38;5;16;48;5;231m", "\u{1b}[0m");
    assert!(ansi.lines().all(|line| line.starts_with(start) && line.ends_with(end)));
    let stripped = ansi.replace(start, "").replace(end, "");
    for (drawn, inked_is_dark) in [
        (stripped, true),
        (code.terminal(TerminalStyle::PlainOnLight), true),
        (code.terminal(TerminalStyle::PlainOnDark), false),
    ] {
        let widths = drawn.lines().map(|line| line.chars().count());
        assert!(widths.into_iter().all(|width| width == code.side_with_quiet_zone() as usize));
        let (pixels, width, height) = luma_of(&drawn, inked_is_dark);
        // One view and no negative: the colours themselves must be right.
        let codes = decode_luma(&pixels, width, height, Effort::Frame, &Limits::default());
        assert_eq!(codes.unwrap()[0].text, text);
    }
}

#[test]
fn the_svg_draws_the_same_modules() {
    let code = QrCode::encode(&text(200), &Options::default()).unwrap();
    let svg = code.svg(&Label::default());
    let path = svg.split(" d=\"").nth(1).unwrap().split('"').next().unwrap();
    let mut drawn = vec![vec![false; code.side_with_quiet_zone() as usize]; code.rows().count()];
    for run in path.split('z').filter(|run| !run.is_empty()) {
        let numbers: Vec<usize> = run
            .split(|c: char| !c.is_ascii_digit())
            .filter_map(|number| number.parse().ok())
            .collect();
        let [x, y, length, 1, back] = numbers[..] else { panic!("{run}") };
        assert_eq!(length, back);
        drawn[y][x..x + length].fill(true);
    }
    assert_eq!(drawn, code.rows().collect::<Vec<_>>());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_of_the_mode_is_encoded_like_the_second_encoder(
        text in "[0-9A-Z $%*+./:-]{1,700}",
    ) {
        let code = QrCode::encode(&text, &Options::default()).unwrap();
        prop_assert!(agrees_with_the_second_encoder(&code, &text));
    }

    #[test]
    fn any_text_is_encoded_or_refused(text in any::<String>()) {
        let alphanumeric = QrSegment::is_alphanumeric(&text) && !text.is_empty();
        prop_assert_eq!(QrCode::encode(&text, &Options::default()).is_ok(), alphanumeric);
    }
}
