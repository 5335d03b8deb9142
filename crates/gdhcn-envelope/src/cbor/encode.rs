use super::Value;

impl Value<'_> {
    /// The core deterministic encoding (RFC 8949, 4.2.1): shortest forms, definite lengths, map
    /// entries sorted by the bytes of their keys.
    pub fn to_vec(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Unsigned(n) => write_head(out, 0, *n),
            Self::Negative(n) => write_head(out, 1, *n),
            Self::Bytes(bytes) => {
                bytes_head(out, bytes.len());
                out.extend_from_slice(bytes);
            }
            Self::Text(text) => {
                write_head(out, 3, text.len() as u64);
                out.extend_from_slice(text.as_bytes());
            }
            Self::Array(elements) => {
                write_head(out, 4, elements.len() as u64);
                for element in elements {
                    element.write(out);
                }
            }
            Self::Map(map) => {
                let mut encoded: Vec<_> =
                    map.entries().iter().map(|(key, value)| (key.to_vec(), value)).collect();
                encoded.sort_by(|a, b| a.0.cmp(&b.0));
                write_head(out, 5, encoded.len() as u64);
                for (key, value) in encoded {
                    out.extend_from_slice(&key);
                    value.write(out);
                }
            }
            Self::Tag(tag, value) => {
                write_head(out, 6, *tag);
                value.write(out);
            }
            Self::Bool(false) => out.push(0xf4),
            Self::Bool(true) => out.push(0xf5),
            Self::Null => out.push(0xf6),
            Self::Undefined => out.push(0xf7),
            Self::Simple(value @ 0..24) => out.push(0xe0 | value),
            Self::Simple(value) => out.extend([0xf8, *value]),
            Self::Float(value) => write_float(out, *value),
        }
    }
}

/// Writes the head of an item: major type and argument in the shortest form (RFC 8949, 3).
#[expect(clippy::cast_possible_truncation, reason = "each arm's range fits its width")]
pub fn write_head(out: &mut Vec<u8>, major: u8, argument: u64) {
    let major = major << 5;
    match argument {
        0..24 => out.push(major | argument as u8),
        24..=0xff => out.extend([major | 24, argument as u8]),
        0x100..=0xffff => {
            out.push(major | 25);
            out.extend((argument as u16).to_be_bytes());
        }
        0x1_0000..=0xffff_ffff => {
            out.push(major | 26);
            out.extend((argument as u32).to_be_bytes());
        }
        _ => {
            out.push(major | 27);
            out.extend(argument.to_be_bytes());
        }
    }
}

/// Writes the head of a byte string of this length.
pub fn bytes_head(out: &mut Vec<u8>, length: usize) {
    write_head(out, 2, length as u64);
}

/// The shortest float that keeps the value; every NaN becomes the quiet one of 16 bits.
fn write_float(out: &mut Vec<u8>, value: f64) {
    if value.is_nan() {
        out.extend([0xf9, 0x7e, 0x00]);
        return;
    }
    #[expect(clippy::cast_possible_truncation, reason = "compared with the original below")]
    let single = value as f32;
    if f64::from(single).to_bits() != value.to_bits() {
        out.push(0xfb);
        out.extend(value.to_be_bytes());
    } else if let Some(half) = half_bits(single) {
        out.push(0xf9);
        out.extend(half.to_be_bytes());
    } else {
        out.push(0xfa);
        out.extend(single.to_be_bytes());
    }
}

/// The bits of the IEEE 754 half-precision float equal to `value`, if there is one (not for NaN).
fn half_bits(value: f32) -> Option<u16> {
    let bits = value.to_bits();
    let sign = u16::try_from(bits >> 16 & 0x8000).ok()?;
    let exponent = (bits >> 23 & 0xff).cast_signed() - 127;
    let mantissa = bits & 0x007f_ffff;
    let half = match exponent {
        -127 if mantissa == 0 => 0,
        128 => 0x7c00,
        -14..=15 if mantissa & 0x1fff == 0 => {
            ((exponent + 15).cast_unsigned() << 10) | mantissa >> 13
        }
        -24..=-15 => {
            // Subnormal: the leading one becomes part of the mantissa.
            let full = mantissa | 0x0080_0000;
            let shift = (-1 - exponent).cast_unsigned();
            if full & ((1 << shift) - 1) != 0 {
                return None;
            }
            full >> shift
        }
        _ => return None,
    };
    Some(sign | u16::try_from(half).ok()?)
}
