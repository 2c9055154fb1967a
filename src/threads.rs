//! Work shared by threads: the one place of the engine that starts any. [`share`] cuts a range into even parts,
//! [`in_parallel`] runs pieces of work side by side, and [`in_batches`] goes over images in batches, for evaluations.
//! Training's threads live in `train/team.rs`, on top of the first two. In WebAssembly all runs on the one thread there
//! is; a page has Workers instead.

use crate::budget::{EVALUATION, product, room};
use crate::error::{Error, Result};
use std::ops::{ControlFlow, Range};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

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
    let others = work.len().saturating_sub(1);
    let left = Mutex::new(work.into_iter());
    let next = || left.lock().expect("no work is done under the lock").next();
    let run = || std::iter::from_fn(next).for_each(&f);
    std::thread::scope(|scope| {
        for _ in 0..others {
            // Where the system has no thread to give, those that there are do its work.
            if std::thread::Builder::new().spawn_scoped(scope, run).is_err() {
                break;
            }
        }
        run();
    });
}

/// What is to be found of each of so many images.
///
/// # Errors
/// [`Error::Argument`] for more than [`EVALUATION`] allows, [`Error::Memory`] if there is no room for it.
pub(crate) fn each<F: Clone>(count: usize, blank: F) -> Result<Vec<F>> {
    EVALUATION.check([("the number of images", count)], |[n]| product(&[n, size_of::<F>()]))?;
    let mut found = room(count as u64)?;
    found.resize(count, blank);
    Ok(found)
}

/// Finds all of `found`, `at_once` or fewer at a time: each of so many threads takes its share of them with a `room` of its
/// own, for so many at once. `find(room, first, found)` finds those from `first` on; `progress(n)` is told of each batch,
/// from any thread, and may end it all. Gives the rooms back.
///
/// # Errors
/// Of `room`; [`Error::Stopped`] if `progress` breaks.
pub(crate) fn in_batches<R: Send, F: Send>(
    found: &mut [F],
    (threads, at_once): (usize, usize),
    room: impl Fn(usize) -> Result<R>,
    find: impl Fn(&mut R, usize, &mut [F]) + Sync,
    progress: impl Fn(usize) -> ControlFlow<()> + Sync,
) -> Result<Vec<R>> {
    let parts: Vec<Range<usize>> = (0..threads).map(|i| share(found.len(), threads, i)).collect();
    let batch = |part: &Range<usize>| at_once.min(part.len()).max(1);
    let mut rooms = parts.iter().map(|part| room(batch(part))).collect::<Result<Vec<_>>>()?;
    let (mut rest, mut work) = (found, Vec::new());
    for (part, room) in parts.iter().zip(&mut rooms) {
        let (mine, others) = rest.split_at_mut(part.len());
        rest = others;
        work.push((room, part, mine));
    }
    let stopped = AtomicBool::new(false);
    in_parallel(work, |(room, part, found): (&mut R, &Range<usize>, &mut [F])| {
        for (i, found) in found.chunks_mut(batch(part)).enumerate() {
            find(room, part.start + i * batch(part), found);
            if progress(found.len()).is_break() {
                stopped.store(true, Ordering::Relaxed);
            }
            if stopped.load(Ordering::Relaxed) {
                return;
            }
        }
    });
    if stopped.into_inner() { Err(Error::Stopped) } else { Ok(rooms) }
}
