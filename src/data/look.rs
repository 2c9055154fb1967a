//! What a data set looks like: enough to see that it is none, or not of the kind that a model was trained on.

use super::Dataset;

/// Images that are looked at, spread over the set: by their number, and by the number of their values.
const ENOUGH: std::ops::RangeInclusive<usize> = 16..=1000;
const VALUES: usize = 4 << 20;
/// Neighbouring pixels of pictures correlate by 0.4 and more, also where every stroke is a pixel wide; of noise by 0, of
/// MNIST's rows taken for bits by −0.2, of 28 pixels a row taken for 32 by 0.14.
const RELATED: f64 = 0.2;
/// A model's own data have about as much ink as what it draws: each of MNIST's classes has 0.58 to 1.3 of MNIST's,
/// Fashion-MNIST 2.2.
const INK: std::ops::RangeInclusive<f64> = 0.45..=1.7;
/// By so much, at least, their mean image correlates with that of what it draws: each of MNIST's classes by 0.66 or more.
const ALIKE: f64 = 0.5;
/// The share of ink below which paper is as good as blank, and above which ink may be meant for paper.
const BLANK: f64 = 0.002;
const FULL: f64 = 0.6;
/// By so much the transposed mean image must fit better; upright, each of MNIST's classes fits better as it is.
const TRANSPOSED: f64 = 0.05;
/// Images from which on their mean says how they lie.
const SEVERAL: usize = 50;

/// The look of a data set, or of drawings.
#[derive(Clone, Debug)]
pub struct Look {
    images: usize,
    width: usize,
    height: usize,
    /// The mean image `[C, B, A]`.
    mean: Vec<f64>,
    /// Least and largest value.
    range: (f64, f64),
    /// The correlation of pixels with their right and with their lower neighbour; none without such, or without any
    /// difference.
    neighbours: [Option<f64>; 2],
}

impl Look {
    /// The look of a data set, by up to 1,000 of its images.
    pub fn of(data: &Dataset) -> Look {
        let step = data.len().div_ceil((VALUES / data.pixels()).clamp(*ENOUGH.start(), *ENOUGH.end()));
        let images = (0..data.len()).step_by(step).map(|i| data.levels(i).iter().map(|l| *l as f64 / 255.0));
        Look::of_images(images, data.width(), data.height())
    }

    /// Of images `[C, B, A]` of one size, values in `[0, 1]`.
    pub fn of_images(images: impl Iterator<Item = impl Iterator<Item = f64>>, width: usize, height: usize) -> Look {
        let (mut mean, mut count, mut range) = (Vec::new(), 0, (f64::INFINITY, f64::NEG_INFINITY));
        let mut pairs = [Pairs::default(); 2];
        let mut image = Vec::new();
        for values in images {
            image.clear();
            image.extend(values);
            mean.resize(image.len(), 0.0);
            count += 1;
            for (p, &a) in image.iter().enumerate() {
                mean[p] += a;
                range = (range.0.min(a), range.1.max(a));
                if p % width + 1 < width {
                    pairs[0].add(a, image[p + 1]);
                }
                if p / width % height + 1 < height {
                    pairs[1].add(a, image[p + width]);
                }
            }
        }
        mean.iter_mut().for_each(|m| *m /= count.max(1) as f64);
        Look { images: count, width, height, mean, range, neighbours: pairs.map(|p| p.correlation()) }
    }

    /// The share of ink, from 0 to 1.
    pub fn ink(&self) -> f64 {
        self.mean.iter().sum::<f64>() / self.mean.len().max(1) as f64
    }

    /// What is odd about the images by themselves, in a line.
    pub fn oddity(&self) -> Option<String> {
        let (least, most) = self.range;
        let [across, down] = self.neighbours.map(|n| n.unwrap_or(1.0));
        let ink = self.ink();
        if most == 0.0 {
            Some("its images are all blank: no value is above 0".to_owned())
        } else if least == most {
            Some(format!("its images show nothing: every value is {least:.3} of 1"))
        } else if across < RELATED && down < RELATED {
            Some(format!(
                "its images look like noise: neighbouring pixels correlate by {across:.2} across and {down:.2} down, \
                 where pictures have 0.4 and more; is it another format or size?"
            ))
        } else if across.min(down) < RELATED {
            let (lines, by) = if down < across { ("rows", down) } else { ("columns", across) };
            Some(format!("its images' {lines} hardly follow one another (they correlate by {by:.2}): another width?"))
        } else if ink < BLANK {
            Some(format!("its images are nearly blank: {:.3} % ink", 100.0 * ink))
        } else if ink > FULL && self.mean.len() == self.width * self.height {
            Some(format!("its images are {:.0} % ink, which is 1 here and paper 0: are they turned over?", 100.0 * ink))
        } else {
            None
        }
    }

