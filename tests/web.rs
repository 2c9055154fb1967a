//! The engine in a real browser: `wasm-pack test --headless --chrome`.
#![cfg(target_arch = "wasm32")]

mod common;

use attentive_writer::wasm::lab::{
    Dataset, JsTraceOptions, JsTrainerSettings, Lens, Plane, Trace, Trainer, configure, cost, distribution,
    gradient_estimators, tensors,
};
use attentive_writer::wasm::{JsDrawOptions, JsRedrawOptions, Run, Writer, preset};
use common::{COUNT, DECODER, ENCODER, GLIMPSES, INT8, SEED, floats, largest_difference, ring};
use js_sys::{Object, Reflect};
use wasm_bindgen::{JsCast, JsError, JsValue};
use wasm_bindgen_test::*;

wasm_bindgen_test_configure!(run_in_browser);

fn object(fields: &[(&str, f64)]) -> JsValue {
    let object = Object::new();
    for (name, value) in fields {
        Reflect::set(&object, &(*name).into(), &(*value).into()).unwrap();
    }
    object.into()
}

fn draw_options(fields: &[(&str, f64)]) -> Option<JsDrawOptions> {
    Some(object(fields).unchecked_into())
}

fn ok<T>(result: Result<T, JsError>) -> T {
    result.unwrap_or_else(|e| panic!("{}", message(e)))
}

fn message(error: JsError) -> String {
    JsValue::from(error).unchecked_into::<js_sys::Error>().message().into()
}

fn fails<T>(result: Result<T, JsError>) -> String {
    message(result.err().expect("an error"))
}

/// As `common::record`, through the JavaScript surface.
fn record(mut run: Run) -> Vec<f32> {
    let mut out = Vec::new();
    for glimpse in GLIMPSES {
        while run.glimpse() < glimpse {
            assert!(ok(run.step()));
        }
        out.extend(run.canvas().to_vec());
    }
    assert!(!ok(run.step()));
    ok(run.seek(GLIMPSES[1] as f64));
    out.extend(run.write_windows());
    out.extend(run.read_windows());
    out
}

#[wasm_bindgen_test]
fn drawn_frames_match_the_native_ones() {
    let writer = ok(Writer::new(DECODER));
    assert!(!writer.can_redraw());
    let run = ok(writer.draw(draw_options(&[("seed", SEED as f64), ("count", COUNT as f64), ("size", 28.0)])));
    assert_eq!((run.glimpse(), run.glimpses(), run.count()), (0, 64, COUNT));
    let difference = largest_difference(&record(run), &floats(include_bytes!("fixtures/frames-draw.f32")));
    assert!(difference < 1e-4, "frames differ by {difference}");
}

#[wasm_bindgen_test]
fn whole_numbers_draw_within_a_grey_level_of_f32() {
    let run = ok(ok(Writer::new(INT8)).draw(draw_options(&[("seed", SEED as f64), ("count", COUNT as f64)])));
    let difference = largest_difference(&record(run), &floats(include_bytes!("fixtures/frames-draw-int8.f32")));
    assert!(difference <= 1.0 / 255.0, "frames differ by {difference}");
    // They are whole numbers where there are vectors of them.
    assert!(difference > 1e-6 || !cfg!(target_feature = "simd128"), "frames differ by {difference}");
}

#[wasm_bindgen_test]
fn redrawn_frames_match_the_native_ones() {
    let mut writer = ok(Writer::new(DECODER));
    let options = || Some(object(&[("seed", SEED as f64)]).unchecked_into::<JsRedrawOptions>());
    assert!(fails(writer.redraw(&ring(), options())).contains("encoder half"));
    ok(writer.add_encoder(ENCODER));
    let run = ok(writer.redraw(&ring(), options()));
    let difference = largest_difference(&record(run), &floats(include_bytes!("fixtures/frames-redraw.f32")));
    assert!(difference < 1e-4, "frames differ by {difference}");
}

