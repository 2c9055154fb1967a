//! Training as the tab's workers share it, and its data: calls in any order, each of which does what it says or changes
//! nothing.

use crate::{Length, Number, odd};
use arbitrary::Arbitrary;
use attentive_writer::data::Dataset;
use attentive_writer::model::{Draw, Purpose};
use attentive_writer::train::{Contribution, Optimiser, Settings, Trainer};
use attentive_writer::{Config, Error, eval};
use std::ops::ControlFlow;

/// Steps that a run may have.
const MOST_STEPS: u64 = 1 << 48;
const WIDTH: usize = 3;
const HEIGHT: usize = 2;

#[derive(Arbitrary, Debug)]
pub struct Run<'a> {
    attention: bool,
    variational: bool,
    settings: Change,
    images: &'a [u8],
    acts: [Act<'a>; 5],
}

#[derive(Arbitrary, Debug, Clone, Copy)]
struct Change {
    batch: Length,
    antithetic: bool,
    muon: bool,
    rates: [Number; 4],
    clip: Number,
    average: Number,
    warm_up: u8,
    seed: u64,
    threads: Length,
}

impl Change {
    fn settings(self) -> Settings {
        let [learning_rate, adam_share, weight_decay, canvas_weight] = self.rates.map(|rate| rate.0);
        Settings {
            batch: self.batch.cheap(10_000),
            antithetic: self.antithetic,
            optimiser: if self.muon { Optimiser::Muon } else { Optimiser::Adam },
            learning_rate,
            adam_share,
            weight_decay,
            canvas_weight,
            verdict_weight: 0.0,
            warm_up: u64::from(self.warm_up),
            clip: self.clip.0,
            average: self.average.0,
            seed: self.seed,
            // Threads would cost more than all the rest.
            threads: if (1..=1024).contains(&self.threads.0) { 1 } else { self.threads.0 },
        }
    }
}

#[derive(Arbitrary, Debug)]
enum Act<'a> {
    Step { rate: Number, wide: u8 },
    Begin { from: Length, to: Length, wide: u8 },
    Part,
    Finish { others: u8, rate: Number },
    Alien { values: &'a [u8], rate: Number },
    Follow { scale: f32, cut: u8, steps: u64 },
    Change(Change),
    Bound { samples: Length, seed: u64 },
}

/// A trainer, and what is known of it.
struct Known {
    trainer: Trainer,
    /// Images of the part that was begun.
    begun: Option<usize>,
    parts: Vec<Contribution>,
    /// Images of the batch that [`Known::parts`] and the part that was begun make up, if none of them is an alien.
    images: usize,
}

fn finite(trainer: &Trainer) {
    assert!(trainer.params().data().iter().chain(trainer.average().data()).all(|p| p.is_finite()));
}

fn data(bytes: &[u8], wide: u8) -> Dataset {
    let width = WIDTH + odd(wide) as usize;
    let bytes = if bytes.is_empty() { &[7] } else { bytes };
    let levels = bytes.iter().cycle().take(width * HEIGHT * (1 + bytes.len() % 4)).copied().collect();
    Dataset::from_levels(levels, width, HEIGHT, 1).expect("whole images")
}

impl Run<'_> {
    pub fn go(self) {
        let small = Config::preset("mnist-small").expect("a preset");
        let config = Config {
            width: WIDTH,
            height: HEIGHT,
            glimpses: 2,
            hidden: 2,
            latent: 2,
            read_patch: 2,
            write_patch: 2,
            attention: self.attention,
            variational: self.variational,
            ..small
        };
        let settings = self.settings.settings();
        let good = settings.validate().is_ok();
        let made = Trainer::new(&config, settings, None);
        assert!(made.is_ok() <= good, "settings that are none");
        let Ok(trainer) = made else { return };
        let mut known = Known { trainer, begun: None, parts: Vec::new(), images: 0 };
        for act in &self.acts {
            let before = known.trainer.params().data().to_vec();
            let steps = known.trainer.steps();
            let changed = known.act(act, self.images);
            finite(&known.trainer);
            if !changed {
                assert!(known.trainer.params().data() == before && known.trainer.steps() == steps, "{act:?}");
            }
        }
    }
}

