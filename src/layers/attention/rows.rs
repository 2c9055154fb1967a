//! Products of small matrices of which only some columns count: what windows are laid and read by.

use super::dot;
use crate::kernels::{MOST_LANES, Real, Simd};
use std::ops::Range;

/// Where a matrix lies: element `[i, k]` is `i * row + k * column` after `at`.
#[derive(Clone, Copy)]
pub(super) struct Matrix<T> {
    pub at: *const T,
    pub row: usize,
    pub column: usize,
}

impl<T> Matrix<T> {
    /// Rows one after another, `len` apart.
    pub fn rows(at: *const T, len: usize) -> Self {
        Matrix { at, row: len, column: 1 }
    }

    pub fn transposed(self) -> Self {
        Matrix { at: self.at, row: self.column, column: self.row }
    }
}

/// Where sums start.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Start {
    Zero,
    /// From what is there.
    Itself,
}

/// `to[i, a] = Σ_k weights[i, k] from[k, a]` for rows `i` of a range, `k` of `summed` and `a` of `columns`. The rows of
/// `from` and of `to` are `len` apart. What lies `ahead` elements on is asked for, if that is not zero.
///
/// # Safety
/// All these elements must be there, and `to` not be part of `from`.
// What is not inlined is not compiled for an instruction set; WebAssembly has one alone, and there bytes count.
#[cfg_attr(not(target_arch = "wasm32"), inline(always))]
#[cfg_attr(target_arch = "wasm32", inline(never))]
#[expect(clippy::too_many_arguments, reason = "three matrices and their ranges")]
pub(super) unsafe fn mix<T: Real, S: Simd<T>>(
    s: S,
    rows: Range<usize>,
    weights: Matrix<T>,
    summed: &Range<usize>,
    from: *const T,
    len: usize,
    columns: &Range<usize>,
    to: *mut T,
    start: Start,
    ahead: usize,
) {
    let mut first = rows.start;
    while first < rows.end {
        // SAFETY: the caller vouches for all rows; these are some of them.
        unsafe {
            let to = to.add(first * len);
            let weights = Matrix { at: weights.at.add(first * weights.row), ..weights };
            first += match rows.end - first {
                1 => mix_some::<T, S, 1>(s, weights, summed, from, len, columns, to, start, ahead),
                2 | 3 => mix_some::<T, S, 2>(s, weights, summed, from, len, columns, to, start, ahead),
                4 | 5 => mix_some::<T, S, 4>(s, weights, summed, from, len, columns, to, start, ahead),
                _ if S::ROWS <= 4 => mix_some::<T, S, 4>(s, weights, summed, from, len, columns, to, start, ahead),
                12.. if S::ROWS >= 12 => mix_some::<T, S, 12>(s, weights, summed, from, len, columns, to, start, ahead),
                _ => mix_some::<T, S, 6>(s, weights, summed, from, len, columns, to, start, ahead),
            };
        }
    }
}

/// [`mix`] of the first `N` rows, which share what they load and need not wait for each other's sums. Returns `N`.
///
/// # Safety
/// As there.
#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "three matrices and their ranges")]
unsafe fn mix_some<T: Real, S: Simd<T>, const N: usize>(
    s: S,
    weights: Matrix<T>,
    summed: &Range<usize>,
    from: *const T,
    len: usize,
    columns: &Range<usize>,
    to: *mut T,
    start: Start,
    ahead: usize,
) -> usize {
    let mut a = columns.start;
    // SAFETY: the caller vouches for the rows; of each at most the columns of the range are touched.
    unsafe {
        // Where registers are few, one vector alone.
        while S::ROWS > 4 && a + 2 * S::LANES <= columns.end {
            let mut sums = [[s.splat(T::zero()); 2]; N];
            if start == Start::Itself {
                for (i, sum) in sums.iter_mut().enumerate() {
                    let to = to.add(i * len + a);
                    *sum = [s.load(to), s.load(to.add(S::LANES))];
                }
            }
            for k in summed.clone() {
                let from = from.add(k * len + a);
                let x = [s.load(from), s.load(from.add(S::LANES))];
                if ahead > 0 {
                    s.prefetch(from.wrapping_add(ahead));
                    s.prefetch(from.wrapping_add(ahead + S::LANES));
                }
                for (i, sum) in sums.iter_mut().enumerate() {
                    let weight = s.splat(*weights.at.add(i * weights.row + k * weights.column));
                    *sum = [s.mul_add(weight, x[0], sum[0]), s.mul_add(weight, x[1], sum[1])];
                }
            }
            for (i, sum) in sums.into_iter().enumerate() {
                let to = to.add(i * len + a);
                s.store(to, sum[0]);
                s.store(to.add(S::LANES), sum[1]);
            }
            a += 2 * S::LANES;
        }
        while a < columns.end {
            let left = columns.end - a;
            let mut sums = [s.splat(T::zero()); N];
            if start == Start::Itself {
                for (i, sum) in sums.iter_mut().enumerate() {
                    *sum = s.load_upto(to.add(i * len + a), left);
                }
            }
            for k in summed.clone() {
                let x = s.load_upto(from.add(k * len + a), left);
                for (i, sum) in sums.iter_mut().enumerate() {
                    let weight = s.splat(*weights.at.add(i * weights.row + k * weights.column));
                    *sum = s.mul_add(weight, x, *sum);
                }
            }
            for (i, sum) in sums.into_iter().enumerate() {
                s.store_upto(to.add(i * len + a), sum, left);
            }
            a += S::LANES;
        }
    }
    N
}