#[wasm_bindgen_test]
fn a_picture_holds_all_digits() {
    let writer = ok(Writer::new(DECODER));
    let mut run = ok(writer.draw(draw_options(&[("seed", 1.0), ("count", 5.0), ("size", 30.0)])));
    for below in [-1.0, f64::NAN] {
        ok(run.seek(below));
        assert_eq!(run.glimpse(), 0, "below none is none");
    }
    ok(run.seek(64.0));
    let picture = ok(run.picture(3, 0x123456));
    assert_eq!((picture.width(), picture.height()), (90, 60));
    let data = picture.data();
    assert_eq!(data.len(), 90 * 60 * 4);
    assert!(data.chunks(4).any(|p| p[..3] == [0x12, 0x34, 0x56] && p[3] > 250));
    // The sixth cell holds no digit.
    assert_eq!(data[4 * (45 * 90 + 75)..][..4], [0; 4]);
}

#[wasm_bindgen_test]
fn errors_say_what_was_wrong() {
    assert!(fails(Writer::new(&[])).contains("weights"));
    assert!(fails(Writer::new(&DECODER[..1000])).contains("weights"));
    assert!(fails(Writer::new(&DECODER[..DECODER.len() - 1])).contains("cut short"));
    let mut writer = ok(Writer::new(DECODER));
    assert!(fails(writer.add_encoder(DECODER)).contains("weights"));
    assert!(fails(writer.draw(draw_options(&[("count", 0.0)]))).contains("count is 0"));
    assert!(fails(writer.draw(draw_options(&[("count", 1.5)]))).contains("count is 1.5"));
    assert!(fails(writer.draw(draw_options(&[("size", 1e9)]))).contains("size"));
    assert!(fails(writer.draw(draw_options(&[("seed", -1.0)]))).contains("seed is -1"));
    assert!(fails(writer.draw(draw_options(&[("tempreature", 1.0)]))).contains("tempreature"));
    assert!(fails(preset("minst")).contains("mnist-small"));
    // Still alive after all that.
    assert!(ok(ok(writer.draw(None)).step()));
}

#[wasm_bindgen_test]
fn two_hundred_draws_leak_nothing() {
    let writer = ok(Writer::new(DECODER));
    let memory = || core::arch::wasm32::memory_size(0);
    let mut after_20 = 0;
    for i in 1..=200 {
        let mut run = ok(writer.draw(draw_options(&[("seed", i as f64), ("size", 40.0)])));
        while ok(run.step()) {}
        drop(run);
        if i == 20 {
            after_20 = memory();
        }
    }
    assert_eq!(memory(), after_20);
}

