//! Data sets in every format, by content and by name: whole images, within what the bytes justify.
#![no_main]

use attentive_writer::data::{self, Format, Hint, Pictures};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    // Three bytes choose the hint; the rest is the file.
    let Some(([format, name, sizes], file)) = bytes.split_first_chunk() else { return };
    let format = Format::NAMES.get(*format as usize).and_then(|name| Format::named(name));
    const NAMES: [&str; 8] = [
        "x.bits",
        "train.bits.gz",
        "x.amat",
        "x.npy",
        "train-images-idx3-ubyte",
        "test_32x32.mat",
        "data_batch_1.bin",
        "test_batch.png",
    ];
    if *name as usize == NAMES.len() {
        let mut all = Pictures::default();
        if all.add("x.png", file).is_ok() {
            let data = all.finish().expect("a picture").data;
            assert!(data.len() == 1 && data.all_levels().len() == data.pixels());
        }
        return;
    }
    if *name as usize == NAMES.len() + 1 {
        if let Ok(labels) = data::labels(file) {
            assert!(!labels.is_empty() && labels.len() as u64 <= (256 << 20).max(256 * file.len() as u64));
        }
        return;
    }
    let name = NAMES.get(*name as usize).copied();
    let some = |bit: u8, value: usize| (sizes >> bit & 1 == 1).then_some(value);
    let hint = Hint {
        name,
        format,
        width: some(0, 5),
        height: some(1, 3),
        channels: some(2, 2),
        limit: some(3, (sizes >> 4) as usize),
    };
    let Ok(found) = data::read(file, &hint) else { return };
    let data = found.data;
    assert!(!data.is_empty() && data.all_levels().len() == data.len() * data.pixels());
    assert!(hint.limit.is_none_or(|limit| data.len() <= limit));
    assert!(data.all_levels().len() as u64 <= (256 << 20).max(256 * file.len() as u64));
});
