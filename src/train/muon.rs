//! Muon (Jordan et al. 2024) for the weight matrices: momentum whose singular values are all brought
//! near one, so that directions the gradient rarely points in are learnt as fast as the others.
//!
//! The step is scaled by `0.2 √max(rows, columns)` (Liu et al. 2025), which gives it the size of an
//! Adam step: one learning rate serves both (or Adam takes a share of it).

use crate::kernels::gemm::{Init, Packed, gemm};

/// Share of the old momentum that is kept.
pub const MOMENTUM: f32 = 0.95;

/// Newton–Schulz iterations: five bring singular values from 1e-3..1 to about 0.7..1.2.
const ITERATIONS: usize = 5;
const QUINTIC: [f32; 3] = [3.4445, -4.775, 2.0315];

/// Room for the iteration on one `rows × columns` matrix.
pub struct Orthogonalise {
    /// The shorter side and the longer.
    short: usize,
    long: usize,
    transposed: bool,
    x: Vec<f32>,
    gram: Vec<f32>,
    square: Vec<f32>,
    x_transposed: Packed<f32>,
    x_packed: Packed<f32>,
    gram_packed: Packed<f32>,
}

impl Orthogonalise {
    pub fn new(rows: usize, columns: usize) -> Self {
        let (short, long) = (rows.min(columns), rows.max(columns));
        Orthogonalise {
            short,
            long,
            transposed: rows > columns,
            x: vec![0.0; short * long],
            gram: vec![0.0; short * short],
            square: vec![0.0; short * short],
            x_transposed: Packed::for_batches(long, short, short),
            x_packed: Packed::for_batches(short, long, short),
            gram_packed: Packed::for_batches(short, short, short),
        }
    }

    pub fn elements(&self) -> usize {
        self.short * self.long
    }

    /// One update of a matrix, row-major: `scale` multiplies the gradient.
    pub fn update(&mut self, rate: f64, scale: f64, gradient: &[f32], momentum: &mut [f32], params: &mut [f32]) {
        let (short, long, scale) = (self.short, self.long, scale as f32);
        let mut squares = 0.0f64;
        let at = |i: usize, transposed: bool| if transposed { i % short * long + i / short } else { i };
        for (i, (g, m)) in gradient.iter().zip(&mut *momentum).enumerate() {
            let g = g * scale;
            *m = MOMENTUM * *m + (1.0 - MOMENTUM) * g;
            // Nesterov: the momentum as the next step would see it.
            let ahead = MOMENTUM * *m + (1.0 - MOMENTUM) * g;
            self.x[at(i, self.transposed)] = ahead;
            squares += ahead as f64 * ahead as f64;
        }
        if squares == 0.0 {
            return;
        }
        // In f64, where neither the squares of the smallest numbers nor their norm's inverse are lost: the iteration
        // holds for singular values up to one.
        let inverse = 1.0 / squares.sqrt();
        self.x.iter_mut().for_each(|x| *x = (*x as f64 * inverse) as f32);
        for _ in 0..ITERATIONS {
            self.iterate();
        }
        let step = (rate * 0.2 * (long as f64).sqrt()) as f32;
        for (i, p) in params.iter_mut().enumerate() {
            *p -= step * self.x[at(i, self.transposed)];
        }
    }

    /// `x ← a x + (b x xᵀ + c (x xᵀ)²) x`.
    fn iterate(&mut self) {
        let (r, c, [a, b, d]) = (self.short, self.long, QUINTIC);
        self.x_transposed.fill((0, c), (0, r), &self.x, 1, c);
        gemm(r, &self.x, c, &self.x_transposed, Init::Zero, &mut self.gram, r);
        self.gram_packed.fill((0, r), (0, r), &self.gram, r, 1);
        gemm(r, &self.gram, r, &self.gram_packed, Init::Zero, &mut self.square, r);
        for (s, g) in self.square.iter_mut().zip(&self.gram) {
            *s = b * g + d * *s;
        }
        self.x_packed.fill((0, r), (0, c), &self.x, c, 1);
        self.x.iter_mut().for_each(|x| *x *= a);
        gemm(r, &self.square, r, &self.x_packed, Init::Accumulate, &mut self.x, c);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The update of a matrix with known singular vectors keeps the vectors and evens the values.
    #[test]
    fn singular_values_become_even() {
        for (rows, columns) in [(24, 40), (40, 24)] {
            // Orthogonal cosines as singular vectors, values from 1 to 1/6.
            let basis = |n: usize, k: usize, i: usize| {
                (std::f32::consts::PI * (i as f32 + 0.5) * (k as f32 + 1.0) / n as f32).cos() * (2.0 / n as f32).sqrt()
            };
            let values = [1.0, 0.7, 0.5, 0.3, 1.0 / 6.0];
            let matrix = |s: &dyn Fn(usize) -> f32| -> Vec<f32> {
                (0..rows * columns)
                    .map(|i| (0..5).map(|k| s(k) * basis(rows, k, i / columns) * basis(columns, k, i % columns)).sum())
                    .collect()
            };
            let gradient = matrix(&|k| values[k]);
            let (mut momentum, mut params) = (vec![0.0; rows * columns], vec![0.0; rows * columns]);
            let mut muon = Orthogonalise::new(rows, columns);
            muon.update(1.0 / (0.2 * 40f64.sqrt()), 1.0, &gradient, &mut momentum, &mut params);
            for k in 0..5 {
                let value: f32 = (0..rows * columns)
                    .map(|i| -params[i] * basis(rows, k, i / columns) * basis(columns, k, i % columns))
                    .sum();
                assert!((0.65..1.25).contains(&value), "singular value {k}: {value}");
            }
            assert!(momentum.iter().zip(&gradient).all(|(m, g)| (m - 0.05 * g).abs() < 1e-6));
        }
    }

    /// However small or large the gradient is, its direction alone counts.
    #[test]
    fn the_update_is_finite_at_every_scale() {
        let (rows, columns) = (6, 9);
        let direction: Vec<f32> = (0..rows * columns).map(|i| ((i * 37 % 101) as f32 - 50.0) / 50.0).collect();
        let updated = |size: f32| {
            let gradient: Vec<f32> = direction.iter().map(|d| d * size).collect();
            let (mut momentum, mut params) = (vec![0.0; rows * columns], vec![0.5; rows * columns]);
            let mut muon = Orthogonalise::new(rows, columns);
            muon.update(0.01, 1.0, &gradient, &mut momentum, &mut params);
            assert!(momentum.iter().all(|m| m.is_finite()), "momentum at {size}");
            params
        };
        let expected = updated(1.0);
        assert!(expected.iter().any(|p| (p - 0.5).abs() > 1e-3));
        for size in [1e-38, 3e-30, 3e-22, 3e-19, 1e-10, 1e10, 1e18, 1e30, 1e38] {
            let worst = updated(size).iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(worst < 1e-6, "at {size} the update differs by {worst}");
        }
        // Below that even the direction is lost to rounding, but not the result.
        assert!(updated(1e-44).iter().all(|p| (p - 0.5).abs() < 0.02));
        assert_eq!(updated(0.0), vec![0.5; rows * columns]);
    }
}
