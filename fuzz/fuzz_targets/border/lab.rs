//! What only the page's figures use: RAM's gradients, a field of clutter, codes and their plane.

use crate::{Length, model, odd, values};
use arbitrary::Arbitrary;
use attentive_writer::data::{Clutter, Dataset, Labelled, Pieces};
use attentive_writer::lab::field::Field;
use attentive_writer::lab::{codes, plane::Plane};
use attentive_writer::look::{self, Estimates};
use attentive_writer::model::{Draw, Purpose};
use attentive_writer::params::Params;
use attentive_writer::{Config, Error};
use std::sync::{Arc, OnceLock};

#[derive(Arbitrary, Debug)]
pub struct PlaceGradients<'a> {
    reads: bool,
    label: u8,
    glimpse: Length,
    draws: Length,
    seed: u64,
    /// A locator of such weights: far beyond what is trained.
    scale: f32,
    bytes: &'a [u8],
}

impl PlaceGradients<'_> {
    pub fn go(self) {
        static MODELS: OnceLock<[Params<f32, look::Config>; 2]> = OnceLock::new();
        let [ram, reader] = MODELS.get_or_init(|| {
            ["ram", "cluttered"].map(|name| {
                let preset = look::Config::preset(name).expect("a preset");
                let config =
                    look::Config { width: 6, height: 5, glimpses: 2, hidden: 2, patch: 2, classes: 3, ..preset };
                Params::fresh(&config, 1).expect("a small model")
            })
        });
        let image = values(self.bytes, 30);
        let draws = self.draws.cheap(10_000);
        let mut params = if self.reads { reader } else { ram }.clone();
        if !self.reads && self.scale.is_finite() && self.label > 127 {
            params.get_mut("locator.bias").fill(self.scale);
            params.get_mut("locator.weight").fill(self.scale);
        }
        let label = self.label % 4;
        let found = look::gradients(&params, &image, label, self.glimpse.0, draws, self.seed);
        let pixels = image.len() == 30 && image.iter().all(|p| (0.0..=1.0).contains(p));
        let good = !self.reads && self.glimpse.0 < 2 && (2..=10_000).contains(&draws) && pixels && label < 3;
        assert!(good == found.is_ok() || matches!(found, Err(Error::NotFinite { .. })), "{found:?}");
        let Ok(g) = found else { return };
        for draws_of in [&g.pathwise, &g.score, &g.score_with_baseline, &g.places, &g.means] {
            assert!(draws_of.len() == draws && draws_of.iter().flatten().all(|v| v.is_finite()));
            let Estimates { mean, variance } = Estimates::of(draws_of);
            assert!(mean.iter().all(|v| v.is_finite()) && variance >= 0.0);
        }
    }
}

#[derive(Arbitrary, Debug)]
pub struct OnField<'a> {
    index: Length,
    seed: u64,
    pieces: [Length; 3],
    moves: [(Length, f64, f64); 3],
    bytes: &'a [u8],
}

impl OnField<'_> {
    pub fn go(self) {
        const SIDE: usize = 4;
        let levels = (0..3 * SIDE * SIDE).map(|i| (i * 37 % 256) as u8).collect();
        let digits = Dataset::from_levels(levels, SIDE, SIDE, 1).expect("whole images");
        let digits = Labelled::new(digits, vec![0, 1, 9]).expect("a label each");
        let [size, count, side] = self.pieces;
        let size = if size.0 < 10 { SIDE + size.0 } else { size.cheap(1024) };
        let pieces = Pieces { size, count: count.cheap(1000), side: side.0 };
        let good = (SIDE..=1024).contains(&size) && (1..=SIDE).contains(&side.0) && pieces.count <= 1000;
        let clutter = Clutter::new(digits, pieces);
        assert_eq!(clutter.is_ok(), good, "{pieces:?}");
        let Ok(clutter) = clutter else { return };
        let field = Field::new(&clutter, self.index.0, self.seed);
        assert_eq!(field.is_ok(), self.index.0 < 3);
        let Ok(mut field) = field else { return };
        for (sprite, x, y) in self.moves {
            assert_eq!(field.place(sprite.0, x, y).is_ok(), sprite.0 <= pieces.count);
        }
        let digit = values(self.bytes, SIDE * SIDE);
        let whole = digit.len() == SIDE * SIDE && digit.iter().all(|p| (0.0..=1.0).contains(p));
        assert_eq!(field.draw(&digit).is_ok(), whole);
        let boxes = field.boxes();
        assert_eq!(boxes.len(), pieces.count + 1);
        assert!(boxes.iter().all(|[x, y, width, height]| x + width <= size && y + height <= size));
        let image = field.image();
        assert!(image.len() == size * size && image.iter().all(|v| (0.0..=1.0).contains(v)));
    }
}