impl Known {
    /// Whether the parameters may be others now.
    fn act(&mut self, act: &Act, images: &[u8]) -> bool {
        let (batch, steps) = (self.trainer.settings().batch, self.trainer.steps());
        let more = steps < MOST_STEPS;
        match act {
            Act::Step { rate, wide } => {
                let rate = rate.between(0.0, 1000.0);
                let good = (0.0..=1000.0).contains(&rate) && !odd(*wide) && more;
                let done = self.trainer.step(&data(images, *wide), rate);
                assert!(good || done.is_err(), "{act:?}");
                if good {
                    self.begun = None;
                }
                self.took(done.map(|report| report.loss_nats))
            }
            Act::Begin { from, to, wide } => {
                let good = from.0 < to.0 && to.0 <= batch && !odd(*wide) && more;
                let begun = self.trainer.begin(&data(images, *wide), from.0..to.0);
                assert_eq!(begun.is_ok(), good, "{act:?}: {begun:?}");
                if good {
                    self.begun = Some(to.0 - from.0);
                }
                false
            }
            Act::Part => {
                let part = self.trainer.part();
                assert_eq!(part.as_ref().ok().map(|p| p.images), self.begun.take());
                if let Ok(part) = part {
                    self.images += part.images;
                    self.parts.push(part);
                }
                false
            }
            Act::Finish { others, rate } => {
                let rate = rate.between(0.0, 1000.0);
                // Of those that were kept, from one on.
                let from = (*others as usize).min(self.parts.len());
                let images = self.parts[from..].iter().map(|p| p.images).sum::<usize>();
                let whole = self.begun.is_some_and(|begun| begun + images == batch);
                let done = self.trainer.finish(&self.parts[from..], rate);
                assert!(done.is_err() || (whole && (0.0..=1000.0).contains(&rate)), "{act:?}");
                if matches!(done, Ok(_) | Err(Error::Diverged { .. })) {
                    self.begun = None;
                }
                self.took(done.map(|report| report.loss_nats))
            }
            Act::Alien { values, rate } => {
                let numbers = values.chunks(4).map(|b| b.iter().fold(0, |n, b| n << 8 | u32::from(*b)));
                let numbers: Vec<f32> = numbers.map(f32::from_bits).collect();
                let Ok(mut part) = Contribution::from_numbers(numbers) else { return false };
                if !odd(values[0]) {
                    part.images = batch - self.begun.unwrap_or(0).min(batch);
                    part.gradient.resize(self.trainer.params().data().len(), 0.5);
                }
                let done = self.trainer.finish(&[part], rate.0);
                if matches!(done, Ok(_) | Err(Error::Diverged { .. })) {
                    self.begun = None;
                }
                self.took(done.map(|report| report.loss_nats))
            }
            Act::Follow { scale, cut, steps } => {
                let mut params: Vec<f32> = self.trainer.params().data().iter().map(|p| p * scale).collect();
                if odd(*cut) {
                    params.pop();
                }
                // Few steps, more often than not.
                let steps = if cut % 2 == 0 { steps % 1000 } else { *steps };
                let good =
                    self.begun.is_none() && params.iter().all(|p| p.is_finite()) && !odd(*cut) && steps <= MOST_STEPS;
                let followed = self.trainer.follow(&params, steps);
                assert_eq!(followed.is_ok(), good, "{act:?}: {followed:?}");
                good
            }
            Act::Change(change) => {
                let settings = change.settings();
                let good = self.begun.is_none() && settings.validate().is_ok();
                let before = self.trainer.settings().clone();
                let changed = self.trainer.change_settings(settings.clone());
                assert!(good || changed.is_err(), "{act:?}");
                let now = if changed.is_ok() { settings } else { before };
                assert_eq!(*self.trainer.settings(), now);
                false
            }
            Act::Bound { samples, seed } => {
                let model = Draw::new(self.trainer.average(), Purpose::Read).expect("a whole model");
                let samples = samples.cheap(100_000);
                let go_on = |_| ControlFlow::Continue(());
                if let Ok(bound) = eval::bound(&model, &data(images, 0), samples, *seed, 1, go_on) {
                    assert!((1..=100_000).contains(&samples) && bound.nll_bound_nats.is_finite());
                }
                false
            }
        }
    }

    fn took(&mut self, step: Result<f64, Error>) -> bool {
        let done = step.is_ok();
        assert!(step.is_err() || step.is_ok_and(f64::is_finite), "a loss that is no number");
        done
    }
}

/// Images as levels, and taken apart.
#[derive(Arbitrary, Debug)]
pub struct Levels<'a> {
    sides: [Length; 3],
    held_out: Length,
    keep: Length,
    bytes: &'a [u8],
}

impl Levels<'_> {
    pub fn go(self) {
        let [width, height, channels] = self.sides.map(|side| side.0);
        let pixels = self.sides.iter().fold(1u128, |product, side| product.saturating_mul(side.0 as u128));
        let whole = pixels > 0 && !self.bytes.is_empty() && (self.bytes.len() as u128).is_multiple_of(pixels);
        let data = Dataset::from_levels(self.bytes.to_vec(), width, height, channels);
        assert_eq!(data.is_ok(), whole, "{:?}", self.sides);
        let Ok(mut data) = data else { return };
        let count = data.len();
        assert_eq!(count * data.pixels(), self.bytes.len());
        assert!(data.mean().iter().all(|v| (0.0..=1.0).contains(v)));
        let held_out = data.split_off(self.held_out.0);
        assert_eq!(held_out.is_ok(), (1..count).contains(&self.held_out.0));
        if let Ok(held_out) = held_out {
            assert_eq!((data.len() + held_out.len(), held_out.len()), (count, self.held_out.0));
            data.append(held_out).expect("images of one size");
        }
        assert_eq!(data.all_levels(), self.bytes);
        data.truncate(self.keep.0);
        assert_eq!(data.len(), self.keep.0.clamp(1, count));
        if let Ok(file) = data.idx() {
            assert_eq!(file.len(), 16 + data.all_levels().len());
        }
    }
}
