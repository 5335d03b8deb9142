//! More than one code, and codes that hold something else than a certificate.

use gdhcn_scan::{Effort, Symbology};
use image::{GrayImage, Luma, imageops};
use qrcodegen::QrSegment;

use crate::drawing::*;

fn texts(picture: &GrayImage) -> Vec<String> {
    read(picture, Effort::Picture).unwrap().into_iter().map(|code| code.text).collect()
}

#[test]
fn all_codes_of_a_page_are_read_from_top_to_bottom() {
    let mut page = GrayImage::from_pixel(1_600, 2_200, Luma([255]));
    let mut expected = Vec::new();
    for (row, column) in (0..3).flat_map(|row| (0..2).map(move |column| (row, column))) {
        let text = certificate_text(300 + 10 * (row * 2 + column));
        let place = |position: usize| (40 + position * 700) as i64;
        imageops::replace(&mut page, &draw(&text, 5), place(column), place(row));
        expected.push(text);
    }
    assert_eq!(texts(&page), expected);
}

#[test]
fn a_dense_code_beside_a_coarse_one_on_a_large_scan_is_read_too() {
    let (coarse, dense) = ("HTTPS://EXAMPLE.ORG/APP", certificate_text(900));
    // A page at 300 dpi. The first, smaller view shows only the coarse code.
    let mut page = GrayImage::from_pixel(2_480, 3_508, Luma([255]));
    imageops::replace(&mut page, &draw(coarse, 12), 100, 100);
    imageops::replace(&mut page, &draw(&dense, 3), 1_500, 2_000);
    assert_eq!(texts(&page), [coarse.to_owned(), dense]);
}

#[test]
fn the_same_code_twice_counts_once() {
    let text = certificate_text(200);
    let code = draw(&text, 4);
    let mut page = GrayImage::from_pixel(1_000, 500, Luma([255]));
    imageops::replace(&mut page, &code, 0, 0);
    imageops::replace(&mut page, &code, 500, 0);
    assert_eq!(texts(&page), [text]);
}

#[test]
fn binary_content_is_given_as_bytes() {
    let content: Vec<u8> = (0..=255).collect();
    let picture = draw_segments(&[QrSegment::make_bytes(&content)], 4);
    let code = read(&picture, Effort::Picture).unwrap().remove(0);
    assert_eq!((code.bytes, code.symbology), (content, Symbology::Qr));
}

#[test]
fn text_without_a_declared_encoding_is_taken_for_utf_8() {
    for text in ["https://example.org/é", "Ωμέγα", "日本語", "plain", "shc:/5676290952432060346029"]
    {
        let code = read(&draw(text, 5), Effort::Picture).unwrap().remove(0);
        assert_eq!((code.text.as_str(), code.bytes.as_slice()), (text, text.as_bytes()));
    }
}

#[test]
fn mixed_modes_are_joined() {
    let segments = [
        QrSegment::make_alphanumeric("HC1:"),
        QrSegment::make_numeric("0123456789"),
        QrSegment::make_bytes("é%20".as_bytes()),
    ];
    let code = read(&draw_segments(&segments, 5), Effort::Picture).unwrap().remove(0);
    assert_eq!(code.text, "HC1:0123456789é%20");
}

#[test]
fn blanks_at_the_ends_are_kept() {
    let text = " HC1: ";
    assert_eq!(texts(&draw(text, 5)), [text]);
}

/// B9: bars are not looked for, beside a code or alone: parts of a dense code look like some.
#[test]
fn b9_a_barcode_is_none_of_the_codes() {
    // EAN-13 4006381333931 as dark and light modules.
    const BARS: &str = "1010001101010011101011110111101000100101100110101010000101000010100001\
                        0111010010000101100110101";
    let bars: Vec<bool> = BARS.chars().map(|module| module == '1').collect();
    assert_eq!(bars.len(), 95);
    let mut page = GrayImage::from_pixel(900, 900, Luma([255]));
    for (module, dark) in (0..).zip(&bars) {
        for (x, y) in (0..6).flat_map(|x| (0..200).map(move |y| (x, y))).filter(|_| *dark) {
            page.put_pixel(100 + module * 6 + x, 650 + y, Luma([0]));
        }
    }
    assert!(read(&page, Effort::Picture).is_err());
    let text = certificate_text(300);
    imageops::replace(&mut page, &draw(&text, 5), 200, 40);
    assert_eq!(texts(&page), [text]);
}
