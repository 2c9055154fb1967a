//! What the tiles are given, multiplied by hand: for CPUs that have the vectors and not the tiles.

use super::split::{EMPTY, LINES, Line, SIDE, STEP, TILE, pairs, rows, transpose};

fn numbers(n: usize, seed: u64) -> Vec<f32> {
    (0..n as u64).map(|i| ((i * 7919 + seed * 104_729) % 1009) as f32 / 504.5 - 1.0 + 1e-4 * i as f32).collect()
}

/// A line's number at a place, as a tile reads it: 16 bits of an f32.
fn number(line: &Line, at: usize) -> f64 {
    f32::from_bits((line.0[at] as u32) << 16) as f64
}

/// What `tdpbf16ps` adds up over the steps, for the six products of parts that count: `[SIDE, SIDE]`.
fn multiplied(steps: usize, left: &[Line], right: &[Line]) -> Vec<f64> {
    let mut sums = vec![0.0; SIDE * SIDE];
    for step in 0..steps {
        for (a, b) in [(2, 0), (1, 0), (0, 0), (0, 2), (0, 1), (1, 1)] {
            let line = |lines: &[Line], part: usize, tile: usize, row: usize| {
                lines[step * LINES + part * 2 * TILE + tile * TILE + row]
            };
            for i in 0..SIDE {
                let of_a = line(left, a, i / TILE, i % TILE);
                for j in 0..SIDE {
                    for pair in 0..TILE {
                        let of_b = line(right, b, j / TILE, pair);
                        for half in 0..2 {
                            let x = number(&of_a, 2 * pair + half);
                            sums[i * SIDE + j] += x * number(&of_b, 2 * (j % TILE) + half);
                        }
                    }
                }
            }
        }
    }
    sums
}

fn compare(got: &[f64], m: usize, n: usize, expected: impl Fn(usize, usize) -> f64) {
    for i in 0..m {
        for j in 0..n {
            let (got, expected) = (got[i * SIDE + j], expected(i, j));
            assert!((got - expected).abs() < 3e-6, "{i}, {j}: {got}, expected {expected}");
        }
    }
}

#[test]
fn lines_hold_what_a_product_needs() {
    if !is_x86_feature_detected!("avx512f") {
        return;
    }
    for (m, k, n) in [(32, 64, 32), (5, 45, 19), (17, 7, 32)] {
        let (a, b) = (numbers(m * k, 1), numbers(k * n, 2));
        let steps = k.div_ceil(STEP);
        let (mut left, mut right) = (vec![EMPTY; steps * LINES], vec![EMPTY; steps * LINES]);
        // SAFETY: the CPU has AVX-512F; rows and block are as long as said, and each step has its lines.
        unsafe {
            (0..m)
                .for_each(|row| rows(k, a[row * k..].as_ptr(), left.as_mut_ptr().add(row / TILE * TILE + row % TILE)));
            for step in 0..steps {
                let depth = STEP.min(k - step * STEP);
                pairs(depth, n, b[step * STEP * n..].as_ptr(), n, right.as_mut_ptr().add(step * LINES));
            }
        }
        let product = |i: usize, j: usize| (0..k).map(|l| a[i * k + l] as f64 * b[l * n + j] as f64).sum();
        compare(&multiplied(steps, &left, &right), m, n, product);
    }
}

#[test]
fn transposed_lines_hold_what_a_sum_needs() {
    if !is_x86_feature_detected!("avx512f") {
        return;
    }
    let (k, m, n) = (29, 32, 21);
    let (a, b) = (numbers(k * m, 3), numbers(k * n, 4));
    let (mut left, mut right) = (vec![EMPTY; LINES], vec![EMPTY; LINES]);
    // SAFETY: as above; a step has LINES / TILE tiles.
    unsafe {
        pairs(k, m, a.as_ptr(), m, left.as_mut_ptr());
        (0..LINES / TILE).for_each(|tile| transpose(left.as_mut_ptr().add(tile * TILE)));
        pairs(k, n, b.as_ptr(), n, right.as_mut_ptr());
    }
    let sum = |i: usize, j: usize| (0..k).map(|l| a[l * m + i] as f64 * b[l * n + j] as f64).sum();
    compare(&multiplied(1, &left, &right), m, n, sum);
}
