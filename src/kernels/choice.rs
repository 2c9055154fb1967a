//! Which products go to AMX's tiles, where the CPU has them. The numbers are from `cargo bench --bench kernels` on a
//! Sapphire Rapids, one thread: tiles against FMA in turn, f32 of the same precision.

/// From so many rows of the left-hand side on, such a depth and so many columns tiles are the faster: with fewer they are
/// mostly padding. (Rows, depth, columns.)
const TILES: [(usize, usize, usize); 1] = [(32, 32, 16)];
/// The same for sums over many rows (rows of the result, columns, depth).
const SUMS: [(usize, usize, usize); 1] = [(16, 16, 32)];

fn beyond(table: &[(usize, usize, usize)], (a, b, c): (usize, usize, usize)) -> bool {
    table.iter().any(|least| a >= least.0 && b >= least.1 && c >= least.2)
}

/// Whether tiles serve a product of a left-hand side of `rows`, depth `k` and `n` columns.
pub fn tiles(rows: usize, k: usize, n: usize) -> bool {
    beyond(&TILES, (rows, k, n))
}

/// Whether they serve a sum of `k` outer products of `m` by `n`.
pub fn tiles_sum(m: usize, n: usize, k: usize) -> bool {
    beyond(&SUMS, (m, n, k))
}
