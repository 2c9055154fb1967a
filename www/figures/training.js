// The figure that learns: a model trained in the tab, from nothing or on the visitor's own marks.

import { Engine } from "../engine.js";
import { Plate } from "../plate.js";
import { filesOf, greyLevels } from "./files.js";
import { WEIGHTS } from "./lab.js";
import { marks } from "./marks.js";
import { button, choice, downloads, el, failed, ink, latest, near, recall, recallText, recolored, remember, save, saveImageSvg, savePng, saveSvg, slider, svg } from "./kit.js";

const DATA = new URL("../data/mnist.bits.gz", import.meta.url).href;
const COLUMNS = 8;
/** What can be begun: a preset of the engine, with settings that suit it. */
const PRESETS = {
  "small: 10 glimpses, a minute or two": { preset: "mnist-small", settings: { batch: 25, learning_rate: 0.004, warm_up: 50, average: 0.98 } },
  "without attention": { preset: "mnist-small", changes: { attention: false }, settings: { batch: 25, learning_rate: 0.002, warm_up: 50, average: 0.98 } },
  "the paper's model: hours": { preset: "mnist", settings: { batch: 32, learning_rate: 0.001, warm_up: 200, average: 0.99 } },
};
/** Settings that matter: where they belong, and their range. */
const SETTINGS = [
  { name: "glimpses", min: 1, max: 64, step: 1 },
  { name: "hidden", min: 16, max: 512, step: 16 },
  { name: "latent", min: 2, max: 100, step: 1 },
  { name: "read_patch", label: "read patch", min: 1, max: 12, step: 1 },
  { name: "write_patch", label: "write patch", min: 1, max: 12, step: 1 },
];
const TUNING = { batch: 12, learning_rate: 0.002, warm_up: 10, average: 0.9 };

