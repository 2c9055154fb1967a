//! Data sets, as the world has them: the same images by every format, and what is not read told in words.
#![cfg(not(target_arch = "wasm32"))]

use attentive_writer::Error;
use attentive_writer::data::{self, Dataset, Format, Hint};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

/// Images of 28×28 bits, each with a bar at another place.
fn images(count: usize) -> Vec<u8> {
    let ink = |i: usize, p: usize| (6..22).contains(&(p / 28)) && (8 + i % 10..11 + i % 10).contains(&(p % 28));
    (0..count * 784).map(|p| ink(p / 784, p % 784) as u8).collect()
}

fn bits(ink: &[u8]) -> Vec<u8> {
    ink.chunks(8).map(|byte| byte.iter().enumerate().fold(0, |b, (i, v)| b | v << (7 - i))).collect()
}

/// As the world has binarised MNIST: `binarized_mnist_test.amat`.
fn amat(ink: &[u8], width: usize) -> Vec<u8> {
    let line = |row: &[u8]| row.iter().map(u8::to_string).collect::<Vec<_>>().join(" ") + "\n";
    ink.chunks(width).flat_map(|row| line(row).into_bytes()).collect()
}

fn idx(words: &[u32], levels: &[u8]) -> Vec<u8> {
    words.iter().flat_map(|w| w.to_be_bytes()).chain(levels.iter().copied()).collect()
}

/// As `numpy.save` writes it.
fn npy(descr: &str, shape: &str, bytes: impl IntoIterator<Item = u8>) -> Vec<u8> {
    let mut header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({shape}), }}");
    let padded = (10 + header.len() + 1).next_multiple_of(64) - 11;
    header = format!("{header:padded$}\n");
    let length = (header.len() as u16).to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes()].concat().into_iter().chain(bytes).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn named(name: &str) -> Hint<'_> {
    Hint { name: Some(name), ..Hint::default() }
}

fn read(bytes: &[u8], name: &str) -> Dataset {
    data::read(bytes, &named(name)).unwrap_or_else(|e| panic!("{name}: {e}")).data
}

fn refused(bytes: &[u8], hint: &Hint, parts: &[&str]) {
    let text = match data::read(bytes, hint) {
        Err(Error::Data(text)) => text,
        other => panic!("{hint:?}: {other:?}"),
    };
    for part in parts {
        assert!(text.contains(part), "{text:?} lacks {part:?}");
    }
}

