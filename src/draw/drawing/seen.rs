//! What a drawing's glimpses were: their windows, what went through them, and their latents.

use super::{Drawing, Source};
use crate::error::Result;
use crate::layers::attention::Window;

/// Numbers in a window as shown: centre x, centre y, stride, sigma, gamma.
pub const SHOWN_WINDOW: usize = 5;

impl Drawing {
    /// The latents `[T, count, Z]` of all glimpses. Those that have not been drawn yet are computed.
    ///
    /// # Errors
    /// As [`Drawing::step`].
    pub fn latents(&mut self) -> Result<Vec<f32>> {
        if let Source::Latents(latents) = &self.source {
            return Ok(latents.clone());
        }
        while self.computed < self.glimpses() {
            self.compute()?;
        }
        Ok(self.latents.clone())
    }

    /// The window of the last write of each image: centre x, centre y, stride, sigma and gamma, in
    /// canvas pixels from the canvas's top left corner. Zeros before the first glimpse, and without attention.
    pub fn write_windows(&self) -> Vec<f32> {
        let emitted = self.glimpse.checked_sub(1).map(|t| self.tape.emitted(&self.model, t));
        self.windows(emitted, 0, self.model.config.write_patch)
    }

    /// The window of the last read, as [`Drawing::write_windows`]; zeros if nothing is read.
    pub fn read_windows(&self) -> Vec<f32> {
        let reads = matches!(self.source, Source::Images(_));
        let before = self.glimpse.checked_sub(1).filter(|_| reads);
        let emitted = before.map(|t| self.tape.emitted_before(&self.model, t));
        self.windows(emitted, self.model.heads.read_at(), self.model.config.read_patch)
    }

    fn windows(&self, heads: Option<&[f32]>, at: usize, n: usize) -> Vec<f32> {
        let c = &self.model.config;
        let mut out = vec![0.0; self.count() * SHOWN_WINDOW];
        let Some(heads) = heads.filter(|_| c.attention) else { return out };
        let scale = self.rendered.0 as f32 / c.width as f32;
        let rows = heads.chunks_exact(self.model.heads.width());
        for (out, head) in out.chunks_exact_mut(SHOWN_WINDOW).zip(rows) {
            out.copy_from_slice(&Window::from_params(&head[at..], c.width, c.height, n).shown());
            out[..4].iter_mut().for_each(|length| *length *= scale);
        }
        out
    }

    /// What the last glimpse wrote through its window, `[count, C, N, N]`, or `[count, C, B, A]` without attention: log-odds
    /// of ink, or means of levels, before the filters and 1/γ̂. Empty before the first glimpse.
    pub fn write_patches(&self) -> Vec<f32> {
        let Some(t) = self.glimpse.checked_sub(1) else { return Vec::new() };
        let (at, len) = (self.model.heads.patch_at(), self.model.config.written_means());
        let rows = self.tape.emitted(&self.model, t).chunks_exact(self.model.heads.width());
        rows.flat_map(|row| &row[at..at + len]).copied().collect()
    }

    /// What the last glimpse read, `[count, 2, C, N, N]`, or `[count, 2, C, B, A]` without attention: the patch of the image and that of its error (equation
    /// 27). Empty before the first glimpse, and if nothing is read.
    pub fn read_patches(&self) -> &[f32] {
        match self.glimpse.checked_sub(1) {
            Some(t) if !self.patches.is_empty() => {
                let n = self.count() * self.model.config.read_len();
                &self.patches[t * n..][..n]
            }
            _ => &[],
        }
    }
}
