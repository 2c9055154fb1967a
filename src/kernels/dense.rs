//! A matrix as it is, row-major: what forms of it that join neighbouring elements are made from.

use super::panels::copy_strided;
use super::product;

/// Padded with zeros.
#[derive(Clone)]
pub struct Dense {
    width: usize,
    data: Vec<f32>,
}

impl Dense {
    /// A zero matrix of `rows` by `width`, padding included.
    pub fn new(rows: usize, width: usize) -> Self {
        Dense { width, data: vec![0.0; product([rows, width])] }
    }

    pub fn width(&self) -> usize {
        self.width
    }

    /// The elements from `(k, 0)` to the end.
    pub fn from(&self, k: usize) -> &[f32] {
        &self.data[k * self.width..]
    }

    /// As [`super::gemm::Packed::fill`].
    pub fn fill(
        &mut self,
        (k0, rows): (usize, usize),
        (n0, columns): (usize, usize),
        src: &[f32],
        k_stride: usize,
        n_stride: usize,
    ) {
        for k in 0..rows {
            let out = &mut self.data[(k0 + k) * self.width + n0..][..columns];
            copy_strided(out, &src[k * k_stride..], n_stride);
        }
    }
}
