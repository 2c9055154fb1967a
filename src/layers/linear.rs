//! A product of several named blocks of weights: what many small layers ask of one operand, done at once.
//!
//! The operand of a step holds everything that its layers take, side by side, and so does its result. Each block is the
//! columns of a tensor `[out, in]` and knows where they meet both; its forward operand, its transposed one and its
//! gradient follow from that alone.

use crate::error::Result;
use crate::kernels::Real;
use crate::kernels::gemm::{Init, Packed, Scratch, gemm, gemm_tn};
use crate::params::{Params, Shape};

/// Columns of a tensor `[out, in]`, and where they lie in the product.
#[derive(Clone, Copy, Debug)]
pub struct Block {
    /// The tensor's name.
    pub name: &'static str,
    /// The tensor's columns in all.
    pub width: usize,
    /// Those of this block.
    pub columns: usize,
    /// The first of them.
    pub from: usize,
    /// The tensor's rows.
    pub rows: usize,
    /// Where the columns begin among the product's inputs.
    pub input: usize,
    /// Where the rows begin among the product's outputs.
    pub output: usize,
}

impl Block {
    /// A whole tensor `[rows, columns]`.
    pub fn whole(name: &'static str, [rows, columns]: [usize; 2], input: usize, output: usize) -> Self {
        Block { name, width: columns, columns, from: 0, rows, input, output }
    }
}

/// Buffers of [`Linear::gradient`], shared by a model's layers.
pub struct Buffers<T> {
    product: Vec<T>,
    scratch: Scratch<T>,
}

impl<T: Real> Buffers<T> {
    /// For products of `elements` at most, whose operand's rows have `width` elements at most.
    ///
    /// # Errors
    /// [`Error::Memory`](crate::Error) if there is no room for them.
    pub fn new(elements: u64, width: usize) -> Result<Self> {
        Ok(Buffers { product: crate::budget::zeros(elements)?, scratch: Scratch::new(width) })
    }
}

/// The product, packed.
pub struct Linear<T> {
    inputs: usize,
    outputs: usize,
    blocks: Vec<Block>,
    /// Each bias with where its outputs begin.
    biases: Vec<(&'static str, usize)>,
    /// `[inputs, outputs]`
    forward: Packed<T>,
    /// `[outputs, inputs]`, for gradients.
    backward: Option<Packed<T>>,
    bias: Vec<T>,
}

impl<T: Real> Linear<T> {
    /// A layer of one tensor `[rows, columns]` and its bias.
    pub fn whole(names: [&'static str; 2], [rows, columns]: [usize; 2], train: Option<usize>) -> Self {
        let block = Block::whole(names[0], [rows, columns], 0, 0);
        Linear::new(columns, rows, train).with([block], Some((names[1], 0)))
    }

    /// Of zeros; for gradients too if `train` tells how many rows of a batch a thread has.
    pub fn new(inputs: usize, outputs: usize, train: Option<usize>) -> Self {
        let packed = |k, n| train.map_or_else(|| Packed::new(k, n), |rows| Packed::for_batches(k, n, rows));
        Linear {
            inputs,
            outputs,
            blocks: Vec::new(),
            biases: Vec::new(),
            forward: packed(inputs, outputs),
            backward: train.map(|_| packed(outputs, inputs)),
            bias: vec![T::zero(); outputs],
        }
    }

    /// With these blocks, and a bias for the outputs from a place on.
    pub fn with(mut self, blocks: impl IntoIterator<Item = Block>, bias: Option<(&'static str, usize)>) -> Self {
        self.blocks.extend(blocks);
        self.biases.extend(bias);
        self
    }

    /// Without a transposed operand: nothing goes back to the inputs.
    pub fn dead_end(mut self) -> Self {
        self.backward = None;
        self
    }

    /// The biases `[outputs]`, as what a result starts from.
    pub fn bias(&self) -> Init<'_, T> {
        Init::Bias(&self.bias)
    }

    /// Takes the weights' values.
    ///
    /// # Panics
    /// If they are of another model.
    pub fn repack<C: Shape>(&mut self, params: &Params<T, C>) {
        for b in &self.blocks {
            let weight = &params.get(b.name)[b.from..];
            self.forward.fill((b.input, b.columns), (b.output, b.rows), weight, 1, b.width);
            if let Some(backward) = &mut self.backward {
                backward.fill((b.output, b.rows), (b.input, b.columns), weight, b.width, 1);
            }
        }
        // Where two layers meet in one output, both biases count.
        self.bias.fill(T::zero());
        for &(name, at) in &self.biases {
            add(&mut self.bias[at..], params.get(name));
        }
    }

    /// `out = x Wᵀ` for rows of `x` and `out`, from what `init` says.
    pub fn forward(&self, batch: usize, x: &[T], stride: usize, init: Init<T>, out: &mut [T], out_stride: usize) {
        gemm(batch, x, stride, &self.forward, init, out, out_stride);
    }

    /// `d_x = d_out W`, from what `init` says.
    ///
    /// # Panics
    /// If the model was packed without gradients.
    pub fn backward(&self, batch: usize, d_out: &[T], stride: usize, init: Init<T>, d_x: &mut [T], x_stride: usize) {
        let backward = self.backward.as_ref().expect("a model packed for training");
        gemm(batch, d_out, stride, backward, init, d_x, x_stride);
    }

    /// Adds `d_outᵀ x`, over `rows` of both, to the gradients of the weights.
    pub fn gradient<C: Shape>(
        &self,
        rows: usize,
        (d_out, d_stride): (&[T], usize),
        (x, x_stride): (&[T], usize),
        gradient: &mut Params<T, C>,
        buffers: &mut Buffers<T>,
    ) {
        let (n, k) = (self.outputs, self.inputs);
        let product = &mut buffers.product[..n * k];
        product.fill(T::zero());
        gemm_tn(n, k, rows, d_out, d_stride, x, x_stride, product, k, &mut buffers.scratch);
        for b in &self.blocks {
            let to = gradient.get_mut(b.name).chunks_exact_mut(b.width);
            for (to, from) in to.zip(product[b.output * k..].chunks_exact(k)) {
                add(&mut to[b.from..b.from + b.columns], &from[b.input..b.input + b.columns]);
            }
        }
    }

    /// Adds `d_out`, over its rows, to the gradients of the biases.
    pub fn bias_gradient<C: Shape>(&self, rows: usize, (d_out, stride): (&[T], usize), gradient: &mut Params<T, C>) {
        for &(name, at) in &self.biases {
            let bias = gradient.get_mut(name);
            for row in d_out[at..].chunks(stride).take(rows) {
                add(bias, &row[..bias.len()]);
            }
        }
    }
}

/// Adds one to the other, element by element.
pub(crate) fn add<T: Real>(to: &mut [T], from: &[T]) {
    for (a, b) in to.iter_mut().zip(from) {
        *a += *b;
    }
}
