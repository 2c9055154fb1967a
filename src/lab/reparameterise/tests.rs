//! The families' slopes against differences, and their draws against their moments.

use super::*;

/// Draws fill the density; where there is none, the draws' gradient is checked below all the same.
#[test]
fn draws_follow_their_density() {
    for family in &FAMILIES {
        let theta: Vec<f64> = family.parameters.iter().map(|p| p.default).collect();
        if family.density(&theta, 0.5).is_nan() {
            continue;
        }
        let (n, bins, (low, high)) = (20_000, 16, family.shown);
        let z = family.draw(&theta, 1, n).unwrap().z;
        let width = (high - low) / bins as f64;
        for (i, seen) in histogram(&z, family.shown, bins).unwrap().into_iter().enumerate() {
            let points = 400;
            let at = |k: usize| low + width * (i as f64 + (k as f64 + 0.5) / points as f64);
            let expected = (0..points).map(|k| family.density(&theta, at(k))).sum::<f64>() / points as f64;
            let error = (expected / (n as f64 * width)).sqrt();
            assert!((seen - expected).abs() < 4.5 * error + 1e-3, "{} bin {i}: {seen} {expected}", family.name);
        }
    }
}

/// A smooth draw's gradient is the difference of draws with the same noise; the gradient of an
/// accepted one gives the derivative of an expectation.
#[test]
fn gradients_flow_through_draws() {
    for family in &FAMILIES {
        let theta: Vec<f64> = family.parameters.iter().map(|p| p.default).collect();
        let implicit = matches!(family.law, Law::Gamma | Law::Beta | Law::Dirichlet | Law::VonMises);
        let n = if implicit { 20_000 } else { 50 };
        let draws = family.draw(&theta, 2, n).unwrap();
        for k in 0..theta.len() {
            let moved = |h: f64| theta.iter().enumerate().map(|(i, t)| t + if i == k { h } else { 0.0 }).collect();
            let (up, down): (Vec<f64>, Vec<f64>) = (moved(1e-4), moved(-1e-4));
            let gradient = draws.gradient.iter().skip(k).step_by(theta.len());
            if !implicit {
                let (up, down) = (family.draw(&up, 2, n).unwrap().z, family.draw(&down, 2, n).unwrap().z);
                for ((g, u), d) in gradient.zip(up).zip(down) {
                    let numeric = (u - d) / 2e-4;
                    assert!((g - numeric).abs() < 1e-5 * (1.0 + g.abs()), "{} {k}: {g} {numeric}", family.name);
                }
                continue;
            }
            // d/dθ E[sin z], through the draws and by quadrature.
            let each: Vec<f64> = gradient.zip(&draws.z).map(|(g, z)| g * z.cos()).collect();
            let mean = each.iter().sum::<f64>() / n as f64;
            let error = (each.iter().map(|e| (e - mean).powi(2)).sum::<f64>()).sqrt() / n as f64;
            let (low, high) = if family.law == Law::Gamma { (0.0, 40.0) } else { family.shown };
            let points = 40_000;
            let expected: f64 = (0..points)
                .map(|i| low + (high - low) * (i as f64 + 0.5) / points as f64)
                .map(|z| (family.density(&up, z) - family.density(&down, z)) * z.sin())
                .sum::<f64>()
                * (high - low)
                / points as f64
                / 2e-4;
            assert!((mean - expected).abs() < 4.5 * error + 1e-3, "{} {k}: {mean} {expected}", family.name);
        }
    }
}

#[test]
fn both_estimators_are_right_and_one_is_quieter() {
    let e = estimators(0.5, 0.8, 1.5, 3, 20_000).unwrap();
    for k in 0..2 {
        for (mean, deviation) in [e.pathwise[k], e.score[k]] {
            assert!((mean - e.exact[k]).abs() < 4.5 * deviation / 20_000f64.sqrt(), "{mean} {}", e.exact[k]);
        }
        assert!(e.pathwise[k].1 < e.score[k].1);
    }
    assert!(estimators(0.0, 9.0, 0.0, 1, 10).unwrap_err().to_string().contains('σ'));
    assert!(Family::find("Zipf").is_err() && FAMILIES[0].draw(&[0.0], 1, 1).is_err());
}
