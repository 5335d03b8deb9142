use std::borrow::Cow;

use crate::{Limits, ScanError};

/// At least one pixel and no more than the limit.
pub(crate) fn check_size(width: u32, height: u32, limits: &Limits) -> Result<(), ScanError> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 || pixels > limits.max_pixels {
        return Err(ScanError::Dimensions { width, height, limit: limits.max_pixels });
    }
    Ok(())
}

/// Grey values, row by row: 0 is black.
#[derive(Clone, Debug)]
pub(crate) struct Luma<'a> {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Exactly `width * height` values.
    pub(crate) pixels: Cow<'a, [u8]>,
}

impl Luma<'_> {
    pub(crate) fn pixel_count(&self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    /// Each square of `factor` by `factor` pixels becomes one with their mean, which also takes
    /// noise away. Incomplete squares at the right and lower edge are dropped.
    pub(crate) fn shrunk(&self, factor: u32) -> Luma<'static> {
        let factor = factor.max(1);
        let (width, height) = (self.width / factor, self.height / factor);
        let (columns, side) = (width as usize, factor as usize);
        let mut pixels = Vec::with_capacity(columns * height as usize);
        let mut sums = vec![0_u32; columns];
        for rows in self.rows_in_groups_of(side).take(height as usize) {
            sums.fill(0);
            for row in rows.chunks_exact(self.width.max(1) as usize) {
                for (sum, square) in sums.iter_mut().zip(row.chunks_exact(side)) {
                    *sum += square.iter().map(|&value| u32::from(value)).sum::<u32>();
                }
            }
            pixels.extend(sums.iter().map(|sum| (sum / (factor * factor)) as u8));
        }
        Luma { width, height, pixels: Cow::Owned(pixels) }
    }

    /// Twice as wide and high, with means between the pixels: small modules get the size that the
    /// finder needs, and edges their place between two pixels.
    pub(crate) fn doubled(&self) -> Luma<'static> {
        let rows: Vec<Vec<u8>> = self.rows_in_groups_of(1).map(doubled).collect();
        let mut pixels = Vec::with_capacity(self.pixels.len() * 4);
        for (index, row) in rows.iter().enumerate() {
            let next = rows.get(index + 1).unwrap_or(row);
            pixels.extend_from_slice(row);
            pixels.extend(row.iter().zip(next).map(|(&a, &b)| mean(a, b)));
        }
        Luma { width: self.width * 2, height: self.height * 2, pixels: Cow::Owned(pixels) }
    }

    /// The grey values spread over the whole range, so that the darkest and the lightest hundredth
    /// become black and white. `None` when they fill most of the range already or hold no
    /// contrast at all.
    pub(crate) fn stretched(&self) -> Option<Luma<'static>> {
        let mut histogram = [0_u64; 256];
        for &value in self.pixels.iter() {
            if let Some(count) = histogram.get_mut(usize::from(value)) {
                *count += 1;
            }
        }
        let hundredth = self.pixel_count() / 100;
        let low = beyond(hundredth, histogram.iter().enumerate())?;
        let high = beyond(hundredth, histogram.iter().enumerate().rev())?;
        let range = high.checked_sub(low).filter(|range| (2..160).contains(range))?;
        let spread = |value: u8| {
            (u16::from(value.saturating_sub(low).min(range)) * 255 / u16::from(range)) as u8
        };
        Some(Luma {
            width: self.width,
            height: self.height,
            pixels: self.pixels.iter().map(|&value| spread(value)).collect(),
        })
    }

    /// With edges made steeper by what the pixel differs from its surroundings (unsharp mask).
    pub(crate) fn sharpened(&self, radius: u32) -> Luma<'static> {
        let means = self.local_means(radius);
        let sharper = |(&value, &mean): (&u8, &u8)| {
            let (value, mean) = (i32::from(value), i32::from(mean));
            (value + 3 * (value - mean)).clamp(0, 255) as u8
        };
        let pixels = self.pixels.iter().zip(&means).map(sharper).collect();
        Luma { width: self.width, height: self.height, pixels: Cow::Owned(pixels) }
    }

    /// For each pixel the mean of the square that reaches `radius` pixels to every side.
    pub(crate) fn local_means(&self, radius: u32) -> Vec<u8> {
        let across = |row: &[u8]| running_means(row.iter().copied(), row.len(), radius);
        let wide: Vec<u8> = self.rows_in_groups_of(1).flat_map(across).collect();
        let (width, height) = (self.width as usize, self.height as usize);
        let mut means = vec![0; wide.len()];
        for column in 0..width {
            let values = wide.iter().skip(column).step_by(width).copied();
            let down = running_means(values, height, radius);
            for (mean, value) in means.iter_mut().skip(column).step_by(width).zip(down) {
                *mean = value;
            }
        }
        means
    }

    /// The part that begins at `left`, `top`; `None` when it does not lie inside.
    pub(crate) fn cropped(
        &self,
        left: u32,
        top: u32,
        width: u32,
        height: u32,
    ) -> Option<Luma<'static>> {
        let fits = |start: u32, length: u32, whole: u32| {
            start.checked_add(length).is_some_and(|end| end <= whole)
        };
        if !fits(left, width, self.width) || !fits(top, height, self.height) {
            return None;
        }
        let columns = left as usize..(left + width) as usize;
        let rows = self.rows_in_groups_of(1).skip(top as usize).take(height as usize);
        let pixels = rows.filter_map(|row| row.get(columns.clone())).flatten().copied().collect();
        Some(Luma { width, height, pixels: Cow::Owned(pixels) })
    }

    fn rows_in_groups_of(&self, rows: usize) -> impl Iterator<Item = &[u8]> {
        // A picture without columns has no pixels and so no rows either.
        self.pixels.chunks(self.width.max(1) as usize * rows)
    }
}

