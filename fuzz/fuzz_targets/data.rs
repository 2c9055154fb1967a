//! Data sets in every format, by content and by name: whole images, within what the bytes justify.
#![no_main]

use attentive_writer::data::{self, Format, Hint};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    // Three bytes choose the hint; the rest is the file.
    let Some(([format, name, sizes], file)) = bytes.split_first_chunk() else { return };
    let format = Format::NAMES.get(*format as usize).and_then(|name| Format::named(name));
    let name = ["x.bits", "train.bits.gz", "x.amat", "x.npy", "train-images-idx3-ubyte"].get(*name as usize).copied();
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
