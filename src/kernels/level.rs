//! Which instruction set serves, chosen once.

use super::Kernel;
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
use super::amx::Amx;
#[cfg(target_arch = "aarch64")]
use super::neon::Neon;
use super::scalar::Scalar;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use super::simd128::Simd128;
#[cfg(target_arch = "x86_64")]
use super::{avx2::Avx2, avx512::Avx512};
#[cfg(not(target_arch = "wasm32"))]
use std::sync::OnceLock;

/// An instruction set that the CPU has.
#[derive(Clone, Copy)]
pub enum Level {
    #[cfg_attr(all(target_arch = "wasm32", target_feature = "simd128"), allow(dead_code))]
    Scalar,
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
    /// With tiles for matrix products.
    #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
    Amx(Avx512, Amx),
    #[cfg(target_arch = "aarch64")]
    Neon(Neon),
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    Simd128(Simd128),
}

impl Level {
    /// Runs a kernel.
    #[inline(always)]
    pub fn run<K: Kernel<f32>>(self, kernel: K) -> K::Output {
        match self {
            Level::Scalar => kernel.run(Scalar),
            #[cfg(target_arch = "x86_64")]
            Level::Avx2(avx2) => avx2.run(kernel),
            #[cfg(target_arch = "x86_64")]
            Level::Avx512(avx512) => avx512.run(kernel),
            #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
            Level::Amx(avx512, _) => avx512.run(kernel),
            #[cfg(target_arch = "aarch64")]
            Level::Neon(neon) => kernel.run(neon),
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Level::Simd128(simd128) => kernel.run(simd128),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Level::Scalar => "scalar",
            #[cfg(target_arch = "x86_64")]
            Level::Avx2(_) => "avx2",
            #[cfg(target_arch = "x86_64")]
            Level::Avx512(_) => "avx512",
            #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
            Level::Amx(..) => "avx512+amx",
            #[cfg(target_arch = "aarch64")]
            Level::Neon(_) => "neon",
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Level::Simd128(_) => Simd128::NAME,
        }
    }

    /// The best of this machine that is at most what is wanted: `scalar`, `avx2`, `avx512`, `neon`, or anything else for
    /// the best.
    #[cfg(target_arch = "x86_64")]
    fn choose(wanted: &str) -> Level {
        let avx2 = || Avx2::new().filter(|_| wanted != "scalar").map(Level::Avx2);
        let avx512 = || Avx512::new().filter(|_| !["scalar", "avx2"].contains(&wanted));
        match avx512() {
            None => avx2().unwrap_or(Level::Scalar),
            Some(avx512) => {
                #[cfg(target_os = "linux")]
                if let Some(amx) = Amx::new().filter(|_| wanted != "avx512") {
                    return Level::Amx(avx512, amx);
                }
                Level::Avx512(avx512)
            }
        }
    }

    #[cfg(target_arch = "aarch64")]
    fn choose(wanted: &str) -> Level {
        Neon::new().filter(|_| wanted != "scalar").map_or(Level::Scalar, Level::Neon)
    }

    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    fn choose(_wanted: &str) -> Level {
        #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
        return Level::Simd128(Simd128::new());
        #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
        Level::Scalar
    }
}

/// The instruction set in use. `ATTENTIVE_WRITER_SIMD=scalar|avx2|avx512|neon` lowers it, for tests and benches.
#[inline]
pub fn level() -> Level {
    // In WebAssembly there is nothing to find out.
    #[cfg(target_arch = "wasm32")]
    return Level::choose("");
    #[cfg(not(target_arch = "wasm32"))]
    {
        static LEVEL: OnceLock<Level> = OnceLock::new();
        *LEVEL.get_or_init(|| Level::choose(&std::env::var("ATTENTIVE_WRITER_SIMD").unwrap_or_default()))
    }
}

/// The tiles that matrix products may go to.
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
pub fn tiles() -> Option<Amx> {
    match level() {
        Level::Amx(_, amx) => Some(amx),
        _ => None,
    }
}

/// The instruction set that `f32` kernels use on this machine.
pub fn instruction_set() -> &'static str {
    level().name()
}
