//! The two estimators of a gradient, side by side, and a histogram of draws.

use super::FAMILIES;
use crate::error::{Error, Result};

/// How the gradient of E[(z − target)²] comes out by two estimators from the same draws of N(μ, σ²):
/// mean and standard deviation of one draw's estimate, for μ and for σ.
#[derive(Debug)]
pub struct Estimators {
    /// 2 (z − target) ∂z/∂θ: through the draw.
    pub pathwise: [(f64, f64); 2],
    /// (z − target)² ∂ log p(z)/∂θ: around the draw (REINFORCE).
    pub score: [(f64, f64); 2],
    /// 2 (μ − target) and 2 σ.
    pub exact: [f64; 2],
}

/// Both estimators over `count` draws.
///
/// # Errors
/// [`Error::Argument`] for parameters out of range, or fewer than two draws.
pub fn estimators(mu: f64, sigma: f64, target: f64, seed: u64, count: usize) -> Result<Estimators> {
    if count < 2 {
        return Err(Error::argument("the number of draws", count, "2 or more"));
    }
    if !target.is_finite() {
        return Err(Error::argument("the target", target, "a finite number"));
    }
    let draws = FAMILIES[0].draw(&[mu, sigma], seed, count)?;
    let estimate = |of: &dyn Fn(f64, &[f64]) -> f64| {
        let each: Vec<f64> = draws.z.iter().zip(draws.gradient.chunks_exact(2)).map(|(z, g)| of(*z, g)).collect();
        let mean = each.iter().sum::<f64>() / count as f64;
        let variance = each.iter().map(|e| (e - mean).powi(2)).sum::<f64>() / (count - 1) as f64;
        (mean, variance.sqrt())
    };
    let loss = |z: f64| (z - target).powi(2);
    Ok(Estimators {
        pathwise: [0, 1].map(|k| estimate(&|z, g| 2.0 * (z - target) * g[k])),
        score: [
            estimate(&|z, _| loss(z) * (z - mu) / (sigma * sigma)),
            estimate(&|z, _| loss(z) * ((z - mu).powi(2) / sigma.powi(3) - 1.0 / sigma)),
        ],
        exact: [2.0 * (mu - target), 2.0 * sigma],
    })
}

/// The share of draws in each of `bins` equal bins of `low..high`, over the bin's width: comparable
/// with a density. Draws outside count in the total alone.
///
/// # Errors
/// [`Error::Argument`] for no bins or more than 10,000, or a range that is empty.
pub fn histogram(z: &[f64], (low, high): (f64, f64), bins: usize) -> Result<Vec<f64>> {
    if !(1..=10_000).contains(&bins) {
        return Err(Error::argument("the number of bins", bins, "1 to 10000"));
    }
    if !(low < high && low.is_finite() && high.is_finite()) {
        return Err(Error::argument("the range", format!("{low} to {high}"), "from a number to a larger one"));
    }
    let width = (high - low) / bins as f64;
    let mut out = vec![0.0; bins];
    let share = 1.0 / (z.len() as f64 * width);
    for z in z.iter().filter(|z| (low..high).contains(*z)) {
        out[(((z - low) / width) as usize).min(bins - 1)] += share;
    }
    Ok(out)
}
