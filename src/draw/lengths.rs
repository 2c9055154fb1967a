//! How much a tape holds.

use super::model::{HeadLayout, RowLayout};
use crate::budget::{product, sum};
use crate::config::Config;

/// Elements of a tape's buffers.
pub(crate) struct Lengths {
    pub(super) rows: u64,
    pub(super) cell: u64,
    pub(super) image_gates: u64,
    pub(super) gates: u64,
    pub(super) stats: u64,
    pub(super) noise: u64,
    pub(super) heads: u64,
    pub(super) shown: u64,
    pub(super) canvas: u64,
    pub(super) kl: u64,
    pub(super) batch: u64,
}

impl Lengths {
    pub(crate) fn of(c: &Config, batch: usize, keep: bool) -> Self {
        let (t, gates) = (c.glimpses, c.hidden.saturating_mul(4));
        let (depth, kept) = depth(t, keep);
        Lengths {
            rows: product(&[depth, batch, RowLayout::new(c).width()]),
            cell: product(&[depth, batch, c.hidden]),
            image_gates: if c.attention { 0 } else { product(&[batch, gates]) },
            gates: product(&[kept, batch, gates]),
            stats: product(&[kept, batch, 2, c.latent]),
            noise: product(&[kept, batch, c.latent]),
            heads: product(&[t + 1, batch, HeadLayout::new(c).width()]),
            shown: product(&[kept, batch, c.pixels()]),
            canvas: product(&[batch, c.canvas_len()]),
            kl: product(&[t, batch]),
            batch: batch as u64,
        }
    }

    /// Of all buffers together.
    pub(crate) fn total(&self) -> u64 {
        let twice = [self.cell, self.gates, self.canvas].map(|n| n.saturating_mul(2));
        let once = [self.rows, self.image_gates, self.stats, self.noise, self.heads, self.shown, self.kl, self.batch];
        sum(&twice).saturating_add(sum(&once))
    }
}

/// Glimpses that rows and cells are kept for, and those that the rest is.
pub(super) fn depth(glimpses: usize, keep: bool) -> (usize, usize) {
    if keep { (glimpses + 1, glimpses) } else { (2, 1) }
}
