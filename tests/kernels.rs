//! Kernels refuse slices that are too short for what is asked of them, before they touch memory.
#![cfg(not(target_arch = "wasm32"))]

use attentive_writer::internals::{
    Bernoulli, Grid, Init, Packed, Scratch, gemm, gemm_tn, glance, latent, lstm, read, write,
};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a call says that panics.
fn refusal(call: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(call)).expect_err("a refusal");
    payload
        .downcast_ref::<String>()
        .cloned()
        .or(payload.downcast_ref::<&str>().map(|s| s.to_string()))
        .unwrap_or_default()
}

/// Sizes whose products wrap round to something small.
const HUGE: [usize; 3] = [usize::MAX, usize::MAX / 2 + 1, usize::MAX / 3 + 1];

#[test]
fn products_with_short_or_wrapping_operands_are_refused() {
    let (m, k, n) = (3, 4, 5);
    let mut b = Packed::<f32>::new(k, n);
    let a = vec![0.0; m * k];
    b.fill((0, k), (0, n), &vec![1.0; k * n], n, 1);
    let multiply = |m: usize, a: &[f32], lda: usize, bias: &[f32], c: &mut [f32], ldc: usize| {
        gemm(m, a, lda, &b, Init::Bias(bias), c, ldc)
    };
    multiply(m, &a, k, &[0.0; 5], &mut [0.0; 15], n);
    assert!(refusal(|| multiply(m, &a[1..], k, &[0.0; 5], &mut [0.0; 15], n)).contains("a is too short"));
    assert!(refusal(|| multiply(m, &a, k, &[0.0; 4], &mut [0.0; 15], n)).contains("bias is too short"));
    assert!(refusal(|| multiply(m, &a, k, &[0.0; 5], &mut [0.0; 14], n)).contains("c is too short"));
    assert!(refusal(|| multiply(m, &a, k - 1, &[0.0; 5], &mut [0.0; 15], n)).contains("a is too short"));
    for huge in HUGE {
        assert!(refusal(|| multiply(m, &a, huge, &[0.0; 5], &mut [0.0; 15], n)).contains("a is too short"));
        assert!(refusal(|| multiply(m, &a, k, &[0.0; 5], &mut [0.0; 15], huge)).contains("c is too short"));
        assert!(refusal(|| multiply(huge, &a, k, &[0.0; 5], &mut [0.0; 15], n)).contains("too short"));
        assert!(refusal(|| drop(Packed::<f32>::new(huge, huge))).contains("exceeds memory"));
    }
    let mut fill = |at: (usize, usize), columns: (usize, usize), src: usize, k_stride: usize| {
        refusal(|| b.fill(at, columns, &vec![0.0; src], k_stride, 1))
    };
    assert!(fill((0, k), (0, n), k * n - 1, n).contains("source"));
    assert!(fill((0, k), (0, n), k * n, usize::MAX / 2 + 1).contains("source"));
    assert!(fill((1, k), (0, n), k * n, n).contains("outside"));
    assert!(fill((usize::MAX, 2), (0, n), k * n, n).contains("outside"));
    assert!(fill((0, k), (usize::MAX, 2), k * n, n).contains("outside"));
}

#[test]
fn transposed_products_with_short_or_wrapping_operands_are_refused() {
    let (m, n, k) = (3, 4, 5);
    let call = |lda: usize, ldb: usize, ldc: usize, short: usize, columns: usize| {
        let slice = |len: usize, which: usize| vec![0.0f32; len - (short == which) as usize];
        let (a, b, mut c) = (slice(k * m, 1), slice(k * n, 2), slice(m * n, 3));
        gemm_tn(m, n, k, &a, lda, &b, ldb, &mut c, ldc, &mut Scratch::new(columns))
    };
    call(m, n, n, 0, n);
    for (short, what) in [(1, "a is too short"), (2, "b is too short"), (3, "c is too short")] {
        assert!(refusal(|| call(m, n, n, short, n)).contains(what));
    }
    assert!(refusal(|| call(m, n, n, 0, n - 1)).contains("scratch"));
    for huge in HUGE {
        assert!(refusal(|| call(huge, n, n, 0, n)).contains("a is too short"));
        assert!(refusal(|| call(m, huge, n, 0, n)).contains("b is too short"));
        assert!(refusal(|| call(m, n, huge, 0, n)).contains("c is too short"));
    }
}

/// Calls with every slice of the right length, then with each in turn one short.
fn each_short(lengths: &[usize], call: impl Fn(&mut [Vec<f32>])) {
    let slices = || lengths.iter().map(|n| vec![0.0; *n]).collect::<Vec<_>>();
    call(&mut slices());
    for i in 0..lengths.len() {
        let mut slices = slices();
        slices[i].pop();
        assert!(refusal(|| call(&mut slices)).contains("too short"), "slice {i}");
    }
}

