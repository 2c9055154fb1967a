//! Weights as PyTorch's wrappers, cells and users leave them: read where they can mean one thing only.

use super::named::{Named, each};
use super::wrong;
use crate::config::{Config, Likelihood};
use crate::error::Result;
use half::bf16;
use safetensors::tensor::{Dtype, TensorView};
use std::collections::{BTreeMap, BTreeSet};

/// What a tensor of the model's own modules begins with.
const MODULES: [&str; 8] = ["canvas", "decoder", "write", "patch", "codes", "encoder", "latent", "read"];
/// Each half has one of these, which tells what stands before its names.
const ANCHORS: [&str; 2] = ["decoder.weight_hh", "encoder.weight_hh"];
/// What `DistributedDataParallel` and `torch.compile` put before names.
const WRAPPERS: [&str; 2] = ["module", "_orig_mod"];

/// Types of numbers that our own files do not have.
pub const KINDS: &[Dtype] = &[Dtype::F64, Dtype::BF16];

/// Puts numbers of these types into `out`, or adds them to what is there.
pub fn put(view: &TensorView, out: &mut [f32], add: bool) {
    match view.dtype() {
        Dtype::F64 => each(view, out, add, |b| f64::from_le_bytes(b) as f32),
        _ => each(view, out, add, |b| bf16::from_le_bytes(b).to_f32()),
    }
}

/// Takes off what PyTorch's tools put around a model's names, and leaves out the tensors of other modules.
pub fn adopt(file: Named) -> Result<Named> {
    let mut notes = BTreeSet::new();
    let mut found = BTreeMap::new();
    for (name, views) in file.tensors {
        let own = own_name(&name, &mut notes);
        if let Some((own, _)) = found.insert(own.clone(), views).map(|views| (own, views)) {
            return Err(wrong(format!("tensor '{own}' is there twice, under several prefixes; expected one model")));
        }
    }
    let prefix = prefix(found.keys())?;
    let mut named = Named { tensors: Vec::new(), notes: notes.into_iter().collect() };
    if !prefix.is_empty() {
        named.notes.push(format!("its tensors' names begin with '{prefix}': read without"));
    }
    let mut others = Vec::new();
    for (name, views) in found {
        match name.strip_prefix(&prefix).filter(|n| MODULES.contains(&n.split('.').next().unwrap_or_default())) {
            Some(own) => named.tensors.push((own.to_owned(), views)),
            None => others.push(name),
        }
    }
    if let Some(first) = others.first() {
        named.notes.push(format!("{} tensors of other modules are left out, as '{first}'", others.len()));
    }
    add_biases(&mut named);
    for (kind, text) in [(Dtype::F64, "float64"), (Dtype::BF16, "bfloat16")] {
        if named.tensors.iter().flat_map(|(_, views)| views).any(|view| view.dtype() == kind) {
            named.notes.push(format!("its numbers are {text}: read as float32"));
        }
    }
    Ok(named)
}

/// The two biases of PyTorch's cells are only ever added.
fn add_biases(named: &mut Named) {
    for cell in ["encoder", "decoder"] {
        let at = |name: &str| named.tensors.iter().position(|(own, _)| own.strip_prefix(cell) == Some(name));
        if let (Some(ih), Some(hh), None) = (at(".bias_ih"), at(".bias_hh"), at(".bias")) {
            let (_, mut other) = named.tensors.remove(ih.max(hh));
            let (name, views) = &mut named.tensors[ih.min(hh)];
            *name = format!("{cell}.bias");
            views.append(&mut other);
            named.notes.push(format!("{cell}.bias is the sum of its bias_ih and bias_hh"));
        }
    }
}

