//! Weights as safetensors: f32, f16, or int8 with a scale per row.
//!
//! A weights file's `__metadata__` holds `format: attentive-writer/1` and the [`Config`] as JSON
//! under `config`. A shipped model is two files, the decoder half and the encoder half; one file may
//! hold both. Checkpoints, in [`crate::train::checkpoint`], are safetensors too, of a format of their own.

use crate::config::Config;
use crate::draw::model::{DECODER, Draw, Purpose};
use crate::error::{Error, Result};
use crate::kernels::integer;
use crate::layers::{Half, Tensor};
use crate::params::{Params, Shape, Slot};
use half::f16;
use named::Named;
use safetensors::tensor::{Dtype, SafeTensorError, SafeTensors, TensorView, serialize};
use std::collections::HashMap;

mod named;
#[cfg(any(feature = "lab", not(target_arch = "wasm32")))]
mod pytorch;

/// The widget reads files of its own kind alone.
#[cfg(not(any(feature = "lab", not(target_arch = "wasm32"))))]
mod pytorch {
    use super::{Config, Dtype, Named, Result, TensorView, wrong};

    pub const KINDS: &[Dtype] = &[];

    pub fn put(_: &TensorView, _: &mut [f32], _: bool) {}

    pub fn adopt(file: Named) -> Result<Named> {
        Ok(file)
    }

    pub fn config(_: &Named, _: Option<usize>) -> Result<Config> {
        Err(wrong("the metadata has no 'config'"))
    }
}

const FORMAT: &str = "attentive-writer/1";
/// The task of a configuration that names none.
pub(crate) const GENERATION: &str = "generation";

/// How numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Every number as f32.
    F32,
    /// Every number as f16.
    F16,
    /// Matrices as `i8` with an f32 `.scale` for each row; vectors and the canvas as f16.
    Int8,
}

/// Which tensors a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// All of them.
    All,
    /// Enough to draw.
    Decoder,
    /// The rest, which a reconstruction needs too.
    Encoder,
}

impl Part {
    fn holds(self, half: Half) -> bool {
        match self {
            Part::All => true,
            Part::Decoder => half == Half::Decoder,
            Part::Encoder => half == Half::Encoder,
        }
    }
}

/// Weights as read.
#[derive(Debug)]
pub struct Loaded {
    /// Of the whole model, or of the decoder half alone.
    pub params: Params<f32>,
    /// How the file was read, where that is not plain, as it is with PyTorch's wrappers: lines for its owner.
    pub notes: Vec<String>,
    /// The scales of the weights of the decoder's state, if they are in int8.
    scales: Option<Vec<f32>>,
}

pub(crate) fn wrong(text: impl Into<String>) -> Error {
    Error::Weights(text.into())
}

/// The metadata of a file of ours, and of this format.
pub(crate) fn parse<C: Shape>(bytes: &[u8], format: &str) -> Result<(C, HashMap<String, String>)> {
    let metadata = metadata(bytes)?;
    match metadata.get("format") {
        Some(f) if f == format => {}
        Some(f) => return Err(wrong(format!("the format is '{f}'; expected '{format}'"))),
        None => return Err(wrong(format!("the file names no format; expected '{format}' in its metadata"))),
    }
    let config = config_in(&metadata)?.ok_or_else(|| wrong("the metadata has no 'config'"))?;
    Ok((config, metadata))
}

fn metadata(bytes: &[u8]) -> Result<HashMap<String, String>> {
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(explain)?;
    Ok(header.metadata().clone().unwrap_or_default())
}

/// What a configuration says that its model is for; it may be one of a kind that cannot be read here.
fn task_of(config: &str) -> &str {
    // By bytes: a search for strings would be 2 kB of the widget's wasm.
    let (config, key) = (config.as_bytes(), b"\"task\"");
    let found = config.windows(key.len()).position(|text| text == key);
    let value = found.and_then(|at| config[at + key.len()..].split(|byte| *byte == b'"').nth(1));
    value.and_then(|value| std::str::from_utf8(value).ok()).unwrap_or(GENERATION)
}

fn config_in<C: Shape>(metadata: &HashMap<String, String>) -> Result<Option<C>> {
    let Some(text) = metadata.get("config") else { return Ok(None) };
    let config: C = serde_json::from_str(text).map_err(|e| {
        let task = task_of(text);
        if C::TASKS.contains(&task) {
            return wrong(format!("the 'config' in the metadata is not readable: {e}"));
        }
        let expected = C::TASKS.join(", ");
        wrong(format!("the file holds a model whose task is '{task}'; expected one for {expected}"))
    })?;
    config.validate()?;
    Ok(Some(config))
}

