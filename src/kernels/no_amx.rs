//! Where there can be no tiles: the names of [`super::amx`] without content.

use super::gemm::Init;

pub fn available() -> bool {
    false
}

#[derive(Clone)]
pub struct Tiles;

impl Tiles {
    pub fn new(_k: usize, _n: usize) -> Self {
        unreachable!("tiles on a machine without")
    }

    pub fn fill(&mut self, _: (usize, usize), _: (usize, usize), _: &[f32], _: usize, _: usize) {
        unreachable!("tiles on a machine without")
    }
}

pub unsafe fn gemm(_: usize, _: *const f32, _: usize, _: &Tiles, _: Init<'_, f32>, _: *mut f32, _: usize) {
    unreachable!("tiles on a machine without")
}

pub struct Scratch;

impl Scratch {
    pub fn new(_n: usize) -> Self {
        unreachable!("tiles on a machine without")
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
    unreachable!("tiles on a machine without")
}