#[test]
fn every_format_gives_the_same_images() {
    let ink = images(20);
    let levels: Vec<u8> = ink.iter().map(|i| 255 * i).collect();
    let expected = Dataset::from_levels(levels.clone(), 28, 28, 1).unwrap();
    let f32s = |scale: f32| ink.iter().flat_map(move |i| (scale * *i as f32).to_le_bytes());
    let f64s = ink.iter().flat_map(|i| (*i as f64).to_le_bytes());
    let floats: Vec<_> =
        ink.chunks(784).map(|row| row.iter().map(|v| format!("{v}.0e+00")).collect::<Vec<_>>()).collect();
    let floats: String = floats.iter().map(|row| format!(" {}\n", row.join("\t"))).collect();
    let files = [
        ("test.bits", bits(&ink)),
        ("rows.BITS", bits(&ink)),
        ("t10k-images-idx3-ubyte", idx(&[0x0803, 20, 28, 28], &levels)),
        ("no ending", idx(&[0x0803, 20, 28, 28], &levels)),
        ("test.amat", amat(&ink, 784)),
        (
            "windows.txt",
            amat(&ink, 784).iter().flat_map(|b| if *b == b'\n' { vec![b'\r', b'\n'] } else { vec![*b] }).collect(),
        ),
        ("floats.amat", floats.into_bytes()),
        ("no last line end", amat(&ink, 784).trim_ascii_end().to_vec()),
        ("u1.npy", npy("|u1", "20, 28, 28", levels.clone())),
        ("b1.npy", npy("|b1", "20, 28, 28", ink.clone())),
        ("f4.npy", npy("<f4", "20, 28, 28", f32s(1.0))),
        ("f4 to 255.npy", npy("<f4", "20, 28, 28", f32s(255.0))),
        ("f8.npy", npy("<f8", "20, 784", f64s)),
        ("channel last.npy", npy("|u1", "20, 28, 28, 1", levels.clone())),
        ("channel first.npy", npy("|u1", "20, 1, 28, 28", levels)),
    ];
    for (name, bytes) in files {
        let found = data::read(&bytes, &named(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(found.data == expected && found.notes.is_empty() && found.odd.is_none(), "{name} {found:?}");
        let (once, name_gz) = (gzip(&bytes), format!("{name}.gz"));
        assert!(read(&once, &name_gz) == expected && read(&once, name) == expected);
        assert!(read(&gzip(&once), &name_gz) == expected, "{name}, twice");
        // A limit is the beginning of the same.
        let limited = data::read(&once, &Hint { limit: Some(3), ..named(name) }).unwrap().data;
        assert_eq!(limited.all_levels(), &expected.all_levels()[..3 * 784], "{name}");
    }
}

#[test]
fn text_is_never_taken_for_bit_rows() {
    // A line of an .amat is 1,568 = 16 × 98 bytes, and so is any file of such lines.
    let text = amat(&images(16), 784);
    assert!(text.len().is_multiple_of(98));
    for name in [None, Some("binarized_mnist_test.amat"), Some("renamed.bits"), Some("renamed.bits.gz")] {
        let found = data::read(&text, &Hint { name, ..Hint::default() }).unwrap();
        assert_eq!((found.data.len(), found.format), (16, Format::Amat), "{name:?}");
        assert_eq!(found.notes.len(), name.is_some_and(|n| n.contains("bits")) as usize, "{:?}", found.notes);
    }
    // Nor anything else by the luck of its length.
    let rows = bits(&images(16));
    refused(&rows, &Hint::default(), &["begins with 00 00", ".bits", "IDX"]);
    refused(&rows, &named("rows.bin"), &["format bits"]);
    let told = Hint { format: Some(Format::Bits), ..named("rows.bin") };
    assert_eq!(data::read(&rows, &told).unwrap().data.len(), 16);
    for format in [idx(&[0x0803, 2, 28, 28], &[0; 2 * 784]), npy("|u1", "2, 28, 28", vec![0; 2 * 784])] {
        assert_eq!(read(&format, "renamed.bits").len(), 2);
    }
}

#[test]
fn bit_rows_of_any_size_begin_with_a_byte() {
    let hint = |width, height, channels| Hint {
        format: Some(Format::Bits),
        width: Some(width),
        height: Some(height),
        channels: Some(channels),
        ..Hint::default()
    };
    // Two images of 3×3, the rest of their second byte empty.
    let found = data::read(&[0b1010_1010, 0x80, 0xff, 0], &hint(3, 3, 1)).unwrap().data;
    assert_eq!((found.width(), found.height(), found.len()), (3, 3, 2));
    assert_eq!(found.levels(0), [255, 0, 255, 0, 255, 0, 255, 0, 255]);
    assert_eq!(found.levels(1), [255, 255, 255, 255, 255, 255, 255, 255, 0]);
    refused(&[0xff, 0xff], &hint(3, 3, 1), &["after its last pixel", "3×3"]);
    refused(&[0; 97], &named("a.bits"), &["97 bytes", "positive multiple of 98", "28×28"]);
    refused(&gzip(&[0; 97]), &named("a.bits.gz"), &["97 bytes", "positive multiple of 98"]);
    refused(&[], &named("a.bits"), &["0 bytes", "98"]);
    refused(&[0; 98], &hint(1 << 20, 1 << 20, 1 << 20), &["1048576×1048576"]);
    refused(&[0; 98], &hint(0, 1, 1), &["0×1"]);
}

#[test]
fn values_of_zero_and_one_are_ink_and_said_to_be() {
    let ink = images(5);
    let expected = read(&bits(&ink), "a.bits");
    for bytes in [idx(&[0x0803, 5, 28, 28], &ink), npy("|u1", "5, 28, 28", ink.clone())] {
        let found = data::read(&bytes, &Hint::default()).unwrap();
        assert_eq!(found.data, expected);
        assert!(found.notes.len() == 1 && found.notes[0].contains("0 and 1"), "{:?}", found.notes);
    }
    // A level of 1 beside others is the grey that it says.
    let mut levels = vec![0; 784];
    (levels[3], levels[4]) = (1, 2);
    let grey = data::read(&idx(&[0x0803, 1, 28, 28], &levels), &Hint::default()).unwrap();
    assert!(grey.data.levels(0)[3] == 1 && grey.notes.is_empty());
    // Nor is a number that comes to it ink: as where levels were divided by 255 twice.
    let faint = npy("<f4", "5, 28, 28", ink.iter().flat_map(|i| (*i as f32 / 255.0).to_le_bytes()));
    let faint = data::read(&faint, &Hint::default()).unwrap();
    assert!(faint.data.all_levels() == ink && faint.notes.is_empty());
    assert!(faint.odd.unwrap().contains("nearly blank"));
}

#[test]
fn numbers_tell_their_scale() {
    let text = |t: &str| data::read(t.as_bytes(), &Hint::default()).map(|f| f.data);
    assert_eq!(text("0 0.5 .25 1e0\n").unwrap().all_levels(), [0, 128, 64, 255]);
    assert_eq!(text("0 1 0.5 0.4\n0 1 128 255\n").unwrap().all_levels(), [0, 1, 1, 0, 0, 1, 128, 255]);
    assert_eq!(text("0 1.0001 -0.0001 1\n").unwrap().all_levels(), [0, 255, 0, 255]);
    refused(b"0 1 1.3 0\n", &Hint::default(), &["1.3", "0 to 255"]);
    refused(b"-0.4242 2.8 0 1\n", &Hint::default(), &["-0.4242", "normalisation"]);
    refused(b"0 1 256 0\n", &Hint::default(), &["256"]);
    for bad in [f32::NAN, f32::INFINITY, -1.0] {
        let bytes = npy("<f4", "1, 1, 1", bad.to_le_bytes());
        refused(&bytes, &Hint::default(), &[&bad.to_string(), "expected numbers from 0 to 1"]);
    }
}

#[test]
fn text_that_is_no_set_of_images_is_refused_by_its_line() {
    let refused = |text: &str, parts: &[&str]| refused(text.as_bytes(), &named("a.amat"), parts);
    refused("0 1 1\n", &["line 1 has 3 values", "square"]);
    refused(&"0 ".repeat(785), &["785 values", "28×28 and a label"]);
    refused("0 1 1 0\n0 1 1\n", &["line 2 has 3 values; expected 4"]);
    refused("0 1 1 0\n\n0 1 1 0 1\n", &["line 3 has 5 values"]);
    refused("0 1 1 0\n0 1 nan 0\n", &["line 2", "nan"]);
    refused("0 1 1 0\n0 one 1 0\n", &["line 2", "one"]);
    refused("0,1,1,0\n", &["line 1", "0,1,1,0", "blanks"]);
    refused(" \n\n", &["no numbers"]);
    refused(&format!("0 1 1 0\n{}", "1".repeat(1000)), &["line 2"]);
    let size = Hint { width: Some(3), height: Some(2), ..named("a.amat") };
    assert_eq!(data::read(b"0 1 1 0 1 1", &size).unwrap().data.width(), 3);
    self::refused(b"0 1 1 0", &size, &["4 values", "3×2"]);
    // One side gives the other.
    let sides = |hint: Hint| {
        let text = data::read(b"0 1 1 0 1 1", &Hint { name: Some("a.amat"), ..hint.clone() }).unwrap().data;
        let array = data::read(&npy("|u1", "1, 6", [0, 1, 1, 0, 1, 1]), &hint).unwrap().data;
        assert_eq!((text.width(), text.height(), text.channels()), (array.width(), array.height(), array.channels()));
        (text.width(), text.height(), text.channels())
    };
    assert_eq!(sides(Hint { width: Some(2), ..Hint::default() }), (2, 3, 1));
    assert_eq!(sides(Hint { height: Some(1), ..Hint::default() }), (6, 1, 1));
    assert_eq!(sides(Hint { width: Some(1), channels: Some(3), ..Hint::default() }), (1, 2, 3));
    self::refused(b"0 1 1 0", &Hint { width: Some(3), ..named("a.amat") }, &["4 values", "3×?"]);
    self::refused(b"0 1 1 0", &Hint { channels: Some(3), ..named("a.amat") }, &["4 values", "?×?", "3 channels"]);
}

#[test]
fn idx_that_is_no_set_of_images_is_refused() {
    let refused = |bytes: &[u8], parts: &[&str]| {
        refused(bytes, &Hint::default(), parts);
        self::refused(&gzip(bytes), &Hint::default(), parts);
    };
    let labels = idx(&[0x0801, 3], &[7, 2, 1]);
    refused(&labels, &["0x00000801", "labels", "expected the images, 0x00000803"]);
    refused(&idx(&[0x0d03, 1, 1, 1], &[0; 4]), &["0x00000d03", "unsigned bytes"]);
    refused(&[0, 0, 8, 3, 0], &["cut short at 5 bytes"]);
    refused(&idx(&[0x0803, 2, 3, 3], &[0; 17]), &["33 bytes", "2 images of 3×3 make 34"]);
    refused(&idx(&[0x0803, 2, 3, 3], &[0; 19]), &["2 images of 3×3 make 34"]);
    refused(&idx(&[0x0803, 0, 3, 3], &[]), &["0 values"]);
    refused(&idx(&[0x0803, 1, 0, 3], &[]), &["3×0"]);
    // Sizes whose product wraps ask for nothing. 641 × 6700417 is 1 modulo 2^32.
    refused(&idx(&[0x0803, 1, 641, 6700417], &[0]), &["6700417×641"]);
    self::refused(
        &idx(&[0x0803, u32::MAX, u32::MAX, u32::MAX], &[]),
        &Hint::default(),
        &["make 79228162458924105385300197391"],
    );
    self::refused(b"", &named("train-images-idx3-ubyte"), &["cut short at 0 bytes"]);
}

#[test]
fn npy_that_is_no_set_of_images_is_refused() {
    let refused = |bytes: Vec<u8>, parts: &[&str]| refused(&bytes, &Hint::default(), parts);
    for kind in ["<i8", ">f4", "<c16", "|O", "<U5", "<f2", "|V4"] {
        refused(npy(kind, "1, 2, 2", [0; 64]), &[kind, "expected uint8, bool, float32 or float64"]);
    }
    for shape in ["60000,", "", "2, 3, 3, 3", "2, 28, 28, 5", "1, 2, 3, 4, 5", "2, 783"] {
        refused(npy("|u1", shape, [0; 64]), &["shape", "N×H×W"]);
    }
    refused(npy("|u1", "2, 3, 3", [0; 17]), &["2 images of 9 values"]);
    refused(npy("|u1", "2, 3, 3", [0; 19]), &["2 images of 9 values"]);
    refused(npy("<f4", "2, 3, 3", [0; 71]), &["2 images of 9 values"]);
    refused(npy("|u1", "2, x, 3", [0; 18]), &["unreadable .npy header"]);
    refused(npy("|u1", "99999999999, 99999999999, 99999999999", [0; 18]), &["99999999999×99999999999"]);
    refused(npy("|u1", "99999999999, 3, 3", [0; 18]), &["99999999999 images of 9 values"]);
    refused(npy("|u1", "99999999999999999999999, 3, 3", [0; 18]), &["unreadable"]);
    let fortran = String::from_utf8_lossy(&npy("|u1", "2, 3, 3", [0; 18])[10..]).replace("False", "True ");
    let bytes = npy("|u1", "2, 3, 3", [0; 18]);
    refused([&bytes[..10], fortran.as_bytes()].concat(), &["Fortran", "ascontiguousarray"]);
    for n in 6..100 {
        refused(bytes[..n].to_vec(), &["npy"]);
    }
    let mut later = bytes.clone();
    later[6] = 9;
    refused(later, &["version 9"]);
    // A header that says it is 4 GiB long asks for nothing.
    refused([b"\x93NUMPY\x02\x00\xff\xff\xff\xff", &[b' '; 90][..]].concat(), &["header of 4294967295 bytes"]);
}

#[test]
fn colours_of_an_array_become_planes() {
    // Two images of 5 wide, 6 high, three channels; the value tells place and channel.
    let value = |i: usize, y: usize, x: usize, c: usize| (100 * i + 20 * c + 3 * y + x) as u8;
    let mut last = Vec::new();
    for (i, y, x) in (0..2 * 30).map(|p| (p / 30, p / 5 % 6, p % 5)) {
        last.extend((0..3).map(|c| value(i, y, x, c)));
    }
    let first = (0..2 * 90).map(|p| value(p / 90, p / 5 % 6, p % 5, p / 30 % 3));
    let expected = Dataset::from_levels(first.clone().collect(), 5, 6, 3).unwrap();
    assert_eq!(read(&npy("|u1", "2, 6, 5, 3", last.clone()), "last.npy"), expected);
    assert_eq!(read(&npy("|u1", "2, 3, 6, 5", first), "first.npy"), expected);
    let floats = last.iter().flat_map(|v| (*v as f32 / 255.0).to_le_bytes());
    assert_eq!(read(&npy("<f4", "2, 6, 5, 3", floats), "floats.npy"), expected);
}

#[test]
fn what_is_not_read_is_told() {
    let mut tar = b"cifar-10-batches-bin/".to_vec();
    tar.resize(257, 0);
    tar.extend(b"ustar");
    let cases: [(&[u8], &str); 8] = [
        (b"", "empty file"),
        (b"PK\x03\x04 and more", ".npz"),
        (&tar, "tar archive"),
        (b"\x89HDF\r\n", "HDF5"),
        (b"\x80\x04\x95 pickled", "pickle"),
        (b"BZh9", "bzip2"),
        (b"<!DOCTYPE html>", "HTML"),
        (&[1, 2, 3, 4], "begins with 01 02 03 04"),
    ];
    for (bytes, seen) in cases {
        refused(bytes, &Hint::default(), &[seen, "expected IDX, .npy, .amat, MATLAB 5", ".bits", "data_batch_1.bin"]);
    }
    let weights = include_bytes!("../www/weights/mnist.safetensors");
    refused(weights, &Hint::default(), &["safetensors"]);
    let thrice = gzip(&gzip(&gzip(&bits(&images(1)))));
    refused(&thrice, &named("a.bits.gz"), &["gzip within gzip"]);
    let whole = gzip(&bits(&images(50)));
    for n in 10..whole.len() {
        refused(&whole[..n], &named("a.bits.gz"), &["not a whole gzip file"]);
    }
    let limit = Hint { limit: Some(0), ..named("a.bits") };
    assert!(data::read(&[0; 98], &limit).unwrap_err().to_string().contains("limit"));
}

/// A file's length bounds what is made of it: less than 200 kB of gzipped zeros are 320 million pixels of bit rows.
#[test]
fn a_small_file_does_not_ask_for_much() {
    let zeros = gzip(&vec![0u8; 40_000_000 / 98 * 98]);
    assert!(zeros.len() < 200_000);
    let name = named("zeros.bits.gz");
    refused(&zeros, &name, &["more than", "values", "limit"]);
    let one = data::read(&zeros, &Hint { limit: Some(1), ..name }).unwrap();
    assert_eq!(one.data.all_levels().len(), 784);
    let bomb = gzip(&gzip(&vec![b' '; 100_000_000]));
    assert!(bomb.len() < 20_000);
    refused(&bomb, &named("blank.amat.gz"), &["no numbers"]);
    // Nothing is made of a header alone.
    let header = idx(&[0x0803, 2_000_000, 28, 28], &[]);
    refused(&gzip(&header), &Hint::default(), &["make 1568000016"]);
}

#[test]
fn what_looks_like_no_images_is_pointed_out() {
    let odd = |levels: Vec<u8>| {
        let data = data::read(&idx(&[0x0803, levels.len() as u32 / 784, 28, 28], &levels), &Hint::default()).unwrap();
        data.odd.unwrap_or_default()
    };
    let ink: Vec<u8> = images(40).iter().map(|v| 255 * v).collect();
    assert_eq!(odd(ink.clone()), "");
    assert!(odd(vec![0; 40 * 784]).contains("blank"));
    assert!(odd(vec![7; 40 * 784]).contains("every value is 0.027"));
    let noise = (0..40 * 784u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8);
    assert!(odd(noise.collect()).contains("noise"));
    assert!(odd(ink.iter().map(|v| 255 - v).collect()).contains("turned over"));
    let mut faint = vec![0; 40 * 784];
    faint[0..20].fill(255);
    assert!(odd(faint).contains("nearly blank"));
    // Rows of 28 pixels read as rows of 32.
    let rows = &bits(&images(64))[..49 * 128];
    let wide = Hint { format: Some(Format::Bits), width: Some(32), height: Some(32), ..Hint::default() };
    let wide = data::read(rows, &wide).unwrap().odd.unwrap_or_default();
    assert!(wide.contains("width"), "{wide}");
    let emnist =
        data::read(&idx(&[0x0803, 40, 28, 28], &ink), &named("emnist-letters-test-images-idx3-ubyte")).unwrap();
    assert!(emnist.odd.unwrap().contains("rows and columns exchanged"));
}