/// The format that a file of ours names, of weights or of a checkpoint, if it is one; and its task.
pub(crate) fn format_of(bytes: &[u8]) -> Option<String> {
    metadata(bytes).ok()?.remove("format")
}

/// What a file's model is for, if its metadata tell: the name of its task, or `generation`.
pub fn task(bytes: &[u8]) -> Option<String> {
    Some(task_of(metadata(bytes).ok()?.get("config")?).to_owned())
}

/// The tensors of a weights file, and its configuration if the metadata have it. Another tool's file names another
/// format, or none.
fn open<C: Shape>(bytes: &[u8]) -> Result<(Option<C>, Named<'_>)> {
    let metadata = metadata(bytes)?;
    let ours = metadata.get("format").filter(|f| f.starts_with("attentive-writer"));
    if ours.is_some() {
        parse::<C>(bytes, FORMAT)?;
    }
    let mut named = Named::open(bytes)?;
    let config = config_in(&metadata)?;
    if ours.is_none() && config.is_some() {
        named.notes.push(format!("its metadata name no format: read as '{FORMAT}'"));
    }
    Ok((config, named))
}

pub(crate) fn explain(e: SafeTensorError) -> Error {
    let what = match e {
        SafeTensorError::HeaderTooSmall => "fewer than 8 bytes".to_owned(),
        SafeTensorError::HeaderTooLarge | SafeTensorError::InvalidHeaderLength => {
            "its header is longer than the file".to_owned()
        }
        SafeTensorError::MetadataIncompleteBuffer => {
            "its tensors do not fill it exactly: cut short or padded".to_owned()
        }
        other => other.to_string(),
    };
    wrong(format!("not a safetensors file ({what}); expected one written by attentive-writer"))
}

/// Reads weights: one file that holds everything, a decoder half, or a decoder half and its encoder half. What PyTorch
/// makes of such a model is read too, where it can mean one thing only; [`Loaded::notes`] says so.
///
/// # Errors
/// [`Error::Weights`] or [`Error::Config`] says what is wrong with the bytes. Nothing larger than the
/// bytes' own content is allocated before they are known to be good.
pub fn load(bytes: &[u8], encoder: Option<&[u8]>) -> Result<Loaded> {
    load_with(bytes, encoder, None)
}

/// As [`load`]; `glimpses` is their number for a file whose metadata do not tell the configuration.
///
/// # Errors
/// As [`load`]; also for a number of glimpses beside a configuration that has its own.
pub fn load_with(bytes: &[u8], encoder: Option<&[u8]>, glimpses: Option<usize>) -> Result<Loaded> {
    let (config, tensors) = open::<Config>(bytes)?;
    let config = match (config, glimpses) {
        (Some(config), Some(_)) => {
            let own = config.glimpses;
            return Err(wrong(format!("the file's own configuration has {own} glimpses; expected no other number")));
        }
        (Some(config), None) => config,
        (None, glimpses) => pytorch::config(&tensors, glimpses)?,
    };
    let expected = config.tensors();
    let mut of_encoder = expected.iter().filter(|t| t.half == Half::Encoder);
    let has_encoder = of_encoder.any(|t| tensors.get(t.name).is_ok());
    let part = if has_encoder { Part::All } else { Part::Decoder };
    check_names(&tensors, &expected, part)?;
    let mut params = if has_encoder { Params::zeros(&config)? } else { Params::decoder_zeros(&config)? };
    read_tensors(&tensors, &mut params, part)?;
    let whole = tensors.get(DECODER.weight_hh)?[0].dtype() == Dtype::I8;
    let scales = if whole { Some(read_scales(&tensors, DECODER.weight_hh, 4 * config.hidden)?) } else { None };
    let mut loaded = Loaded { params, notes: tensors.notes, scales };
    if let Some(encoder) = encoder.filter(|_| !has_encoder) {
        loaded.add_encoder(encoder)?;
    }
    Ok(loaded)
}

/// Reads the weights of a task that has one file.
///
/// # Errors
/// As [`load`]; also if the file tells of another task.
pub fn load_task<C: Shape>(bytes: &[u8]) -> Result<Params<f32, C>> {
    let (config, metadata) = parse::<C>(bytes, FORMAT)?;
    drop(metadata);
    let tensors = Named::plain(bytes)?;
    check_names(&tensors, &config.tensors(), Part::All)?;
    let mut params = Params::zeros(&config)?;
    read_tensors(&tensors, &mut params, Part::All)?;
    Ok(params)
}

