//! Matrix products: a register tile over a right-hand side that is packed in panels.
//!
//! A panel holds two vectors' worth of columns, row after row, so that the tile's inner loop reads
//! it in order. Weights are packed once a step and used for every glimpse.

use super::{Kernel, Real, Simd};

/// What the result starts from.
#[derive(Clone, Copy)]
pub enum Init<'a, T> {
    Zero,
    /// One row, added to every row of the result.
    Bias(&'a [T]),
    /// The result's present content.
    Accumulate,
}

/// A `k × n` matrix in panels of columns, 64-byte aligned, the last panel padded with zeros.
#[derive(Clone)]
pub struct Packed<T> {
    k: usize,
    n: usize,
    width: usize,
    offset: usize,
    data: Vec<T>,
}

/// The number of columns in a panel on this machine.
fn panel_width<T: Real>() -> usize {
    struct Lanes;
    impl<T: Real> Kernel<T> for Lanes {
        type Output = usize;
        #[inline(always)]
        fn run<S: Simd<T>>(self) -> usize {
            S::LANES
        }
    }
    2 * T::dispatch(Lanes)
}

impl<T: Real> Packed<T> {
    /// A zero matrix.
    pub fn new(k: usize, n: usize) -> Self {
        let width = panel_width::<T>();
        let align = 64 / size_of::<T>();
        let data = vec![T::zero(); n.div_ceil(width) * width * k + align];
        let offset = data.as_ptr().align_offset(64).min(align);
        Packed { k, n, width, offset, data }
    }

    pub fn rows(&self) -> usize {
        self.k
    }

    pub fn columns(&self) -> usize {
        self.n
    }

    /// Writes the block at `(k0, n0)`: element `(k, n)` of it is `src[k * k_stride + n * n_stride]`.
    pub fn fill(
        &mut self,
        (k0, rows): (usize, usize),
        (n0, columns): (usize, usize),
        src: &[T],
        k_stride: usize,
        n_stride: usize,
    ) {
        assert!(k0 + rows <= self.k && n0 + columns <= self.n, "block outside the packed matrix");
        let (width, height) = (self.width, self.k);
        let data = &mut self.data[self.offset..];
        let mut n = 0;
        while n < columns {
            let (panel, first) = ((n0 + n) / width, (n0 + n) % width);
            let take = (width - first).min(columns - n);
            for k in 0..rows {
                let at = (panel * height + k0 + k) * width + first;
                let out = &mut data[at..at + take];
                let from = k * k_stride + n * n_stride;
                if n_stride == 1 {
                    out.copy_from_slice(&src[from..from + take]);
                } else {
                    for (o, s) in out.iter_mut().zip(src[from..].iter().step_by(n_stride)) {
                        *o = *s;
                    }
                }
            }
            n += take;
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
    T::dispatch(Gemm { m, a, lda, b, init, c, ldc })
}

struct Gemm<'a, T> {
    m: usize,
    a: &'a [T],
    lda: usize,
    b: &'a Packed<T>,
    init: Init<'a, T>,
    c: &'a mut [T],
    ldc: usize,
}

impl<T: Real> Kernel<T> for Gemm<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd<T>>(self) {
        let b = self.b;
        debug_assert_eq!(b.width, 2 * S::LANES);
        let panels = b.n.div_ceil(b.width);
        // Two rows or fewer do not fill the registers: take several panels at once.
        let together = match self.m {
            1 => 4,
            2 => 2,
            _ => 1,
        };
        let mut panel = 0;
        while panel < panels {
            let take = if panels - panel >= together { together } else { 1 };
            let mut row = 0;
            while row < self.m {
                let left = self.m - row;
                let rows = left.div_ceil(left.div_ceil(S::ROWS));
                let column = panel * b.width;
                // SAFETY: row + rows <= m and column < n; `gemm` checked the slices against m, k, n.
                unsafe {
                    let here = b.data.as_ptr().add(b.offset + panel * b.k * b.width);
                    let ahead = Ahead::of::<S>(here, b.k, row / S::ROWS, panel + 1 < panels);
                    let a = self.a.as_ptr().add(row * self.lda);
                    let at = Place {
                        c: self.c.as_mut_ptr().add(row * self.ldc + column),
                        ldc: self.ldc,
                        columns: b.n - column,
                        bias: match self.init {
                            Init::Bias(bias) => bias.as_ptr().add(column),
                            _ => std::ptr::null(),
                        },
                        accumulate: matches!(self.init, Init::Accumulate),
                    };
                    let lda = self.lda;
                    match take {
                        4 => tile::<T, S, 1, 4, 2, false>(b.k, a, lda, here, ahead, at),
                        2 => tile::<T, S, 2, 2, 2, false>(b.k, a, lda, here, ahead, at),
                        _ => tiles::<T, S, false>(rows, b.k, a, lda, here, ahead, at),
                    }
                }
                row += rows;
            }
            panel += take;
        }
    }
}