export function training(root) {
  let engine = null;
  let config = null;
  let curve = [];
  let running = false;
  let changes = {};
  let plan = {};
  const plate = new Plate("Digits drawn by the model as it is now");
  plate.root.classList.add("sheet");
  const chart = svg("svg", { viewBox: "0 0 640 240", class: "chart", role: "img", "aria-label": "The bound on held-out images, falling" });
  const numbers = el("p", { className: "numbers", role: "status" });
  const notice = el("p", { className: "status", role: "status" });
  const costs = el("p", { className: "status" });
  const play = button("Train", () => (running ? pause() : start()), { name: "train" });
  const once = button("One step", () => ask("once").then(told, stopped), { name: "once", disabled: true });
  const reset = button("Start over", startOver, { name: "reset", disabled: true });

  const names = Object.keys(PRESETS);
  const presets = choice({ label: "model", options: names, value: recallText("model", names, names[0]), name: "model" }, (name) => {
    remember({ model: name });
    choosePreset(name);
    price();
  });
  const sliders = Object.fromEntries(SETTINGS.map((s) => [s.name, slider({ label: s.label ?? s.name, ...s, value: s.min, show: String }, (v) => change(s.name, v))]));
  const rate = slider({ label: "learning rate", min: -5, max: 0, step: 0.1, value: -2.4, show: (v) => (10 ** v).toPrecision(2), name: "rate" }, (v) => {
    plan.settings = { ...plan.settings, learning_rate: 10 ** v };
    remember({ rate: v });
  });
  const batch = slider({ label: "batch", min: 1, max: 200, step: 1, value: 25, show: String, name: "batch" }, (v) => {
    plan.settings = { ...plan.settings, batch: v };
    remember({ batch: v });
  });
  const cores = navigator.hardwareConcurrency || 1;
  const workers = slider({ label: "workers", min: 1, max: Math.max(2, Math.min(8, cores)), step: 1, value: Math.min(4, cores), show: String, name: "workers" }, (v) => {
    remember({ workers: v });
    ask("workers", { workers: v }).catch(stopped);
  });
  const attention = el("input", { type: "checkbox", name: "attention", checked: true });
  attention.addEventListener("change", () => change("attention", attention.checked));
  const file = el("input", { type: "file", multiple: true, name: "file", accept: ".bits,.gz,.idx,.safetensors,image/*,*-ubyte" });
  file.addEventListener("change", () => bring([...file.files]));

  const own = marks(teach, (error) => failed(root, error));
  root.append(
    el("div", { className: "bar" }, play, once, reset),
    numbers,
    el("div", { className: "learn" }, plate.root, chart),
    el("p", { className: "legend" }, el("i", { className: "held" }), " held out ", el("i", { className: "train" }), " training ", el("i", { className: "reconstruction" }), " reconstruction ", el("i", { className: "kl" }), " KL, in nats"),
    notice,
    el("details", {}, el("summary", { textContent: "The model, and what it costs" }), presets.root,
      el("div", { className: "sliders" }, ...Object.values(sliders).map((s) => s.root), rate.root, batch.root, workers.root,
        el("label", { className: "slider" }, el("span", { textContent: "attention" }), attention)),
      costs, el("p", { className: "status", textContent: "A change counts from the next start; of the workers, at once." })),
    el("details", { open: recall("own", 0) === 1 }, el("summary", { textContent: "Teach it marks of your own" }), own),
    el("details", {}, el("summary", { textContent: "Bring your own data or weights" }),
      el("p", { textContent: "Drop an IDX file, bit rows, images, or trained weights (.safetensors) anywhere on this figure, or choose them. Nothing leaves your machine." }), file),
    downloads({
      weights: async () => save("attentive-writer.safetensors", await ask("export"), "application/octet-stream"),
      "PNG of the samples": () => savePng("samples.png", [plate.ink]),
      "SVG of the samples": () => saveImageSvg("samples.svg", [plate.ink]),
      "SVG of the curve": () => saveSvg("curve.svg", chart),
    }),
  );

  const ask = (type, request, progress) => {
    engine ??= connect();
    return engine.ask(type, request, progress);
  };

  function connect() {
    const made = new Engine(new Worker(new URL("./train-worker.js", import.meta.url), { type: "module" }));
    made.told = told;
    return made;
  }

  // ---- What to train

  function choosePreset(name) {
    plan = structuredClone(PRESETS[name]);
    changes = { ...plan.changes };
    rate.set(Math.log10(plan.settings.learning_rate));
    batch.set(plan.settings.batch);
  }

  /** The plan that stands in the address. */
  function recallPlan() {
    choosePreset(presets.select.value);
    for (const { name, min, max } of SETTINGS) {
      const value = recall(name, null, min, max);
      if (value !== null) changes[name] = value;
    }
    if (recall("attention", 1) === 0) changes.attention = false;
    const exponent = recall("rate", null, -5, 0);
    if (exponent !== null) {
      rate.set(exponent);
      plan.settings.learning_rate = 10 ** exponent;
    }
    const size = recall("batch", null, 1, 200);
    if (size !== null) {
      batch.set(size);
      plan.settings.batch = size;
    }
  }

  function change(name, value) {
    changes[name] = value;
    remember({ [name]: Number(value) });
    price();
  }

  const price = latest(async () => {
    try {
      const { config: c, parameters, training_flops } = await ask("cost", { preset: plan.preset, changes });
      for (const [name, s] of Object.entries(sliders)) s.set(c[name]);
      attention.checked = c.attention;
      costs.textContent = `${parameters.toLocaleString("en")} parameters; ${Math.round(training_flops / 1e6).toLocaleString("en")} million operations to train on one image.`;
      costs.classList.remove("failed");
    } catch (error) {
      costs.textContent = error.message;
      costs.classList.add("failed");
    }
  });

  const loading = ({ loaded, total }) => {
    notice.textContent = `loading ${Math.round(loaded / 1000)} kB${total ? ` of ${Math.round(total / 1000)} kB` : ""}`;
  };

  async function prepare(type, request) {
    notice.classList.remove("failed");
    const state = await ask(type, request, loading);
    notice.textContent = "";
    take(state);
  }

  function take(state) {
    config = state.config;
    curve = state.curve;
    once.disabled = reset.disabled = false;
    drawChart();
    look();
  }

  // ---- Running

  async function start() {
    try {
      play.disabled = true;
      await opened();
      if (!config) await prepare("fresh", { preset: plan.preset, changes, settings: plan.settings, origin: { kind: "digits", url: DATA } });
      await go();
    } catch (error) {
      stopped(error);
    } finally {
      play.disabled = false;
    }
  }

  async function go() {
    notice.classList.remove("failed");
    await ask("play");
    running = true;
    play.textContent = "Pause";
    root.dataset.state = "training";
  }

  async function pause() {
    running = false;
    play.textContent = "Train on";
    root.dataset.state = "paused";
    await ask("pause");
  }

  async function startOver() {
    running = false;
    config = null;
    curve = [];
    await ask("reset").catch(stopped);
    play.textContent = "Train";
    once.disabled = reset.disabled = true;
    numbers.textContent = notice.textContent = "";
    notice.classList.remove("failed");
    plate.clear();
    drawChart();
    root.dataset.state = "idle";
  }

  function stopped(error) {
    running = false;
    play.textContent = config ? "Train on" : "Train";
    root.dataset.state = "stopped";
    failed(root, error);
  }

  function told({ at, report, seconds, point, sheet, stepsPerSecond, workers: hands, notice: text, stopped: why } = {}) {
    if (text) notice.textContent = text;
    if (why) return stopped(new Error(why));
    // A last word from before a new start.
    if (!config) return;
    if (point) {
      curve.push(point);
      drawChart();
      root.dataset.nats = point.held.toFixed(2);
    }
    if (sheet) show(sheet);
    if (!report) return;
    root.dataset.steps = at;
    const last = curve.at(-1);
    const speed = stepsPerSecond ? `${Math.round(stepsPerSecond * (plan?.settings.batch ?? 1))} images a second${hands > 1 ? ` by ${hands} workers` : ""}` : "";
    if (hands) root.dataset.workers = hands;
    if (stepsPerSecond || !running) {
      numbers.textContent =
        `step ${at}, ${Math.round(seconds)} s of training; ${config.glimpses} glimpses a digit; ` +
        (last ? `held-out bound ${last.held.toFixed(1)} = ${last.reconstruction.toFixed(1)} reconstruction + ${last.kl.toFixed(1)} KL nats` : "") +
        (speed ? `; ${speed}` : "");
    }
  }

  // ---- What is seen

  const cell = () => Math.max(config?.width ?? 28, Math.round(((plate.root.clientWidth || 320) * devicePixelRatio) / COLUMNS));

  async function look() {
    if (!config) return;
    const size = config.attention ? cell() : config.width;
    const seen = await ask("look", { columns: COLUMNS, ink: ink(), size }).catch(stopped);
    if (seen) show(seen.sheet);
  }

  function show({ image, windows, glimpse, glimpses, cell: side }) {
    plate.paint(image);
    plate.clearWindows();
    if (config.attention && glimpse < glimpses) {
      plate.drawWindows(windows, { columns: COLUMNS, cell: side, patch: config.write_patch, color: getComputedStyle(document.documentElement).getPropertyValue("--write") });
    }
  }

  function drawChart() {
    const [left, right, top, bottom] = [44, 632, 8, 212];
    if (!curve.length) return chart.replaceChildren();
    const end = Math.max(10, curve.at(-1).seconds);
    // The first moments are far above the rest: the scale follows what came after.
    const settled = curve.slice(Math.min(curve.length - 1, Math.floor(curve.length / 8)));
    const most = 1.05 * Math.max(...settled.map((p) => p.held));
    const x = (s) => left + ((right - left) * s) / end;
    const y = (v) => bottom - ((bottom - top) * Math.min(v, most)) / most;
    const line = (key) => curve.filter((p) => p[key] !== null).map((p, i) => `${i ? "L" : "M"}${x(p.seconds).toFixed(1)} ${y(p[key]).toFixed(1)}`).join("");
    const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => share * most);
    const text = (content, attributes) => {
      const element = svg("text", attributes);
      element.textContent = content;
      return element;
    };
    chart.replaceChildren(
      ...ticks.map((v) => svg("path", { d: `M${left} ${y(v)}H${right}`, class: "axis" })),
      ...ticks.map((v) => text(v.toFixed(0), { x: left - 6, y: y(v) + 4, "text-anchor": "end" })),
      text("0 s", { x: left, y: 232 }),
      text(`${Math.round(end)} s`, { x: right, y: 232, "text-anchor": "end" }),
      ...["kl", "reconstruction", "train", "held"].map((key) => svg("path", { d: line(key), class: key })),
    );
    chart.setAttribute("aria-label", `The bound on held-out images, in nats: ${curve[0].held.toFixed(1)} at first, now ${curve.at(-1).held.toFixed(1)}`);
  }

  // ---- What the visitor brings

  async function teach(drawn) {
    try {
      await opened();
      running = false;
      await prepare("tune", { url: WEIGHTS, settings: TUNING, origin: { kind: "marks", marks: drawn, seed: 1 } });
      plan = { preset: "mnist", settings: TUNING };
      const first = await ask("bound");
      curve = [first];
      await go();
    } catch (error) {
      stopped(error);
    }
  }

  async function bring(files) {
    try {
      await opened();
      notice.classList.remove("failed");
      if (!files.length) return;
      running = false;
      const [first] = files;
      if (first.name.endsWith(".safetensors")) {
        const bytes = new Uint8Array(await first.arrayBuffer());
        return await prepare("tune", { bytes, settings: plan.settings, origin: { kind: "digits", url: DATA } });
      }
      const pictures = files.filter((f) => f.type.startsWith("image/"));
      const origin = pictures.length
        ? { kind: "levels", width: 28, height: 28, levels: await greyLevels(pictures) }
        : { kind: "bytes", bytes: new Uint8Array(await first.arrayBuffer()) };
      await prepare("fresh", { preset: plan.preset, changes, settings: plan.settings, origin }).catch((error) => {
        throw new Error(`${first.name}: ${error.message}`);
      });
      await go();
    } catch (error) {
      stopped(error);
    }
  }

  root.addEventListener("dragover", (event) => event.preventDefault());
  root.addEventListener("drop", async (event) => {
    event.preventDefault();
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry()).filter(Boolean);
    try {
      bring((await Promise.all(entries.map(filesOf))).flat());
    } catch (error) {
      stopped(error);
    }
  });

  // ---- Around it

  const told_slow = () => {
    const slow = document.hidden || !visible;
    if (engine) ask("slow", { slow }).catch(() => {});
    if (running) notice.textContent = slow ? "out of sight: training goes slowly" : "";
  };
  let visible = true;
  new IntersectionObserver((entries) => {
    visible = entries.at(-1).isIntersecting;
    told_slow();
  }).observe(root);
  document.addEventListener("visibilitychange", told_slow);
  recolored(() => {
    look();
    drawChart();
  });

  /** What comes from the worker when the figure is first neared: the cost, and what was kept before a reload. */
  async function open() {
    const several = recall("workers", null, 1, 8);
    if (several !== null) {
      workers.set(several);
      ask("workers", { workers: several }).catch(stopped);
    }
    price();
    try {
      const state = await ask("restore", {}, loading);
      if (!notice.classList.contains("failed")) notice.textContent = "";
      if (!state) return;
      take(state);
      if (state.settings) plan.settings = state.settings;
      play.textContent = "Train on";
      root.dataset.state = "paused";
      numbers.textContent = `back at step ${state.steps}, from before the reload`;
    } catch (error) {
      failed(root, error);
    }
  }

  let opening = null;
  /** A start waits for it: what was kept would otherwise come after, and take the place of what was begun. */
  const opened = () => (opening ??= open());
  recallPlan();
  near(root, opened);
}