impl Loaded {
    /// Whether the encoder half is there, without which a model can only draw.
    pub fn has_encoder(&self) -> bool {
        self.params.has_encoder()
    }

    /// The model of these weights. In WebAssembly, one whose decoder is in int8 draws by products in whole numbers, where it
    /// reads nothing; its canvases are then within 1/255 of what [`Draw::new`] gives. (Elsewhere vectors of f32 are as fast.)
    ///
    /// # Errors
    /// As [`Draw::new`].
    pub fn model(&self, purpose: Purpose) -> Result<Draw<f32>> {
        let mut model = Draw::new(&self.params, purpose)?;
        if let Some(scales) = self.scales.as_ref().filter(|_| integer::FASTER) {
            model.draw_whole(&self.params, scales);
        }
        Ok(model)
    }

    /// The scales `[4H]` of the weights of the decoder's state, if they are in int8.
    #[cfg(test)]
    pub(crate) fn scales(&self) -> Option<&[f32]> {
        self.scales.as_deref()
    }

    /// Adds the encoder half.
    ///
    /// # Errors
    /// As [`load`]; also if the bytes belong to a model of another shape. The weights stay as they were.
    pub fn add_encoder(&mut self, bytes: &[u8]) -> Result<()> {
        let (config, tensors) = open::<Config>(bytes)?;
        // Without a configuration of its own, the half's shapes must do.
        if config.is_some_and(|c| c != *self.params.config()) {
            return Err(wrong("the encoder half belongs to a model of another shape"));
        }
        check_names(&tensors, &self.params.config().tensors(), Part::Encoder)?;
        let mut whole = Params::zeros(self.params.config())?;
        // The decoder's tensors come first.
        let drawing = self.params.data();
        whole.data[..drawing.len()].copy_from_slice(drawing);
        read_tensors(&tensors, &mut whole, Part::Encoder)?;
        self.params = whole;
        self.notes.extend(tensors.notes);
        Ok(())
    }
}

/// Checks names, types and shapes against the configuration before anything is allocated.
fn check_names(tensors: &Named, expected: &[Tensor], part: Part) -> Result<()> {
    for Tensor { name, shape, .. } in expected.iter().filter(|t| part.holds(t.half)) {
        let views = tensors.get(name)?;
        if let Some(view) = views.iter().find(|view| view.shape() != shape) {
            let found = view.shape();
            return Err(wrong(format!("tensor '{name}' has shape {found:?}; expected {shape:?}")));
        }
        match views[0].dtype() {
            Dtype::I8 if shape.len() == 2 => {
                let name = format!("{name}.scale");
                let scale = &tensors.get(&name)?[0];
                if scale.shape() != &shape[..1] || scale.dtype() != Dtype::F32 {
                    return Err(wrong(format!("tensor '{name}' is not {} f32 values", shape[0])));
                }
            }
            _ => {
                let kinds = [&[Dtype::F32, Dtype::F16], pytorch::KINDS].concat();
                let float = |view: &&TensorView| kinds.contains(&view.dtype());
                if let Some(other) = views.iter().find(|view| !float(view)) {
                    let kind = other.dtype();
                    let expected = format!("expected one of {kinds:?}, or I8 for a matrix");
                    return Err(wrong(format!("tensor '{name}' is of type {kind:?}; {expected}")));
                }
            }
        }
    }
    for name in tensors.names() {
        let base = name.strip_suffix(".scale").unwrap_or(name);
        if !expected.iter().any(|t| t.name == base && part.holds(t.half)) {
            return Err(wrong(format!("tensor '{name}' is not part of this model")));
        }
    }
    Ok(())
}

fn read_tensors<C: Shape>(tensors: &Named, params: &mut Params<f32, C>, part: Part) -> Result<()> {
    let slots: Vec<Slot> = params.slots().iter().filter(|s| part.holds(s.half)).cloned().collect();
    for slot in slots {
        let views = tensors.get(slot.name)?;
        let out = &mut params.data[slot.range()];
        if views[0].dtype() == Dtype::I8 {
            let scales = read_scales(tensors, slot.name, slot.shape[0])?;
            let width = slot.shape[1];
            let rows = out.chunks_exact_mut(width).zip(views[0].data().chunks_exact(width));
            for ((out, row), scale) in rows.zip(scales) {
                for (o, &q) in out.iter_mut().zip(row) {
                    *o = scale * (q as i8) as f32;
                }
            }
        } else {
            views.iter().enumerate().for_each(|(i, view)| named::put(view, out, i > 0));
        }
    }
    params.expect_finite()
}

