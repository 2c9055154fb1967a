//! In place of `amx` and `bf16` where there can be no tiles or no pairs: their names without content.
#![allow(dead_code)]

use super::gemm::Init;

pub type Tiles = Nothing;
pub type Pairs = Nothing;

pub fn available() -> bool {
    false
}

#[derive(Clone)]
pub struct Nothing;

impl Nothing {
    pub fn new(_k: usize, _n: usize) -> Self {
        unreachable!("on a machine without")
    }

    pub fn fill(&mut self, _: (usize, usize), _: (usize, usize), _: &[f32], _: usize, _: usize) {
        unreachable!("on a machine without")
    }
}

pub unsafe fn gemm(_: usize, _: *const f32, _: usize, _: &Nothing, _: Init<'_, f32>, _: *mut f32, _: usize) {
    unreachable!("on a machine without")
}

pub struct Scratch;

impl Scratch {
    pub fn new(_n: usize) -> Self {
        unreachable!("on a machine without")
    }
}

#[allow(clippy::too_many_arguments)]
pub unsafe fn gemm_tn(
    _: usize,
    _: usize,
    _: usize,
    _: *const f32,
    _: usize,
    _: *const f32,
    _: usize,
    _: *mut f32,
    _: usize,
    _: &mut Scratch,
) {
    unreachable!("on a machine without")
}
