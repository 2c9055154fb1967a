//! Models that classify: their gradients, REINFORCE's estimate, and clutter.

use attentive_writer::data::{Dataset, Labelled};
use attentive_writer::look::{
    Config, Estimates, Estimator, Eye, Model, Slice, errors, gradients, gradients_by_glimpse,
};
use attentive_writer::noise;
use attentive_writer::params::{Params, Shape};

const BATCH: usize = 3;

fn config(eye: Eye) -> Config {
    Config {
        width: 13,
        height: 13,
        glimpses: 3,
        hidden: 6,
        patch: 3,
        classes: 4,
        eye,
        ..Config::preset("ram").unwrap()
    }
}

fn retina(estimator: Estimator) -> Eye {
    Eye::Retina { scales: 2, deviation: 0.3, estimator }
}

/// A slice of `BATCH` images with labels and noise.
fn slice(model: &Model<f64>) -> Slice<f64> {
    let mut slice = Slice::new(model, BATCH).unwrap();
    for (i, v) in slice.images_mut().iter_mut().enumerate() {
        *v = ((i * 7919) % 101) as f64 / 101.0;
    }
    slice.labels_mut().copy_from_slice(&[2, 0, 3]);
    for (i, e) in slice.noise_mut().iter_mut().enumerate() {
        *e = (i as f64 * 1.7).sin();
    }
    slice
}

/// −log p(label) after the last glimpse, and the sum of those after the earlier ones.
fn nats(params: &Params<f64, Config>) -> [f64; 2] {
    let model = Model::new(params, None);
    let mut slice = slice(&model);
    let mut after = |t: usize| -> f64 {
        slice.glimpse(&model, t);
        let p = slice.verdict(&model, t + 1);
        [2usize, 0, 3].iter().zip(p.chunks(4)).map(|(label, p)| -p[*label].ln()).sum()
    };
    let last = model.config().glimpses - 1;
    let early = (0..last).map(&mut after).sum();
    [after(last), early]
}

fn gradient_of(params: &Params<f64, Config>, verdict_weight: f64) -> Params<f64, Config> {
    let model = Model::new(params, Some(BATCH));
    let mut gradient = Params::zeros(params.config()).unwrap();
    let losses = slice(&model).gradient(&model, verdict_weight, &mut gradient);
    assert!((losses.cross_entropy_nats - nats(params)[0]).abs() < 1e-12);
    gradient
}

/// Compares each tensor's gradient with central differences, save those named, with and without the earlier verdicts.
fn check(params: &mut Params<f64, Config>, but: &[&str]) {
    for verdict_weight in [0.0, 0.4] {
        check_weighted(params, verdict_weight, but);
    }
}

fn check_weighted(params: &mut Params<f64, Config>, verdict_weight: f64, but: &[&str]) {
    let gradient = gradient_of(params, verdict_weight);
    let loss = |params: &Params<f64, Config>| {
        let [last, early] = nats(params);
        last + verdict_weight * early
    };
    for slot in params.slots().to_vec() {
        if but.iter().any(|b| slot.name.starts_with(b)) {
            continue;
        }
        let step = (slot.len() / 17).max(1);
        let mut felt = 0;
        for at in slot.range().step_by(step) {
            let (old, h) = (params.data()[at], 1e-5);
            let mut at_offset = |d: f64| {
                params.data_mut()[at] = old + d;
                loss(params)
            };
            let expected = (at_offset(h) - at_offset(-h)) / (2.0 * h);
            params.data_mut()[at] = old;
            let got = gradient.data()[at];
            assert!((got - expected).abs() < 1e-7 + 1e-5 * expected.abs(), "{}[{at}]: {got} {expected}", slot.name);
            felt += (expected.abs() > 1e-6) as usize;
        }
        assert!(felt > 0, "{} is not felt", slot.name);
    }
}

/// A fresh model whose windows and places are not in their first state.
fn params(eye: Eye) -> Params<f64, Config> {
    let mut params = Params::fresh(&config(eye), 5).unwrap();
    for (i, v) in params.data_mut().iter_mut().enumerate() {
        *v += 0.1 * (i as f64 * 0.37).sin();
    }
    params
}

#[test]
fn gradients_through_the_read() {
    check(&mut params(Eye::Read), &[]);
}

#[test]
fn gradients_through_the_places() {
    check(&mut params(retina(Estimator::Pathwise)), &["baseline"]);
}

#[test]
fn gradients_around_the_places() {
    let mut params = params(retina(Estimator::Reinforce));
    // With no weights the means do not hang on what is held fixed beside them.
    params.get_mut("locator.weight").fill(0.0);
    check(&mut params, &["baseline", "locator"]);
    let gradient = gradient_of(&params, 0.0);
    assert!(gradient.get("locator.weight").iter().any(|d| d.abs() > 1e-6), "REINFORCE gives the locator a gradient");
    assert!(gradient.get("baseline.weight").iter().any(|d| d.abs() > 1e-6));
}