    /// In what these images are unlike those that a model draws, in a line.
    pub fn unlike(&self, drawn: &Look) -> Option<String> {
        if self.mean.len() != drawn.mean.len() || self.range.0 == self.range.1 {
            return None;
        }
        let (ink, own) = (self.ink(), drawn.ink());
        if !INK.contains(&(ink / own)) {
            let (ink, own) = (100.0 * ink, 100.0 * own);
            return Some(format!(
                "its images have {ink:.1} % ink, what the model draws has {own:.1} %: unlike its own"
            ));
        }
        // The mean of pictures in colour is nearly even: it tells neither how they lie nor what they show.
        if self.mean.len() != self.width * self.height {
            return None;
        }
        let upright = alike(&self.mean, &drawn.mean)?;
        let turned = self.transposed().and_then(|turned| alike(&turned, &drawn.mean));
        if self.images < SEVERAL {
            None
        } else if let Some(turned) = turned.filter(|t| *t > upright + TRANSPOSED) {
            Some(format!(
                "its images seem transposed, as EMNIST's files are: with rows and columns exchanged their mean is more \
                 like that of what the model draws (correlation {turned:.2} instead of {upright:.2})"
            ))
        } else {
            (upright < ALIKE).then(|| {
                format!(
                    "its mean image is unlike that of what the model draws (correlation {upright:.2}): another kind?"
                )
            })
        }
    }

    /// The mean image with rows and columns exchanged, if it is square.
    fn transposed(&self) -> Option<Vec<f64>> {
        let n = self.width;
        let planes = || (0..self.mean.len()).map(|p| self.mean[p / (n * n) * n * n + p % n * n + p / n % n]);
        (n == self.height).then(|| planes().collect())
    }
}

/// Sums over pairs of values.
#[derive(Clone, Copy, Default)]
struct Pairs {
    n: f64,
    a: f64,
    b: f64,
    aa: f64,
    bb: f64,
    ab: f64,
}

impl Pairs {
    fn add(&mut self, a: f64, b: f64) {
        self.n += 1.0;
        self.a += a;
        self.b += b;
        self.aa += a * a;
        self.bb += b * b;
        self.ab += a * b;
    }

    /// None without pairs, or if one side is the same in all.
    fn correlation(self) -> Option<f64> {
        let cov = |xy: f64, x: f64, y: f64| xy / self.n - x / self.n * (y / self.n);
        let variances = cov(self.aa, self.a, self.a) * cov(self.bb, self.b, self.b);
        (variances > 1e-12).then(|| cov(self.ab, self.a, self.b) / variances.sqrt())
    }
}

/// The correlation of two mean images.
fn alike(a: &[f64], b: &[f64]) -> Option<f64> {
    let mut pairs = Pairs::default();
    a.iter().zip(b).for_each(|(a, b)| pairs.add(*a, *b));
    pairs.correlation()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Dataset;

    /// Many images of a slope down the page, as photographs have it, against one across the page.
    #[test]
    fn only_grey_means_tell_how_images_lie() {
        let set = |channels: usize, down: bool| {
            let level = |i: usize| 100 + 3 * if down { i % 64 / 8 } else { i % 8 } + i % 5;
            let levels = (0..200 * channels * 64).map(|i| level(i) as u8).collect();
            Look::of(&Dataset::from_levels(levels, 8, 8, channels).unwrap())
        };
        let said = set(1, false).unlike(&set(1, true)).unwrap();
        assert!(said.contains("transposed"), "{said}");
        assert_eq!(set(3, false).unlike(&set(3, true)), None);
    }
}
