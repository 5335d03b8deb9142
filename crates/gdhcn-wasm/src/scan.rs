//! Codes in camera frames and pictures, as a page has them from its canvas.

use gdhcn_credential::divoc;
use gdhcn_scan::{Effort, Limits, ScanError};
use wasm_bindgen::prelude::*;

/// The texts of all codes in a camera frame of grey values, row by row; none where there is none.
/// Quick, for many frames a second.
///
/// # Errors
///
/// When `grey` does not hold `width` times `height` values, or that is too many.
#[wasm_bindgen(js_name = readFrame)]
pub fn read_frame(grey: &[u8], width: u32, height: u32) -> Result<Vec<String>, JsError> {
    texts(grey, width, height, Effort::Frame)
}

/// The same for a picture, of which there is only one: thorough, and slower.
///
/// # Errors
///
/// Those of `readFrame`.
#[wasm_bindgen(js_name = readPixels)]
pub fn read_pixels(grey: &[u8], width: u32, height: u32) -> Result<Vec<String>, JsError> {
    texts(grey, width, height, Effort::Picture)
}

fn texts(grey: &[u8], width: u32, height: u32, effort: Effort) -> Result<Vec<String>, JsError> {
    match gdhcn_scan::decode_luma(grey, width, height, effort, &Limits::default()) {
        Ok(codes) => Ok(codes.into_iter().map(|c| divoc::text_of_code(c.text, &c.bytes)).collect()),
        Err(ScanError::NoCode { .. }) => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blank_frame_holds_no_code() {
        for read in [read_frame, read_pixels] {
            assert_eq!(read(&[255; 64 * 48], 64, 48).ok(), Some(Vec::new()));
        }
    }
}