/// The sums that wrap in 32 bits. `tests/sizes.rs` has the rest, natively.
#[wasm_bindgen_test]
fn sizes_beyond_32_bits_are_refused_and_other_drawings_left_alone() {
    let config = |fields: &[(&str, f64)]| ok(configure("mnist-small", object(fields)));
    let whole = |size: f64| {
        let changes = object(&[("width", size), ("height", size), ("glimpses", 1.0), ("hidden", 1.0), ("latent", 1.0)]);
        Reflect::set(&changes, &"attention".into(), &false.into()).unwrap();
        ok(configure("mnist-small", changes))
    };
    let settings = |batch| Some(object(&[("batch", batch)]).unchecked_into::<JsTrainerSettings>());
    let writer = ok(Writer::new(DECODER));
    let mut other = ok(writer.draw(draw_options(&[("seed", 1.0)])));
    ok(other.seek(20.0));
    let before = other.canvas().to_vec();

    // 10,000 canvases of 656 × 656 values are 2³² and some.
    let large = ok(ok(Trainer::new(whole(656.0).unchecked_into(), settings(1.0))).writer());
    let text = fails(large.draw(draw_options(&[("count", 10_000.0), ("size", 656.0)])));
    assert!(text.starts_with("count is 10000; expected at most "), "{text}");
    assert!(ok(ok(large.draw(draw_options(&[("count", 2.0), ("size", 656.0)]))).step()));
    let text = fails(Trainer::new(whole(656.0).unchecked_into(), settings(10_000.0)));
    assert!(text.starts_with("batch is 10000; expected at most "), "{text}");
    let text = fails(writer.draw(draw_options(&[("count", 256.0), ("size", 4096.0)])));
    assert!(text.starts_with("count is 256; expected at most "), "{text}");
    assert!(fails(Lens::new(1, 6_700_417, 641, &[0.0])).contains("6700417 × 641"));
    assert!(fails(Dataset::of_levels(vec![0], 641, 6_700_417, None)).contains("data"));
    for (draws, bins) in [(100, 0), (1 << 31, 10), (100, usize::MAX)] {
        assert!(fails(distribution("Normal", &[0.0, 1.0], 1.0, 10, draws, bins)).contains("number of"));
    }
    assert!(fails(gradient_estimators(0.0, 1.0, 1.0, 1.0, 1 << 31)).contains("number of draws"));
    let flops = |config: JsValue| {
        let cost = ok(cost(config.unchecked_into()));
        Reflect::get(&cost, &"training_flops".into()).unwrap().as_f64().unwrap() / 1e6
    };
    let at = |size: f64| {
        let changes = object(&[("width", size), ("height", size)]);
        Reflect::set(&changes, &"attention".into(), &false.into()).unwrap();
        flops(ok(configure("mnist", changes)).into()).round()
    };
    assert_eq!([at(224.0), at(448.0)], [25_229.0, 99_833.0]);
    let mut trainer = ok(Trainer::new(config(&[]).unchecked_into(), settings(1.0)));
    assert!(
        fails(trainer.step_on(&ok(Dataset::of_levels(vec![0; 784], 28, 28, None)), Some(f64::NAN))).contains("NaN")
    );

    assert_eq!(other.canvas().to_vec(), before);
    assert!(ok(other.step()));
}

#[wasm_bindgen_test]
fn a_trainer_learns_and_exports() {
    let settings = object(&[("batch", 4.0), ("seed", 1.0), ("warm_up", 1.0), ("learning_rate", 0.01)]);
    let settings = settings.unchecked_into::<JsTrainerSettings>();
    let config = JsValue::from("mnist-small").unchecked_into();
    let mut trainer = ok(Trainer::new(config, Some(settings)));
    let batch = ring().repeat(4);
    ok(trainer.step(&batch));
    let first = trainer.loss();
    for _ in 0..80 {
        ok(trainer.step(&batch));
    }
    assert!(trainer.loss() < 0.5 * first, "from {first} to {} nats", trainer.loss());
    assert!(fails(trainer.step(&batch[1..])).contains("3136"));
    let bytes = ok(trainer.export()).to_vec();
    let mut run = ok(ok(Writer::new(&bytes)).redraw(&ring(), None));
    ok(run.seek(10.0));
    assert_eq!(run.glimpse(), 10);
}

#[wasm_bindgen_test]
fn latents_draw_the_same_digit_again_and_can_be_held_and_mixed() {
    let mut writer = ok(Writer::new(DECODER));
    let finish = |mut run: Run| {
        ok(run.seek(64.0));
        run.canvas().to_vec()
    };
    let mut first = ok(writer.draw(draw_options(&[("seed", 3.0), ("count", 2.0), ("first", 4.0)])));
    let latents = ok(first.latents());
    assert_eq!(latents.len(), 64 * 2 * 100);
    let pixels = finish(first);
    assert_eq!(finish(ok(writer.draw_latents(latents, None))), pixels);
    // Digit 5 of the seed by itself is the second of the two.
    let mut second = ok(writer.draw(draw_options(&[("seed", 3.0), ("first", 5.0)])));
    let own = ok(second.latents());
    assert!(largest_difference(&finish(second), &pixels[784..]) < 1e-6);

    let hold = |from: f64, to: f64| {
        let options = object(&[("from", from), ("to", to), ("seed", 9.0), ("count", 3.0)]);
        ok(writer.vary(&own, Some(options.unchecked_into())))
    };
    let held = finish(ok(writer.draw_latents(hold(0.0, 64.0), None)));
    assert!(held.chunks(784).all(|digit| largest_difference(digit, &pixels[784..]) < 1e-6));
    let free = finish(ok(writer.draw_latents(hold(0.0, 0.0), None)));
    assert!(largest_difference(&free[..784], &free[784..2 * 784]) > 0.5);

    ok(writer.add_encoder(ENCODER));
    let read = ok(ok(writer.redraw(&ring(), None)).latents());
    let way = ok(writer.interpolate(&own, &read, 5));
    let ends = finish(ok(writer.draw_latents(way, None)));
    assert!(largest_difference(&ends[..784], &pixels[784..]) < 1e-6);
    assert!(fails(writer.interpolate(&own[1..], &read, 5)).contains("6400"));
    assert!(fails(writer.draw_latents(vec![0.0; 7], None)).contains("6400"));
}

