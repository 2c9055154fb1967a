//! Seeded randomness. Every use has a stream of its own, derived from (seed, purpose, index), so
//! that results depend neither on the number of threads nor on where a resumed run was cut.

use crate::kernels::Real;
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use rand_distr::{Distribution, StandardNormal};

/// Purpose: initial parameters; index: the tensor.
pub const INIT: u64 = 1;
/// Purpose: the order of examples; index: the epoch.
pub const SHUFFLE: u64 = 2;
/// Purpose: latents of training; index: the example's position in the run.
pub const TRAIN: u64 = 3;
/// Purpose: an evaluation; index: image × samples + sample for the latents, from the top down for binarising images.
pub const EVAL: u64 = 4;
/// Purpose: latents of a drawing; index: the digit.
pub const DRAW: u64 = 5;
/// Purpose: pixels sampled from p(x|z); index: the digit.
pub const PIXELS: u64 = 6;
/// Purpose: draws from a family of distributions; index: the draw.
pub const FAMILY: u64 = 7;
/// Purpose: how a mark is moved; index: the variation.
pub const AUGMENT: u64 = 8;
/// Purpose: the clutter of a set that is made once; index: the image.
pub const CLUTTER: u64 = 9;

/// The generator of one stream: xoshiro256++, whose output is fixed across versions and platforms.
pub fn rng(seed: u64, purpose: u64, index: u64) -> Xoshiro256PlusPlus {
    // Distinct odd multipliers spread the three numbers; seed_from_u64 mixes the sum.
    let mixed = seed
        .wrapping_mul(0x9E37_79B9_7F4A_7C15)
        .wrapping_add(purpose.wrapping_mul(0xD1B5_4A32_D192_ED03))
        .rotate_left(29)
        .wrapping_add(index.wrapping_mul(0xA24B_AED4_963E_E407));
    Xoshiro256PlusPlus::seed_from_u64(mixed)
}

/// Fills with draws from N(0, 1).
pub fn fill_normal<T: Real>(rng: &mut Xoshiro256PlusPlus, out: &mut [T]) {
    for x in out {
        let v: f64 = StandardNormal.sample(rng);
        *x = T::of(v);
    }
}
