//! Matrix products, by the fastest means of the machine: AMX's tiles ([`super::amx`]) or FMA ([`super::panels`]), or, where
//! less precision is enough, products of `bf16` ([`super::bf16`]).
//!
//! Weights are packed once a step and used for every glimpse. Which means serves a product is settled when its right-hand
//! side is packed, and does not depend on the left-hand side.

use super::amx::{self, Tiles};
use super::bf16::{self, Pairs};
use super::panels::{self, Panels};
use super::{Precision, Real, tiles};
use std::any::TypeId;

/// What the result starts from.
#[derive(Clone, Copy)]
pub enum Init<'a, T> {
    Zero,
    /// One row, added to every row of the result.
    Bias(&'a [T]),
    /// The result's present content.
    Accumulate,
}

/// A `k × n` matrix, laid out for being multiplied by.
#[derive(Clone)]
pub struct Packed<T> {
    k: usize,
    n: usize,
    form: Form<T>,
}

#[derive(Clone)]
enum Form<T> {
    Panels(Panels<T>),
    /// Only where `T` is `f32`, as the next.
    Tiles(Tiles),
    Pairs(Pairs),
}

fn is_f32<T: Real>() -> bool {
    TypeId::of::<T>() == TypeId::of::<f32>()
}

/// A slice of `T` as what it is where tiles or pairs serve.
fn floats<T: Real>(x: &[T]) -> &[f32] {
    assert!(is_f32::<T>(), "tiles and pairs are for f32");
    // SAFETY: T is f32.
    unsafe { std::slice::from_raw_parts(x.as_ptr().cast(), x.len()) }
}

impl<'a, T: Real> Init<'a, T> {
    /// What the columns from `column` on start from.
    pub fn from(self, column: usize) -> Self {
        match self {
            Init::Bias(bias) => Init::Bias(&bias[column..]),
            other => other,
        }
    }

    fn floats(self) -> Init<'a, f32> {
        match self {
            Init::Zero => Init::Zero,
            Init::Bias(bias) => Init::Bias(floats(bias)),
            Init::Accumulate => Init::Accumulate,
        }
    }
}

/// Whether tiles serve a product of depth `k` and `n` columns: below a tile's size they are mostly padding.
fn fits_tiles<T: Real>(k: usize, n: usize) -> bool {
    is_f32::<T>() && k >= 32 && n >= 16 && tiles()
}

impl<T: Real> Packed<T> {
    /// A zero matrix, for left-hand sides of any number of rows: by FMA.
    pub fn new(k: usize, n: usize) -> Self {
        Packed { k, n, form: Form::Panels(Panels::new(k, n)) }
    }

    /// A zero matrix, for left-hand sides of many rows: fewer than 32 leave tiles partly empty.
    ///
    /// # Panics
    /// If the precision is not [`Precision::available`], or `T` is not `f32` and less than f32's precision is wanted.
    pub fn for_batches(k: usize, n: usize, precision: Precision) -> Self {
        match precision {
            Precision::Bf16 => {
                assert!(is_f32::<T>(), "bf16 products are for f32");
                Packed { k, n, form: Form::Pairs(Pairs::new(k, n)) }
            }
            Precision::F32 if fits_tiles::<T>(k, n) => Packed { k, n, form: Form::Tiles(Tiles::new(k, n)) },
            Precision::F32 => Self::new(k, n),
        }
    }

    /// Writes the block at `(k0, n0)`: element `(k, n)` of it is `src[k * k_stride + n * n_stride]`.
    ///
    /// # Panics
    /// If the block does not lie in the matrix, or the source is too short.
    pub fn fill(
        &mut self,
        (k0, rows): (usize, usize),
        (n0, columns): (usize, usize),
        src: &[T],
        k_stride: usize,
        n_stride: usize,
    ) {
        assert!(k0 + rows <= self.k && n0 + columns <= self.n, "block outside the packed matrix");
        match &mut self.form {
            Form::Panels(panels) => panels.fill((k0, rows), (n0, columns), src, k_stride, n_stride),
            Form::Tiles(tiles) => tiles.fill((k0, rows), (n0, columns), floats(src), k_stride, n_stride),
            Form::Pairs(pairs) => pairs.fill((k0, rows), (n0, columns), floats(src), k_stride, n_stride),
        }
    }
}

