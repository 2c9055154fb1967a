//! Writes what the fuzz targets start from into `fuzz/corpus/TARGET`: `cargo run --manifest-path fuzz/Cargo.toml --bin seeds`.

use attentive_writer::Config;
use attentive_writer::params::Params;
use attentive_writer::train::{Optimiser, Settings, Trainer, checkpoint};
use attentive_writer::weights::{self, Format, Part};
use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let write = |target: &str, name: String, bytes: &[u8]| -> std::io::Result<()> {
        std::fs::create_dir_all(corpus.join(target))?;
        std::fs::write(corpus.join(target).join(name), bytes)
    };
    let mnist = Config::preset("mnist-small")?;
    // The smaller, the more of the fuzzer's changes fall on what is read first, and the more cases a second.
    let small =
        Config { width: 2, height: 3, glimpses: 2, hidden: 1, latent: 1, read_patch: 1, write_patch: 1, ..mnist };
    for attention in [true, false] {
        let config = Config { attention, ..small.clone() };
        let params = Params::init(&config, 1, None)?;
        for format in [Format::F32, Format::F16, Format::Int8] {
            for part in [Part::All, Part::Decoder, Part::Encoder] {
                let name = format!("{attention}-{format:?}-{part:?}");
                write("weights", name, &weights::save(&params, format, part)?)?;
            }
            let (decoder, encoder) =
                (weights::save(&params, format, Part::Decoder)?, weights::save(&params, format, Part::Encoder)?);
            let at = u16::try_from(decoder.len())?.to_le_bytes();
            write("weights", format!("{attention}-{format:?}-halves"), &[&decoder, &encoder, &at[..]].concat())?;
        }
        for optimiser in [Optimiser::Adam, Optimiser::Muon] {
            let settings = Settings { batch: 2, optimiser, ..Settings::default() };
            let trainer = Trainer::new(&config, settings, None)?;
            write("checkpoint", format!("{attention}-{optimiser:?}"), &checkpoint::save(&trainer)?)?;
        }
        write("config", attention.to_string(), &serde_json::to_vec(&config)?)?;
    }
    let header = |words: &[u32]| words.iter().flat_map(|w| w.to_be_bytes()).collect::<Vec<u8>>();
    // Three bytes that choose no hint.
    let write_as = |name: &str, hint: &[u8; 3], bytes: &[u8]| write("data", name.into(), &[hint, bytes].concat());
    let write = |name: &str, bytes: &[u8]| write_as(name, &[255, 255, 0], bytes);
    write("idx", &[header(&[0x0803, 2, 2, 3]), vec![0, 255, 7, 1, 2, 3, 4, 5, 6, 7, 8, 9]].concat())?;
    write("labels", &[header(&[0x0801, 2]), vec![3, 4]].concat())?;
    write("amat", "0 1 1 0\n1 0 0 1\n".as_bytes())?;
    write("amat-levels", "0.0 0.5 1.0 0.25\n".as_bytes())?;
    let mut npy = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
    npy.extend(format!("{:<117}\n", "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 2, 2), }").bytes());
    npy.extend([0, 255, 3, 4]);
    write("npy", &npy)?;
    write("matlab", &matlab(false))?;
    write("matlab-compressed", &matlab(true))?;
    write("sheet", &png((1024, 1), png::ColorType::Rgb)?)?;
    write_as("picture", &[255, 8, 0], &png((3, 2), png::ColorType::Rgba)?)?;
    write_as("batch", &[255, 6, 0], &[3; 3073])?;
    Ok(())
}

/// A MATLAB 5 file of two images, 3 wide and 2 high.
fn matlab(compressed: bool) -> Vec<u8> {
    let words = |words: &[u32]| words.iter().flat_map(|w| w.to_le_bytes()).collect::<Vec<u8>>();
    let mut variable = words(&[6, 8, 9, 0, 5, 16, 2, 3, 3, 2, 1 << 16 | 1, u32::from(b'X'), 2, 36]);
    variable.extend(0..36);
    variable.extend([0; 4]);
    variable = [words(&[14, variable.len() as u32]), variable].concat();
    if compressed {
        // One block, stored, and Adler's checksum.
        let n = variable.len() as u16;
        let (a, b) =
            variable.iter().fold((1u32, 0u32), |(a, b), v| ((a + *v as u32) % 65521, (a + b + *v as u32) % 65521));
        let stored =
            [&[0x78, 1, 1], &n.to_le_bytes()[..], &(!n).to_le_bytes(), &variable, &(b << 16 | a).to_be_bytes()];
        let stored = stored.concat();
        variable = [words(&[15, stored.len() as u32]), stored].concat();
    }
    let mut file = b"MATLAB 5.0 MAT-file".to_vec();
    file.resize(124, b' ');
    [&file, &b"\x00\x01IM"[..], &variable].concat()
}

fn png((width, height): (u32, u32), colour: png::ColorType) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(colour);
    let pixels: Vec<u8> = (0..width as usize * height as usize * colour.samples()).map(|i| i as u8).collect();
    encoder.write_header()?.write_image_data(&pixels)?;
    Ok(bytes)
}
