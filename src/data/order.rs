//! The order of examples.

use crate::budget::room;
use crate::error::Result;
use crate::noise;
use rand::seq::SliceRandom;

/// The order in which a run visits a data set: every epoch all examples, shuffled anew.
#[derive(Clone, Debug, Default)]
pub struct Order {
    /// (seed, epoch, count) that `indices` is for.
    key: Option<(u64, u64, usize)>,
    indices: Vec<u32>,
}

impl Order {
    /// The example at `position` of a run with this seed over `count` examples.
    ///
    /// # Errors
    /// [`Error::Memory`](crate::Error::Memory) if there is no room for the order of so many.
    pub fn at(&mut self, seed: u64, position: u64, count: usize) -> Result<usize> {
        let (epoch, within) = (position / count as u64, (position % count as u64) as usize);
        let key = (seed, epoch, count);
        if self.key != Some(key) {
            let mut rng = noise::rng(seed, noise::SHUFFLE, epoch);
            self.key = None;
            self.indices = room(count as u64)?;
            self.indices.extend(0..count as u32);
            self.indices.shuffle(&mut rng);
            self.key = Some(key);
        }
        Ok(self.indices[within] as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_visits_every_image_once() {
        let mut order = Order::default();
        let mut epoch = |e: u64| (0..13).map(|i| order.at(7, 13 * e + i, 13).unwrap()).collect::<Vec<_>>();
        let (first, second) = (epoch(0), epoch(1));
        let mut sorted = first.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..13).collect::<Vec<_>>());
        assert_ne!(first, second);
    }
}
