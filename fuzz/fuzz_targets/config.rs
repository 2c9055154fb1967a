//! Configurations as JSON: counted without overflow, and built or refused.
#![no_main]

use attentive_writer::params::{Params, Shape};
use attentive_writer::{Config, look};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(config) = serde_json::from_slice::<look::Config>(bytes) {
        let parameters = config.parameters();
        if config.validate().is_err() {
            assert!(Params::<f32, look::Config>::zeros(&config).is_err());
        } else if parameters < 1 << 20 {
            let params = Params::<f32, look::Config>::zeros(&config).expect("a small model");
            assert_eq!(params.data().len() as u64, parameters);
        }
        return;
    }
    let Ok(config) = serde_json::from_slice::<Config>(bytes) else { return };
    let parameters = config.parameters();
    if config.validate().is_err() {
        assert!(Params::<f32>::zeros(&config).is_err());
        return;
    }
    let _ = config.training_flops();
    // Larger ones take longer than a fuzzer likes, and are tested in `tests/sizes.rs`.
    if parameters < 1 << 20 {
        assert_eq!(Params::<f32>::zeros(&config).expect("a small model").data().len() as u64, parameters);
    } else if parameters > 1 << 28 {
        assert!(Params::<f32>::zeros(&config).is_err());
    }
});
