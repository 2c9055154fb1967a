//! An LSTM: its weights, one product for all four gates, and the pointwise rest, forward beside backward, over a batch.
//!
//! ```text
//! i, f, o = σ(·)   g = tanh(·)   c = f c₋₁ + i g   h = o tanh(c)
//! ```

use super::linear::{Block, Linear};
use super::{Start, Tensor};
use crate::kernels::gemm::{Init, Product};
use crate::kernels::integer::Integers;
use crate::kernels::{Kernel, Real, Simd, fits};
use crate::params::{Params, Shape};

/// The names of an LSTM's tensors.
#[derive(Clone, Copy, Debug)]
pub struct Names {
    /// The inputs' weights `[4H, inputs]`.
    pub weight_ih: &'static str,
    /// The state's weights `[4H, H]`.
    pub weight_hh: &'static str,
    /// The bias `[4H]`.
    pub bias: &'static str,
}

impl Names {
    /// Its tensors: `[4H, inputs]`, `[4H, H]` and `[4H]`, gates in order i, f, g, o.
    pub fn tensors(&self, inputs: usize, hidden: usize) -> [Tensor; 3] {
        let gates = hidden.saturating_mul(4);
        [
            Tensor::matrix(self.weight_ih, [gates, inputs], hidden).of_matrices(Some(4)),
            Tensor::matrix(self.weight_hh, [gates, hidden], hidden).of_matrices(Some(4)),
            Tensor::vector(self.bias, gates).starting(Start::Forget),
        ]
    }
}

/// The layer.
pub struct Lstm<T> {
    hidden: usize,
    bias: &'static str,
    /// From the operand's row to the sums of the gates.
    pub gates: Linear<T>,
    whole: Option<Whole<T>>,
}

/// The product for the gates in two: the state's in whole numbers, since it is of −1 to 1, and the few inputs' as it was.
struct Whole<T> {
    inputs: Linear<T>,
    state: Box<dyn Product<T>>,
}

impl<T: Real> Lstm<T> {
    /// Its operand's rows have `width` elements: the inputs, in pieces `(first of the inputs, their number, where in the
    /// row)`, and the state from `state` on.
    pub fn new(
        names: Names,
        hidden: usize,
        inputs: usize,
        width: usize,
        pieces: &[(usize, usize, usize)],
        state: usize,
        train: Option<usize>,
    ) -> Self {
        let rows = 4 * hidden;
        let piece = |&(from, columns, input): &(usize, usize, usize)| Block {
            name: names.weight_ih,
            width: inputs,
            columns,
            from,
            rows,
            input,
            output: 0,
        };
        let of_state = Block::whole(names.weight_hh, [rows, hidden], state, 0);
        let blocks = pieces.iter().map(piece).chain([of_state]);
        let bias = names.bias;
        let gates = Linear::new(width, rows, train).with(blocks, Some((names.bias, 0)));
        Lstm { hidden, bias, gates, whole: None }
    }

    /// Takes the weights' values; whole numbers of former ones are forgotten.
    pub fn repack<C: Shape>(&mut self, params: &Params<T, C>) {
        self.gates.repack(params);
        self.whole = None;
    }

    /// One step from rows `x`, the gates' sums from what `init` says.
    pub fn forward(&self, (x, stride): (&[T], usize), init: Init<T>, step: Forward<T>) {
        self.gates.forward(step.batch, x, stride, init, step.gates, 4 * self.hidden);
        step.run();
    }

    /// As [`Lstm::forward`] from the biases; in whole numbers, if the weights are.
    pub fn forward_whole(&self, (x, stride): (&[T], usize), step: Forward<T>) {
        let Some(whole) = &self.whole else { return self.forward((x, stride), self.gates.bias(), step) };
        let gates = 4 * self.hidden;
        whole.inputs.forward(step.batch, &x[self.hidden..], stride, whole.inputs.bias(), step.gates, gates);
        whole.state.add(step.batch, x, stride, step.gates, gates);
        step.run();
    }

    /// The backward pass of [`Lstm::forward`] at a glimpse; the rows' gradient starts from what `init` says. Of the weights
    /// it adds the bias's gradient; the matrices' is one product over all glimpses, of [`Lstm::gates`].
    pub fn backward<C: Shape>(
        &self,
        at: Glimpse<T>,
        init: Init<T>,
        (d_x, stride): (&mut [T], usize),
        gradient: &mut Params<T, C>,
    ) {
        let (hidden, Glimpse { t, batch, gates, cells, d_out, d_cell }) = (self.hidden, at);
        let n = batch * hidden;
        let gates = &mut gates[4 * t * n..][..4 * n];
        let (before, cell) = (&cells[t * n..], &cells[(t + 1) * n..]);
        Backward { hidden, batch, gates, before, cell, d_out, d_cell, d_bias: gradient.get_mut(self.bias) }.run();
        self.gates.backward(batch, gates, 4 * hidden, init, d_x, stride);
    }
}