/// Room for [`gemm_tn`] to pack into, kept from call to call.
pub struct Scratch<T> {
    a: Vec<T>,
    b: Packed<T>,
}

impl<T: Real> Scratch<T> {
    /// For products of up to `n` columns.
    pub fn new(n: usize) -> Self {
        Scratch { a: vec![T::zero(); (DEPTH + APART) * BLOCK], b: Packed::new(DEPTH, n) }
    }
}

/// Depth and rows of a that are packed at a time: together they stay in the second cache.
const DEPTH: usize = 384;
const BLOCK: usize = 120;
/// Rows of a that are asked for ahead of their packing.
const SOON: usize = 12;
/// Rows of nothing after each packed tile of a: were tiles whole pages apart, they would share a few lines of the first
/// cache.
const APART: usize = 2;

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
    assert!(n.div_ceil(scratch.b.width) <= scratch.b.n.div_ceil(scratch.b.width), "gemm_tn: scratch is too small");
    for k0 in (0..k).step_by(DEPTH) {
        let (depth, a, b) = (DEPTH.min(k - k0), &a[k0 * lda..], &b[k0 * ldb..]);
        T::dispatch(GemmTn { m, n, depth, a, lda, b, ldb, c, ldc, scratch });
    }
}

struct GemmTn<'a, T> {
    m: usize,
    n: usize,
    depth: usize,
    a: &'a [T],
    lda: usize,
    b: &'a [T],
    ldb: usize,
    c: &'a mut [T],
    ldc: usize,
    scratch: &'a mut Scratch<T>,
}

impl<T: Real> Kernel<T> for GemmTn<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd<T>>(self) {
        let GemmTn { m, n, depth, a, lda, b, ldb, c, ldc, scratch } = self;
        let width = 2 * S::LANES;
        let panels = n.div_ceil(width);
        // SAFETY: `gemm_tn` checked the slices and the scratch; first + rows <= m, column < n.
        unsafe {
            let b_packed = scratch.b.data.as_mut_ptr().add(scratch.b.offset);
            for k in 0..depth {
                let row = b.as_ptr().add(k * ldb);
                for panel in 0..panels {
                    let to = b_packed.add((panel * depth + k) * width);
                    copy_upto::<T, S>(row.add(panel * width), to, width.min(n - panel * width));
                }
            }
            for block in (0..m).step_by(BLOCK) {
                let end = m.min(block + BLOCK);
                let tiles_in_block = (end - block).div_ceil(S::ROWS);
                let a_packed = scratch.a.as_mut_ptr();
                // Row by row of a, so that each of its cache lines is read once.
                for k in 0..depth {
                    let row = a.as_ptr().add(k * lda + block);
                    // A row's part ends before the CPU has seen that it goes on, and the next is a page away.
                    for line in (0..end - block).step_by(Ahead::<T>::LINE) {
                        S::prefetch(row.wrapping_add(SOON * lda + line));
                    }
                    for tile in 0..tiles_in_block {
                        let rows = S::ROWS.min(end - block - tile * S::ROWS);
                        copy_upto::<T, S>(
                            row.add(tile * S::ROWS),
                            a_packed.add((tile * (depth + APART) + k) * S::ROWS),
                            rows,
                        );
                    }
                }
                for panel in 0..panels {
                    let column = panel * width;
                    let here = b_packed.add(panel * depth * width).cast_const();
                    for tile in 0..tiles_in_block {
                        let first = block + tile * S::ROWS;
                        let at = Place {
                            c: c.as_mut_ptr().add(first * ldc + column),
                            ldc,
                            columns: n - column,
                            bias: std::ptr::null(),
                            accumulate: true,
                        };
                        let ahead = Ahead::of::<S>(here, depth, tile, panel + 1 < panels);
                        let a = a_packed.add(tile * S::ROWS * (depth + APART));
                        tiles::<T, S, true>(S::ROWS.min(end - first), depth, a, 0, here, ahead, at);
                    }
                }
            }
        }
    }
}

