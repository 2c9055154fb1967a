// The panel of what to train next: a preset or a model that was brought, its shape, and the settings of training.

import { choice, el, latest, recall, recallText, recallWhole, remember, said, slider } from "./kit.js";
import { ask } from "./lab.js";

/** What can be begun: a preset of the engine, with settings that suit it. */
const PRESETS = {
  "small: 10 glimpses, a minute or two": { preset: "mnist-small", settings: { batch: 25, learning_rate: 0.004, warm_up: 50, average: 0.995, clip: 1000 } },
  "without attention": { preset: "mnist-small", changes: { attention: false }, settings: { batch: 25, learning_rate: 0.002, warm_up: 50, average: 0.98 } },
  "a plain autoencoder, which cannot draw": { preset: "autoencoder", settings: { batch: 25, learning_rate: 0.004, warm_up: 50, average: 0.98 } },
  "a VAE in one shot": { preset: "vae", settings: { batch: 25, learning_rate: 0.002, warm_up: 50, average: 0.98 } },
  "the paper's model: hours": { preset: "mnist", settings: { batch: 32, learning_rate: 0.001, warm_up: 200, average: 0.99 } },
};
/** The shape that can be changed: where it belongs, and its range. */
const SHAPE = [
  { name: "glimpses", min: 1, max: 64, step: 1 },
  { name: "hidden", min: 16, max: 512, step: 16 },
  { name: "latent", min: 2, max: 100, step: 1 },
  { name: "read_patch", label: "read patch", min: 1, max: 12, step: 1 },
  { name: "write_patch", label: "write patch", min: 1, max: 12, step: 1 },
];

/** What the address has of changes, taken out. */
const CHANGES = Object.fromEntries([...SHAPE.map(({ name }) => name), "attention", "rate", "batch"].map((name) => [name, null]));

export class Plan {
  preset;
  changes = {};
  settings = {};
  /** A model that was brought, as a plan of its own. */
  #brought = null;
  /** The size and the likelihood of the images of what was brought, for what it costs. */
  #images = {};
  #presets;
  #shape;
  #rate;
  #batch;
  #attention = el("input", { type: "checkbox", name: "attention", checked: true });
  #costs = el("p", { className: "status" });

  /** `workers` is called with how many are to train. */
  constructor(workers) {
    const names = Object.keys(PRESETS);
    this.#presets = choice({ label: "model", options: names, value: recallText("model", names, names[0]), name: "model" }, (name) => {
      // What was changed of another model is none of this one's.
      remember({ ...CHANGES, model: PRESETS[name] ? name : null });
      this.#choose(name);
      this.price();
    });
    this.#shape = Object.fromEntries(
      SHAPE.map((s) => [s.name, slider({ label: s.label ?? s.name, ...s, value: s.min, show: String }, (v) => this.#change(s.name, v))]),
    );
    this.#attention.addEventListener("change", () => this.#change("attention", this.#attention.checked));
    const show = (v) => (10 ** v).toPrecision(2);
    this.#rate = slider({ label: "learning rate", min: -5, max: 0, step: 0.1, value: -2.4, show, name: "rate" }, (v) => {
      this.settings.learning_rate = 10 ** v;
      remember({ rate: v });
    });
    this.#batch = slider({ label: "batch", min: 1, max: 200, step: 1, value: 25, show: String, name: "batch" }, (v) => {
      this.settings.batch = v;
      remember({ batch: v });
    });
    const cores = navigator.hardwareConcurrency || 1;
    this.workers = slider({ label: "workers", min: 1, max: Math.max(2, Math.min(8, cores)), step: 1, value: Math.min(4, cores), show: String, name: "workers" }, (v) => {
      remember({ workers: v });
      workers(v);
    });
    const sliders = [...Object.values(this.#shape), this.#rate, this.#batch, this.workers].map((s) => s.root);
    const attention = el("label", { className: "slider" }, el("span", { textContent: "attention" }), this.#attention);
    const note = el("p", { className: "status", textContent: "A change counts from the next start; of the workers, at once." });
    this.root = el("details", {}, el("summary", { textContent: "The model, and what it costs" }), this.#presets.root,
      el("div", { className: "sliders" }, ...sliders, attention), this.#costs, note);
    this.#recall();
  }

  #choose(name) {
    const { preset, changes = {}, settings, images = {} } = structuredClone(PRESETS[name] ?? this.#brought.plan);
    Object.assign(this, { preset, changes, settings });
    this.#images = images;
    this.#rate.set(Math.log10(settings.learning_rate));
    this.#batch.set(settings.batch);
  }

  /** The plan that stands in the address. */
  #recall() {
    this.#choose(this.#presets.select.value);
    for (const { name, min, max } of SHAPE) {
      const value = recallWhole(name, null, min, max);
      if (value !== null) this.changes[name] = value;
    }
    const attention = recall("attention", null, 0, 1);
    if (attention !== null) this.changes.attention = attention === 1;
    const exponent = recall("rate", null, -5, 0);
    if (exponent !== null) {
      this.#rate.set(exponent);
      this.settings.learning_rate = 10 ** exponent;
    }
    const size = recallWhole("batch", null, 1, 200);
    if (size !== null) {
      this.#batch.set(size);
      this.settings.batch = size;
    }
  }

  #change(name, value) {
    this.changes[name] = value;
    remember({ [name]: Number(value) });
    this.price();
  }

  /** Shows a model that was brought, by its name: its shape and settings. Started over, one of its shape begins. */
  bring(name, config, { batch, learning_rate }) {
    const those = (...keys) => Object.fromEntries(keys.filter((key) => key in config).map((key) => [key, config[key]]));
    const changes = those(...SHAPE.map((s) => s.name), "attention", "variational");
    const images = those("width", "height", "channels", "likelihood");
    const plan = { preset: this.preset, changes, images, settings: { ...this.settings, batch, learning_rate } };
    const option = this.#brought?.option ?? el("option");
    option.value = option.textContent = name;
    this.#brought = { option, plan };
    this.#presets.select.prepend(option);
    this.#presets.select.value = name;
    this.#choose(name);
    this.price();
  }

  /** Shows the shape that is planned, and what it costs. */
  price = latest(async () => {
    try {
      const { config, parameters, training_flops } = await ask("cost", { preset: this.preset, changes: { ...this.#images, ...this.changes } });
      for (const [name, s] of Object.entries(this.#shape)) s.set(config[name]);
      this.#attention.checked = config.attention;
      said(this.#costs, `${parameters.toLocaleString("en")} parameters; ${Math.round(training_flops / 1e6).toLocaleString("en")} million operations to train on one image.`);
    } catch (error) {
      this.#costs.textContent = error.message;
      this.#costs.classList.add("failed");
    }
  });
}
