//! New latents made of a drawing's: on the way between two, or others in some glimpses. A digit's latents are `[T, Z]`; of
//! several digits, `[T, count, Z]`.

use crate::budget::{DRAWING, product, room, zeros};
use crate::config::Config;
use crate::error::{Error, Result, shown};
use crate::noise;

fn check(config: &Config, what: &'static str, latents: &[f32]) -> Result<()> {
    let digit = config.glimpses * config.latent;
    if latents.len() == digit { Ok(()) } else { Err(Error::argument(what, latents.len(), digit)) }
}

/// The values of `count` digits' latents.
///
/// # Errors
/// [`Error::Argument`] if they are more than a drawing may hold.
fn expect_room(one: &[f32], count: usize) -> Result<u64> {
    let values = |n| product(&[one.len(), n]);
    DRAWING.check([("count", count)], |[n]| values(n).saturating_mul(size_of::<f32>() as u64))?;
    Ok(values(count))
}

/// Latents of `count` digits on the way from one to another, both included. Between two draws of unit
/// variance the straight line shrinks; the way taken here keeps the variance.
///
/// # Errors
/// [`Error::Argument`] for latents that are not one digit's, or fewer than two digits.
pub fn interpolate(config: &Config, from: &[f32], to: &[f32], count: usize) -> Result<Vec<f32>> {
    check(config, "the number of latents to start from", from)?;
    check(config, "the number of latents to end at", to)?;
    if !(2..=10_000).contains(&count) {
        return Err(Error::argument("count", count, "2 to 10000"));
    }
    let mut out = room(expect_room(from, count)?)?;
    for (a, b) in from.chunks_exact(config.latent).zip(to.chunks_exact(config.latent)) {
        for i in 0..count {
            let share = i as f32 / (count - 1) as f32;
            let norm = (share * share + (1.0 - share) * (1.0 - share)).sqrt();
            out.extend(a.iter().zip(b).map(|(a, b)| ((1.0 - share) * a + share * b) / norm));
        }
    }
    Ok(out)
}

/// Latents of `count` digits that share one digit's latents in the glimpses `held`, and have others from the
/// prior, at a temperature, elsewhere.
///
/// # Errors
/// [`Error::Argument`] for latents that are not one digit's, or a count or temperature out of range.
pub fn resample(
    config: &Config,
    latents: &[f32],
    held: std::ops::Range<usize>,
    seed: u64,
    count: usize,
    temperature: f32,
) -> Result<Vec<f32>> {
    check(config, "the number of latents", latents)?;
    if !(1..=10_000).contains(&count) {
        return Err(Error::argument("count", count, "1 to 10000"));
    }
    if !(0.0..=10.0).contains(&temperature) {
        return Err(Error::argument("temperature", shown(temperature), "0 to 10"));
    }
    let z = config.latent;
    let mut out = zeros(expect_room(latents, count)?)?;
    for i in 0..count {
        let mut rng = noise::rng(seed, noise::DRAW, i as u64);
        for (t, own) in latents.chunks_exact(z).enumerate() {
            let of_glimpse = &mut out[(t * count + i) * z..][..z];
            // Drawn in any case, so that moving the boundary leaves the other glimpses' noise alone.
            noise::fill_normal(&mut rng, of_glimpse);
            of_glimpse.iter_mut().for_each(|v| *v *= temperature);
            if held.contains(&t) {
                of_glimpse.copy_from_slice(own);
            }
        }
    }
    Ok(out)
}