/// The scale of each row of a matrix in int8.
fn read_scales(tensors: &Named, name: &str, rows: usize) -> Result<Vec<f32>> {
    let mut scales = vec![0.0; rows];
    read_f32(&tensors.get(&format!("{name}.scale"))?[0], &mut scales);
    Ok(scales)
}

pub(crate) fn read_f32(view: &TensorView, out: &mut [f32]) {
    for (o, b) in out.iter_mut().zip(view.data().chunks_exact(4)) {
        *o = f32::from_le_bytes([b[0], b[1], b[2], b[3]]);
    }
}

pub(crate) fn f32_bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

/// Writes weights.
///
/// # Errors
/// [`Error::Weights`] if a value is not finite, or too large for f16.
pub fn save<C: Shape>(params: &Params<f32, C>, format: Format, part: Part) -> Result<Vec<u8>> {
    let mut tensors: Vec<(String, Dtype, Vec<usize>, Vec<u8>)> = Vec::new();
    for slot in params.slots().iter().filter(|s| part.holds(s.half)) {
        let values = &params.data[slot.range()];
        let limit = if format == Format::F32 { f32::MAX } else { 65504.0 };
        if let Some(bad) = values.iter().find(|v| !v.is_finite() || v.abs() > limit) {
            return Err(wrong(format!("tensor '{}' holds {bad}, which {format:?} cannot", slot.name)));
        }
        let (name, shape) = (slot.name.to_owned(), slot.shape.clone());
        if format == Format::F32 {
            tensors.push((name, Dtype::F32, shape, f32_bytes(values)));
        } else if format == Format::Int8 && slot.shape.len() == 2 {
            let rows = values.chunks_exact(slot.shape[1]);
            let scales: Vec<f32> =
                rows.clone().map(|r| r.iter().fold(f32::MIN_POSITIVE, |m, v| m.max(v.abs())) / 127.0).collect();
            let quantised = rows.zip(&scales).flat_map(|(r, s)| r.iter().map(move |v| (v / s).round() as i8 as u8));
            tensors.push((name.clone(), Dtype::I8, shape, quantised.collect()));
            tensors.push((name + ".scale", Dtype::F32, vec![scales.len()], f32_bytes(&scales)));
        } else {
            let bytes = values.iter().flat_map(|v| f16::from_f32(*v).to_le_bytes()).collect();
            tensors.push((name, Dtype::F16, shape, bytes));
        }
    }
    write(&tensors, FORMAT, params.config(), [])
}

pub(crate) fn write<const N: usize>(
    tensors: &[(String, Dtype, Vec<usize>, Vec<u8>)],
    format: &str,
    config: &impl Shape,
    more: [(&str, String); N],
) -> Result<Vec<u8>> {
    let config = serde_json::to_string(config).expect("a Config is plain data");
    let mut metadata = HashMap::from([("format".to_owned(), format.to_owned()), ("config".to_owned(), config)]);
    metadata.extend(more.map(|(k, v)| (k.to_owned(), v)));
    let views = tensors.iter().map(|(name, dtype, shape, bytes)| {
        let view = TensorView::new(*dtype, shape.clone(), bytes).expect("bytes that fit their shape");
        (name.as_str(), view)
    });
    let mut bytes = serialize(views, Some(metadata)).map_err(|e| wrong(e.to_string()))?;
    sort_header(&mut bytes);
    Ok(bytes)
}

/// Gives the header's keys a fixed order, so that equal models are equal files: the library writes
/// metadata in a hash map's order, which differs from run to run.
fn sort_header(bytes: &mut [u8]) {
    let length = u64::from_le_bytes(bytes[..8].try_into().expect("eight bytes")) as usize;
    let header = &mut bytes[8..8 + length];
    let value: serde_json::Value = serde_json::from_slice(header).expect("a header that was just written");
    let sorted = serde_json::to_vec(&value).expect("plain data");
    if let Some((text, padding)) = header.split_at_mut_checked(sorted.len()) {
        text.copy_from_slice(&sorted);
        padding.fill(b' ');
    }
}
