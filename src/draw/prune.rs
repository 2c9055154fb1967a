//! Leaves out the latents that a trained model does not use.

use super::model::{DECODER, LATENT};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::kernels::Real;
use crate::params::Params;
use ndarray::Axis;

/// The same model without its dead latents: those to which the decoder gives no weight (their column of `weight_ih` is
/// zero) and whose q is the prior N(0, 1) for every image (their rows of `latent` are zero), so that they cost no KL.
/// Images have the same probability under both models; a seed draws another one. At least one latent stays.
///
/// # Errors
/// [`Error::Argument`] for a decoder half alone, whose KL is not known, and for a plain autoencoder, whose codes have no
/// prior.
pub fn prune<T: Real>(params: &Params<T>) -> Result<Params<T>> {
    let config = params.config();
    if !params.has_encoder() {
        return Err(Error::argument("the model to prune", "a decoder half alone", "both halves"));
    }
    if !config.variational {
        return Err(Error::argument("the model to prune", "a plain autoencoder", "one with a prior"));
    }
    let (z, inputs, stats) = (config.latent, params.view(DECODER.weight_ih), params.view(LATENT[0]));
    let bias = params.get(LATENT[1]);
    let zero = |v: &T| *v == T::zero();
    let dead = |i: usize| {
        inputs.index_axis(Axis(1), i).iter().all(zero)
            && [i, z + i].iter().all(|&row| zero(&bias[row]) && stats.index_axis(Axis(0), row).iter().all(zero))
    };
    let mut kept: Vec<usize> = (0..z).filter(|&i| !dead(i)).collect();
    if kept.is_empty() {
        kept.push(0);
    }
    let rows: Vec<usize> = kept.iter().copied().chain(kept.iter().map(|i| z + i)).collect();

    let mut pruned = Params::zeros(&Config { latent: kept.len(), ..config.clone() })?;
    for slot in params.slots() {
        let old = params.view(slot.name);
        let new = match slot.name {
            name if name == DECODER.weight_ih => old.select(Axis(1), &kept),
            name if LATENT.contains(&name) => old.select(Axis(0), &rows),
            _ => old.to_owned(),
        };
        pruned.view_mut(slot.name).assign(&new);
    }
    Ok(pruned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Draw, Purpose};
    use crate::tape::Tape;

    fn config() -> Config {
        Config { width: 7, height: 5, glimpses: 3, hidden: 6, latent: 5, ..Config::preset("mnist-small").unwrap() }
    }

    /// A model whose latents 1 and 3 are dead, and latent 4 is not read but costs KL.
    fn params() -> Params<f64> {
        let mut params = Params::<f64>::init(&config(), 3, None).unwrap();
        params.get_mut(LATENT[1]).copy_from_slice(&[0.1, 0.0, -0.2, 0.0, 0.3, 0.2, 0.0, -0.1, 0.0, 0.0]);
        for i in [1, 3, 4] {
            params.view_mut(DECODER.weight_ih).index_axis_mut(Axis(1), i).fill(0.0);
        }
        for row in [1, 3, 6, 8] {
            params.view_mut(LATENT[0]).index_axis_mut(Axis(0), row).fill(0.0);
        }
        params
    }

    #[test]
    fn the_same_noise_gives_the_same_canvas_and_costs_the_same() {
        let whole = params();
        let pruned = prune(&whole).unwrap();
        assert_eq!(pruned.config().latent, 3);
        let images: Vec<f64> = (0..35).map(|i| (i % 3 == 0) as u8 as f64).collect();
        let noise = |t: usize, i: usize| ((7 * t + 3 * i) as f64).sin();
        let run = |params: &Params<f64>, kept: &[usize]| {
            let model = Draw::new(params, Purpose::Read).unwrap();
            let mut tape = Tape::new(&model, 1, false).unwrap();
            for t in 0..3 {
                let from = kept.iter().map(|&i| noise(t, i));
                tape.noise_mut(&model, t).iter_mut().zip(from).for_each(|(to, from)| *to = from);
            }
            tape.forward(&model, &images);
            let nats = [tape.kl().iter().sum::<f64>(), tape.reconstruction()[0]];
            (tape.canvas().to_vec(), nats)
        };
        let (canvas, nats) = run(&whole, &[0, 1, 2, 3, 4]);
        let (pruned_canvas, pruned_nats) = run(&pruned, &[0, 2, 4]);
        assert!(nats[0] > 0.1, "{nats:?}");
        for (a, b) in canvas.iter().chain(&nats).zip(pruned_canvas.iter().chain(&pruned_nats)) {
            assert!((a - b).abs() < 1e-12, "{a} {b}");
        }
    }

    #[test]
    fn what_has_no_dead_latent_stays_and_one_latent_always_does() {
        let fresh = Params::<f32>::init(&config(), 0, None).unwrap();
        assert_eq!(prune(&fresh).unwrap(), fresh);
        let dead = Params::<f32>::zeros(&config()).unwrap();
        assert_eq!(prune(&dead).unwrap().config().latent, 1);
    }

    #[test]
    fn half_a_model_and_a_plain_autoencoder_are_refused() {
        let half = Params::<f32>::decoder_zeros(&config()).unwrap();
        assert!(prune(&half).unwrap_err().to_string().contains("both halves"));
        let plain = Params::<f32>::zeros(&Config { variational: false, ..config() }).unwrap();
        assert!(prune(&plain).unwrap_err().to_string().contains("plain autoencoder"));
    }
}
