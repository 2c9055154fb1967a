//! Work shared by threads.

use std::ops::Range;

/// Part `i` of `parts` of `0..n`.
pub(crate) fn share(n: usize, parts: usize, i: usize) -> Range<usize> {
    i * n / parts..(i + 1) * n / parts
}

/// Runs `f` on each piece of work, one thread each; one piece needs no thread. In WebAssembly, which has none, one piece
/// follows the other.
pub(crate) fn in_parallel<W: Send>(work: Vec<W>, f: impl Fn(W) + Sync) {
    if cfg!(target_arch = "wasm32") {
        return work.into_iter().for_each(f);
    }
    let mut work = work.into_iter();
    let Some(own) = work.next() else { return };
    if work.len() == 0 {
        return f(own);
    }
    std::thread::scope(|scope| {
        let f = &f;
        for piece in work {
            scope.spawn(move || f(piece));
        }
        f(own);
    });
}