#[test]
fn shapes_out_of_range_are_refused() {
    let usual = Config::preset("ram").unwrap();
    for (config, blamed) in [
        (Config { classes: 1, ..usual.clone() }, "classes is 1"),
        (Config { patch: 65, ..usual.clone() }, "patch is 65"),
        (Config { glimpses: 0, ..usual.clone() }, "glimpses is 0"),
        (
            Config { eye: Eye::Retina { scales: 9, deviation: 0.1, estimator: Estimator::Reinforce }, ..usual.clone() },
            "scales is 9",
        ),
        (
            Config { eye: Eye::Retina { scales: 4, deviation: f64::NAN, estimator: Estimator::Reinforce }, ..usual },
            "deviation is NaN",
        ),
    ] {
        let error = config.validate().unwrap_err().to_string();
        assert!(error.contains(blamed), "{error}");
    }
}

/// One glimpse, whose places can be summed over: the exact gradient of the expected reward, by a grid, and REINFORCE's
/// estimate of it.
#[test]
fn reinforce_is_right_on_average() {
    let shape = Config { glimpses: 1, ..config(retina(Estimator::Reinforce)) };
    let image: Vec<f64> = (0..169).map(|i| (i % 13) as f64 / 13.0 * ((i / 13) as f64 / 13.0)).collect();
    let (n, deviation, side) = (4096, 0.3, 64);
    let at = |i: usize| (i as f64 + 0.5) / side as f64 * 8.0 - 4.0;
    // A model some of whose places lead to one class, and some to others.
    let found = (0..50).find_map(|seed| {
        let mut params = Params::<f64, Config>::fresh(&shape, seed).unwrap();
        params.data_mut().iter_mut().for_each(|v| *v *= 4.0);
        // No baseline: the estimate is the reward times the score.
        params.get_mut("baseline.weight").fill(0.0);
        params.get_mut("baseline.bias").fill(0.0);
        let model = Model::new(&params, Some(64));
        let mut slice = Slice::new(&model, n).unwrap();
        slice.images_mut().chunks_exact_mut(169).for_each(|to| to.copy_from_slice(&image));
        for (i, e) in slice.noise_mut().chunks_exact_mut(2).enumerate() {
            e.copy_from_slice(&[at(i % side), at(i / side)]);
        }
        slice.glimpse(&model, 0);
        let best = |p: &[f64]| (0..4).fold(0, |best, i| if p[i] > p[best] { i } else { best });
        let classes: Vec<usize> = slice.verdict(&model, 1).chunks(4).map(best).collect();
        let near = |class: usize| {
            let middle = (0..n).filter(|i| at(i % side).hypot(at(i / side)) < 1.0);
            middle.clone().filter(|i| classes[*i] == class).count() as f64 / middle.count() as f64
        };
        let label = (0..4).find(|class| (0.2..0.8).contains(&near(*class)))?;
        Some((params, model, slice, classes, label))
    });
    let (params, model, mut slice, classes, label) = found.expect("a model for which the place matters");
    let density = |e: f64| (-0.5 * e * e).exp() / (2.0 * std::f64::consts::PI).sqrt() * 8.0 / side as f64;
    let mean = params.get("locator.bias").iter().map(|b| b.tanh()).collect::<Vec<_>>();
    let mut exact = [0.0; 2];
    for (i, _) in classes.iter().enumerate().filter(|(_, class)| **class == label) {
        let e = [at(i % side), at(i / side)];
        for axis in 0..2 {
            let through = 1.0 - mean[axis] * mean[axis];
            exact[axis] -= density(e[0]) * density(e[1]) * e[axis] / deviation * through;
        }
    }
    // The estimate, in parts that tell its standard error.
    slice.labels_mut().fill(label as u8);
    let parts = 16;
    let mut sums = vec![[0.0; 2]; parts];
    for (part, sum) in sums.iter_mut().enumerate() {
        let mut rng = noise::rng(part as u64, noise::TRAIN, 1);
        noise::fill_normal(&mut rng, slice.noise_mut());
        let mut gradient = Params::zeros(&shape).unwrap();
        slice.gradient(&model, 0.0, &mut gradient);
        // What of the bias's gradient comes from the reward is all of it: REINFORCE sends nothing else there.
        *sum = [0, 1].map(|axis| gradient.get("locator.bias")[axis] / n as f64);
    }
    for axis in 0..2 {
        let mean = sums.iter().map(|s| s[axis]).sum::<f64>() / parts as f64;
        let variance = sums.iter().map(|s| (s[axis] - mean).powi(2)).sum::<f64>() / (parts - 1) as f64;
        let error = (variance / parts as f64).sqrt();
        // The grid's cells at the edge of a class are half right: allow a hundredth of the gradient for them.
        let allowed = 4.0 * error + 0.02 * exact[axis].abs() + 2e-3;
        assert!((mean - exact[axis]).abs() < allowed, "axis {axis}: {mean} ± {error}, exactly {}", exact[axis]);
        assert!(error < 0.3 * exact.iter().fold(0.0f64, |m, e| m.max(e.abs())), "the estimate tells nothing");
    }
}