fn take<const N: usize>(slices: &mut [Vec<f32>]) -> &mut [Vec<f32>; N] {
    slices.try_into().expect("as many slices as lengths")
}

#[test]
fn pointwise_kernels_refuse_each_short_slice() {
    let (h, b) = (5, 3);
    let gates = b * 4 * h;
    each_short(&[gates, b * h, b * h, 2 * (h + 2) + h], |s| {
        let [gates, before, cell, out] = take(s);
        lstm::Forward { hidden: h, batch: b, gates, before, cell, out, out_stride: h + 2 }.run();
    });
    each_short(&[gates, b * h, b * h, b * h, b * h, 4 * h], |s| {
        let [gates, before, cell, d_out, d_cell, d_bias] = take(s);
        lstm::Backward { hidden: h, batch: b, gates, before, cell, d_out, d_cell, d_bias }.run();
    });
    each_short(&[b * 2 * h, b * h, 2 * (h + 2) + h, b], |s| {
        let [stats, noise, out, kl] = take(s);
        latent::Forward { prior: latent::Standard, latent: h, batch: b, stats, noise, out, out_stride: h + 2, kl }
            .run();
    });
    each_short(&[b * 2 * h, b * h, 2 * (h + 2) + h], |s| {
        let [stats, noise, d_z] = take(s);
        latent::Backward {
            prior: latent::Standard,
            latent: h,
            batch: b,
            stats,
            noise,
            d_z,
            d_stride: h + 2,
            kl_weight: 1.0,
        }
        .run();
    });
    each_short(&[b * h, b * h, b * h], |s| {
        let [logits, images, d_logits] = take(s);
        Bernoulli { pixels: h, logits, images, nats: &mut [0.0; 3], d_logits }.run();
    });
    // Four times the units wraps to nothing, as does the batch times anything.
    for (hidden, batch) in [(usize::MAX / 4 + 1, 1), (2, usize::MAX / 2 + 1), (usize::MAX, usize::MAX)] {
        let said = refusal(|| {
            let [mut gates, mut cell, mut out] = [[0.0f32; 8]; 3];
            lstm::Forward {
                hidden,
                batch,
                gates: &mut gates,
                before: &[0.0; 8],
                cell: &mut cell,
                out: &mut out,
                out_stride: 0,
            }
            .run()
        });
        assert!(said.contains("too short"), "{said}");
        let said = refusal(|| {
            let (stats, noise, mut out, mut kl) = ([0.0f32; 8], [0.0; 8], [0.0; 8], [0.0; 8]);
            latent::Forward {
                prior: latent::Standard,
                latent: hidden,
                batch,
                stats: &stats,
                noise: &noise,
                out: &mut out,
                out_stride: 0,
                kl: &mut kl,
            }
            .run()
        });
        assert!(said.contains("too short"), "{said}");
    }
}

#[test]
fn attention_refuses_each_short_slice() {
    let (n, channels, (width, height), batch) = (3, 2, (7, 6), 2);
    let (pixels, patch, stride) = (channels * width * height, channels * n * n, 40);
    let grid = || Grid::new(n, channels, (width, height), (width, height));
    let (windows, images, patches) = (stride + 5, batch * pixels, stride + 2 * patch);
    each_short(&[windows, images, images, patches], |s| {
        let [heads, image, canvas, out] = take(s);
        let grid = &mut grid();
        read::Forward { grid, batch, heads, head_stride: stride, image, canvas, out, out_stride: stride }.run();
    });
    each_short(&[windows, images, images, patches, patches, windows, images], |s| {
        let [heads, image, canvas, out, d_out, d_heads, d_logits] = take(s);
        let (grid, head_stride, out_stride) = (&mut grid(), stride, stride);
        read::Backward { grid, batch, heads, head_stride, image, canvas, out, d_out, out_stride, d_heads, d_logits }
            .run();
    });
    // The classifier's glance, of the image alone.
    each_short(&[windows, images, stride + patch], |s| {
        let [heads, image, out] = take(s);
        let grid = &mut grid();
        glance::Forward { grid, batch, heads, head_stride: stride, image, out, out_stride: stride }.run();
    });
    each_short(&[windows, images, stride + patch, stride + patch, windows], |s| {
        let [heads, image, out, d_out, d_heads] = take(s);
        let (grid, head_stride, out_stride, d_stride) = (&mut grid(), stride, stride, stride);
        glance::Backward { grid, batch, heads, head_stride, image, out, d_out, out_stride, d_heads, d_stride }.run();
    });
    let written = stride + 5 + patch;
    each_short(&[written, images], |s| {
        let [heads, canvas] = take(s);
        write::Forward { grid: &mut grid(), batch, heads, head_stride: stride, canvas }.run();
    });
    each_short(&[written, images, written], |s| {
        let [heads, d_canvas, d_heads] = take(s);
        write::Backward { grid: &mut grid(), batch, heads, head_stride: stride, d_canvas, d_heads }.run();
    });
}
