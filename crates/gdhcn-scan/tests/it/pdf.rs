//! Codes on the pages of PDF documents that are written here.

use gdhcn_scan::{Limits, ScanError, is_pdf, read_pdf};
use qrcodegen::{QrCode, QrCodeEcc};

const TEXT: &str = "HC1:A CODE ON PAPER";

/// A document with one page for each content; `more` are further objects, numbered from 100.
fn document(contents: &[String], page: &str, more: &[(u32, Vec<u8>)]) -> Vec<u8> {
    let mut objects: Vec<(u32, Vec<u8>)> = Vec::new();
    let kids: Vec<String> = (0..contents.len()).map(|n| format!("{} 0 R", 10 + 2 * n)).collect();
    objects.push((1, b"<< /Type /Catalog /Pages 2 0 R >>".to_vec()));
    let pages = format!("<< /Type /Pages /Count {} /Kids [{}] >>", kids.len(), kids.join(" "));
    objects.push((2, pages.into_bytes()));
    for (n, content) in (0_u32..).zip(contents) {
        let (page_number, number) = (10 + 2 * n, 11 + 2 * n);
        let text = format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {number} 0 R {page} >>"
        );
        objects.push((page_number, text.into_bytes()));
        objects.push((number, stream("", content.as_bytes())));
    }
    objects.extend_from_slice(more);
    let mut file = b"%PDF-1.7\n".to_vec();
    let mut places = Vec::new();
    for (number, object) in &objects {
        places.push((*number, file.len()));
        file.extend_from_slice(format!("{number} 0 obj\n").as_bytes());
        file.extend_from_slice(object);
        file.extend_from_slice(b"\nendobj\n");
    }
    let table = file.len();
    file.extend_from_slice(b"xref\n0 1\n0000000000 65535 f \n");
    for (number, place) in places {
        file.extend_from_slice(format!("{number} 1\n{place:010} 00000 n \n").as_bytes());
    }
    file.extend_from_slice(
        format!("trailer << /Root 1 0 R /Size 1000 >>\nstartxref\n{table}\n%%EOF\n").as_bytes(),
    );
    file
}

fn stream(entries: &str, bytes: &[u8]) -> Vec<u8> {
    let head = format!("<< /Length {} {entries} >>\nstream\n", bytes.len());
    [head.as_bytes(), bytes, b"\nendstream"].concat()
}

fn qr(text: &str) -> QrCode {
    QrCode::encode_text(text, QrCodeEcc::Medium).unwrap()
}

/// The code drawn by rectangles, `side` points wide, its corner at `x` and `y`.
fn rectangles(code: &QrCode, side: f32, x: f32, y: f32) -> String {
    let module = side / code.size() as f32;
    let mut content = "0 g\n".to_owned();
    for row in 0..code.size() {
        for column in 0..code.size() {
            if code.get_module(column, row) {
                let (left, bottom) =
                    (x + column as f32 * module, y + side - (row + 1) as f32 * module);
                content += &format!("{left:.3} {bottom:.3} {module:.3} {module:.3} re\n");
            }
        }
    }
    content + "f\n"
}

/// The code as a picture of one byte a module.
fn picture(code: &QrCode) -> Vec<u8> {
    let size = code.size();
    let pixels: Vec<u8> = (0..size * size)
        .map(|at| if code.get_module(at % size, at / size) { 0 } else { 255 })
        .collect();
    let entries = format!(
        "/Type /XObject /Subtype /Image /Width {size} /Height {size} /ColorSpace /DeviceGray \
         /BitsPerComponent 8"
    );
    stream(&entries, &pixels)
}

fn texts(file: &[u8]) -> Vec<String> {
    let codes = read_pdf(file, &Limits::default()).unwrap();
    codes.into_iter().map(|code| code.text).collect()
}

#[test]
fn a_code_made_of_rectangles_is_read() {
    let content = rectangles(&qr(TEXT), 150.0, 100.0, 500.0);
    for page in ["", "/Rotate 90", "/UserUnit 2"] {
        let file = document(std::slice::from_ref(&content), page, &[]);
        assert!(is_pdf(&file));
        assert_eq!(texts(&file), [TEXT], "{page}");
    }
}

#[test]
fn a_code_that_is_a_picture_is_read() {
    let content = "q 120 0 0 120 300 400 cm /Code Do Q".to_owned();
    let resources = "/Resources << /XObject << /Code 100 0 R >> >>";
    let file = document(&[content], resources, &[(100, picture(&qr(TEXT)))]);
    assert_eq!(texts(&file), [TEXT]);
}

#[test]
fn small_and_dense_codes_and_several_pages_are_read_in_order() {
    let dense = "A".repeat(900);
    let pages = [
        rectangles(&qr("first"), 60.0, 60.0, 700.0) + &rectangles(&qr("second"), 60.0, 300.0, 60.0),
        "0 g".to_owned(),
        rectangles(&qr(&dense), 130.0, 200.0, 200.0),
    ];
    assert_eq!(texts(&document(&pages, "", &[])), ["first", "second", &dense]);
}

#[test]
fn documents_without_code_and_such_as_are_none_are_told_apart() {
    let blank = document(&["0 g".to_owned()], "", &[]);
    let limits = Limits::default();
    assert!(matches!(read_pdf(&blank, &limits), Err(ScanError::NoCode { .. })));
    for broken in [&b"%PDF-1.7"[..], b"", b"%PDF-1.7\n1 0 obj\n<<", &blank[..40]] {
        let error = read_pdf(broken, &limits).unwrap_err();
        assert!(matches!(error, ScanError::Damaged { format: "PDF", .. }), "{error}");
    }
    assert!(!is_pdf(b"HC1:%PDX-"));

    let many = document(&vec!["0 g".to_owned(); 21], "", &[]);
    let error = read_pdf(&many, &limits).unwrap_err();
    assert!(matches!(error, ScanError::TooManyPages { found: 21, limit: 20 }), "{error}");
    let mut small = Limits::default();
    small.max_bytes = 100;
    assert!(matches!(read_pdf(&blank, &small), Err(ScanError::FileTooLarge { .. })));
}
