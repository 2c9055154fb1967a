//! The state of training as safetensors: parameters, their average, the optimiser's moments, settings and step.

use super::team::expect_room;
use super::update::expect_moments;
use super::{MOST_STEPS, Settings, Task, Trainer};
use crate::budget::zeros;
use crate::error::Result;
use crate::params::{Params, Shape};
use crate::weights::{explain, f32_bytes, format_of, parse, read_f32, write, wrong};
use safetensors::tensor::{Dtype, SafeTensors};

const CHECKPOINT: &str = "attentive-writer-checkpoint/1";

/// The whole state of training. The generators' state is the seed and the step, both in it.
///
/// # Errors
/// [`Error::Weights`](crate::Error::Weights) if the state cannot be serialised.
pub fn save<K: Task>(trainer: &Trainer<K>) -> Result<Vec<u8>> {
    let n = trainer.params.data.len();
    let tensors: Vec<_> = [
        ("params", &trainer.params.data),
        ("average", &trainer.average.data),
        ("first", &trainer.first),
        ("second", &trainer.second),
    ]
    .map(|(name, data)| (name.to_owned(), Dtype::F32, vec![n], f32_bytes(data)))
    .into();
    let settings = serde_json::to_string(&trainer.settings).expect("settings are plain data");
    write(&tensors, CHECKPOINT, trainer.config(), [("settings", settings), ("step", trainer.step.to_string())])
}

/// The state that [`save`] wrote; the next step is the one that would have followed.
///
/// # Errors
/// [`Error::Weights`](crate::Error::Weights) says what is wrong with the bytes.
pub fn load(bytes: &[u8]) -> Result<Trainer> {
    load_task(bytes, |settings| settings)
}

/// As [`load`], going on with the settings that `change` makes of the old.
///
/// # Errors
/// As [`load`]; [`Error::Argument`](crate::Error::Argument) for a bad setting.
pub fn load_with(bytes: &[u8], change: impl FnOnce(Settings) -> Settings) -> Result<Trainer> {
    load_task(bytes, change)
}

/// As [`load_with`], of any task.
///
/// # Errors
/// As [`load_with`]; also for a checkpoint of another task.
pub fn load_task<K: Task>(bytes: &[u8], change: impl FnOnce(Settings) -> Settings) -> Result<Trainer<K>> {
    let (config, metadata) = parse::<K::Shape>(bytes, CHECKPOINT)?;
    let tensors = SafeTensors::deserialize(bytes).map_err(explain)?;
    let settings = metadata
        .get("settings")
        .and_then(|s| settings(s))
        .ok_or_else(|| wrong("the checkpoint's settings are not readable"))?;
    let step: u64 =
        metadata.get("step").and_then(|s| s.parse().ok()).ok_or_else(|| wrong("the checkpoint has no step"))?;
    let settings = change(settings);
    settings.validate()?;
    expect_room::<K>(&config, &settings)?;
    if step > MOST_STEPS {
        return Err(wrong(format!("the checkpoint's step is {step}; expected at most {MOST_STEPS}")));
    }
    let n = usize::try_from(config.parameters()).map_err(|_| wrong("the checkpoint's model is too large"))?;
    let read = |name: &str| -> Result<Vec<f32>> {
        let view = tensors.tensor(name).map_err(explain)?;
        if view.shape() != [n] || view.dtype() != Dtype::F32 {
            return Err(wrong(format!("'{name}' is not {n} f32 values")));
        }
        let mut out = zeros(n as u64)?;
        read_f32(&view, &mut out);
        if out.iter().any(|v| !v.is_finite()) {
            return Err(wrong(format!("'{name}' holds a number that is not finite")));
        }
        Ok(out)
    };
    let (data, average) = (read("params")?, read("average")?);
    let (first, second) = (read("first")?, read("second")?);
    expect_moments(&first, &second).map_err(wrong)?;
    let mut params = Params::zeros(&config)?;
    params.data = data;
    let mut trainer = Trainer::tune(params, settings)?;
    (trainer.average.data, trainer.first, trainer.second, trainer.step) = (average, first, second, step);
    Ok(trainer)
}

/// Settings as written. Those of before had the precision of products, which is f32's now.
fn settings(text: &str) -> Option<Settings> {
    let mut settings: serde_json::Value = serde_json::from_str(text).ok()?;
    settings.as_object_mut()?.remove("precision");
    serde_json::from_value(settings).ok()
}

/// Whether the bytes claim to be a checkpoint rather than weights.
pub fn is_checkpoint(bytes: &[u8]) -> bool {
    format_of(bytes).is_some_and(|format| format == CHECKPOINT)
}
