//! The arithmetic under the engine: register-tiled matrix products and vectorised
//! transcendental functions, written once over [`Simd`] and compiled for every target.
//!
//! This is the one place where the engine is generic over its float type: [`Real`] is `f32`
//! (the working type, vectorised) or `f64` (scalar; gradient checks). A kernel is a value that
//! implements [`Kernel`]; [`Real::dispatch`] runs it with the widest instruction set that the
//! machine has, chosen once. Everything that `Kernel::run` reaches must be `#[inline(always)]`,
//! since only what is inlined into the dispatched function is compiled for that instruction set.

#[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
mod absent;
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod amx;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "x86_64")]
mod bf16;
#[cfg(target_arch = "x86_64")]
mod dense;
pub mod gemm;
pub mod math;
mod panels;
mod scalar;
#[cfg(target_arch = "wasm32")]
mod simd128;

#[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
use absent as amx;
#[cfg(not(target_arch = "x86_64"))]
use absent as bf16;
use ndarray::NdFloat;
use serde::{Deserialize, Serialize};

/// A vector of `T` and the operations on it that the kernels need.
///
/// # Safety
/// Every method requires that the CPU has the instruction set of the implementing type, and that
/// pointers are valid for the elements that are read or written.
#[allow(clippy::missing_safety_doc)]
pub trait Simd<T: Real>: Copy {
    type V: Copy;
    /// Elements in a vector.
    const LANES: usize;
    /// Rows of the register tile of a matrix product; its columns are two vectors.
    const ROWS: usize;

    unsafe fn splat(x: T) -> Self::V;
    unsafe fn load(p: *const T) -> Self::V;
    unsafe fn store(p: *mut T, v: Self::V);
    /// Loads `n < LANES` elements; the rest of the vector is zero.
    unsafe fn load_first(p: *const T, n: usize) -> Self::V;
    /// Stores the first `n < LANES` elements.
    unsafe fn store_first(p: *mut T, v: Self::V, n: usize);
    unsafe fn add(a: Self::V, b: Self::V) -> Self::V;
    unsafe fn sub(a: Self::V, b: Self::V) -> Self::V;
    unsafe fn mul(a: Self::V, b: Self::V) -> Self::V;
    unsafe fn div(a: Self::V, b: Self::V) -> Self::V;
    unsafe fn max(a: Self::V, b: Self::V) -> Self::V;
    unsafe fn sqrt(a: Self::V) -> Self::V;
    /// `a * b + c`, fused where the target can.
    unsafe fn mul_add(a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// Sum of the lanes.
    unsafe fn sum(v: Self::V) -> T;
    /// `e^x`; see [`math`] for its accuracy.
    unsafe fn exp(x: Self::V) -> Self::V;

    /// Asks for the cache line at `p`, which need not be a valid address.
    #[inline(always)]
    unsafe fn prefetch(_p: *const T) {}

    /// Loads up to `LANES` elements.
    #[inline(always)]
    unsafe fn load_upto(p: *const T, n: usize) -> Self::V {
        unsafe { if n >= Self::LANES { Self::load(p) } else { Self::load_first(p, n) } }
    }

    /// Stores up to `LANES` elements.
    #[inline(always)]
    unsafe fn store_upto(p: *mut T, v: Self::V, n: usize) {
        unsafe { if n >= Self::LANES { Self::store(p, v) } else { Self::store_first(p, v, n) } }
    }

    /// `1 / (1 + e^-x)`
    #[inline(always)]
    unsafe fn sigmoid(x: Self::V) -> Self::V {
        unsafe {
            let one = Self::splat(T::one());
            let minus = Self::sub(Self::splat(T::zero()), x);
            Self::div(one, Self::add(one, Self::exp(minus)))
        }
    }

    /// `tanh x = 2 sigmoid(2x) - 1`
    #[inline(always)]
    unsafe fn tanh(x: Self::V) -> Self::V {
        unsafe {
            let s = Self::sigmoid(Self::add(x, x));
            Self::sub(Self::add(s, s), Self::splat(T::one()))
        }
    }
}

/// A piece of work that is compiled once per instruction set.
pub trait Kernel<T: Real> {
    type Output;
    fn run<S: Simd<T>>(self) -> Self::Output;
}

/// The float type of the engine: `f32` or `f64`.
pub trait Real: NdFloat {
    /// Runs `kernel` with the widest vectors of this machine.
    fn dispatch<K: Kernel<Self>>(kernel: K) -> K::Output;

