//! In place of `amx` and `bf16` where there can be no tiles or no pairs: their names without content.
#![allow(dead_code)]

use super::gemm::Init;

pub type Amx = Never;
pub type Bf16 = Never;
pub type Tiles = Nothing;
pub type Pairs = Nothing;

/// Of this there is no value, so what is made from it is never made.
#[derive(Clone, Copy)]
pub enum Never {}

impl Never {
    pub fn new() -> Option<Self> {
        None
    }
}

#[derive(Clone)]
pub struct Nothing(Never);

impl Nothing {
    pub fn new(never: Never, _k: usize, _n: usize) -> Self {
        match never {}
    }

    pub fn fill(&mut self, _: (usize, usize), _: (usize, usize), _: &[f32], _: usize, _: usize) {
        match self.0 {}
    }
}

pub unsafe fn gemm(_: usize, _: *const f32, _: usize, b: &Nothing, _: Init<'_, f32>, _: *mut f32, _: usize) {
    match b.0 {}
}

pub struct Scratch(Never);

impl Scratch {
    pub fn new(never: Never, _n: usize) -> Self {
        match never {}
    }
}

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
    scratch: &mut Scratch,
) {
    match scratch.0 {}
}
