//! How many spoiled pictures are read: a corpus made anew, the same in every run.
//!
//! ```text
//! cargo run --release -p gdhcn-scan --example reading_rate -- [--save FOLDER]
//! ```
//!
//! Each frame has 1280 by 720 pixels and one code of 450 to 1250 characters. The table counts by
//! kind of fault what is read and how long it takes. `--save` writes the frames as PNG files with
//! `expected.tsv` (file, kind, text), for another reader to try: `cargo xtask scan` does so.

#[path = "../tests/it/drawing.rs"]
#[allow(dead_code, clippy::unwrap_used, clippy::indexing_slicing)]
mod drawing;

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use gdhcn_scan::Effort;
use image::{GrayImage, Luma, imageops};

use drawing::{
    Noise, certificate_text, draw, jpeg, on_sheet, png, read, rotated, seen_through, with_contrast,
    with_noise, with_shade,
};

const WIDTH: u32 = 1280;
const HEIGHT: u32 = 720;
const LENGTHS: [usize; 4] = [450, 700, 1000, 1250];
const ROUNDS: u32 = 6;

/// A kind of fault, and how it spoils a sheet in the given round.
type Fault = (&'static str, fn(&GrayImage, u32) -> GrayImage);

const FAULTS: [Fault; 15] = [
    ("turned", |sheet, round| rotated(sheet, 7.0 + 31.0 * round as f32)),
    ("slanted", |sheet, round| slanted(sheet, 0.08 + 0.05 * round as f32)),
    ("small", |sheet, round| scaled(sheet, 0.45 + 0.1 * round as f32)),
    ("blurred", |sheet, round| imageops::blur(sheet, 1.0 + 0.35 * round as f32)),
    ("moved", |sheet, round| moved(sheet, 3 + 2 * round)),
    ("noisy", |sheet, round| with_noise(sheet, 40 + 20 * round as u8)),
    ("dim", |sheet, round| with_contrast(sheet, 90 - 10 * round as u8, 130 - 14 * round as u8)),
    ("pale", |sheet, round| with_noise(&with_contrast(sheet, 190 + 6 * round as u8, 236), 2)),
    ("shaded", |sheet, round| with_shade(sheet, 0.5 - 0.07 * round as f32)),
    ("glare", |sheet, round| glare(sheet, round)),
    ("folded", |sheet, round| folded(sheet, round)),
    ("inverted", |sheet, round| with_contrast(sheet, 255 - 10 * round as u8, 10 * round as u8)),
    ("pressed", |sheet, round| pressed(&with_noise(sheet, 12), 40 - 6 * round as u8)),
    ("screen", |sheet, round| screen(sheet, round)),
    ("torn", |sheet, round| torn(sheet, round)),
];

fn main() {
    let mut arguments = std::env::args().skip(1);
    let save = match (arguments.next().as_deref(), arguments.next()) {
        (None, _) => None,
        (Some("--save"), Some(folder)) => Some(PathBuf::from(folder)),
        _ => {
            eprintln!("usage: reading_rate [--save FOLDER]");
            std::process::exit(64);
        }
    };
    let mut expected = String::new();
    let (mut all, mut all_read, mut all_time) = (0, 0, Duration::ZERO);
    println!("{:10} {:>6} {:>6} {:>9} {:>9}", "fault", "frames", "read", "mean ms", "worst ms");
    for (kind, spoil) in FAULTS {
        let (mut frames, mut good, mut time, mut worst) = (0, 0, Duration::ZERO, Duration::ZERO);
        for length in LENGTHS {
            let text = certificate_text(length);
            let sheet = draw(&text, 640 / (modules(&text) + 8));
            for round in 0..ROUNDS {
                let frame = framed(&spoil(&sheet, round), round);
                let start = Instant::now();
                let codes = read(&frame, Effort::Picture);
                let took = start.elapsed();
                frames += 1;
                good += usize::from(codes.is_ok_and(|codes| codes.iter().any(|c| c.text == text)));
                time += took;
                worst = worst.max(took);
                if let Some(folder) = &save {
                    let name = format!("{kind}-{length}-{round}.png");
                    expected.push_str(&format!("{name}\t{kind}\t{text}\n"));
                    write(folder, &name, &png(&frame));
                }
            }
        }
        print_row(kind, frames, good, time, worst);
        all += frames;
        all_read += good;
        all_time += time;
    }
    print_row("all", all, all_read, all_time, Duration::ZERO);
    if let Some(folder) = &save {
        write(folder, "expected.tsv", expected.as_bytes());
    }
}

fn print_row(kind: &str, frames: usize, good: usize, time: Duration, worst: Duration) {
    let mean = time.as_secs_f64() * 1000.0 / frames as f64;
    let worst = worst.as_secs_f64() * 1000.0;
    println!("{kind:10} {frames:6} {good:6} {mean:9.1} {worst:9.1}");
}

fn write(folder: &std::path::Path, name: &str, content: &[u8]) {
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(folder.join(name), content));
    if let Err(error) = written {
        eprintln!("{}: {error}", folder.join(name).display());
        std::process::exit(66);
    }
}

