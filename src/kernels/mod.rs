//! The arithmetic under the engine: register-tiled matrix products and vectorised
//! transcendental functions, written once over [`Simd`] and compiled for every target.
//!
//! This is the one place where the engine is generic over its float type: [`Real`] is `f32`
//! (the working type, vectorised) or `f64` (scalar; gradient checks). A kernel is a value that
//! implements [`Kernel`]; [`Real::dispatch`] runs it with the widest instruction set that the
//! machine has, chosen once. Everything that `Kernel::run` reaches must be `#[inline(always)]`,
//! since only what is inlined into the dispatched function is compiled for that instruction set.
//!
//! Memory is safe by two rules. An instruction set's type is made only where the CPU has it, and a kernel
//! gets such a value, so no instruction runs that the CPU lacks. A kernel that touches memory through
//! pointers is made in one place, which checks every length first ([`fits`]). What is clamped where is said
//! in [`math`].
//!
//! | file | what it holds |
//! | --- | --- |
//! | `mod.rs` | the traits: [`Simd`], [`Kernel`], [`Real`] |
//! | `scalar`, `avx2`, `avx512`, `neon`, `simd128` | an instruction set's vectors |
//! | `level` | which of them this machine has, found once |
//! | `math` | `exp`, `sigmoid`, `tanh`, and what is clamped |
//! | `gemm` | matrix products as the layers ask for them, behind the traits of a back end |
//! | `panels` | the back end by FMA, on every machine |
//! | `amx`, `dense` | the back end by AMX's tiles, on some Xeons |
//! | `integer` | products in whole numbers, of weights that are so stored |
//! | `choice` | the table of shapes that says which back end serves |

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod amx;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod choice;
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod dense;
pub mod gemm;
pub mod integer;
mod level;
pub mod math;
#[cfg(target_arch = "aarch64")]
mod neon;
mod panels;
mod scalar;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd128;

use gemm::{Backend, Summing};
pub use level::instruction_set;
use ndarray::NdFloat;

/// Methods of [`Simd`] that are an instruction or few.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64", all(target_arch = "wasm32", target_feature = "simd128")))]
macro_rules! instructions {
    ($($name:ident($($argument:ident: $from:ty),+) -> $to:ty = $instruction:expr;)+) => {$(
        #[inline(always)]
        // Where every CPU of the target has them, they are safe anyway.
        #[allow(unused_unsafe)]
        fn $name(self, $($argument: $from),+) -> $to {
            // SAFETY: a value of `Self` is made only where the CPU has its instruction set.
            unsafe { $instruction }
        }
    )+};
}
#[cfg(any(
    target_arch = "x86_64",
    target_arch = "aarch64",
    all(target_arch = "wasm32", target_feature = "simd128")
))]
use instructions;

/// Elements in a vector, at most.
pub const MOST_LANES: usize = 16;

/// A vector of `T` and the operations on it that the kernels need.
///
/// A value of the type is proof that the CPU has the instruction set: it can be made only by a
/// function that has looked.
pub trait Simd<T: Real>: Copy {
    type V: Copy;
    /// Elements in a vector.
    const LANES: usize;
    /// Rows of the register tile of a matrix product; its columns are two vectors.
    const ROWS: usize;

    fn splat(self, x: T) -> Self::V;
    /// # Safety
    /// `LANES` elements at `p` must be there to read.
    unsafe fn load(self, p: *const T) -> Self::V;
    /// # Safety
    /// `LANES` elements at `p` must be there to write.
    unsafe fn store(self, p: *mut T, v: Self::V);
    /// Loads `n` elements; the rest of the vector is zero.
    ///
    /// # Safety
    /// `n` must be below `LANES`, and `n` elements at `p` be there to read.
    unsafe fn load_first(self, p: *const T, n: usize) -> Self::V;
    /// Stores the first `n` elements.
    ///
    /// # Safety
    /// `n` must be below `LANES`, and `n` elements at `p` be there to write.
    unsafe fn store_first(self, p: *mut T, v: Self::V, n: usize);
    fn add(self, a: Self::V, b: Self::V) -> Self::V;
    fn sub(self, a: Self::V, b: Self::V) -> Self::V;
    fn mul(self, a: Self::V, b: Self::V) -> Self::V;
    fn div(self, a: Self::V, b: Self::V) -> Self::V;
    /// `a` if `a > b`, else `b`.
    fn max(self, a: Self::V, b: Self::V) -> Self::V;
    /// `a` if `a < b`, else `b`.
    fn min(self, a: Self::V, b: Self::V) -> Self::V;
    fn sqrt(self, a: Self::V) -> Self::V;
    /// `a * b + c`, fused where the target can.
    fn mul_add(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// Sum of the lanes.
    fn sum(self, v: Self::V) -> T;
    /// The sums of the first `LANES` vectors, one in each lane.
    #[inline(always)]
    fn sums(self, v: [Self::V; MOST_LANES]) -> Self::V {
        let mut sums = [T::zero(); MOST_LANES];
        for (sum, v) in sums.iter_mut().zip(v).take(Self::LANES) {
            *sum = self.sum(v);
        }
        // SAFETY: there are at least `LANES`.
        unsafe { self.load(sums.as_ptr()) }
    }
    /// x within bounds. NaN stays, or [`Simd::exp`] brings it back.
    #[inline(always)]
    fn bounded(self, x: Self::V, low: Self::V, high: Self::V) -> Self::V {
        // The bounds come first, so that NaN stays.
        self.max(low, self.min(high, x))
    }
    /// `e^x` of a clamped x; see [`math`].
    fn exp(self, x: Self::V) -> Self::V;

    /// Asks for the cache line at `p`, which need not be a valid address.
    #[inline(always)]
    fn prefetch(self, _p: *const T) {}

    /// Loads up to `LANES` elements.
    ///
    /// # Safety
    /// The smaller of `n` and `LANES` elements at `p` must be there to read.
    #[inline(always)]
    unsafe fn load_upto(self, p: *const T, n: usize) -> Self::V {
        // SAFETY: the caller's promise is the one that each branch needs.
        unsafe { if n >= Self::LANES { self.load(p) } else { self.load_first(p, n) } }
    }

    /// Stores up to `LANES` elements.
    ///
    /// # Safety
    /// The smaller of `n` and `LANES` elements at `p` must be there to write.
    #[inline(always)]
    unsafe fn store_upto(self, p: *mut T, v: Self::V, n: usize) {
        // SAFETY: the caller's promise is the one that each branch needs.
        unsafe { if n >= Self::LANES { self.store(p, v) } else { self.store_first(p, v, n) } }
    }

    /// `1 / (1 + e^-x)`
    #[inline(always)]
    fn sigmoid(self, x: Self::V) -> Self::V {
        let one = self.splat(T::one());
        let minus = self.sub(self.splat(T::zero()), x);
        self.div(one, self.add(one, self.exp(minus)))
    }

    /// `tanh x = 2 sigmoid(2x) - 1`
    #[inline(always)]
    fn tanh(self, x: Self::V) -> Self::V {
        let s = self.sigmoid(self.add(x, x));
        self.sub(self.add(s, s), self.splat(T::one()))
    }
}

/// A piece of work that is compiled once per instruction set.
pub trait Kernel<T: Real> {
    type Output;
    /// `s` says which, and that the CPU has it.
    fn run<S: Simd<T>>(self, s: S) -> Self::Output;
}

/// The float type of the engine: `f32` or `f64`.
pub trait Real: NdFloat {
    /// Runs `kernel` with the widest vectors of this machine.
    #[doc(hidden)]
    fn dispatch<K: Kernel<Self>>(kernel: K) -> K::Output;

