//! Codes: what an encoder makes of images, all glimpses' latents in a row; and the Gaussian that a plain autoencoder,
//! which has no prior of its own, is given after training.

use crate::budget::{DRAWING, EVALUATION, product, room, sum, zeros};
use crate::draw::model::{CODES, Draw, Purpose};
use crate::drawing::Drawing;
use crate::error::{Error, Result, expect_finite};
use crate::noise;
use crate::params::{Params, Shape};
use crate::train::Source;
use std::sync::Arc;

/// Images that are read at once.
const BATCH: usize = 100;
/// Images that a Gaussian is fitted to, where there are so many.
const FITTED: usize = 10_000;
/// Is added to each variance, as a share of their mean: codes of few images do not fill their space.
const RIDGE: f64 = 1e-6;

/// The codes `[count, T·Z]` of images `[count, C, B, A]`, values in `[0, 1]`; of a variational model samples from q, by
/// the seed.
///
/// # Errors
/// As [`Drawing::redraw`]; [`Error::Argument`] for more codes than [`DRAWING`] allows.
pub fn codes(model: &Arc<Draw<f32>>, images: &[f32], seed: u64) -> Result<Vec<f32>> {
    let c = model.config();
    let (pixels, z, code) = (c.pixels(), c.latent, c.code_len());
    if images.is_empty() || !images.len().is_multiple_of(pixels) {
        let expected = format!("a positive multiple of {pixels} values");
        return Err(Error::argument("the number of pixels", images.len(), expected));
    }
    let out = |count| product(&[count, code, size_of::<f32>()]);
    DRAWING.check([("the number of images", images.len() / pixels)], |[count]| out(count))?;
    let mut out = room(product(&[images.len() / pixels, code]))?;
    for (batch, images) in images.chunks(BATCH * pixels).enumerate() {
        let count = images.len() / pixels;
        let latents = Drawing::redraw(model.clone(), images, seed.wrapping_add(batch as u64), c.width)?.latents()?;
        for b in 0..count {
            out.extend(latents.chunks_exact(z).skip(b).step_by(count).flatten());
        }
    }
    Ok(out)
}

/// Codes `[count, T·Z]` as the latents `[T, count, Z]` of a drawing.
///
/// # Errors
/// [`Error::Argument`] if they are not whole codes.
pub fn latents(codes: &[f32], [glimpses, z]: [usize; 2]) -> Result<Vec<f32>> {
    let code = glimpses * z;
    if code == 0 || !codes.len().is_multiple_of(code) {
        return Err(Error::argument("the number of codes' values", codes.len(), format!("a multiple of {code}")));
    }
    let at = |t: usize| codes.chunks_exact(code).flat_map(move |code| &code[t * z..][..z]);
    Ok((0..glimpses).flat_map(at).copied().collect())
}

/// Mean and covariance of codes, row-major.
pub(super) fn moments(codes: &[f32], n: usize) -> (Vec<f64>, Vec<f64>) {
    let count = (codes.len() / n) as f64;
    let mut mean = vec![0.0; n];
    for code in codes.chunks_exact(n) {
        mean.iter_mut().zip(code).for_each(|(m, v)| *m += *v as f64 / count);
    }
    let mut covariance = vec![0.0; n * n];
    for code in codes.chunks_exact(n) {
        let apart: Vec<f64> = code.iter().zip(&mean).map(|(v, m)| *v as f64 - m).collect();
        for (row, a) in covariance.chunks_exact_mut(n).zip(&apart) {
            row.iter_mut().zip(&apart).for_each(|(c, b)| *c += a * b / count);
        }
    }
    (mean, covariance)
}

/// The lower triangle L of a symmetric matrix L Lᵀ; a variance that rounding made negative is 0.
fn cholesky(matrix: &[f64], n: usize) -> Vec<f64> {
    let mut lower = vec![0.0; n * n];
    for i in 0..n {
        for j in 0..=i {
            let inner: f64 = (0..j).map(|k| lower[i * n + k] * lower[j * n + k]).sum();
            let left = matrix[i * n + j] - inner;
            lower[i * n + j] = if i == j {
                left.max(0.0).sqrt()
            } else if lower[j * n + j] > 0.0 {
                left / lower[j * n + j]
            } else {
                0.0
            };
        }
    }
    lower
}

/// Fits a Gaussian to the codes of a plain autoencoder's training images, at most 10,000 and no more than [`EVALUATION`]
/// allows, and puts it with its weights.
///
/// # Errors
/// [`Error::Config`] for a variational model, whose prior is N(0, I); [`Error::Data`] for images of another size;
/// [`Error::Argument`] for codes too long to be fitted; as [`codes`].
pub fn fit(params: &mut Params<f32>, data: &dyn Source<()>) -> Result<()> {
    let c = params.config().clone();
    if c.variational {
        return Err(Error::Config("a variational model has its prior; expected a plain autoencoder".into()));
    }
    crate::data::expect_source(data, c.image())?;
    let n = c.code_len();
    // Images and codes; covariance, factor and the packed weights of both.
    let bytes = |count| {
        let values = sum(&[product(&[count, c.pixels()]), product(&[count, n]), product(&[8, n, n])]);
        values.saturating_mul(size_of::<f32>() as u64)
    };
    let count = EVALUATION.most("images", data.len().min(FITTED), bytes)?;
    let mut images = zeros(product(&[count, c.pixels()]))?;
    for (i, image) in images.chunks_exact_mut(c.pixels()).enumerate() {
        data.put(i, c.likelihood.values(), &mut noise::rng(0, noise::EVAL, i as u64), image);
    }
    let model = Arc::new(Draw::new(params, Purpose::Read)?);
    let (mean, mut covariance) = moments(&codes(&model, &images, 0)?, n);
    let ridge = RIDGE * (0..n).map(|i| covariance[i * n + i]).sum::<f64>() / n as f64;
    (0..n).for_each(|i| covariance[i * n + i] += ridge);
    let factor = cholesky(&covariance, n);
    for (name, values) in CODES.iter().zip([mean, factor]) {
        params.get_mut(name).iter_mut().zip(values).for_each(|(p, v)| *p = v as f32);
    }
    params.expect_finite()
}