    /// Converts a constant.
    fn of(x: f64) -> Self;

    /// For reports, which are in `f64`.
    fn f64(self) -> f64;
}

impl Real for f64 {
    #[inline]
    fn dispatch<K: Kernel<Self>>(kernel: K) -> K::Output {
        kernel.run::<scalar::Scalar>()
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
    #[cfg(target_arch = "x86_64")]
    #[inline]
    fn dispatch<K: Kernel<Self>>(kernel: K) -> K::Output {
        // SAFETY: each branch is taken only where the CPU reports the features.
        match level() {
            Level::Amx | Level::Avx512 => unsafe { avx512::run(kernel) },
            Level::Avx2 => unsafe { avx2::run(kernel) },
            Level::Scalar => kernel.run::<scalar::Scalar>(),
        }
    }
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    #[inline]
    fn dispatch<K: Kernel<Self>>(kernel: K) -> K::Output {
        kernel.run::<simd128::Simd128>()
    }
    #[cfg(not(any(target_arch = "x86_64", all(target_arch = "wasm32", target_feature = "simd128"))))]
    #[inline]
    fn dispatch<K: Kernel<Self>>(kernel: K) -> K::Output {
        kernel.run::<scalar::Scalar>()
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

#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy, PartialEq)]
enum Level {
    Scalar,
    Avx2,
    Avx512,
    /// And tiles for matrix products.
    Amx,
}

/// The instruction set in use. `ATTENTIVE_WRITER_SIMD=scalar|avx2|avx512` lowers it, for tests and benches.
#[cfg(target_arch = "x86_64")]
#[inline]
fn level() -> Level {
    use std::sync::OnceLock;
    static LEVEL: OnceLock<Level> = OnceLock::new();
    *LEVEL.get_or_init(|| {
        let wanted = std::env::var("ATTENTIVE_WRITER_SIMD").unwrap_or_default();
        let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        let avx512 = avx2 && is_x86_feature_detected!("avx512f");
        match wanted.as_str() {
            "scalar" => Level::Scalar,
            "avx2" if avx2 => Level::Avx2,
            "avx512" if avx512 => Level::Avx512,
            _ if avx512 && amx::available() => Level::Amx,
            _ if avx512 => Level::Avx512,
            _ if avx2 => Level::Avx2,
            _ => Level::Scalar,
        }
    })
}

/// Whether matrix products may go to tiles.
fn tiles() -> bool {
    #[cfg(target_arch = "x86_64")]
    return level() == Level::Amx;
    #[cfg(not(target_arch = "x86_64"))]
    return amx::available();
}

/// What the operands of large products are rounded to; sums, and all else, are `f32`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// Not at all.
    #[default]
    F32,
    /// Eight bits: about half the time.
    Bf16,
}

impl Precision {
    /// Whether this machine gains by it: `bf16` wants AVX-512 BF16, and AMX's tiles are faster in `f32`.
    pub fn available(self) -> bool {
        self == Precision::F32 || instruction_set() == "avx512" && bf16::available()
    }
}

/// The instruction set that `f32` kernels use on this machine.
pub fn instruction_set() -> &'static str {
    #[cfg(target_arch = "x86_64")]
    return match level() {
        Level::Amx => "avx512+amx",
        Level::Avx512 => "avx512",
        Level::Avx2 => "avx2",
        Level::Scalar => "scalar",
    };
    #[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
    return "relaxed-simd";
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128", not(target_feature = "relaxed-simd")))]
    return "simd128";
    #[cfg(not(any(target_arch = "x86_64", all(target_arch = "wasm32", target_feature = "simd128"))))]
    return "scalar";
}
