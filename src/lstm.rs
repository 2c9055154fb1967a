//! The pointwise half of an LSTM cell, forward beside backward, over a batch. (The products with the
//! weights are in [`crate::tape`] and [`crate::backprop`], one for all four gates.)
//!
//! ```text
//! i, f, o = σ(·)   g = tanh(·)   c = f c₋₁ + i g   h = o tanh(c)
//! ```

use crate::kernels::{Kernel, Real, Simd};

/// One step of a cell.
pub struct Forward<'a, T> {
    pub hidden: usize,
    pub batch: usize,
    /// `[batch, 4H]`, gates in order i, f, g, o: sums on entry, activations on return.
    pub gates: &'a mut [T],
    /// c₋₁ `[batch, H]`.
    pub before: &'a [T],
    /// c `[batch, H]`.
    pub cell: &'a mut [T],
    /// h, in rows `out_stride` apart.
    pub out: &'a mut [T],
    pub out_stride: usize,
}

impl<T: Real> Kernel<T> for Forward<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd<T>>(self) {
        let h = self.hidden;
        for b in 0..self.batch {
            let gates = &mut self.gates[b * 4 * h..][..4 * h];
            let before = &self.before[b * h..][..h];
            let cell = &mut self.cell[b * h..][..h];
            let out = &mut self.out[b * self.out_stride..][..h];
            for u in (0..h).step_by(S::LANES) {
                let left = h - u;
                // SAFETY: u < h, and at most `left` elements are touched in each quarter.
                unsafe {
                    let gate = gates.as_mut_ptr().add(u);
                    let i = S::sigmoid(S::load_upto(gate, left));
                    let f = S::sigmoid(S::load_upto(gate.add(h), left));
                    let g = S::tanh(S::load_upto(gate.add(2 * h), left));
                    let o = S::sigmoid(S::load_upto(gate.add(3 * h), left));
                    let c = S::mul_add(f, S::load_upto(before.as_ptr().add(u), left), S::mul(i, g));
                    S::store_upto(gate, i, left);
                    S::store_upto(gate.add(h), f, left);
                    S::store_upto(gate.add(2 * h), g, left);
                    S::store_upto(gate.add(3 * h), o, left);
                    S::store_upto(cell.as_mut_ptr().add(u), c, left);
                    S::store_upto(out.as_mut_ptr().add(u), S::mul(o, S::tanh(c)), left);
                }
            }
        }
    }
}

/// The backward pass of [`Forward`].
pub struct Backward<'a, T> {
    pub hidden: usize,
    pub batch: usize,
    /// Activations on entry, the gradient of the sums on return.
    pub gates: &'a mut [T],
    pub before: &'a [T],
    pub cell: &'a [T],
    /// The gradient of h `[batch, H]`.
    pub d_out: &'a [T],
    /// The gradient of c from the next step on entry, of c₋₁ on return `[batch, H]`.
    pub d_cell: &'a mut [T],
    /// The gradient of the sums is added up here, over the batch `[4H]`.
    pub d_bias: &'a mut [T],
}

impl<T: Real> Kernel<T> for Backward<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd<T>>(self) {
        let h = self.hidden;
        let d_bias = &mut self.d_bias[..4 * h];
        for b in 0..self.batch {
            let gates = &mut self.gates[b * 4 * h..][..4 * h];
            let (before, cell) = (&self.before[b * h..][..h], &self.cell[b * h..][..h]);
            let (d_out, d_cell) = (&self.d_out[b * h..][..h], &mut self.d_cell[b * h..][..h]);
            for u in (0..h).step_by(S::LANES) {
                let left = h - u;
                // SAFETY: u < h, and at most `left` elements are touched in each quarter.
                unsafe {
                    let one = S::splat(T::one());
                    let gate = gates.as_mut_ptr().add(u);
                    let i = S::load_upto(gate, left);
                    let f = S::load_upto(gate.add(h), left);
                    let g = S::load_upto(gate.add(2 * h), left);
                    let o = S::load_upto(gate.add(3 * h), left);
                    let t = S::tanh(S::load_upto(cell.as_ptr().add(u), left));
                    let dh = S::load_upto(d_out.as_ptr().add(u), left);
                    let slope = S::mul(o, S::sub(one, S::mul(t, t)));
                    let dc = S::mul_add(dh, slope, S::load_upto(d_cell.as_ptr().add(u), left));
                    let (di, dg) = (S::mul(dc, g), S::mul(dc, i));
                    let df = S::mul(dc, S::load_upto(before.as_ptr().add(u), left));
                    let d_o = S::mul(dh, t);
                    let d_gates = [
                        S::mul(di, S::mul(i, S::sub(one, i))),
                        S::mul(df, S::mul(f, S::sub(one, f))),
                        S::mul(dg, S::sub(one, S::mul(g, g))),
                        S::mul(d_o, S::mul(o, S::sub(one, o))),
                    ];
                    for (at, d) in d_gates.into_iter().enumerate() {
                        let sum = d_bias.as_mut_ptr().add(at * h + u);
                        S::store_upto(gate.add(at * h), d, left);
                        S::store_upto(sum, S::add(S::load_upto(sum, left), d), left);
                    }
                    S::store_upto(d_cell.as_mut_ptr().add(u), S::mul(dc, f), left);
                }
            }
        }
    }
}
