//! A file's tensors by name, and their numbers in any of their types.

use super::{explain, pytorch, wrong};
use crate::error::Result;
use half::f16;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

/// The tensors of a file that are the model's.
pub(super) struct Named<'a> {
    /// With each name the tensors whose sum it is; mostly one.
    pub tensors: Vec<(String, Vec<TensorView<'a>>)>,
    /// How they were read, where that is not plain: a line each.
    pub notes: Vec<String>,
}

impl<'a> Named<'a> {
    pub fn open(bytes: &'a [u8]) -> Result<Named<'a>> {
        pytorch::adopt(Named::plain(bytes)?)
    }

    /// All tensors, by the names that the file has for them.
    pub fn plain(bytes: &'a [u8]) -> Result<Named<'a>> {
        let file = SafeTensors::deserialize(bytes).map_err(explain)?;
        let tensors = file.tensors().into_iter().map(|(name, view)| (name, vec![view])).collect();
        Ok(Named { tensors, notes: Vec::new() })
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.iter().map(|(name, _)| name.as_str())
    }

    /// The tensors whose sum is the one of this name.
    ///
    /// # Errors
    /// [`Error::Weights`](crate::Error::Weights) if there is none.
    pub fn get(&self, name: &str) -> Result<&[TensorView<'a>]> {
        let found = self.tensors.iter().find(|(own, _)| own == name);
        found.map(|(_, views)| &views[..]).ok_or_else(|| wrong(format!("tensor '{name}' is missing")))
    }
}

/// Puts numbers of `N` bytes into `out`, or adds them to what is there.
pub(super) fn each<const N: usize>(view: &TensorView, out: &mut [f32], add: bool, number: impl Fn([u8; N]) -> f32) {
    for (o, bytes) in out.iter_mut().zip(view.data().chunks_exact(N)) {
        let v = number(bytes.try_into().expect("a chunk's length"));
        *o = if add { *o + v } else { v };
    }
}

/// Puts a tensor's numbers into `out`, or adds them to what is there.
pub(super) fn put(view: &TensorView, out: &mut [f32], add: bool) {
    match view.dtype() {
        Dtype::F32 => each(view, out, add, f32::from_le_bytes),
        Dtype::F16 => each(view, out, add, |b| f16::from_le_bytes(b).to_f32()),
        _ => pytorch::put(view, out, add),
    }
}
