//! Hostile inputs of `verify` and `decode`: each ends soon, with its exit code, and without a fault
//! of the program.

use std::fs::File;

use gdhcn_credential::hcert::{self, base45};
use gdhcn_envelope::inflate;

use crate::forge::{Country, GOOD};
use crate::program::{GDHCN, Place};

/// What both commands say of an input.
fn judged(place: &Place, input: &str, verify: i32, decode: i32) {
    for (command, code) in [("verify", verify), ("decode", decode)] {
        let run = place.run(&[command, input]);
        let _ = if code == 66 { run.fault(66) } else { run.done(code) };
    }
}

#[test]
fn a_file_beyond_the_limit_is_refused_unread() {
    let place = Place::new();
    // Forty megabytes without a byte on the disk.
    File::create(place.path("big.bin")).unwrap().set_len(40 << 20).unwrap();
    judged(&place, "big.bin", 66, 66);
    let run = place.run(&["verify", "big.bin"]).fault(66);
    assert!(run.stderr.contains("big.bin: larger than 32 MiB"), "{}", run.stderr);
}

#[cfg(unix)]
#[test]
fn a_file_without_end_is_refused() {
    judged(&Place::new(), "/dev/zero", 66, 66);
}

#[test]
fn standard_input_beyond_the_limit_is_refused() {
    let place = Place::new();
    place.run_with_input(&["verify", "-"], &vec![b'A'; 40 << 20]).fault(66);
}

#[test]
fn binary_garbage_is_no_picture() {
    let place = Place::new();
    let garbage: Vec<u8> =
        (0..60_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    place.write("garbage.bin", &garbage);
    place.write("almost.png", [b"\x89PNG\r\n\x1a\n".as_slice(), &garbage].concat());
    place.write("almost.jpg", [b"\xff\xd8\xff\xe0".as_slice(), &garbage].concat());
    for input in ["garbage.bin", "almost.png", "almost.jpg"] {
        judged(&place, input, 66, 66);
    }
}

#[test]
fn a_truncated_picture_is_damaged_and_not_without_a_code() {
    let place = Place::with_demo();
    let png = place.read("demo/xxa/dcc.png");
    for length in [9, 40, png.len() / 2, png.len() - 20] {
        place.write("cut.png", &png[..length]);
        judged(&place, "cut.png", 66, 66);
    }
    // What remains of a short WebP file may be valid UTF-8, and is a picture all the same.
    for rest in [&b"RIFF\0\0\0\0WEBPVP8 "[..], b"RIFF\x10\0\0\0WEBP"] {
        place.write("cut.webp", rest);
        judged(&place, "cut.webp", 66, 66);
    }
}

#[test]
fn a_picture_that_claims_to_be_enormous_is_refused_by_its_header() {
    let place = Place::new();
    let mut header = b"IHDR\0\0\xff\xff\0\0\xff\xff\x08\x06\0\0\0".to_vec();
    let crc = crc32(&header);
    header.extend(crc.to_be_bytes());
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
    png.extend(header);
    // Data that would go on for long: zeros pack to a thousandth.
    let packed = inflate::deflate(&vec![0; 4 << 20]);
    let mut data = b"IDAT".to_vec();
    data.extend(packed);
    png.extend((data.len() as u32 - 4).to_be_bytes());
    let crc = crc32(&data);
    png.extend(data);
    png.extend(crc.to_be_bytes());
    place.write("bomb.png", png);
    judged(&place, "bomb.png", 66, 66);
    #[cfg(target_os = "linux")]
    assert_eq!(within_memory(&place, "verify bomb.png"), 66);
}

#[test]
fn a_code_that_unpacks_beyond_the_limit_is_not_accepted() {
    let place = Place::new();
    let bomb = |size| format!("HC1:{}", base45::encode(&inflate::deflate(&vec![0_u8; size])));
    for size in [64 * 1024 + 1, 8 << 20] {
        place.write("bomb.txt", bomb(size));
        judged(&place, "bomb.txt", 1, 1);
        #[cfg(target_os = "linux")]
        assert_eq!(within_memory(&place, "verify bomb.txt"), 1);
    }
}

#[test]
fn deep_and_wide_cbor_is_not_accepted() {
    let place = Place::new();
    let country = Country::new("XXA");
    place.write("dsc.pem", country.dsc_pem());
    let nested = |byte: u8, depth| [vec![byte; depth], vec![0]].concat();
    let payloads = [
        nested(0x81, 33),
        nested(0x81, 60_000),
        nested(0xc1, 60_000),
        nested(0x9f, 60_000),
        // Lengths that nothing stands behind.
        b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff".to_vec(),
        b"\xbb\x7f\xff\xff\xff\xff\xff\xff\xff".to_vec(),
        b"\x5b\x00\x00\x00\xff\xff\xff\xff\xff".to_vec(),
        // More items than any document has.
        [b"\x99\xea\x60".to_vec(), vec![0; 60_000]].concat(),
    ];
    for payload in payloads {
        // As the message itself, and as what a genuine signature stands for.
        for text in [hcert::close(&payload), country.sign(&payload)] {
            place.write("code.txt", text);
            // That it cannot be read outweighs that its key is unknown.
            judged(&place, "code.txt", 1, 1);
            let call = ["verify", "code.txt", "--trust", "dsc.pem", "--at", GOOD];
            place.run(&call).done(1);
        }
    }
}

#[test]
fn a_text_longer_than_any_code_is_not_accepted() {
    let place = Place::new();
    for size in [20_000, 31 << 20] {
        place.write("long.txt", format!("HC1:{}", "A".repeat(size)));
        judged(&place, "long.txt", 1, 1);
    }
}

#[test]
fn an_argument_longer_than_a_path_may_be_is_not_repeated() {
    let place = Place::new();
    let run = place.run(&["verify", &"x/".repeat(20_000)]).fault(66);
    assert!(run.stderr.len() < 400, "{} bytes", run.stderr.len());
}

#[test]
fn a_code_in_place_of_a_file_is_not_repeated_when_it_cannot_be_read() {
    let place = Place::with_demo();
    // A slip of the pen in the prefix makes it no code.
    let slip = place.text("demo/xxa/dcc.txt").replacen("HC1:", "H1:", 1);
    let run = place.run(&["verify", &slip]).fault(66);
    assert!(!run.stderr.contains(&slip[..60]), "{}", run.stderr);
}

/// The exit code when the program may use no more than 400 MB of address space.
#[cfg(target_os = "linux")]
fn within_memory(place: &Place, arguments: &str) -> i32 {
    place.shell(&format!("ulimit -v 400000; exec {GDHCN} {arguments}")).code
}

/// The checksum of PNG chunks (ISO 3309).
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

/// A full disk is a fault with a message; a reader that has gone is none.
#[cfg(target_os = "linux")]
#[test]
fn an_answer_that_cannot_be_written_is_a_fault_and_no_panic() {
    let place = Place::with_demo();
    let trust = "--trust demo/xxb/trust-list-1.json --trust-anchor demo/operator/trust-anchor.pem";
    for (call, code) in [
        (format!("verify demo/xxa/dcc.txt {trust}"), 0),
        (format!("verify demo/xxa/dcc.txt {trust} --language fr"), 0),
        (format!("verify demo/xxa/dcc.txt {trust} --json"), 0),
        (format!("verify demo/xxa/dcc.txt {trust} --csv"), 0),
        ("decode demo/xxa/dcc.txt".to_owned(), 0),
        ("trust list demo/xxa/dsc.pem".to_owned(), 0),
        ("trust import demo/xxa/dsc.pem --store st".to_owned(), 0),
        ("trust export out.trust --store st".to_owned(), 0),
        ("trust diff demo/xxa/dsc.pem demo/xxa/sca.pem".to_owned(), 1),
    ] {
        let line = |rest: &str| format!("{} {call} {rest}", GDHCN);
        let run = place.shell(&line(">/dev/full"));
        assert_eq!(run.code, 70, "{call}: {}", run.stderr);
        assert!(run.stderr.starts_with("error: ") && run.stderr.lines().count() == 1, "{call}");
        let run = place.shell(&format!("({}; echo $? >code) | true", line("")));
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{call}");
        assert_eq!(place.text("code").trim(), code.to_string(), "{call}");
    }
}

/// A document with one page that draws `content`.
fn pdf(content: &str) -> Vec<u8> {
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Count 1 /Kids [3 0 R] >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents 4 0 R >>".to_owned(),
        format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()),
    ];
    let mut file = "%PDF-1.7\n".to_owned();
    for (number, object) in (1..).zip(objects) {
        file += &format!("{number} 0 obj\n{object}\nendobj\n");
    }
    // Without a table of objects readers look for them.
    (file + "trailer << /Root 1 0 R /Size 5 >>\n%%EOF\n").into_bytes()
}