/// A place is rewarded for the verdicts that come after it: the last, and by their weight those between.
#[test]
fn places_earn_by_the_verdicts_after_them() {
    let (weight, deviation, labels) = (0.4, 0.3, [2usize, 0, 3]);
    let mut params = params(retina(Estimator::Reinforce));
    params.get_mut("baseline.weight").fill(0.0);
    params.get_mut("baseline.bias").fill(0.25);
    // Verdicts that differ from glimpse to glimpse.
    params.data_mut().iter_mut().for_each(|v| *v *= 6.0);
    let baseline = params.get("baseline.bias")[0];
    let model = Model::new(&params, Some(BATCH));
    let mut slice = slice(&model);
    let glimpses = model.config().glimpses;
    let mut right = Vec::new();
    for t in 0..glimpses {
        slice.glimpse(&model, t);
        let best = |p: &[f64]| (0..4).fold(0, |best, i| if p[i] > p[best] { i } else { best });
        right.push(
            slice.verdict(&model, t + 1).chunks(4).map(best).zip(labels).map(|(b, l)| b == l).collect::<Vec<_>>(),
        );
    }
    assert!(right.concat().iter().any(|r| *r) && right.concat().iter().any(|r| !r), "{right:?}");
    let noise = slice.noise_mut().to_vec();
    let mut expected = [0.0; 2];
    for t in 0..glimpses {
        for b in 0..BATCH {
            let early = (t..glimpses - 1).filter(|s| right[*s][b]).count() as f64;
            let reward = right[glimpses - 1][b] as u8 as f64 + weight * early;
            for axis in 0..2 {
                let e = noise[(t * BATCH + b) * 2 + axis];
                let mean = slice.looked(t)[b * 2 + axis] - deviation * e;
                expected[axis] -= (reward - baseline) * e / deviation * (1.0 - mean * mean);
            }
        }
    }
    let mut gradient = Params::zeros(params.config()).unwrap();
    slice.gradient(&model, weight, &mut gradient);
    for (got, expected) in gradient.get("locator.bias").iter().zip(expected) {
        assert!((got - expected).abs() < 1e-9 * (1.0 + expected.abs()), "{got} {expected}");
    }
}

/// Both estimators agree within their errors, and a baseline helps. (Which is the surer hangs on the image: this one is
/// rough, and its slopes say little of what lies a deviation away.)
#[test]
fn estimators_of_a_place_agree() {
    let params = params(retina(Estimator::Reinforce)).cast::<f32>();
    let image: Vec<f32> = (0..169).map(|i| ((i * 7919) % 101) as f32 / 101.0).collect();
    let draws = 4000;
    for glimpse in [0, 2] {
        let g = gradients(&params, &image, 2, glimpse, draws, 3).unwrap();
        assert_eq!(gradients_by_glimpse(&params, &image, 2, draws, 3).unwrap()[glimpse], g);
        let [path, score, base] = [&g.pathwise, &g.score, &g.score_with_baseline].map(|d| Estimates::of(d));
        assert!(base.variance < 0.1 * score.variance, "{path:?} {base:?} {score:?}");
        for other in [score, base] {
            for axis in 0..2 {
                let error = ((path.variance + other.variance) / draws as f64).sqrt();
                assert!((path.mean[axis] - other.mean[axis]).abs() < 4.0 * error, "{path:?} {other:?}");
            }
        }
    }
    let refused = |glimpse, draws, label| gradients(&params, &image, label, glimpse, draws, 3).unwrap_err().to_string();
    assert!(refused(3, 10, 0).contains("the glimpse is 3"));
    assert!(refused(0, 1, 0).contains("draws is 1"));
    assert!(refused(0, 10, 4).contains("the label is 4"));
}

/// A gate whose sum overflows twice is no number, and so is the verdict; that is said, and no error rate is made of it.
#[test]
fn verdicts_that_are_no_numbers_are_told() {
    let images = Dataset::from_levels(vec![200; 2 * 169], 13, 13, 1).unwrap();
    let data = Labelled::new(images, vec![1, 2]).unwrap();
    let judged = |params: &Params<f64, Config>| {
        errors(&Model::new(&params.cast(), None), &data, 0, 2, |_| std::ops::ControlFlow::Continue(()))
    };
    let mut params = params(Eye::Read);
    // A label of probability 0 has no finite cost, and counts as 1,000 nats.
    params.get_mut("classifier.bias").copy_from_slice(&[1e4, 0.0, 0.0, 0.0]);
    let wrong = judged(&params).unwrap();
    assert_eq!((wrong.error_rate, wrong.cross_entropy_nats), (1.0, 1000.0));
    params.get_mut("classifier.bias").copy_from_slice(&[f64::from(f32::MAX), 0.0, 0.0, 0.0]);
    params.get_mut("classifier.weight").fill(f64::from(f32::MAX));
    params.get_mut("encoder.bias").fill(100.0);
    let text = judged(&params).unwrap_err().to_string();
    assert!(text.contains("the verdict on image 0"), "{text}");
}