fn doubled(row: &[u8]) -> Vec<u8> {
    let next = row.iter().skip(1).chain(row.last());
    row.iter().zip(next).flat_map(|(&a, &b)| [a, mean(a, b)]).collect()
}

fn mean(a: u8, b: u8) -> u8 {
    u16::midpoint(a.into(), b.into()) as u8
}

/// The mean of each value and its neighbours up to `radius` away, fewer at the ends.
fn running_means(values: impl Iterator<Item = u8> + Clone, length: usize, radius: u32) -> Vec<u8> {
    let radius = radius as usize;
    let mut ahead = values.clone();
    let mut behind = values;
    let mut sum: u32 = ahead.by_ref().take(radius).map(u32::from).sum();
    let mut count = radius.min(length) as u32;
    let mean = |index| {
        if let Some(value) = ahead.next() {
            sum += u32::from(value);
            count += 1;
        }
        if index > radius
            && let Some(value) = behind.next()
        {
            sum -= u32::from(value);
            count -= 1;
        }
        (sum / count.max(1)) as u8
    };
    (0..length).map(mean).collect()
}

/// The first value of a histogram before which more than `share` pixels have been seen.
fn beyond<'a>(share: u64, values: impl Iterator<Item = (usize, &'a u64)>) -> Option<u8> {
    let mut seen = 0;
    for (value, count) in values {
        seen += count;
        if seen > share {
            return u8::try_from(value).ok();
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luma(width: u32, pixels: &[u8]) -> Luma<'_> {
        let height = pixels.len() as u32 / width;
        Luma { width, height, pixels: Cow::Borrowed(pixels) }
    }

    #[test]
    fn shrinking_takes_the_mean_and_drops_incomplete_squares() {
        let small = luma(5, &[0, 10, 20, 20, 9, 10, 20, 20, 20, 9, 7, 7, 7, 7, 7]).shrunk(2);
        assert_eq!((small.width, small.height, &*small.pixels), (2, 1, &[10, 20][..]));
    }

    #[test]
    fn shrinking_below_one_pixel_leaves_none() {
        assert_eq!(luma(1, &[9]).shrunk(2).pixels.len(), 0);
        assert_eq!(Luma { width: 0, height: 0, pixels: Cow::Borrowed(&[]) }.shrunk(2).width, 0);
    }

    #[test]
    fn doubling_puts_means_between_the_pixels() {
        let large = luma(2, &[0, 20, 40, 60]).doubled();
        assert_eq!((large.width, large.height), (4, 4));
        assert_eq!(&*large.pixels, [0, 10, 20, 20, 20, 30, 40, 40, 40, 50, 60, 60, 40, 50, 60, 60]);
    }

    #[test]
    fn contrast_is_stretched_to_the_whole_range() {
        let dull = luma(4, &[100, 110, 120, 120]).stretched().unwrap();
        assert_eq!(&*dull.pixels, [0, 127, 255, 255]);
    }

    #[test]
    fn full_or_no_contrast_is_left_alone() {
        assert!(luma(2, &[0, 255]).stretched().is_none());
        assert!(luma(2, &[80, 80]).stretched().is_none());
        assert!(Luma { width: 0, height: 0, pixels: Cow::Borrowed(&[]) }.stretched().is_none());
    }

    #[test]
    fn a_local_mean_takes_the_neighbours_that_there_are() {
        let means = luma(3, &[0, 30, 60, 90, 120, 150, 0, 0, 0]).local_means(1);
        assert_eq!(means, [60, 75, 90, 40, 50, 60, 52, 60, 67]);
        assert_eq!(luma(1, &[7]).local_means(9), [7]);
        let none = Luma { width: 0, height: 0, pixels: Cow::Borrowed(&[]) };
        assert!(none.local_means(2).is_empty());
    }

    #[test]
    fn cropping_stays_inside() {
        let part = luma(3, &[1, 2, 3, 4, 5, 6]).cropped(1, 0, 2, 2).unwrap();
        assert_eq!(&*part.pixels, [2, 3, 5, 6]);
        assert!(luma(3, &[1, 2, 3]).cropped(2, 0, 2, 1).is_none());
        assert!(luma(3, &[1, 2, 3]).cropped(u32::MAX, 0, 2, 1).is_none());
    }
}
