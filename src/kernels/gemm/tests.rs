use super::*;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn numbers(n: usize, seed: u64) -> Vec<f32> {
    let mut s = seed;
    (0..n)
        .map(|_| {
            s = s.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            ((s >> 40) as f32 / (1u64 << 23) as f32) - 1.0
        })
        .collect()
}

fn forms(k: usize, n: usize) -> [Packed<f32>; 2] {
    [Packed::new(k, n), Packed::for_batches(k, n, 32)]
}

fn inits(bias: &[f32]) -> [Init<'_, f32>; 3] {
    [Init::Zero, Init::Bias(bias), Init::Accumulate]
}

#[test]
fn gemm_matches_the_definition_at_every_edge() {
    for m in [1, 2, 3, 7, 12, 13, 25, 33, 100] {
        for (k, n) in [(1, 1), (3, 5), (8, 33), (17, 64), (40, 131), (64, 35)] {
            let (a, b) = (numbers(m * (k + 2), 1), numbers(k * n, 2));
            let (bias, start) = (numbers(n, 3), numbers(m * (n + 3), 4));
            for (mut packed, init) in forms(k, n).into_iter().flat_map(|p| inits(&bias).map(|init| (p.clone(), init))) {
                packed.fill((0, k), (0, n), &b, n, 1);
                let mut c = start.clone();
                gemm(m, &a, k + 2, &packed, init, &mut c, n + 3);
                for i in 0..m {
                    for j in 0..n + 3 {
                        let at = i * (n + 3) + j;
                        if j >= n {
                            assert_eq!(c[at], start[at], "wrote past the row");
                            continue;
                        }
                        let from = match init {
                            Init::Zero => 0.0,
                            Init::Bias(b) => b[j],
                            Init::Accumulate => start[at],
                        };
                        let dot: f32 = (0..k).map(|l| a[i * (k + 2) + l] * b[l * n + j]).sum();
                        assert!((c[at] - from - dot).abs() < 1e-4, "{m}x{k}x{n} at {i},{j}");
                    }
                }
            }
        }
    }
}

#[test]
fn gemm_tn_matches_the_definition() {
    for (m, n, k) in [(1, 1, 1), (5, 37, 3), (29, 8, 300), (13, 70, 513), (250, 41, 400), (33, 70, 513)] {
        let (a, b) = (numbers(k * m, 5), numbers(k * n, 6));
        let fma = Scratch { tiles: None, ..Scratch::new(n) };
        for mut scratch in [fma, Scratch::new(n)] {
            let mut c = vec![1.0; m * n];
            gemm_tn(m, n, k, &a, m, &b, n, &mut c, n, &mut scratch);
            for i in 0..m {
                for j in 0..n {
                    let dot: f64 = (0..k).map(|l| a[l * m + i] as f64 * b[l * n + j] as f64).sum();
                    assert!((c[i * n + j] as f64 - 1.0 - dot).abs() < 1e-4, "{m}x{n}x{k} at {i},{j}");
                }
            }
        }
    }
}

#[test]
fn rows_do_not_depend_on_the_batch() {
    let (m, k, n) = (29, 50, 70);
    let (a, b) = (numbers(m * k, 7), numbers(k * n, 8));
    for mut packed in forms(k, n) {
        packed.fill((0, k), (0, n), &b, n, 1);
        let mut all = vec![0.0; m * n];
        gemm(m, &a, k, &packed, Init::Zero, &mut all, n);
        for i in 0..m {
            let mut one = vec![0.0; n];
            gemm(1, &a[i * k..], k, &packed, Init::Zero, &mut one, n);
            assert_eq!(one, all[i * n..(i + 1) * n]);
        }
    }
}

/// Of both means, where there are both: the error against f64, in units of f32's rounding of Σ|a b|.
#[test]
fn tiles_are_as_exact_as_fma() {
    let (m, k, n) = (50, 520, 70);
    let noise = |n: usize, seed| -> Vec<f32> { numbers(n, seed).iter().map(|x| x * x.abs().sqrt()).collect() };
    let (a, b) = (noise(m * k, 11), noise(k * n, 12));
    let error = |packed: &Packed<f32>| -> f64 {
        let mut c = vec![0.0; m * n];
        gemm(m, &a, k, packed, Init::Zero, &mut c, n);
        let mut squares = 0.0;
        for (at, c) in c.iter().enumerate() {
            let terms = (0..k).map(|l| a[at / n * k + l] as f64 * b[l * n + at % n] as f64);
            let (sum, size) = terms.fold((0.0, 0.0), |(sum, size), t| (sum + t, size + t.abs()));
            squares += ((*c as f64 - sum) / (size * f32::EPSILON as f64)).powi(2);
        }
        (squares / (m * n) as f64).sqrt()
    };
    let [fma, best] = forms(k, n).map(|mut packed| {
        packed.fill((0, k), (0, n), &b, n, 1);
        error(&packed)
    });
    println!("error of FMA {fma:.3}, of {} {best:.3}", crate::kernels::instruction_set());
    assert!(fma < 0.5 && best < 0.5, "error of FMA {fma}, of the machine's best {best}");
}