impl Lstm<f32> {
    /// Takes the state's weights in whole numbers, for an operand that is the state and then all inputs. Nothing changes if
    /// they are not whole numbers times the scales of their rows `[4H]`.
    ///
    /// # Panics
    /// If the scales or the parameters are those of another layer.
    pub fn take_whole<C: Shape>(&mut self, names: Names, params: &Params<f32, C>, scales: &[f32]) {
        let rows = 4 * self.hidden;
        assert_eq!(scales.len(), rows, "lstm: scales of another layer");
        let weights = params.get(names.weight_hh);
        let mut whole = vec![0i8; weights.len()];
        for ((whole, weights), scale) in
            whole.chunks_exact_mut(self.hidden).zip(weights.chunks_exact(self.hidden)).zip(scales)
        {
            for (whole, weight) in whole.iter_mut().zip(weights) {
                *whole = (weight / scale).round_ties_even() as i8;
                if *weight != scale * f32::from(*whole) {
                    return;
                }
            }
        }
        let inputs = params.get(names.weight_ih).len() / rows;
        let mut of_inputs = Linear::whole([names.weight_ih, names.bias], [rows, inputs], None);
        of_inputs.repack(params);
        self.whole = Some(Whole { inputs: of_inputs, state: Box::new(Integers::new(&whole, scales)) });
    }
}

/// Where a step is on the way back, in buffers of all glimpses.
pub struct Glimpse<'a, T> {
    /// Which glimpse, from 0.
    pub t: usize,
    /// Images.
    pub batch: usize,
    /// `[T, batch, 4H]`: activations, of this glimpse their gradients on return.
    pub gates: &'a mut [T],
    /// `[T + 1, batch, H]`, before each glimpse and after the last.
    pub cells: &'a [T],
    /// The gradient of h `[batch, H]`.
    pub d_out: &'a [T],
    /// That of c on entry, of c₋₁ on return `[batch, H]`.
    pub d_cell: &'a mut [T],
}

/// One step of a cell.
pub struct Forward<'a, T> {
    /// Units H.
    pub hidden: usize,
    /// Images.
    pub batch: usize,
    /// `[batch, 4H]`, gates in order i, f, g, o: sums on entry, activations on return.
    pub gates: &'a mut [T],
    /// c₋₁ `[batch, H]`.
    pub before: &'a [T],
    /// c `[batch, H]`.
    pub cell: &'a mut [T],
    /// h, in rows `out_stride` apart.
    pub out: &'a mut [T],
    /// Elements from one image's h to the next.
    pub out_stride: usize,
}

impl<T: Real> Forward<'_, T> {
    /// Takes the step.
    ///
    /// # Panics
    /// If a slice is too short for its shape.
    pub fn run(self) {
        let (h, batch) = (self.hidden, self.batch);
        assert!(gates_fit(self.gates, batch, h), "lstm: gates are too short");
        assert!(fits(self.before, batch, h, h) && fits(self.cell, batch, h, h), "lstm: a cell is too short");
        assert!(fits(self.out, batch, self.out_stride, h), "lstm: out is too short");
        T::dispatch(Checked(self));
    }
}

/// Whether there are four gates of `h` units for each of a batch.
fn gates_fit<T>(gates: &[T], batch: usize, h: usize) -> bool {
    h.checked_mul(4).is_some_and(|width| fits(gates, batch, width, width))
}

/// What lies in its slices.
struct Checked<W>(W);

impl<T: Real> Kernel<T> for Checked<Forward<'_, T>> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd<T>>(self, s: S) {
        let Checked(Forward { hidden: h, batch, gates, before, cell, out, out_stride }) = self;
        for b in 0..batch {
            let gates = &mut gates[b * 4 * h..][..4 * h];
            let before = &before[b * h..][..h];
            let cell = &mut cell[b * h..][..h];
            let out = &mut out[b * out_stride..][..h];
            for u in (0..h).step_by(S::LANES) {
                let left = h - u;
                // SAFETY: u < h, and at most `left` elements are touched in each quarter.
                unsafe {
                    let gate = gates.as_mut_ptr().add(u);
                    let (i_sum, f_sum) = (s.load_upto(gate, left), s.load_upto(gate.add(h), left));
                    let (g_sum, o_sum) = (s.load_upto(gate.add(2 * h), left), s.load_upto(gate.add(3 * h), left));
                    let (i, f) = (s.sigmoid(i_sum), s.sigmoid(f_sum));
                    let (g, o) = (s.tanh(g_sum), s.sigmoid(o_sum));
                    let c = s.mul_add(f, s.load_upto(before.as_ptr().add(u), left), s.mul(i, g));
                    // Adds zero. A sum that overflowed, to ∞ on one instruction set and to ∞ - ∞ on another, is NaN on all.
                    let zero = s.splat(T::zero());
                    let g_and_o = s.mul_add(g_sum, zero, s.mul(o_sum, zero));
                    let c = s.add(c, s.mul_add(i_sum, zero, s.mul_add(f_sum, zero, g_and_o)));
                    s.store_upto(gate, i, left);
                    s.store_upto(gate.add(h), f, left);
                    s.store_upto(gate.add(2 * h), g, left);
                    s.store_upto(gate.add(3 * h), o, left);
                    s.store_upto(cell.as_mut_ptr().add(u), c, left);
                    s.store_upto(out.as_mut_ptr().add(u), s.mul(o, s.tanh(c)), left);
                }
            }
        }
    }
}

