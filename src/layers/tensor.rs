//! What a weight is, before it has values.

use crate::kernels::Real;
use crate::noise;
use rand_distr::{Distribution, Uniform};

/// How a tensor starts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Start {
    /// All 0.
    Zero,
    /// Uniform within ± this.
    Uniform(f64),
    /// An LSTM's bias: 1 for the forget gates, the second quarter, as is usual; else 0.
    Forget,
    /// The five numbers of a window.
    Window([f64; 5]),
}

/// Which of a model's two files holds a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    /// The one that is enough to draw.
    Decoder,
    /// The rest, which a reconstruction needs too.
    Encoder,
}

/// A named weight of a layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// The name in a weights file.
    pub name: &'static str,
    /// Its lengths; of a matrix `[out, in]`.
    pub shape: Vec<usize>,
    /// Its first values.
    pub start: Start,
    /// Matrices that stand in it one above the other, as an LSTM's four gates: each of them Muon updates as one.
    /// None if it is left to Adam.
    pub matrices: Option<usize>,
    /// The file that holds it, of a model that has two.
    pub half: Half,
}

impl Tensor {
    /// A vector of zeros.
    pub fn vector(name: &'static str, len: usize) -> Self {
        Tensor { name, shape: vec![len], start: Start::Zero, matrices: None, half: Half::Decoder }
    }

    /// A matrix `[outputs, inputs]`, uniform within ±1/√`fan`, that Muon updates as one.
    pub fn matrix(name: &'static str, [outputs, inputs]: [usize; 2], fan: usize) -> Self {
        let start = Start::Uniform(1.0 / (fan as f64).sqrt());
        Tensor { name, shape: vec![outputs, inputs], start, matrices: Some(1), half: Half::Decoder }
    }

    /// The same in so many matrices, or left to Adam.
    pub fn of_matrices(self, matrices: Option<usize>) -> Self {
        Tensor { matrices, ..self }
    }

    /// The same with another start.
    pub fn starting(self, start: Start) -> Self {
        Tensor { start, ..self }
    }

    /// First values, by the seed and the tensor's place in the model.
    ///
    /// # Panics
    /// If a uniform start has no finite bound above 0, as no valid configuration gives.
    pub(crate) fn fill<T: Real>(&self, values: &mut [T], seed: u64, place: usize) {
        match self.start {
            Start::Zero => values.fill(T::zero()),
            Start::Uniform(bound) => {
                let uniform = Uniform::new(-bound, bound).expect("a finite, positive bound");
                let mut rng = noise::rng(seed, noise::INIT, place as u64);
                values.fill_with(|| T::of(uniform.sample(&mut rng)));
            }
            Start::Forget => {
                let quarter = values.len() / 4;
                values.fill(T::zero());
                values[quarter..2 * quarter].fill(T::one());
            }
            Start::Window(numbers) => values.copy_from_slice(&numbers.map(T::of)),
        }
    }
}