/// `to[i, k] += Σ_a left[i, a] right[k, a]` for `i` below `n`, `k` of `rows` and `a` of `columns`. The rows of `left` and of
/// `right` are `len` apart, those of `to` are `to_len`.
///
/// # Safety
/// All these elements must be there, and `to` not be part of the others.
#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "three matrices and their ranges")]
pub(super) unsafe fn add_products<T: Real, S: Simd<T>>(
    s: S,
    n: usize,
    left: *const T,
    right: *const T,
    len: usize,
    columns: &Range<usize>,
    rows: &Range<usize>,
    to: *mut T,
    to_len: usize,
) {
    let whole = columns.start..columns.end - columns.len() % S::LANES;
    let (end, remain) = (whole.end, columns.end - whole.end);
    let mut first = rows.start;
    // SAFETY: the caller vouches for the rows; of each at most the columns of the range are touched.
    unsafe {
        // A vector of rows at a time: their sums come out side by side.
        while S::LANES > 1 && first + S::LANES <= rows.end {
            let right = right.add(first * len);
            for i in 0..n {
                let left = left.add(i * len);
                let mut sums = [s.splat(T::zero()); MOST_LANES];
                for a in whole.clone().step_by(S::LANES) {
                    let x = s.load(left.add(a));
                    for (k, sum) in sums.iter_mut().enumerate().take(S::LANES) {
                        *sum = s.mul_add(x, s.load(right.add(k * len + a)), *sum);
                    }
                }
                if remain > 0 {
                    let x = s.load_first(left.add(end), remain);
                    for (k, sum) in sums.iter_mut().enumerate().take(S::LANES) {
                        *sum = s.mul_add(x, s.load_first(right.add(k * len + end), remain), *sum);
                    }
                }
                let to = to.add(i * to_len + first);
                s.store(to, s.add(s.load(to), s.sums(sums)));
            }
            first += S::LANES;
        }
        for k in first..rows.end {
            for i in 0..n {
                *to.add(i * to_len + k) += dot(s, left.add(i * len), right.add(k * len), columns);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::Kernel;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// Both products of `n` rows with `m`, in some columns of `len`.
    struct Both<'a> {
        n: usize,
        m: usize,
        len: usize,
        columns: Range<usize>,
        weights: &'a [f32],
        rows: &'a [f32],
        mixed: &'a mut [f32],
        products: &'a mut [f32],
    }

    impl Kernel<f32> for Both<'_> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd<f32>>(self, s: S) {
            let Both { n, m, len, columns, weights, rows, mixed, products } = self;
            assert!(weights.len() >= n * m && rows.len() >= m * len && products.len() >= n * m);
            assert!(mixed.len() >= n * len && columns.end <= len);
            let (rows, mixed) = (rows.as_ptr(), mixed.as_mut_ptr());
            // The weights are kept as `[m, n]`.
            let weights = Matrix::rows(weights.as_ptr(), n).transposed();
            // SAFETY: the lengths were checked.
            unsafe {
                mix(s, 0..n, weights, &(0..m), rows, len, &columns, mixed, Start::Itself, 0);
                add_products(s, n, mixed, rows, len, &columns, &(0..m), products.as_mut_ptr(), m);
            }
        }
    }

    #[test]
    fn products_are_those_of_plain_loops() {
        // Whole numbers, so that sums are the same in any order.
        let whole = |n: usize, seed: usize| -> Vec<f32> { (0..n).map(|i| ((i * seed + 3) % 7) as f32 - 3.0).collect() };
        for n in [1, 2, 3, 5, 6, 11, 12, 13] {
            for (m, len, columns) in [(1, 3, 0..3), (5, 40, 3..40), (16, 37, 16..37), (35, 100, 0..100), (70, 33, 7..8)]
            {
                let (weights, rows) = (whole(n * m, 5), whole(m * len, 11));
                let (mut mixed, mut products) = (whole(n * len, 13), whole(n * m, 3));
                let (before, start) = (mixed.clone(), products.clone());
                let both = Both {
                    n,
                    m,
                    len,
                    columns: columns.clone(),
                    weights: &weights,
                    rows: &rows,
                    mixed: &mut mixed,
                    products: &mut products,
                };
                f32::dispatch(both);
                for i in 0..n {
                    for a in 0..len {
                        let sum: f32 = (0..m).map(|k| weights[k * n + i] * rows[k * len + a]).sum();
                        let sum = if columns.contains(&a) { sum } else { 0.0 };
                        assert_eq!(mixed[i * len + a], before[i * len + a] + sum, "{n} {m} {len}: {i}, {a}");
                    }
                    for k in 0..m {
                        let sum: f32 = columns.clone().map(|a| mixed[i * len + a] * rows[k * len + a]).sum();
                        assert_eq!(products[i * m + k], start[i * m + k] + sum, "{n} {m} {len}: {i}, {k}");
                    }
                }
            }
        }
    }
}