/// Modules on one side of the code.
fn modules(text: &str) -> u32 {
    draw(text, 1).width() - 8
}

/// The picture somewhere in a frame of a camera.
fn framed(picture: &GrayImage, round: u32) -> GrayImage {
    let fit = (f64::from(HEIGHT) / f64::from(picture.width().max(picture.height()))).min(1.0);
    let picture = if fit < 1.0 { scaled(picture, fit as f32) } else { picture.clone() };
    let mut frame = GrayImage::from_pixel(WIDTH, HEIGHT, Luma([120 + 15 * round as u8]));
    let free = |whole: u32, part: u32| i64::from(whole.saturating_sub(part));
    let left = free(WIDTH, picture.width()) * i64::from(round) / i64::from(ROUNDS);
    imageops::replace(&mut frame, &picture, left, free(HEIGHT, picture.height()) / 2);
    frame
}

fn scaled(picture: &GrayImage, factor: f32) -> GrayImage {
    let side = |length: u32| ((length as f32 * factor) as u32).max(1);
    let (width, height) = (side(picture.width()), side(picture.height()));
    imageops::resize(picture, width, height, imageops::FilterType::Triangle)
}

fn slanted(picture: &GrayImage, strength: f32) -> GrayImage {
    let sheet = on_sheet(picture, 40, 255);
    seen_through(&sheet, sheet.width(), |x, y| {
        let near = 1.0 + strength * (1.0 - y);
        ((x - 0.5) * near + 0.5, y + strength * (y - 1.0) * 0.3)
    })
}

/// The camera moved by so many pixels.
fn moved(picture: &GrayImage, pixels: u32) -> GrayImage {
    GrayImage::from_fn(picture.width(), picture.height(), |x, y| {
        let along =
            |step: u32| u32::from(picture.get_pixel((x + step).min(picture.width() - 1), y)[0]);
        Luma([((0..pixels).map(along).sum::<u32>() / pixels) as u8])
    })
}

/// A lamp mirrored in foil.
fn glare(picture: &GrayImage, round: u32) -> GrayImage {
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let (x0, y0) = (width * (0.3 + 0.08 * round as f32), height * (0.75 - 0.07 * round as f32));
    let radius = width * (0.12 + 0.03 * round as f32);
    let mut picture = picture.clone();
    picture.enumerate_pixels_mut().for_each(|(x, y, pixel)| {
        let far = ((x as f32 - x0).powi(2) + (y as f32 - y0).powi(2)).sqrt() / radius;
        let light = 230.0 * (-far * far * 1.4).exp();
        pixel[0] = (f32::from(pixel[0]) + light).min(255.0) as u8;
    });
    picture
}

/// Paper folded in the middle: one half darker, a bent line between.
fn folded(picture: &GrayImage, round: u32) -> GrayImage {
    let bend = 0.01 + 0.006 * round as f32;
    let mut folded = seen_through(picture, picture.width(), |x, y| {
        (x, y + bend * (1.0 - (2.0 * x - 1.0).abs()))
    });
    let middle = folded.width() / 2;
    folded.enumerate_pixels_mut().for_each(|(x, _, pixel)| {
        let crease = x.abs_diff(middle) < 2;
        let light = if crease {
            1.3
        } else if x < middle {
            1.0
        } else {
            0.55 - 0.04 * round as f32
        };
        pixel[0] = (f32::from(pixel[0]) * light).min(255.0) as u8;
    });
    folded
}

/// A photograph of little quality.
fn pressed(picture: &GrayImage, quality: u8) -> GrayImage {
    image::load_from_memory(&jpeg(picture, quality))
        .map_or_else(|_| picture.clone(), |p| p.to_luma8())
}

/// A display's own grid over the code.
fn screen(picture: &GrayImage, round: u32) -> GrayImage {
    let step = 1.7 + 0.21 * round as f32;
    let mut picture = with_contrast(picture, 40, 210);
    picture.enumerate_pixels_mut().for_each(|(x, y, pixel)| {
        let wave = ((x as f32 * step).sin() + (y as f32 * step * 1.07).sin()) * 18.0;
        pixel[0] = (f32::from(pixel[0]) + wave).clamp(0.0, 255.0) as u8;
    });
    imageops::blur(&picture, 0.8)
}

/// A corner without a mark is gone, and some spots.
fn torn(picture: &GrayImage, round: u32) -> GrayImage {
    let mut picture = picture.clone();
    let (width, height) = picture.dimensions();
    let gone = width / 14 + width / 60 * round;
    picture.enumerate_pixels_mut().for_each(|(x, y, pixel)| {
        if (width - x) + (height - y) < gone + width / 12 {
            pixel[0] = 150;
        }
    });
    let mut noise = Noise(u64::from(round) + 1);
    for _ in 0..4 {
        let (x0, y0) = (
            noise.next() as u32 % (width * 3 / 5) + width / 5,
            noise.next() as u32 % (height * 3 / 5) + height / 5,
        );
        for (x, y) in (0..8).flat_map(|x| (0..8).map(move |y| (x, y))) {
            picture.put_pixel((x0 + x).min(width - 1), (y0 + y).min(height - 1), Luma([20]));
        }
    }
    picture
}
