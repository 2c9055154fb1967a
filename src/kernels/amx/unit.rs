//! The tile unit: a register block's product, and where it goes.

use super::split::{Line, SIDE, TILE, load};
use crate::kernels::avx512::first;
use crate::kernels::gemm::Init;
use std::arch::asm;
use std::arch::x86_64::*;
use std::mem::MaybeUninit;
use std::sync::OnceLock;

/// Proof that this machine has the tiles, and AVX-512F, and lets this process use them.
#[derive(Clone, Copy)]
pub struct Amx(());

impl Amx {
    pub fn new() -> Option<Self> {
        static AVAILABLE: OnceLock<bool> = OnceLock::new();
        let available = AVAILABLE.get_or_init(|| {
            let vectors = is_x86_feature_detected!("avx512f");
            let leaf = if __cpuid(0).eax >= 7 { __cpuid_count(7, 0).edx } else { 0 };
            let (bf16, tile) = (leaf >> 22 & 1 == 1, leaf >> 24 & 1 == 1);
            vectors && bf16 && tile && permitted()
        });
        available.then_some(Amx(()))
    }
}

/// Asks Linux for the tiles' 8 KiB of state, which it grants to whole processes.
fn permitted() -> bool {
    const ARCH_PRCTL: i64 = 158;
    const ARCH_REQ_XCOMP_PERM: u64 = 0x1023;
    const XFEATURE_XTILEDATA: u64 = 18;
    let mut result = ARCH_PRCTL;
    // SAFETY: the call touches no memory of ours.
    unsafe {
        asm!("syscall", inout("rax") result, in("rdi") ARCH_REQ_XCOMP_PERM, in("rsi") XFEATURE_XTILEDATA,
            out("rcx") _, out("r11") _, options(nostack));
    }
    result == 0
}

/// Where a register block goes: up to 32 rows and columns from `c`, rows `ldc` apart.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    pub init: Init<'a, f32>,
    pub rows: usize,
    pub columns: usize,
    pub c: *mut f32,
    pub ldc: usize,
}

/// Lines to ask for while multiplying, 24 a step, `gap` bytes apart.
pub struct Ahead {
    pub from: *const Line,
    pub gap: usize,
}

/// What a register block came to.
#[repr(C, align(64))]
struct Product([[f32; SIDE]; SIDE]);

/// The tile unit of this thread, configured: left-hand tiles of `height` rows.
pub struct Unit {
    height: usize,
}

impl Unit {
    pub fn configure(_: Amx, height: usize) -> Self {
        assert!((1..=TILE).contains(&height), "a tile has 1 to 16 rows");
        #[repr(C, align(64))]
        struct Config {
            palette: u8,
            start_row: u8,
            reserved: [u8; 14],
            row_bytes: [u16; 16],
            rows: [u8; 16],
        }
        let mut config = Config { palette: 1, start_row: 0, reserved: [0; 14], row_bytes: [0; 16], rows: [0; 16] };
        config.row_bytes[..8].fill(64);
        // Four of the result, two of the left-hand side, two of the right-hand one.
        config.rows[..6].fill(height as u8);
        config.rows[6..8].fill(TILE as u8);
        // SAFETY: the machine has tiles; the configuration is the 64 bytes of palette 1, with no more than sixteen rows.
        unsafe { asm!("ldtilecfg [{}]", in(reg) &config, options(nostack, readonly)) };
        Unit { height }
    }