/// `count` codes `[count, T·Z]` from the fitted Gaussian, μ + L ε, with the ε that [`Drawing::draw`] has of the same seed.
///
/// # Errors
/// [`Error::Config`] for a variational model, [`Error::Argument`] for a count out of range or more than [`DRAWING`] allows,
/// [`Error::NotFinite`] for weights that lead beyond numbers.
pub fn fitted(model: &Draw<f32>, seed: u64, count: usize) -> Result<Vec<f32>> {
    let Some([mean, factor]) = &model.codes else {
        return Err(Error::Config("a variational model has its prior; expected a plain autoencoder".into()));
    };
    if !(1..=10_000).contains(&count) {
        return Err(Error::argument("count", count, "1 to 10000"));
    }
    let (n, z) = (mean.len(), model.config().latent);
    DRAWING.check([("count", count)], |[count]| product(&[count, n, size_of::<f32>()]))?;
    let mut out = room(product(&[count, n]))?;
    let mut noise = vec![0.0f32; n];
    for i in 0..count {
        let mut rng = noise::rng(seed, noise::DRAW, i as u64);
        noise.chunks_exact_mut(z).for_each(|of_glimpse| noise::fill_normal(&mut rng, of_glimpse));
        out.extend(
            factor
                .chunks_exact(n)
                .zip(mean)
                .map(|(row, m)| m + row.iter().zip(&noise).map(|(l, e)| l * e).sum::<f32>()),
        );
    }
    expect_finite(&out, || "a code".into())?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Config;
    use crate::data::Dataset;

    #[test]
    fn a_factor_gives_its_matrix_back() {
        let matrix = [4.0, 2.0, 0.0, 2.0, 5.0, 1.0, 0.0, 1.0, 0.25];
        let lower = cholesky(&matrix, 3);
        for i in 0..3 {
            for j in 0..3 {
                let product: f64 = (0..3).map(|k| lower[i * 3 + k] * lower[j * 3 + k]).sum();
                assert!((product - matrix[i * 3 + j]).abs() < 1e-12);
            }
        }
        assert_eq!(cholesky(&[0.0, 0.0, 0.0, 1.0], 2), [0.0, 0.0, 0.0, 1.0]);
    }

    #[test]
    fn codes_lie_as_latents_do() {
        let codes = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0];
        assert!(latents(&codes, [3, 1]).is_err());
        assert_eq!(latents(&codes, [2, 2]).unwrap(), [1.0, 2.0, 5.0, 6.0, 3.0, 4.0, 7.0, 8.0]);
    }

    #[test]
    fn the_gaussian_has_the_moments_of_the_codes() {
        let config = Config { glimpses: 2, latent: 2, hidden: 8, ..Config::preset("autoencoder").unwrap() };
        let mut params = Params::fresh(&config, 3).unwrap();
        let levels = (0..50 * 784).map(|i| if (i / 37 + i % 31) % 5 == 0 { 255 } else { 0 }).collect();
        let data = Dataset::from_levels(levels, 28, 28, 1).unwrap();
        fit(&mut params, &data).unwrap();
        let model = Arc::new(Draw::new(&params, Purpose::Read).unwrap());
        let images: Vec<f32> = data.all_levels().iter().map(|l| *l as f32 / 255.0).collect();
        let (mean, covariance) = moments(&codes(&model, &images, 0).unwrap(), 4);
        let (of_draws, spread) = moments(&fitted(&model, 1, 10_000).unwrap(), 4);
        let most = (0..4).map(|i| covariance[i * 5]).fold(0.0, f64::max);
        assert!(most > 0.0);
        // Ten thousand draws: means within 4 standard errors, variances within 8 %.
        for i in 0..4 {
            assert!((mean[i] - of_draws[i]).abs() < 0.04 * most.sqrt(), "{i}: {} {}", mean[i], of_draws[i]);
            for j in 0..4 {
                let (a, b) = (covariance[i * 4 + j], spread[i * 4 + j]);
                assert!((a - b).abs() < 0.08 * most, "{i} {j}: {a} {b}");
            }
        }
        // Without noise the same image has the same code, and its size does not matter.
        assert_eq!(codes(&model, &images, 0).unwrap(), codes(&model, &images, 9).unwrap());
        let variational = Draw::new(&Params::fresh(&Config::preset("mnist-small").unwrap(), 1).unwrap(), Purpose::Draw);
        assert!(fitted(&variational.unwrap(), 1, 1).unwrap_err().to_string().contains("plain autoencoder"));
    }
}
