/// Why there are no codes.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScanError {
    /// The picture was read, but no code in it.
    #[error(
        "no readable QR or Aztec code in the picture of {width} x {height} pixels; try it \
         sharper, larger, evenly lit and with the white border of the code"
    )]
    NoCode {
        /// Width of the picture in pixels.
        width: u32,
        /// Height of the picture in pixels.
        height: u32,
    },
    /// The file is larger than the limit.
    #[error("the picture file has {found} bytes, more than the {limit} that are allowed")]
    FileTooLarge {
        /// Bytes given.
        found: usize,
        /// [`Limits::max_bytes`](crate::Limits::max_bytes).
        limit: usize,
    },
    /// The document has more pages than the limit.
    #[error(
        "the document has {found} pages, more than the {limit} that are looked at; hand over the page with the code"
    )]
    TooManyPages {
        /// Pages of the document.
        found: usize,
        /// [`Limits::max_pages`](crate::Limits::max_pages).
        limit: usize,
    },
    /// The picture has more pixels than the limit, or none.
    #[error(
        "the picture has {width} x {height} pixels; between one and {limit} pixels are allowed"
    )]
    Dimensions {
        /// Width that the file states.
        width: u32,
        /// Height that the file states.
        height: u32,
        /// [`Limits::max_pixels`](crate::Limits::max_pixels).
        limit: u64,
    },
    /// To decode the picture would take more memory than the limit.
    #[error("decoding the picture would take more than the {limit} bytes of memory allowed")]
    Memory {
        /// [`Limits::max_memory`](crate::Limits::max_memory).
        limit: u64,
    },
    /// Not a PNG, JPEG or WebP file.
    #[error("{} not a PNG, JPEG or WebP picture{}", found_is(.found), .found.map_or("", |_| "; save it as one of these"))]
    UnsupportedFormat {
        /// The kind of file by its first bytes, where it is a known one.
        found: Option<&'static str>,
    },
    /// The picture file is damaged.
    #[error("the {format} {}: {reason}", if *.format == "PDF" { "document cannot be read" } else { "picture is damaged" })]
    Damaged {
        /// `PNG`, `JPEG`, `WebP` or `PDF`.
        format: &'static str,
        /// What the decoder says.
        reason: String,
    },
    /// Grey values do not fill the stated size.
    #[error("{width} x {height} pixels need as many grey values, but {found} were given")]
    PixelCount {
        /// Stated width.
        width: u32,
        /// Stated height.
        height: u32,
        /// Grey values given.
        found: usize,
    },
}

fn found_is(found: &Option<&'static str>) -> String {
    found.map_or_else(|| "this is".to_owned(), |kind| format!("this is {kind},"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_say_what_the_file_is_and_what_to_do() {
        assert_eq!(
            ScanError::UnsupportedFormat { found: Some("a PDF document") }.to_string(),
            "this is a PDF document, not a PNG, JPEG or WebP picture; save it as one of these"
        );
        assert_eq!(
            ScanError::UnsupportedFormat { found: None }.to_string(),
            "this is not a PNG, JPEG or WebP picture"
        );
    }
}
