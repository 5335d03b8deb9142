use std::borrow::Cow;

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

    /// Twice as wide and high, each pixel repeated: small modules get the size that the finder
    /// needs.
    pub(crate) fn doubled(&self) -> Luma<'static> {
        let mut pixels = Vec::with_capacity(self.pixels.len() * 4);
        for row in self.rows_in_groups_of(1) {
            let wide: Vec<u8> = row.iter().flat_map(|&value| [value, value]).collect();
            pixels.extend_from_slice(&wide);
            pixels.extend_from_slice(&wide);
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
    fn doubling_repeats_pixels() {
        let large = luma(2, &[1, 2]).doubled();
        assert_eq!(
            (large.width, large.height, &*large.pixels),
            (4, 2, &[1, 1, 2, 2, 1, 1, 2, 2][..])
        );
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
    fn cropping_stays_inside() {
        let part = luma(3, &[1, 2, 3, 4, 5, 6]).cropped(1, 0, 2, 2).unwrap();
        assert_eq!(&*part.pixels, [2, 3, 5, 6]);
        assert!(luma(3, &[1, 2, 3]).cropped(2, 0, 2, 1).is_none());
        assert!(luma(3, &[1, 2, 3]).cropped(u32::MAX, 0, 2, 1).is_none());
    }
}