/// `c = init + a b`, where `a` is `m × k` with rows `lda` apart and `c` is `m × n` with rows `ldc` apart.
///
/// Each row of the result depends on the same row of `a` only, and is computed in the same order
/// whatever `m` is: results do not change with the batch.
///
/// # Panics
/// If a slice is too short for its shape.
pub fn gemm<T: Real>(m: usize, a: &[T], lda: usize, b: &Packed<T>, init: Init<T>, c: &mut [T], ldc: usize) {
    if m == 0 || b.n == 0 {
        return;
    }
    assert!(lda >= b.k && a.len() >= (m - 1) * lda + b.k, "gemm: a is too short");
    assert!(ldc >= b.n && c.len() >= (m - 1) * ldc + b.n, "gemm: c is too short");
    if let Init::Bias(bias) = init {
        assert!(bias.len() >= b.n, "gemm: bias is too short");
    }
    match &b.form {
        Form::Panels(b) => T::dispatch(panels::Gemm { m, a, lda, b, init, c, ldc }),
        // SAFETY: T is f32; the slices were checked, and the machine has what made the right-hand side.
        Form::Tiles(b) => unsafe {
            amx::gemm(m, floats(a).as_ptr(), lda, b, init.floats(), c.as_mut_ptr().cast(), ldc)
        },
        Form::Pairs(b) => unsafe {
            bf16::gemm(m, floats(a).as_ptr(), lda, b, init.floats(), c.as_mut_ptr().cast(), ldc)
        },
    }
}

/// Room for [`gemm_tn`], kept from call to call.
pub struct Scratch<T> {
    /// Columns that there is room for.
    n: usize,
    means: Means<T>,
}

enum Means<T> {
    Panels(panels::Scratch<T>),
    /// Panels serve what is smaller than a tile.
    Tiles(amx::Scratch, panels::Scratch<T>),
    Pairs(bf16::Scratch),
}

impl<T: Real> Scratch<T> {
    /// For products of up to `n` columns.
    ///
    /// # Panics
    /// As [`Packed::for_batches`].
    pub fn new(n: usize, precision: Precision) -> Self {
        let means = match precision {
            Precision::Bf16 => {
                assert!(is_f32::<T>() && bf16::available(), "bf16 products are for f32, where the CPU has them");
                Means::Pairs(bf16::Scratch::new(n))
            }
            Precision::F32 if fits_tiles::<T>(32, n) => Means::Tiles(amx::Scratch::new(n), panels::Scratch::new(n)),
            Precision::F32 => Means::Panels(panels::Scratch::new(n)),
        };
        Scratch { n, means }
    }
}

