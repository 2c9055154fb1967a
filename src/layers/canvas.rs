//! The learned canvas that every image starts from.

use super::Tensor;
use super::linear::add;
use crate::kernels::Real;
use crate::params::{Params, Shape};

/// Its tensor's name.
pub(crate) const NAME: &str = "canvas";

/// Its tensor `[planes, B, A]`.
pub(crate) fn tensor(shape: [usize; 3]) -> Tensor {
    Tensor { shape: shape.to_vec(), ..Tensor::vector(NAME, 0) }
}

/// The layer: values `[planes, B, A]`.
pub(crate) struct Canvas<T>(Vec<T>);

impl<T: Real> Canvas<T> {
    /// Of `len` zeros.
    pub fn new(len: usize) -> Self {
        Canvas(vec![T::zero(); len])
    }

    /// Takes the weights' values.
    pub fn repack<C: Shape>(&mut self, params: &Params<T, C>) {
        self.0.copy_from_slice(params.get(NAME));
    }

    /// `[planes, B, A]`
    pub fn values(&self) -> &[T] {
        &self.0
    }

    /// Starts each canvas of a batch from it.
    pub fn forward(&self, canvases: &mut [T]) {
        for canvas in canvases.chunks_exact_mut(self.0.len()) {
            canvas.copy_from_slice(&self.0);
        }
    }

    /// Adds its gradient, given that of each canvas.
    pub fn backward<C: Shape>(&self, d_canvases: &[T], gradient: &mut Params<T, C>) {
        for d in d_canvases.chunks_exact(self.0.len()) {
            add(gradient.get_mut(NAME), d);
        }
    }
}