    /// AMX's tiles for a right-hand side `k × n`, if the machine has them and they are for this type.
    #[doc(hidden)]
    fn tiles(_k: usize, _n: usize) -> Option<Box<dyn Backend<Self>>> {
        None
    }

    /// The same for sums over many rows, of up to `n` columns.
    #[doc(hidden)]
    fn tiles_to_sum(_n: usize) -> Option<Box<dyn Summing<Self>>> {
        None
    }

    /// Converts a constant.
    fn of(x: f64) -> Self;

    /// For reports, which are in `f64`.
    fn f64(self) -> f64;
}

impl Real for f64 {
    #[inline]
    fn dispatch<K: Kernel<Self>>(kernel: K) -> K::Output {
        kernel.run(scalar::Scalar)
    }
    #[inline(always)]
    fn of(x: f64) -> Self {
        x
    }
    #[inline(always)]
    fn f64(self) -> f64 {
        self
    }
}

impl Real for f32 {
    #[inline]
    fn dispatch<K: Kernel<Self>>(kernel: K) -> K::Output {
        level::level().run(kernel)
    }

    #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
    fn tiles(k: usize, n: usize) -> Option<Box<dyn Backend<f32>>> {
        Some(Box::new(amx::Tiles::new(level::tiles()?, k, n)))
    }

    #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
    fn tiles_to_sum(n: usize) -> Option<Box<dyn Summing<f32>>> {
        Some(Box::new(amx::Scratch::new(level::tiles()?, n)))
    }

    #[inline(always)]
    fn of(x: f64) -> Self {
        x as f32
    }
    #[inline(always)]
    fn f64(self) -> f64 {
        self as f64
    }
}

/// Whether `rows` rows of `width` elements, `stride` apart, lie in `x` without sharing elements. No product of sizes
/// wraps round, on 32 bits either.
pub(crate) fn fits<T>(x: &[T], rows: usize, stride: usize, width: usize) -> bool {
    let [rows, stride, width] = [rows, stride, width].map(|n| n as u64);
    rows == 0
        || (stride >= width || rows == 1)
            && (rows - 1)
                .checked_mul(stride)
                .and_then(|start| start.checked_add(width))
                .is_some_and(|end| end <= x.len() as u64)
}

/// A product of sizes.
///
/// # Panics
/// If it exceeds what can be addressed, instead of wrapping round.
pub(crate) fn product<const N: usize>(sizes: [usize; N]) -> usize {
    let product = sizes.into_iter().try_fold(1usize, |product, n| product.checked_mul(n));
    product.unwrap_or_else(|| panic!("the product of {sizes:?} exceeds memory"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_fit_only_where_they_lie() {
        let x = [0u8; 12];
        assert!(fits(&x, 3, 4, 4) && fits(&x, 3, 5, 2) && fits(&x, 1, 0, 12) && fits(&x, 0, 9, 99));
        assert!(!fits(&x, 3, 4, 5) && !fits(&x, 3, 5, 3) && !fits(&x, 1, 0, 13) && !fits(&x, 2, 3, 4));
        // What wraps to something small does not fit.
        for huge in [usize::MAX, usize::MAX / 2 + 1, usize::MAX / 3 + 1] {
            assert!(
                !fits(&x, 3, huge, 1) && !fits(&x, huge, 4, 4) && !fits(&x, 2, huge, huge) && !fits(&x, 1, 1, huge)
            );
        }
    }

    #[test]
    fn sizes_do_not_wrap() {
        assert_eq!(product([3, 4, 5]), 60);
        let huge = usize::MAX / 2 + 1;
        assert!(std::panic::catch_unwind(|| product([huge, 2])).is_err());
    }
}
