//! Checkpoints: what is accepted goes on, or says why not.
#![no_main]

use attentive_writer::train::checkpoint;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut trainer) = checkpoint::load(bytes) else { return };
    let c = trainer.config();
    if trainer.settings().batch > 16 || c.glimpses > 16 {
        return;
    }
    if trainer.step_with(1.0, |_, _, image| image.fill(0.5)).is_ok() {
        assert!(trainer.params().data().iter().chain(trainer.average().data()).all(|p| p.is_finite()));
        checkpoint::save(&trainer).expect("a finite state can be written");
    }
});
