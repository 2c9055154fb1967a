//! A plane through codes: the two directions in which they spread most.

use super::codes::moments;
use crate::budget::{DRAWING, product};
use crate::error::{Error, Result, expect_finite};

/// Rounds of power iteration: what is left of a direction of 0.95 times the spread is 1e-9.
const ROUNDS: usize = 400;

/// The mean of some codes, and their first two principal components.
#[derive(Clone, Debug)]
pub struct Plane {
    mean: Vec<f64>,
    axes: [Vec<f64>; 2],
}

impl Plane {
    /// Of codes of `n` numbers each.
    ///
    /// # Errors
    /// [`Error::Argument`] for fewer than 3 codes, numbers that are not whole codes or not finite, and codes of fewer than
    /// 2 or more than 1,024 numbers.
    pub fn of(codes: &[f32], n: usize) -> Result<Self> {
        if !(2..=1024).contains(&n) {
            return Err(Error::argument("the numbers of a code", n, "2 to 1024"));
        }
        DRAWING.check([("codes", codes.len() / n)], |[count]| product(&[count, n, size_of::<f32>()]))?;
        if codes.len() < 3 * n || !codes.len().is_multiple_of(n) {
            return Err(Error::argument("the number of codes' values", codes.len(), format!("{n} times 3 or more")));
        }
        if codes.iter().any(|v| !v.is_finite()) {
            return Err(Error::argument("a code", "not finite", "finite numbers"));
        }
        let (mean, mut covariance) = moments(codes, n);
        let first = principal(&mut covariance, n);
        let second = principal(&mut covariance, n);
        Ok(Plane { mean, axes: [first, second] })
    }

    /// Where codes lie on the plane: x and y of each, in the codes' own unit; the codes' mean is at 0.
    ///
    /// # Errors
    /// [`Error::Argument`] for values that are not whole codes, [`Error::NotFinite`] for a place beyond numbers.
    pub fn project(&self, codes: &[f32]) -> Result<Vec<f32>> {
        let n = self.mean.len();
        if !codes.len().is_multiple_of(n) {
            return Err(Error::argument("the number of codes' values", codes.len(), format!("a multiple of {n}")));
        }
        let along = |code: &[f32], axis: &[f64]| {
            let apart = code.iter().zip(&self.mean).map(|(v, m)| *v as f64 - m);
            apart.zip(axis).map(|(d, a)| d * a).sum::<f64>() as f32
        };
        let places: Vec<f32> =
            codes.chunks_exact(n).flat_map(|code| self.axes.each_ref().map(|axis| along(code, axis))).collect();
        expect_finite(&places, || "a code's place".into())?;
        Ok(places)
    }

    /// The code at a place of the plane; all other components are at their mean.
    ///
    /// # Errors
    /// [`Error::NotFinite`] for a place, or a code, beyond numbers.
    pub fn at(&self, place: [f32; 2]) -> Result<Vec<f32>> {
        let [first, second] = &self.axes;
        let [x, y] = place.map(f64::from);
        let all = self.mean.iter().zip(first).zip(second);
        let code: Vec<f32> = all.map(|((m, a), b)| (m + x * a + y * b) as f32).collect();
        expect_finite(&code, || "the code at that place".into())?;
        Ok(code)
    }
}

/// The direction of the most variance, which is taken out of the covariance. Its largest component is positive.
fn principal(covariance: &mut [f64], n: usize) -> Vec<f64> {
    let widest = (0..n).fold(0, |best, i| if covariance[i * n + i] > covariance[best * n + best] { i } else { best });
    let mut axis: Vec<f64> = covariance[widest * n..][..n].to_vec();
    let mut spread = 0.0;
    for _ in 0..ROUNDS {
        let norm = axis.iter().map(|a| a * a).sum::<f64>().sqrt();
        if norm == 0.0 {
            // Nothing varies: any direction serves.
            axis[widest] = 1.0;
            return axis;
        }
        axis.iter_mut().for_each(|a| *a /= norm);
        let next: Vec<f64> =
            covariance.chunks_exact(n).map(|row| row.iter().zip(&axis).map(|(c, a)| c * a).sum()).collect();
        spread = axis.iter().zip(&next).map(|(a, b)| a * b).sum();
        axis = next;
    }
    let norm = axis.iter().map(|a| a * a).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
    let largest = axis.iter().fold(0.0f64, |most, a| if a.abs() > most.abs() { *a } else { most });
    axis.iter_mut().for_each(|a| *a *= largest.signum() / norm);
    for (row, a) in covariance.chunks_exact_mut(n).zip(&axis) {
        row.iter_mut().zip(&axis).for_each(|(c, b)| *c -= spread * a * b);
    }
    axis
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plane_lies_along_the_spread() {
        // Along (3, 4, 0) / 5 by 10, along the third axis by 1, and nothing else.
        let codes: Vec<f32> = [(10.0, 1.0), (-10.0, 1.0), (10.0, -1.0), (-10.0, -1.0)]
            .iter()
            .flat_map(|(a, b)| [1.0 + 0.6 * a, 2.0 + 0.8 * a, 3.0 + b])
            .collect();
        let plane = Plane::of(&codes, 3).unwrap();
        let places = plane.project(&codes).unwrap();
        for (i, expected) in [10.0, 1.0, -10.0, 1.0, 10.0, -1.0, -10.0, -1.0].iter().enumerate() {
            assert!((places[i] - expected).abs() < 1e-5, "{places:?}");
        }
        for (back, code) in places.chunks(2).map(|p| plane.at([p[0], p[1]]).unwrap()).zip(codes.chunks(3)) {
            assert!(back.iter().zip(code).all(|(a, b)| (a - b).abs() < 1e-5), "{back:?} {code:?}");
        }
    }

    #[test]
    fn codes_that_are_none_are_refused() {
        assert!(Plane::of(&[0.0; 5], 2).unwrap_err().to_string().contains("5"));
        assert!(Plane::of(&[0.0; 6], 1).is_err() && Plane::of(&[f32::NAN; 6], 2).is_err());
        let flat = Plane::of(&[1.0; 6], 2).unwrap();
        assert_eq!(flat.project(&[1.0, 1.0]).unwrap(), [0.0, 0.0]);
        assert!(flat.project(&[1.0]).is_err());
        // A place that f32 cannot hold.
        let wide = Plane::of(&[3e38, 3e38, -3e38, -3e38, 3e38, 3e38], 2).unwrap();
        for error in [wide.project(&[-3e38, -3e38]).unwrap_err(), wide.project(&[f32::NAN, 0.0]).unwrap_err()] {
            assert!(error.to_string().contains("a code's place"), "{error}");
        }
        for place in [[f32::INFINITY, 0.0], [0.0, f32::NAN], [3e38, 3e38]] {
            assert!(wide.at(place).unwrap_err().to_string().contains("the code at that place"), "{place:?}");
        }
    }
}