#[wasm_bindgen_test]
fn training_goes_on_from_a_checkpoint_as_if_it_had_not_been_cut() {
    let bits: Vec<u8> = (0..40 * 98).map(|i| if (i % 98) / 7 % 5 == i / 98 % 5 { 0x3c } else { 0 }).collect();
    let named = || Some("digits.bits".to_owned());
    let mut data = ok(Dataset::new(&bits, named(), None));
    let held = ok(data.hold_out(8));
    assert_eq!((data.count(), held.count()), (32, 8));
    let settings = || Some(object(&[("batch", 8.0), ("seed", 2.0)]).unchecked_into::<JsTrainerSettings>());
    let config = || JsValue::from("mnist-small").unchecked_into();
    let mut whole = ok(Trainer::on(&data, config(), settings()));
    for _ in 0..6 {
        ok(whole.step_on(&data, None));
    }
    let mut cut = ok(Trainer::on(&data, config(), settings()));
    for _ in 0..3 {
        ok(cut.step_on(&data, None));
    }
    let mut resumed = ok(Trainer::resume(&ok(cut.checkpoint()).to_vec()));
    for _ in 0..3 {
        ok(resumed.step_on(&data, None));
    }
    assert_eq!((resumed.steps(), resumed.loss()), (whole.steps(), whole.loss()));
    assert_eq!(ok(resumed.export()).to_vec(), ok(whole.export()).to_vec());
    ok(whole.bound(&held, None));
    assert!(fails(Dataset::new(&bits[1..], named(), None)).contains("98"));
    // Never by the luck of a length.
    assert!(fails(Dataset::new(&bits, None, None)).contains(".bits"));
    assert!(fails(data.hold_out(32)).contains("hold out"));
}