/// The shape of a model, as far as its tensors tell, with so many glimpses, which they do not.
pub fn config(named: &Named, glimpses: Option<usize>) -> Result<Config> {
    let shape = |name: &str| -> Result<&[usize]> {
        let views = named.get(name).map_err(|_| {
            wrong(format!(
                "no config in the metadata, and no tensor '{name}' to tell the model's shape by; expected a file \
                     written by attentive-writer, or the whole state of such a model in PyTorch"
            ))
        })?;
        Ok(views[0].shape())
    };
    let unclear = |name: &str, found: &[usize]| {
        wrong(format!(
            "no config in the metadata, and the shape {found:?} of '{name}' fits no model; expected its config as JSON"
        ))
    };
    let sides = |name: &str| match *shape(name)? {
        [rows, columns] => Ok((rows, columns)),
        ref other => Err(unclear(name, other)),
    };
    let [channels, height, width] = *shape("canvas")? else { return Err(unclear("canvas", shape("canvas")?)) };
    let (_, hidden) = sides("decoder.weight_hh")?;
    let (_, latent) = sides("decoder.weight_ih")?;
    let attention = named.get("write.weight").is_ok();
    let patch = |name: &str, values: Option<usize>| {
        let side = values.filter(|_| channels > 0).map(|v| (v / channels).isqrt()).unwrap_or_default();
        let whole = values.is_some_and(|v| Some(v) == side.checked_mul(side).and_then(|s| s.checked_mul(channels)));
        if whole && side > 0 { Ok(side) } else { Err(unclear(name, shape(name)?)) }
    };
    let (read_patch, write_patch) = if attention {
        let (written, (_, read)) = (sides("patch.weight")?.0, sides("encoder.weight_ih")?);
        let read = read.checked_sub(hidden).filter(|r| r.is_multiple_of(2)).map(|r| r / 2);
        (patch("encoder.weight_ih", read)?, patch("patch.weight", Some(written))?)
    } else {
        (1, 1)
    };
    let likelihood = Likelihood::Bernoulli;
    let config = Config {
        width,
        height,
        channels,
        glimpses: 1,
        hidden,
        latent,
        read_patch,
        write_patch,
        attention,
        likelihood,
        variational: true,
    };
    let Some(glimpses) = glimpses else {
        let json = serde_json::to_string(&config).expect("a Config is plain data");
        let json = json.replace("\"glimpses\":1,", "\"glimpses\":T,");
        return Err(wrong(format!(
            "no config in the metadata, and no tensor tells the number of glimpses; expected format 'attentive-writer/1' and \
                 config '{json}' in the metadata, as export --glimpses T writes them"
        )));
    };
    let config = Config { glimpses, ..config };
    config.validate()?;
    Ok(config)
}

/// A name without what wrappers put into it, and as a cell's rather than a layer's.
fn own_name(name: &str, notes: &mut BTreeSet<String>) -> String {
    let parts: Vec<&str> = name.split('.').collect();
    let mut kept: Vec<&str> = parts.iter().copied().filter(|part| !WRAPPERS.contains(part)).collect();
    for wrapper in WRAPPERS.iter().filter(|w| parts.contains(w)) {
        notes.insert(format!("its tensors' names hold '{wrapper}.': read without"));
    }
    if let Some(last) = kept.last_mut()
        && let Some(cell) = last.strip_suffix("_l0").filter(|n| n.starts_with("weight_") || n.starts_with("bias_"))
    {
        notes.insert("its LSTMs are layers of nn.LSTM: the first of each is read as a cell".to_owned());
        *last = cell;
    }
    kept.join(".")
}

/// What stands before the names of the model's tensors.
fn prefix<'n>(names: impl Iterator<Item = &'n String>) -> Result<String> {
    let before = |name: &'n str| {
        let anchor = ANCHORS.iter().find_map(|anchor| name.strip_suffix(anchor));
        anchor.filter(|before| before.is_empty() || before.ends_with('.'))
    };
    let prefixes: BTreeSet<&str> = names.filter_map(|name| before(name)).collect();
    match prefixes.iter().collect::<Vec<_>>()[..] {
        [] | [&"", ..] => Ok(String::new()),
        [one] => Ok((*one).to_owned()),
        [one, other, ..] => Err(wrong(format!("the tensors of several models, '{one}…' and '{other}…'; expected one"))),
    }
}