/// The rectangles of a drawing by `qrencode` or its like: a path of modules in an SVG.
fn modules(svg: &str) -> String {
    let path = svg.split(" d=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let size: f32 =
        svg.split("viewBox=\"0 0 ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    let module = 180.0 / size;
    let mut content = "0 g\n".to_owned();
    for run in path.split('M').skip(1) {
        let numbers: Vec<f32> = run
            .split(|c: char| !c.is_ascii_digit() && c != '.')
            .filter_map(|number| number.parse().ok())
            .collect();
        let [column, row, width, ..] = numbers[..] else { panic!("{run}") };
        let (x, y) = (10.0 + column * module, 190.0 - (row + 1.0) * module);
        content += &format!("{x:.3} {y:.3} {:.3} {module:.3} re\n", width * module);
    }
    content + "f"
}

#[test]
fn a_pdf_document_is_read_and_a_hostile_one_does_no_harm() {
    let place = Place::with_demo();
    place.write("paper.pdf", pdf(&modules(&place.text("demo/xxa/dcc.svg"))));
    place.verify_as_xxb(&["paper.pdf"]).done(0);
    place.write("folder/paper.pdf", place.read("paper.pdf"));
    let rows = place.verify_as_xxb(&["folder", "--csv"]).stdout;
    assert!(rows.contains("folder/paper.pdf,accepted"), "{rows}");

    place.write("blank.pdf", pdf("0 g"));
    place.verify_as_xxb(&["blank.pdf"]).done(2);
    place.write("broken.pdf", b"%PDF-1.7\n1 0 obj\n<<");
    let run = place.verify_as_xxb(&["broken.pdf"]).fault(66);
    assert!(run.stderr.contains("PDF document cannot be read"), "{}", run.stderr);
    // Ever deeper states, and a page of more than all the paper there is.
    for (name, hostile) in
        [("deep.pdf", "q ".repeat(3_000_000)), ("many.pdf", "0 0 200 200 re f ".repeat(20_000))]
    {
        place.write(name, pdf(&hostile));
        let run = place.verify_as_xxb(&[name]);
        assert!([2, 66].contains(&run.code), "{name}: {} {}", run.code, run.stderr);
    }
    let huge = String::from_utf8(pdf("0 g")).unwrap().replace("0 0 200 200", "0 0 9e30 9e30");
    place.write("huge.pdf", huge);
    let run = place.verify_as_xxb(&["huge.pdf"]);
    assert!([2, 66].contains(&run.code), "{} {}", run.code, run.stderr);
}