    /// Multiplies `steps` of a block of a by one of b, and takes the sum to its place.
    ///
    /// # Safety
    /// `steps` must be at least one, a and b have a step's lines for each, and the place its rows and columns.
    #[inline]
    pub unsafe fn multiply(&self, steps: usize, a: *const Line, b: *const Line, ahead: Ahead, place: Place<'_>) {
        let mut product = MaybeUninit::<Product>::uninit();
        let out = product.as_mut_ptr();
        if let Init::Accumulate = place.init {
            for row in 0..place.rows {
                let row = place.c.wrapping_add(row * place.ldc);
                // SAFETY: a prefetch may name any address.
                unsafe {
                    _mm_prefetch::<_MM_HINT_T0>(row.cast());
                    _mm_prefetch::<_MM_HINT_T0>(row.wrapping_add(TILE).cast());
                }
            }
        }
        macro_rules! load {
            ($t:literal, $from:literal, $part:literal, $tile:literal) => {
                concat!("tileloadd tmm", $t, ", [{", $from, "} + {line} + 2048 * ", $part, " + 1024 * ", $tile, "]\n")
            };
        }
        macro_rules! multiply {
            ($c:literal, $a:literal, $b:literal) => {
                concat!("tdpbf16ps tmm", $c, ", tmm", $a, ", tmm", $b, "\nprefetcht1 [{ahead}]\nadd {ahead}, {gap}\n")
            };
        }
        // SAFETY: the unit is configured for these tiles, and nothing else of this program uses them. a and b are read by
        // whole steps, which the caller vouches for; what is stored lies in `product`.
        unsafe {
            asm!(
                "tilezero tmm0", "tilezero tmm1", "tilezero tmm2", "tilezero tmm3",
                // The parts' products, each one part away from the last: a₃b₁ a₂b₁ a₁b₁ a₁b₃ a₁b₂ a₂b₂. A tile is loaded as
                // soon as what it takes the place of has been used.
                load!(4, "a", 2, 0), load!(6, "b", 0, 0), load!(7, "b", 0, 1), load!(5, "a", 2, 1),
                "2:",
                multiply!(0, 4, 6), multiply!(1, 4, 7), load!(4, "a", 1, 0),
                multiply!(2, 5, 6), multiply!(3, 5, 7), load!(5, "a", 1, 1),
                multiply!(0, 4, 6), multiply!(1, 4, 7), load!(4, "a", 0, 0),
                multiply!(2, 5, 6), multiply!(3, 5, 7), load!(5, "a", 0, 1),
                multiply!(0, 4, 6), multiply!(2, 5, 6), load!(6, "b", 2, 0),
                multiply!(1, 4, 7), multiply!(3, 5, 7), load!(7, "b", 2, 1),
                multiply!(0, 4, 6), multiply!(2, 5, 6), load!(6, "b", 1, 0),
                multiply!(1, 4, 7), multiply!(3, 5, 7), load!(7, "b", 1, 1),
                multiply!(0, 4, 6), multiply!(1, 4, 7), load!(4, "a", 1, 0),
                multiply!(2, 5, 6), multiply!(3, 5, 7), load!(5, "a", 1, 1),
                // The last step has no next, and loads its own first tiles again.
                "lea {next_a}, [{a} + 6144]", "lea {next_b}, [{b} + 6144]",
                "dec {steps}", "cmovnz {a}, {next_a}", "cmovnz {b}, {next_b}",
                multiply!(0, 4, 6), multiply!(1, 4, 7), load!(4, "a", 2, 0),
                multiply!(2, 5, 6), load!(6, "b", 0, 0), multiply!(3, 5, 7),
                load!(7, "b", 0, 1), load!(5, "a", 2, 1),
                "test {steps}, {steps}", "jnz 2b",
                "tilestored [{out} + {row}], tmm0", "tilestored [{out} + {row} + 64], tmm1",
                "tilestored [{lower} + {row}], tmm2", "tilestored [{lower} + {row} + 64], tmm3",
                a = inout(reg) a => _, b = inout(reg) b => _,
                ahead = inout(reg) ahead.from => _, gap = in(reg) ahead.gap,
                next_a = out(reg) _, next_b = out(reg) _, steps = inout(reg) steps => _,
                line = in(reg) size_of::<Line>(), row = in(reg) size_of::<[f32; SIDE]>(),
                out = in(reg) out, lower = in(reg) out.cast::<[f32; SIDE]>().add(self.height),
                out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
                options(nostack),
            );
            put(out, place);
        }
    }
}

impl Drop for Unit {
    fn drop(&mut self) {
        // SAFETY: gives the tiles back, so that no switch of threads has to save them.
        unsafe { asm!("tilerelease", options(nostack, nomem)) };
    }
}

/// Writes a product to its place.
///
/// # Safety
/// The product must be there, and the place's rows and columns.
#[target_feature(enable = "avx512f")]
unsafe fn put(product: *const Product, place: Place<'_>) {
    let Place { init, rows, columns, c, ldc } = place;
    // SAFETY: of c and the bias no more columns are touched than the place has.
    unsafe {
        for row in 0..rows {
            for column in (0..columns).step_by(TILE) {
                let (to, left) = (c.add(row * ldc + column), columns - column);
                let sum = _mm512_load_ps(product.cast::<f32>().add(row * SIDE + column));
                let sum = match init {
                    Init::Zero => sum,
                    Init::Bias(bias) => _mm512_add_ps(sum, load(bias.as_ptr().add(column), left)),
                    Init::Accumulate => _mm512_add_ps(sum, load(to, left)),
                };
                _mm512_mask_storeu_ps(to, first(left), sum);
            }
        }
    }
}
