//! Checkpoints: what is accepted goes on, or says why not.
#![no_main]

use attentive_writer::data::{Dataset, Labelled};
use attentive_writer::look;
use attentive_writer::params::Shape;
use attentive_writer::train::{Settings, checkpoint};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    // Threads would cost more than all the rest.
    let alone = |s: Settings| Settings { threads: if s.validate().is_ok() { 1 } else { s.threads }, ..s };
    if let Ok(mut trainer) = checkpoint::load_task::<look::Model<f32>>(bytes, alone) {
        let c = trainer.config();
        if trainer.settings().batch <= 4 && c.glimpses <= 4 && c.pixels() <= 1 << 12 {
            let [width, height, channels] = c.image();
            let image = Dataset::from_levels(vec![128; c.pixels()], width, height, channels).expect("an image");
            // Mostly a class that the model has.
            let label = bytes.last().map_or(0, |last| last % 16);
            let data = Labelled::new(image, vec![label]).expect("one label for one image");
            let known = usize::from(label) < c.classes;
            let step = trainer.step(&data, 1.0);
            assert!(known || step.is_err());
            if step.is_ok() {
                assert!(trainer.params().data().iter().all(|p| p.is_finite()));
            }
        }
        return;
    }
    let Ok(mut trainer) = checkpoint::load_with(bytes, alone) else { return };
    let c = trainer.config();
    if trainer.settings().batch > 4 || c.glimpses > 4 {
        return;
    }
    if trainer.step_with(1.0, |_, _, image| image.fill(0.5)).is_ok() {
        assert!(trainer.params().data().iter().chain(trainer.average().data()).all(|p| p.is_finite()));
        checkpoint::save(&trainer).expect("a finite state can be written");
    }
});