/// The backward pass of [`Forward`].
pub struct Backward<'a, T> {
    /// Units H.
    pub hidden: usize,
    /// Images.
    pub batch: usize,
    /// Activations on entry, the gradient of the sums on return.
    pub gates: &'a mut [T],
    /// c₋₁ `[batch, H]`.
    pub before: &'a [T],
    /// c `[batch, H]`.
    pub cell: &'a [T],
    /// The gradient of h `[batch, H]`.
    pub d_out: &'a [T],
    /// The gradient of c from the next step on entry, of c₋₁ on return `[batch, H]`.
    pub d_cell: &'a mut [T],
    /// The gradient of the sums is added up here, over the batch `[4H]`.
    pub d_bias: &'a mut [T],
}

impl<T: Real> Backward<'_, T> {
    /// Turns gates into their gradients.
    ///
    /// # Panics
    /// If a slice is too short for its shape.
    pub fn run(&mut self) {
        let (h, batch) = (self.hidden, self.batch);
        assert!(gates_fit(self.gates, batch, h), "lstm: gates are too short");
        assert!(fits(self.before, batch, h, h) && fits(self.cell, batch, h, h), "lstm: a cell is too short");
        assert!(fits(self.d_out, batch, h, h) && fits(self.d_cell, batch, h, h), "lstm: a gradient is too short");
        assert!(gates_fit(self.d_bias, 1, h), "lstm: d_bias is too short");
        T::dispatch(Checked(self));
    }
}

impl<T: Real> Kernel<T> for Checked<&mut Backward<'_, T>> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd<T>>(self, s: S) {
        let Checked(&mut Backward {
            hidden: h,
            batch,
            ref mut gates,
            before,
            cell,
            d_out,
            ref mut d_cell,
            ref mut d_bias,
        }) = self;
        let d_bias = &mut d_bias[..4 * h];
        for b in 0..batch {
            let gates = &mut gates[b * 4 * h..][..4 * h];
            let (before, cell) = (&before[b * h..][..h], &cell[b * h..][..h]);
            let (d_out, d_cell) = (&d_out[b * h..][..h], &mut d_cell[b * h..][..h]);
            for u in (0..h).step_by(S::LANES) {
                let left = h - u;
                // SAFETY: u < h, and at most `left` elements are touched in each quarter.
                unsafe {
                    let one = s.splat(T::one());
                    let gate = gates.as_mut_ptr().add(u);
                    let i = s.load_upto(gate, left);
                    let f = s.load_upto(gate.add(h), left);
                    let g = s.load_upto(gate.add(2 * h), left);
                    let o = s.load_upto(gate.add(3 * h), left);
                    let t = s.tanh(s.load_upto(cell.as_ptr().add(u), left));
                    let dh = s.load_upto(d_out.as_ptr().add(u), left);
                    let slope = s.mul(o, s.sub(one, s.mul(t, t)));
                    let dc = s.mul_add(dh, slope, s.load_upto(d_cell.as_ptr().add(u), left));
                    let (di, dg) = (s.mul(dc, g), s.mul(dc, i));
                    let df = s.mul(dc, s.load_upto(before.as_ptr().add(u), left));
                    let d_o = s.mul(dh, t);
                    let d_gates = [
                        s.mul(di, s.mul(i, s.sub(one, i))),
                        s.mul(df, s.mul(f, s.sub(one, f))),
                        s.mul(dg, s.sub(one, s.mul(g, g))),
                        s.mul(d_o, s.mul(o, s.sub(one, o))),
                    ];
                    for (at, d) in d_gates.into_iter().enumerate() {
                        let sum = d_bias.as_mut_ptr().add(at * h + u);
                        s.store_upto(gate.add(at * h), d, left);
                        s.store_upto(sum, s.add(s.load_upto(sum, left), d), left);
                    }
                    s.store_upto(d_cell.as_mut_ptr().add(u), s.mul(dc, f), left);
                }
            }
        }
    }
}