/// Twenty wide, thirty-six high, two channels: trained, evaluated, written, read, drawn and redrawn.
#[wasm_bindgen_test]
fn images_that_are_not_square_and_of_two_channels_go_all_the_way() {
    const IMAGE: usize = 2 * 20 * 36;
    let inked = |p: usize| (p / 720).is_multiple_of(2) == (p / 20 % 36 < 18) && p / 20 % 9 != p / IMAGE % 9;
    let levels: Vec<u8> = (0..16 * IMAGE).map(|p| if inked(p) { 255 } else { 0 }).collect();
    let data = ok(Dataset::of_levels(levels.clone(), 20, 36, Some(2)));
    assert_eq!((data.width(), data.height(), data.channels()), (20, 36, 2));
    let shape = [("width", 20.0), ("height", 36.0), ("channels", 2.0), ("glimpses", 4.0), ("hidden", 32.0)];
    let config = || ok(configure("mnist-small", object(&shape))).unchecked_into();
    let settings = object(&[("batch", 16.0), ("warm_up", 20.0), ("learning_rate", 0.005), ("average", 0.9)]);
    let mut trainer = ok(Trainer::on(&data, config(), Some(settings.unchecked_into())));
    ok(trainer.step_on(&data, None));
    let first = trainer.loss();
    for _ in 0..150 {
        ok(trainer.step_on(&data, None));
    }
    assert!(trainer.loss() < 0.9 * first, "from {first} to {} nats", trainer.loss());
    let writer = ok(Writer::new(&ok(trainer.export()).to_vec()));
    let nats = |bound: JsValue| Reflect::get(&bound, &"nll_bound_nats".into()).unwrap().as_f64().unwrap();
    assert_eq!(nats(ok(writer.bound(&data, None)).into()), nats(ok(trainer.bound(&data, None)).into()));

    // Three in two columns, 40 by 72 each; the first channel is red, above, the second what is not red, below.
    let mut run = ok(writer.draw(draw_options(&[("seed", 1.0), ("count", 3.0), ("size", 40.0)])));
    ok(run.seek(4.0));
    assert_eq!(run.canvas().length(), 3 * 2 * 40 * 72);
    let picture = ok(run.picture(2, 0x123456));
    assert_eq!((picture.width(), picture.height()), (80, 144));
    let pixels = picture.data();
    let mean = |x0: usize, y0: usize, c: usize| {
        (0..40 * 36).map(|p| pixels[4 * ((y0 + p / 40) * 80 + x0 + p % 40) + c] as f64).sum::<f64>() / 1440.0
    };
    for (x, y) in [(0, 0), (40, 0), (0, 72)] {
        assert!(mean(x, y, 0) > mean(x, y, 1) + 100.0 && mean(x, y + 36, 0) + 100.0 < mean(x, y + 36, 1));
        assert_eq!((mean(x, y, 1), mean(x, y, 3)), (mean(x, y, 2), 255.0));
    }
    assert_eq!(mean(40, 72, 3), 0.0);

    let image: Vec<f32> = levels[..IMAGE].iter().map(|l| *l as f32 / 255.0).collect();
    let mut run = ok(writer.redraw(&image, None));
    ok(run.seek(4.0));
    assert_eq!((run.canvas().length() as usize, run.kl().len(), run.read_windows().len()), (IMAGE, 4, 5));
    assert!(ok(run.error_picture(1, 0, 0)).is_none(), "an error of colours has no sign");
    let text = fails(writer.redraw(&image[1..], None));
    assert!(text.contains("a positive multiple of 1440"), "{text}");
    let grey = ok(Dataset::of_levels(vec![0; 720], 20, 36, None));
    let text = fails(trainer.step_on(&grey, None));
    assert!(text.contains("20×36 grey; the model expects 20×36 of 2 channels"), "{text}");
    let text = fails(configure("mnist-small", object(&[("channels", 5.0)])));
    assert!(text.contains("channels is 5; expected 1 to 4"), "{text}");
}

#[wasm_bindgen_test]
fn two_digits_are_laid_on_an_image() {
    let digits = ok(Dataset::of_levels((0..5 * 784u32).map(|p| (p / 784 * 40 + 55) as u8).collect(), 28, 28, None));
    let pairs = ok(digits.pairs(60, 7, 3.0));
    assert_eq!((pairs.count(), pairs.width(), pairs.height(), pairs.channels()), (7, 60, 60, 1));
    let levels = pairs.levels().to_vec();
    for (i, image) in levels.chunks(3600).enumerate() {
        // The image's own digit, and another, each less what lies under the other's.
        let own = (i as u32 % 5 * 40 + 55) as u8;
        let inked = image.iter().filter(|l| **l > 0).count();
        assert!((784..=2 * 784).contains(&inked) && image.iter().filter(|l| **l >= own).count() > 0, "{i}: {inked}");
    }
    assert_eq!(ok(digits.pairs(60, 7, 3.0)).levels().to_vec(), levels);
    assert_eq!(ok(digits.pairs(60, 3, 3.0)).levels().to_vec(), levels[..3 * 3600]);
    assert!(fails(digits.pairs(20, 1, 0.0)).contains("the size is 20"));
}