#[derive(Arbitrary, Debug)]
pub struct OnPlane<'a> {
    n: Length,
    cut: u8,
    more: &'a [u8],
    codes: Vec<f32>,
    place: [f32; 2],
}

impl OnPlane<'_> {
    pub fn go(self) {
        let n = self.n.cheap(1024);
        let mut codes = self.codes;
        if (2..=1024).contains(&n) && !odd(self.cut) {
            // Whole codes, and numbers in place of most that are none.
            codes.resize(codes.len().next_multiple_of(n).max(3 * n).min(64 * n), 0.25);
            codes.iter_mut().filter(|v| !v.is_finite()).for_each(|v| *v = 1.0);
        }
        let good = (2..=1024).contains(&n)
            && codes.len() >= 3 * n
            && codes.len().is_multiple_of(n)
            && codes.iter().all(|v| v.is_finite());
        let plane = Plane::of(&codes, n);
        assert_eq!(plane.is_ok(), good, "{n} {}", codes.len());
        let Ok(plane) = plane else { return };
        for of in [&codes[..], &values(self.more, 2 * n)] {
            match plane.project(of) {
                Ok(places) => {
                    assert!(places.len() == of.len() / n * 2 && places.iter().all(|v| v.is_finite()));
                }
                Err(e) => {
                    let known = of.len().is_multiple_of(n)
                        && of.iter().all(|v| v.abs() < 1e36)
                        && codes.iter().all(|v| v.abs() < 1e36);
                    assert!(!known, "{e}");
                }
            }
        }
        if let Ok(code) = plane.at(self.place) {
            assert!(code.len() == n && code.iter().all(|v| v.is_finite()));
        }
    }
}

#[derive(Arbitrary, Debug)]
pub struct Codes<'a> {
    count: Length,
    wanted: Length,
    seed: u64,
    images: u8,
    bytes: &'a [u8],
}

impl Codes<'_> {
    pub fn go(self) {
        static PLAIN: OnceLock<Arc<Draw<f32>>> = OnceLock::new();
        let plain = PLAIN.get_or_init(|| {
            let preset = Config::preset("autoencoder").expect("a preset");
            let small = Config { width: 3, height: 4, glimpses: 2, hidden: 3, latent: 2, ..preset };
            let params = Params::fresh(&small, 1).expect("a small model");
            Arc::new(Draw::new(&params, Purpose::Read).expect("a whole model"))
        });
        for model in [plain, model()] {
            let c = model.config();
            let (pixels, code) = (c.pixels(), c.glimpses * c.latent);
            let images = values(self.bytes, (self.images % 4) as usize * pixels);
            let good = !images.is_empty()
                && images.len().is_multiple_of(pixels)
                && images.iter().all(|p| (0.0..=1.0).contains(p));
            let found = codes::codes(model, &images, self.seed);
            assert_eq!(found.is_ok(), good, "{found:?}");
            if let Ok(found) = found {
                assert!(found.len() == images.len() / pixels * code && found.iter().all(|v| v.is_finite()));
                let latents = codes::latents(&found, [c.glimpses, c.latent]).expect("whole codes");
                assert_eq!(latents.len(), found.len());
            }
            let count = self.count.cheap(10_000);
            let fitted = codes::fitted(model, self.seed, count);
            assert_eq!(fitted.is_ok(), !c.variational && (1..=10_000).contains(&count));
            if let Ok(fitted) = fitted {
                assert_eq!(fitted.len(), count * code);
            }
        }
        let odd = codes::latents(&values(self.bytes, 8), [self.count.0 % 10, self.wanted.0 % 10]);
        if let Ok(latents) = odd {
            assert!(latents.len().is_multiple_of(self.count.0 % 10 * (self.wanted.0 % 10)));
        }
    }
}
