//! Matrix products, by the fastest means of the machine: AMX's tiles ([`super::amx`]) or FMA ([`super::panels`]).
//!
//! Weights are packed once a step and used for every glimpse. Which means serves a product is settled when its right-hand
//! side is packed, and does not depend on the left-hand side.

use super::amx::{self, Tiles};
use super::panels::{self, Panels};
use super::{Real, tiles};
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
    /// Only where `T` is `f32`.
    Tiles(Tiles),
}

/// Whether tiles serve a product of depth `k` and `n` columns: below a tile's size they are mostly padding.
fn fits_tiles<T: Real>(k: usize, n: usize) -> bool {
    TypeId::of::<T>() == TypeId::of::<f32>() && k >= 32 && n >= 16 && tiles()
}

impl<T: Real> Packed<T> {
    /// A zero matrix, for left-hand sides of any number of rows: by FMA.
    pub fn new(k: usize, n: usize) -> Self {
        Packed { k, n, form: Form::Panels(Panels::new(k, n)) }
    }

    /// A zero matrix, for left-hand sides of many rows: fewer than 32 leave tiles partly empty.
    pub fn for_batches(k: usize, n: usize) -> Self {
        if fits_tiles::<T>(k, n) { Packed { k, n, form: Form::Tiles(Tiles::new(k, n)) } } else { Self::new(k, n) }
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
            Form::Tiles(tiles) => {
                // SAFETY: tiles are made for `f32` only, so that T is it.
                let src = unsafe { std::slice::from_raw_parts(src.as_ptr().cast::<f32>(), src.len()) };
                tiles.fill((k0, rows), (n0, columns), src, k_stride, n_stride);
            }
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
        Form::Tiles(b) => {
            let start = match init {
                Init::Zero => amx::Start::Zero,
                Init::Bias(bias) => amx::Start::Bias(bias.as_ptr().cast()),
                Init::Accumulate => amx::Start::Accumulate,
            };
            // SAFETY: tiles are made for `f32` only, so that T is it; the slices were checked.
            unsafe { amx::gemm(m, a.as_ptr().cast(), lda, b, start, c.as_mut_ptr().cast(), ldc) }
        }
    }
}

/// Room for [`gemm_tn`], kept from call to call.
pub struct Scratch<T> {
    panels: panels::Scratch<T>,
    tiles: Option<amx::Scratch>,
}

impl<T: Real> Scratch<T> {
    /// For products of up to `n` columns.
    pub fn new(n: usize) -> Self {
        Scratch { panels: panels::Scratch::new(n), tiles: fits_tiles::<T>(32, n).then(|| amx::Scratch::new(n)) }
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
    assert!(n <= scratch.panels.columns(), "gemm_tn: scratch is too small");
    match &mut scratch.tiles {
        Some(scratch) if m >= 16 && fits_tiles::<T>(k, n) => {
            let (a, b, c) = (a.as_ptr().cast(), b.as_ptr().cast(), c.as_mut_ptr().cast());
            // SAFETY: tiles are made for `f32` only, so that T is it; the slices and the scratch were checked.
            unsafe { amx::gemm_tn(m, n, k, a, lda, b, ldb, c, ldc, scratch) }
        }
        _ => {
            for k0 in (0..k).step_by(panels::DEPTH) {
                let (depth, a, b) = (panels::DEPTH.min(k - k0), &a[k0 * lda..], &b[k0 * ldb..]);
                T::dispatch(panels::GemmTn { m, n, depth, a, lda, b, ldb, c, ldc, scratch: &mut scratch.panels });
            }
        }
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
        [Packed::new(k, n), Packed::for_batches(k, n)]
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
            for mut scratch in [Scratch { tiles: None, ..Scratch::new(n) }, Scratch::new(n)] {
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
}