/// `c += aᵀ b`, where `a` is `k × m` with rows `lda` apart, `b` is `k × n` with rows `ldb` apart, and
/// `c` is `m × n` with rows `ldc` apart: weight gradients, summed over glimpses and batch at once.
///
/// # Panics
/// If a slice is too short for its shape, or the scratch for `n`.
pub fn gemm_tn<T: Real>(
    m: usize,
    n: usize,
    k: usize,
    a: &[T],
    lda: usize,
    b: &[T],
    ldb: usize,
    c: &mut [T],
    ldc: usize,
    scratch: &mut Scratch<T>,
) {
    if m == 0 || n == 0 || k == 0 {
        return;
    }
    assert!(lda >= m && a.len() >= (k - 1) * lda + m, "gemm_tn: a is too short");
    assert!(ldb >= n && b.len() >= (k - 1) * ldb + n, "gemm_tn: b is too short");
    assert!(ldc >= n && c.len() >= (m - 1) * ldc + n, "gemm_tn: c is too short");
    assert!(n <= scratch.n, "gemm_tn: scratch is too small");
    let panels = match &mut scratch.means {
        Means::Tiles(scratch, _) if m >= 16 && fits_tiles::<T>(k, n) => {
            let (a, b, c) = (floats(a).as_ptr(), floats(b).as_ptr(), c.as_mut_ptr().cast());
            // SAFETY: T is f32; the slices and the scratch were checked.
            return unsafe { amx::gemm_tn(m, n, k, a, lda, b, ldb, c, ldc, scratch) };
        }
        Means::Pairs(scratch) => {
            let (a, b, c) = (floats(a).as_ptr(), floats(b).as_ptr(), c.as_mut_ptr().cast());
            // SAFETY: T is f32; the slices and the scratch were checked, and there is a scratch only where the CPU is able.
            return unsafe { bf16::gemm_tn(m, n, k, a, lda, b, ldb, c, ldc, scratch) };
        }
        Means::Panels(panels) | Means::Tiles(_, panels) => panels,
    };
    for k0 in (0..k).step_by(panels::DEPTH) {
        let (depth, a, b) = (panels::DEPTH.min(k - k0), &a[k0 * lda..], &b[k0 * ldb..]);
        T::dispatch(panels::GemmTn { m, n, depth, a, lda, b, ldb, c, ldc, scratch: panels });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(n: usize, seed: u64) -> Vec<f32> {
        let mut s = seed;
        (0..n)
            .map(|_| {
                s = s.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                ((s >> 40) as f32 / (1u64 << 23) as f32) - 1.0
            })
            .collect()
    }

    fn forms(k: usize, n: usize) -> [Packed<f32>; 2] {
        [Packed::new(k, n), Packed::for_batches(k, n, Precision::F32)]
    }

    fn inits(bias: &[f32]) -> [Init<'_, f32>; 3] {
        [Init::Zero, Init::Bias(bias), Init::Accumulate]
    }

    #[test]
    fn gemm_matches_the_definition_at_every_edge() {
        for m in [1, 2, 3, 7, 12, 13, 25, 33, 100] {
            for (k, n) in [(1, 1), (3, 5), (8, 33), (17, 64), (40, 131), (64, 35)] {
                let (a, b) = (numbers(m * (k + 2), 1), numbers(k * n, 2));
                let (bias, start) = (numbers(n, 3), numbers(m * (n + 3), 4));
                for (mut packed, init) in
                    forms(k, n).into_iter().flat_map(|p| inits(&bias).map(|init| (p.clone(), init)))
                {
                    packed.fill((0, k), (0, n), &b, n, 1);
                    let mut c = start.clone();
                    gemm(m, &a, k + 2, &packed, init, &mut c, n + 3);
                    for i in 0..m {
                        for j in 0..n + 3 {
                            let at = i * (n + 3) + j;
                            if j >= n {
                                assert_eq!(c[at], start[at], "wrote past the row");
                                continue;
                            }
                            let from = match init {
                                Init::Zero => 0.0,
                                Init::Bias(b) => b[j],
                                Init::Accumulate => start[at],
                            };
                            let dot: f32 = (0..k).map(|l| a[i * (k + 2) + l] * b[l * n + j]).sum();
                            assert!((c[at] - from - dot).abs() < 1e-4, "{m}x{k}x{n} at {i},{j}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn gemm_tn_matches_the_definition() {
        for (m, n, k) in [(1, 1, 1), (5, 37, 3), (29, 8, 300), (13, 70, 513), (250, 41, 400), (33, 70, 513)] {
            let (a, b) = (numbers(k * m, 5), numbers(k * n, 6));
            let fma = Scratch { n, means: Means::Panels(panels::Scratch::new(n)) };
            for mut scratch in [fma, Scratch::new(n, Precision::F32)] {
                let mut c = vec![1.0; m * n];
                gemm_tn(m, n, k, &a, m, &b, n, &mut c, n, &mut scratch);
                for i in 0..m {
                    for j in 0..n {
                        let dot: f64 = (0..k).map(|l| a[l * m + i] as f64 * b[l * n + j] as f64).sum();
                        assert!((c[i * n + j] as f64 - 1.0 - dot).abs() < 1e-4, "{m}x{n}x{k} at {i},{j}");
                    }
                }
            }
        }
    }

    #[test]
    fn rows_do_not_depend_on_the_batch() {
        let (m, k, n) = (29, 50, 70);
        let (a, b) = (numbers(m * k, 7), numbers(k * n, 8));
        for mut packed in forms(k, n) {
            packed.fill((0, k), (0, n), &b, n, 1);
            let mut all = vec![0.0; m * n];
            gemm(m, &a, k, &packed, Init::Zero, &mut all, n);
            for i in 0..m {
                let mut one = vec![0.0; n];
                gemm(1, &a[i * k..], k, &packed, Init::Zero, &mut one, n);
                assert_eq!(one, all[i * n..(i + 1) * n]);
            }
        }
    }

    /// Of both means, where there are both: the error against f64, in units of f32's rounding of Σ|a b|.
    #[test]
    fn tiles_are_as_exact_as_fma() {
        let (m, k, n) = (50, 520, 70);
        let noise = |n: usize, seed| -> Vec<f32> { numbers(n, seed).iter().map(|x| x * x.abs().sqrt()).collect() };
        let (a, b) = (noise(m * k, 11), noise(k * n, 12));
        let error = |packed: &Packed<f32>| -> f64 {
            let mut c = vec![0.0; m * n];
            gemm(m, &a, k, packed, Init::Zero, &mut c, n);
            let mut squares = 0.0;
            for (at, c) in c.iter().enumerate() {
                let terms = (0..k).map(|l| a[at / n * k + l] as f64 * b[l * n + at % n] as f64);
                let (sum, size) = terms.fold((0.0, 0.0), |(sum, size), t| (sum + t, size + t.abs()));
                squares += ((*c as f64 - sum) / (size * f32::EPSILON as f64)).powi(2);
            }
            (squares / (m * n) as f64).sqrt()
        };
        let [fma, best] = forms(k, n).map(|mut packed| {
            packed.fill((0, k), (0, n), &b, n, 1);
            error(&packed)
        });
        println!("error of FMA {fma:.3}, of {} {best:.3}", crate::kernels::instruction_set());
        assert!(fma < 0.5 && best < 0.5, "error of FMA {fma}, of the machine's best {best}");
    }

    /// To the nearest bf16, ties to even.
    fn rounded(x: f32) -> f64 {
        let bits = x.to_bits();
        f32::from_bits((bits + 0x7fff + (bits >> 16 & 1)) & 0xffff_0000) as f64
    }

    /// Of the rounded operands, with no more error than sums in f32 have.
    #[test]
    fn bf16_products_are_those_of_the_rounded_operands() {
        if !Precision::Bf16.available() {
            return;
        }
        for (m, k, n) in [(1, 1, 1), (3, 5, 33), (8, 64, 32), (25, 101, 70), (50, 520, 131)] {
            let (a, b) = (numbers(m * (k + 2), 1), numbers(k * n, 2));
            let (bias, start) = (numbers(n, 3), numbers(m * (n + 3), 4));
            let mut packed = Packed::for_batches(k, n, Precision::Bf16);
            // In two blocks, of which one begins within a pair.
            let first = k / 2;
            packed.fill((first, k - first), (0, n), &b[first * n..], n, 1);
            packed.fill((0, first), (0, n), &b, n, 1);
            for init in inits(&bias) {
                let mut c = start.clone();
                gemm(m, &a, k + 2, &packed, init, &mut c, n + 3);
                for (at, c) in c.iter().enumerate() {
                    let (i, j) = (at / (n + 3), at % (n + 3));
                    if j >= n {
                        assert_eq!(*c, start[at], "wrote past the row");
                        continue;
                    }
                    let from = match init {
                        Init::Zero => 0.0,
                        Init::Bias(b) => b[j],
                        Init::Accumulate => start[at],
                    };
                    let terms = (0..k).map(|l| rounded(a[i * (k + 2) + l]) * rounded(b[l * n + j]));
                    let expected = from as f64 + terms.sum::<f64>();
                    assert!((*c as f64 - expected).abs() < 2e-5, "{m}x{k}x{n} at {i},{j}: {c}, expected {expected}");
                }
            }
        }
        for (m, n, k) in [(1, 1, 1), (5, 37, 3), (29, 8, 300), (13, 70, 1537), (250, 41, 400)] {
            let (a, b) = (numbers(k * m, 5), numbers(k * n, 6));
            let mut c = vec![1.0; m * n];
            gemm_tn(m, n, k, &a, m, &b, n, &mut c, n, &mut Scratch::new(n, Precision::Bf16));
            for (at, c) in c.iter().enumerate() {
                let (i, j) = (at / n, at % n);
                let terms = (0..k).map(|l| rounded(a[l * m + i]) * rounded(b[l * n + j]));
                let expected = 1.0 + terms.sum::<f64>();
                assert!((*c as f64 - expected).abs() < 1e-4, "{m}x{n}x{k} at {i},{j}: {c}, expected {expected}");
            }
        }
    }
}