#[wasm_bindgen_test]
fn codes_lie_on_a_plane_and_are_drawn_again() {
    let levels: Vec<u8> = (0..12 * 784u32).map(|i| if (i / 31 + i / 784) % 4 == 0 { 255 } else { 0 }).collect();
    let data = ok(Dataset::of_levels(levels, 28, 28, None));
    let binary = ok(data.binary(None));
    assert_eq!(binary, ok(data.binary(Some(9.0))), "black and white stay so");
    let config = ok(configure("autoencoder", object(&[("glimpses", 2.0), ("hidden", 16.0)]))).unchecked_into();
    let trainer = ok(Trainer::on(&data, config, None));
    let writer = ok(trainer.fitted(&data));
    let codes = ok(writer.codes(&binary, None));
    assert_eq!(codes.len(), 12 * 2 * 10);
    let plane = ok(Plane::new(&codes, 20));
    assert_eq!(ok(plane.project(&codes)).len(), 24);
    assert!(ok(plane.project(&ok(plane.at(0.5, -0.25)))).iter().zip([0.5, -0.25]).all(|(a, b)| (a - b).abs() < 1e-5));
    let fitted = ok(writer.fitted_codes(3.0, 4));
    let mut drawn = ok(writer.draw_latents(ok(writer.latents_of(&fitted)), None));
    ok(drawn.seek(2.0));
    assert_eq!(drawn.canvas().length(), 4 * 784);
    // The bound is that of the averaged weights, which the trainer gives too.
    let nats = |bound: JsValue| Reflect::get(&bound, &"reconstruction_nats".into()).unwrap().as_f64().unwrap();
    let [own, trainers] = [nats(ok(writer.bound(&data, None)).into()), nats(ok(trainer.bound(&data, None)).into())];
    assert!(own > 0.0 && own == trainers, "{own} {trainers}");
    assert!(fails(writer.codes(&binary[1..], None)).contains("784"));
    assert!(fails(writer.latents_of(&fitted[1..])).contains("multiple of 20"));
    assert!(fails(ok(Writer::new(DECODER)).fitted_codes(1.0, 1)).contains("plain autoencoder"));
}

#[wasm_bindgen_test]
fn a_trace_holds_what_its_run_shows() {
    let mut writer = ok(Writer::new(DECODER));
    let options = |fields: &[(&str, JsValue)]| {
        let object = Object::new();
        fields.iter().for_each(|(name, value)| assert!(Reflect::set(&object, &(*name).into(), value).unwrap()));
        Some(object.unchecked_into::<JsTraceOptions>())
    };
    let seeded = || options(&[("seed", 7.into())]);
    assert!(fails(writer.trace(&ring(), seeded())).contains("encoder half"));
    ok(writer.add_encoder(ENCODER));
    let part = |trace: &Trace, name: &str| ok(trace.part(JsValue::from(name).unchecked_into())).to_vec();
    let last = |values: Vec<f32>, of: usize| values[values.len() / of * (of - 1)..].to_vec();

    let read = ok(writer.trace(&ring(), seeded()));
    let mut run = ok(writer.redraw(&ring(), Some(object(&[("seed", 7.0)]).unchecked_into())));
    ok(run.seek(64.0));
    assert_eq!(last(part(&read, "canvases"), 65), run.canvas().to_vec());
    assert_eq!(last(part(&read, "readWindows"), 64), run.read_windows());
    assert_eq!(part(&read, "latents"), ok(run.latents()));
    assert_eq!(part(&read, "reconstruction"), run.reconstruction());

    let dream = ok(writer.trace_dream(Some(7.0)));
    let mut run = ok(writer.draw(draw_options(&[("seed", 7.0)])));
    ok(run.seek(64.0));
    assert_eq!(last(part(&dream, "canvases"), 65), run.canvas().to_vec());
    assert!(part(&dream, "means").is_empty());

    // The price is that of a set of the image alone.
    let levels = ring().iter().map(|v| 255 * *v as u8).collect();
    let bound = ok(writer.bound(&ok(Dataset::of_levels(levels, 28, 28, None)), Some(7.0)));
    let nats = Reflect::get(&bound.into(), &"nll_bound_nats".into()).unwrap().as_f64().unwrap();
    let price = ok(writer.trace(&ring(), options(&[("seed", 7.into()), ("noise", "bound".into())])));
    assert!((part(&price, "bound")[64] as f64 - nats).abs() < 1e-3);

    assert_eq!(writer.latents_in_use(), [0, 1, 2]);
    let shapes: js_sys::Array = JsValue::from(ok(tensors(JsValue::from("mnist").unchecked_into()))).unchecked_into();
    let parameters = |t: JsValue| Reflect::get(&t, &"parameters".into()).unwrap().as_f64().unwrap();
    assert_eq!(shapes.iter().map(parameters).sum::<f64>(), writer.parameters());
    assert!(fails(read.part(JsValue::from("cells").unchecked_into())).contains("readWindows"));
    assert!(fails(writer.trace(&ring(), options(&[("noise", "white".into())]))).contains("'redraw' or 'bound'"));
    assert!(fails(writer.trace(&ring()[1..], seeded())).contains("784"));
}

