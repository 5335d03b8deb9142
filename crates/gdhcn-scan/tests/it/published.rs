use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use gdhcn_scan::{Effort, Limits, ScanError, Symbology, decode_luma, read_picture};
use gdhcn_testkit::corpus;
use serde_json::Value;

#[test]
fn every_published_picture_gives_the_text_of_its_code() {
    let Some(root) = corpus("dgc-testdata") else { return };
    let listed: Value =
        serde_json::from_slice(&fs::read(root.join("pictures.json")).unwrap()).unwrap();
    let limits = Limits::default();
    let mut read: BTreeMap<String, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    let mut time = Duration::ZERO;
    for picture in listed.as_array().unwrap() {
        let file = picture["file"].as_str().unwrap();
        let codes = picture["codes"].as_array().unwrap();
        let bytes = fs::read(root.join(file)).unwrap();
        let start = Instant::now();
        let result = read_picture(&bytes, &limits);
        time += start.elapsed();
        let Some(expected) = codes.first() else {
            // One byte, no picture.
            assert!(matches!(result, Err(ScanError::UnsupportedFormat { .. })), "{file}");
            continue;
        };
        let symbology = match expected["format"].as_str().unwrap() {
            "QR Code" => Symbology::Qr,
            "Aztec" => Symbology::Aztec,
            other => panic!("{file}: {other}"),
        };
        match result {
            Ok(found)
                if found.len() == 1
                    && found[0].symbology == symbology
                    && Some(found[0].text.as_str()) == expected["text"].as_str() =>
            {
                *read.entry(symbology.to_string()).or_default() += 1;
            }
            other => wrong.push(format!("{file}: {other:?}")),
        }
    }
    println!("read exactly: {read:?}, {:.2} ms mean", time.as_secs_f64() * 1000.0 / 461.0);
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(read, BTreeMap::from([("Aztec code".to_owned(), 4), ("QR code".to_owned(), 456)]));
}

#[test]
fn an_aztec_code_away_from_the_middle_is_read() {
    let Some(root) = corpus("dgc-testdata") else { return };
    let listed: Value =
        serde_json::from_slice(&fs::read(root.join("pictures.json")).unwrap()).unwrap();
    let pictures = listed.as_array().unwrap();
    let aztec: Vec<_> =
        pictures.iter().filter(|picture| picture["codes"][0]["format"] == "Aztec").collect();
    assert_eq!(aztec.len(), 4);
    for picture in aztec {
        let file = picture["file"].as_str().unwrap();
        let code = image::open(root.join(file)).unwrap().into_luma8();
        let (width, height) = code.dimensions();
        let mut sheet = image::GrayImage::from_pixel(width * 2, height * 2, image::Luma([255]));
        image::imageops::replace(&mut sheet, &code, 0, i64::from(height));
        let codes =
            decode_luma(sheet.as_raw(), width * 2, height * 2, Effort::Picture, &Limits::default());
        assert_eq!(Some(codes.unwrap()[0].text.as_str()), picture["codes"][0]["text"].as_str());
    }
}