/// Copies `n` elements, by vectors.
#[inline(always)]
unsafe fn copy_upto<T: Real, S: Simd<T>>(from: *const T, to: *mut T, n: usize) {
    for i in (0..n).step_by(S::LANES) {
        unsafe { S::store_upto(to.add(i), S::load_upto(from.add(i), n - i), n - i) }
    }
}

/// The cache lines that a tile asks for ahead of the next panel: one for each k, so that they come
/// while it computes.
#[derive(Clone, Copy)]
struct Ahead<T>(*const T);

impl<T: Real> Ahead<T> {
    const LINE: usize = 64 / size_of::<T>();

    /// For tile number `tile` over the panel of `k` rows that begins `here`.
    #[inline(always)]
    fn of<S: Simd<T>>(here: *const T, k: usize, tile: usize, more: bool) -> Self {
        let panel = 2 * S::LANES * k;
        // The first tiles ask for all of it; the others for what is there already.
        let from = if more && (tile + 1) * k * Self::LINE <= panel { panel + tile * k * Self::LINE } else { 0 };
        Ahead(here.wrapping_add(from))
    }
}

/// Where a tile starts from and goes to.
#[derive(Clone, Copy)]
struct Place<T> {
    c: *mut T,
    ldc: usize,
    /// Columns left in the matrix; a tile's own may be fewer or more.
    columns: usize,
    bias: *const T,
    accumulate: bool,
}

/// Picks the tile for a number of rows.
#[inline(always)]
unsafe fn tiles<T: Real, S: Simd<T>, const PACKED: bool>(
    rows: usize,
    k: usize,
    a: *const T,
    lda: usize,
    b: *const T,
    ahead: Ahead<T>,
    at: Place<T>,
) {
    macro_rules! pick {
        ($($r:literal)*) => {
            match rows {
                // The guards are constants: tiles that the target never uses are not compiled.
                $($r if $r <= S::ROWS => unsafe {
                    // Half a wide panel is worth a tile of its own.
                    if S::LANES >= 16 && at.columns <= S::LANES {
                        tile::<T, S, $r, 1, 1, PACKED>(k, a, lda, b, ahead, at)
                    } else {
                        tile::<T, S, $r, 1, 2, PACKED>(k, a, lda, b, ahead, at)
                    }
                },)*
                _ => unreachable!("a tile has at most {} rows", S::ROWS),
            }
        };
    }
    pick!(1 2 3 4 5 6 7 8 9 10 11 12)
}