#[wasm_bindgen_test]
fn two_workers_make_the_step_of_one() {
    let bits: Vec<u8> = (0..40 * 98u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 21) as u8).collect();
    let data = ok(Dataset::new(&bits, Some("noise.bits".to_owned()), None));
    assert!(data.notes()[0].contains("noise"), "{:?}", data.notes());
    let copy = ok(Dataset::of_levels(data.levels().to_vec(), 28, 28, None));
    let config = || ok(configure("mnist-small", object(&[("glimpses", 3.0), ("hidden", 32.0)]))).unchecked_into();
    let settings = || Some(object(&[("batch", 9.0), ("seed", 2.0)]).unchecked_into::<JsTrainerSettings>());
    let mut one = ok(Trainer::on(&data, config(), settings()));
    let mut lead = ok(Trainer::on(&data, config(), settings()));
    let mut helper = ok(Trainer::resume(&ok(lead.checkpoint()).to_vec()));
    for _ in 0..4 {
        ok(helper.follow(&lead.params().to_vec(), lead.steps()));
        ok(helper.begin(&copy, 5, 9));
        ok(lead.begin(&data, 0, 5));
        ok(lead.finish(vec![ok(helper.part())], None));
        ok(one.step_on(&data, None));
        assert!((lead.loss() - one.loss()).abs() < 1e-3, "{} and {}", lead.loss(), one.loss());
    }
    assert!(largest_difference(&lead.params().to_vec(), &one.params().to_vec()) < 1e-3);
    ok(lead.begin(&data, 0, 5));
    assert!(fails(lead.finish(vec![js_sys::Float32Array::new_with_length(2)], None)).contains("length of a part"));
    assert!(fails(lead.finish(vec![], None)).contains("parts of the batch is 5"));
    assert_eq!(lead.steps(), one.steps());
}

#[wasm_bindgen_test]
fn ten_thousand_training_steps_leak_nothing() {
    let fields = [("glimpses", 2.0), ("hidden", 8.0), ("latent", 2.0)];
    let config = ok(configure("mnist-small", object(&fields)));
    let settings = object(&[("batch", 1.0), ("seed", 1.0)]).unchecked_into::<JsTrainerSettings>();
    let mut trainer = ok(Trainer::new(JsValue::from(config).unchecked_into(), Some(settings)));
    let memory = || core::arch::wasm32::memory_size(0);
    let mut after_1000 = 0;
    for i in 1..=10_000 {
        ok(trainer.step(&ring()));
        if i == 1000 {
            after_1000 = memory();
        }
    }
    assert_eq!(memory(), after_1000);
}

#[wasm_bindgen_test]
fn options_that_are_there_are_read() {
    assert!(fails(configure("mnist-small", object(&[("hiden", 8.0)]))).contains("hiden"));
    // A field that is left out of what serde writes of a preset.
    let plain = object(&[]);
    Reflect::set(&plain, &"variational".into(), &false.into()).unwrap();
    let config = ok(configure("mnist-small", plain));
    assert_eq!(Reflect::get(&config, &"variational".into()).unwrap(), JsValue::from(false));
    // An absent field and an undefined one are alike.
    let settings = object(&[("seed", 1.0)]);
    Reflect::set(&settings, &"batch".into(), &JsValue::UNDEFINED).unwrap();
    let trainer = ok(Trainer::new(JsValue::from("mnist-small").unchecked_into(), Some(settings.unchecked_into())));
    assert_eq!(trainer.batch(), 100);
}