/// `M` rows by `P` panels of `V` vectors, in registers. `a` is row-major, rows `lda` apart, or, if `PACKED`,
/// holds `S::ROWS` consecutive rows' elements for each k.
#[allow(clippy::needless_range_loop)] // The register tile: indices are what the compiler unrolls.
#[inline(always)]
unsafe fn tile<T: Real, S: Simd<T>, const M: usize, const P: usize, const V: usize, const PACKED: bool>(
    k: usize,
    a: *const T,
    lda: usize,
    b: *const T,
    ahead: Ahead<T>,
    at: Place<T>,
) {
    unsafe {
        let width = 2 * S::LANES;
        let mut acc = [[[S::splat(T::zero()); V]; P]; M];
        for (i, acc) in acc.iter_mut().enumerate() {
            for (p, acc) in acc.iter_mut().enumerate() {
                for (v, acc) in acc.iter_mut().enumerate() {
                    let column = p * width + v * S::LANES;
                    if column < at.columns {
                        let left = at.columns - column;
                        if !at.bias.is_null() {
                            *acc = S::load_upto(at.bias.add(column), left);
                        } else if at.accumulate {
                            // Added at the end: the products need not wait for what may be far away.
                            S::prefetch_near(at.c.add(i * at.ldc + column));
                        }
                    }
                }
            }
        }
        let rows: [*const T; M] = std::array::from_fn(|i| a.add(if PACKED { i } else { i * lda }));
        let step = if PACKED { S::ROWS } else { 1 };
        for kk in 0..k {
            S::prefetch(ahead.0.wrapping_add(kk * Ahead::<T>::LINE));
            for p in 0..P {
                let bp = b.add((p * k + kk) * width);
                let bv: [S::V; V] = std::array::from_fn(|v| S::load(bp.add(v * S::LANES)));
                for i in 0..M {
                    let x = S::splat(*rows[i].add(kk * step));
                    for v in 0..V {
                        acc[i][p][v] = S::mul_add(x, bv[v], acc[i][p][v]);
                    }
                }
            }
        }
        for (i, acc) in acc.iter().enumerate() {
            for (p, acc) in acc.iter().enumerate() {
                for (v, acc) in acc.iter().enumerate() {
                    let column = p * width + v * S::LANES;
                    if column < at.columns {
                        let (to, left) = (at.c.add(i * at.ldc + column), at.columns - column);
                        let sum = if at.accumulate { S::add(*acc, S::load_upto(to, left)) } else { *acc };
                        S::store_upto(to, sum, left);
                    }
                }
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

    #[test]
    fn gemm_matches_the_definition_at_every_edge() {
        for m in [1, 2, 3, 7, 12, 13, 25] {
            for (k, n) in [(1, 1), (3, 5), (8, 33), (17, 64), (40, 131)] {
                let (a, b) = (numbers(m * (k + 2), 1), numbers(k * n, 2));
                let (bias, start) = (numbers(n, 3), numbers(m * (n + 3), 4));
                let mut packed = Packed::new(k, n);
                packed.fill((0, k), (0, n), &b, n, 1);
                for init in [Init::Zero, Init::Bias(&bias), Init::Accumulate] {
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
        for (m, n, k) in [(1, 1, 1), (5, 37, 3), (29, 8, 300), (13, 70, 513), (250, 41, 400)] {
            let (a, b) = (numbers(k * m, 5), numbers(k * n, 6));
            let mut c = vec![1.0; m * n];
            gemm_tn(m, n, k, &a, m, &b, n, &mut c, n, &mut Scratch::new(n));
            for i in 0..m {
                for j in 0..n {
                    let dot: f64 = (0..k).map(|l| a[l * m + i] as f64 * b[l * n + j] as f64).sum();
                    assert!((c[i * n + j] as f64 - 1.0 - dot).abs() < 1e-4, "{m}x{n}x{k} at {i},{j}");
                }
            }
        }
    }

    #[test]
    fn rows_do_not_depend_on_the_batch() {
        let (m, k, n) = (29, 50, 70);
        let (a, b) = (numbers(m * k, 7), numbers(k * n, 8));
        let mut packed = Packed::new(k, n);
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
