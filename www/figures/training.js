// The figure that learns: a model trained in the tab, from nothing, on from what was brought, or on the visitor's own
// marks.

import { Engine } from "../engine.js";
import { Plate } from "../plate.js";
import { Curve } from "./curve.js";
import { READS, broughtIn, filesOf } from "./files.js";
import { button, color, css, downloads, el, failed, ink, kilobytes, near, quiet, recall, recallWhole, recolored, said, save, saveImageSvg, savePng, saveSvg } from "./kit.js";
import { finished, inked } from "./kept.js";
import { WEIGHTS, side } from "./lab.js";
import { marks } from "./marks.js";
import { Plan } from "./plan.js";

/** What is trained on if nobody brings data. */
const DIGITS = { kind: "digits" };
const COLUMNS = 8;
const TUNING = { batch: 12, learning_rate: 0.002, warm_up: 10, average: 0.9 };
/** The curve's lines. */
const LINES = { held: "held out", train: "training", reconstruction: "reconstruction", kl: "KL" };

class Training {
  #root;
  #engine = null;
  #config = null;
  #running = false;
  /** While something is brought or taught, or begun: what else is asked for waits, and starting over is not offered. */
  #busy = false;
  /** Whether something is kept that cannot be brought back. */
  #kept = false;
  #visible = true;
  #opening = null;
  /** A finished run, shown until there is one of the visitor's. */
  #finished = null;
  #curve = new Curve();
  #plate = new Plate("Digits drawn by the model as it is now");
  #numbers = el("p", { className: "numbers", role: "status" });
  #notice = el("p", { className: "status", role: "status" });
  #play = button("Train", () => (this.#running ? this.#pause() : this.#start()), { name: "train", "data-key": "play" });
  #once = button("One step", () => this.#ask("once").then((value) => this.#told(value ?? {}), (error) => this.#stopped(error)), { name: "once", disabled: true, "data-key": "step" });
  #reset = button("Start over", () => this.#startOver(), { name: "reset", disabled: true });
  #plan = new Plan((workers) => this.#ask("workers", { workers }).catch((error) => this.#stopped(error)));

  constructor(root) {
    this.#root = root;
    this.#plate.root.classList.add("sheet");
    this.#lay();
    this.#takeDrops();
    this.#watch();
    near(root, () => this.#opened().catch((error) => this.#stopped(error)));
  }

  #lay() {
    const legend = Object.entries(LINES).map(([key, text]) => el("span", {}, el("i", { className: key }), text));
    const own = marks((drawn, side) => this.#teach(drawn, side), (error) => failed(this.#root, error));
    const file = el("input", { type: "file", multiple: true, name: "file", "aria-label": "Data or weights" });
    file.addEventListener("change", async () => {
      await this.#bring([...file.files]);
      // So that the same file can be chosen again.
      file.value = "";
    });
    this.#root.append(
      el("div", { className: "bar" }, this.#play, this.#once, this.#reset),
      this.#numbers,
      el("div", { className: "learn" }, this.#plate.root, this.#curve.chart),
      el("p", { className: "legend" }, ...legend, "in nats"),
      this.#notice,
      this.#plan.root,
      el("details", { open: recall("own", 0) === 1 }, el("summary", { textContent: "Teach it marks of your own" }), own),
      el("details", {}, el("summary", { textContent: "Bring your own data or weights" }),
        el("p", { textContent: `Drop them anywhere on this figure, or choose them. It reads ${READS}. Nothing leaves your machine.` }), file),
      downloads({
        weights: async () => save("attentive-writer.safetensors", await this.#ask("export"), "application/octet-stream"),
        "PNG of the samples": () => savePng("samples.png", [this.#plate.ink]),
        "SVG of the samples": () => saveImageSvg("samples.svg", [this.#plate.ink]),
        "SVG of the curve": () => saveSvg("curve.svg", this.#curve.chart),
      }),
    );
  }

  async #ask(type, request) {
    if (!this.#engine) {
      this.#engine = new Engine(new Worker(new URL("./train-worker.js", import.meta.url), { type: "module" }));
      this.#engine.told = (value) => this.#told(value);
      this.#engine.lost = (error) => this.#lost(error);
    }
    return this.#engine.ask(type, request, (part) => (this.#notice.textContent = `loading ${kilobytes(part)}`));
  }

  #say(text) {
    said(this.#notice, text);
  }

  // ---- Running

  async #prepare(type, request) {
    this.#notice.classList.remove("failed");
    const state = await this.#ask(type, request);
    this.#say("");
    this.#take(state);
    return state;
  }

  /** Shows another model, from what its worker says of it; what was shown of the one before goes. */
  #take(state) {
    this.#config = state.config;
    delete this.#root.dataset.kept;
    this.#curve.set(state.curve);
    this.#numbers.textContent = "";
    this.#root.dataset.steps = state.steps;
    delete this.#root.dataset.nats;
    this.#once.disabled = this.#reset.disabled = this.#busy;
    if (state.name) this.#plan.bring(state.name, state.config, state);
    this.#look();
  }

  /** A new model, as planned. */
  #fresh(origin) {
    const { preset, changes, settings } = this.#plan;
    return this.#prepare("fresh", { preset, changes, settings, origin });
  }

  #start() {
    return this.#alone(async () => {
      this.#say("");
      await this.#opened();
      if (!this.#config) await this.#fresh(DIGITS);
      await this.#go();
    });
  }

  #last = Promise.resolve();

  /** Does what begins a model, one after the other, while no button can take it from under it. */
  #alone(work) {
    return (this.#last = this.#last.then(async () => {
      this.#busy = this.#play.disabled = this.#once.disabled = this.#reset.disabled = true;
      try {
        await work();
      } catch (error) {
        this.#stopped(error);
      }
      this.#busy = this.#play.disabled = false;
      this.#once.disabled = !this.#config;
      // What was kept and cannot be brought back can be let go.
      this.#reset.disabled = !this.#config && !this.#kept;
    }));
  }

  /** While it runs, its numbers are not read out; then they are. */
  #turn(running) {
    this.#running = running;
    quiet(this.#numbers, running);
  }

  async #go() {
    this.#notice.classList.remove("failed");
    await this.#ask("play");
    this.#turn(true);
    this.#play.textContent = "Pause";
    this.#root.dataset.state = "training";
  }

  async #pause() {
    this.#turn(false);
    this.#play.textContent = "Train on";
    this.#root.dataset.state = "paused";
    await this.#ask("pause");
  }

  async #startOver() {
    this.#turn(false);
    this.#config = null;
    this.#kept = false;
    this.#say("");
    await this.#ask("reset").catch((error) => this.#stopped(error));
    this.#play.textContent = "Train";
    this.#once.disabled = this.#reset.disabled = true;
    this.#numbers.textContent = "";
    this.#plate.clear();
    this.#curve.set([]);
    this.#root.dataset.state = "idle";
    delete this.#root.dataset.steps;
    this.#foretell();
  }

  #stopped(error) {
    this.#turn(false);
    this.#play.textContent = this.#config ? "Train on" : "Train";
    this.#root.dataset.state = "stopped";
    this.#notice.textContent = error.message;
    this.#notice.classList.add("failed");
  }

  /** The worker is gone, and all that was not kept: the next start has another, which brings back what was. */
  #lost(error) {
    this.#engine = this.#config = this.#opening = null;
    this.#once.disabled = true;
    this.#stopped(error);
  }

  /** @param {any} [value] What the worker says. */
  #told({ at, report, seconds, point, sheet, stepsPerSecond, batch, workers, notice, stopped } = {}) {
    if (notice) this.#notice.textContent = notice;
    if (stopped) return this.#stopped(new Error(stopped));
    // A last word from before a new start.
    if (!this.#config) return;
    if (point) {
      this.#curve.add(point);
      this.#root.dataset.nats = point.held.toFixed(2);
    }
    if (sheet) this.#show(sheet);
    if (!report) return;
    this.#root.dataset.steps = at;
    if (workers) this.#root.dataset.workers = workers;
    if (stepsPerSecond || !this.#running) {
      const speed = stepsPerSecond ? `; ${Math.round(stepsPerSecond * batch)} images a second${workers > 1 ? ` by ${workers} workers` : ""}` : "";
      this.#account(at, seconds, speed);
    }
  }

  #account(step, seconds, speed = "") {
    const point = this.#curve.last;
    const nats = point && (this.#config.variational === false
      ? `held-out reconstruction ${point.reconstruction.toFixed(1)} nats, which bounds nothing`
      : `held-out bound ${point.held.toFixed(1)} = ${point.reconstruction.toFixed(1)} reconstruction + ${point.kl.toFixed(1)} KL nats`);
    const bound = nats ?? "";
    this.#numbers.textContent = `step ${step}, ${Math.round(seconds)} s of training; ${this.#config.glimpses} glimpses a digit; ${bound}${speed}`;
  }

  // ---- What is seen

  /** Shows the finished run, in grey, as long as there is none of the visitor's. */
  async #foretell() {
    try {
      const run = await (this.#finished ??= finished());
      if (this.#config || this.#running || this.#play.disabled) return;
      const { steps, batch, model, samples, curve } = run;
      this.#root.dataset.kept = "";
      this.#curve.set(curve);
      this.#plate.paint(inked(samples, ink()));
      this.#plate.clearWindows();
      const { seconds, held } = curve.at(-1);
      this.#numbers.textContent = `What will come, from a run that was kept: ${steps.toLocaleString("en")} steps of ${batch} images, ${model.glimpses} glimpses a digit; after ${Math.round(seconds)} s, a held-out bound of ${held.toFixed(1)} nats`;
    } catch (error) {
      this.#finished = null;
      failed(this.#root, error);
    }
  }

  async #look() {
    if (!this.#config) return this.#foretell();
    const cell = Math.max(this.#config.width, Math.round(((this.#plate.root.clientWidth || 320) * devicePixelRatio) / COLUMNS));
    const size = this.#config.attention ? cell : this.#config.width;
    const seen = await this.#ask("look", { columns: COLUMNS, ink: ink(), size }).catch((error) => this.#stopped(error));
    if (seen) this.#show(seen.sheet);
  }

  #show({ image, windows, glimpse, glimpses, cell }) {
    this.#plate.paint(image);
    this.#plate.ink.style.aspectRatio = image.width / image.height;
    this.#plate.clearWindows();
    if (!this.#config.attention || glimpse === glimpses) return;
    const { write_patch: patch, width, height } = this.#config;
    const tall = Math.ceil((cell * height) / width);
    this.#plate.drawWindows(windows, { columns: COLUMNS, cell, tall, patch, color: css(color("--write")) });
  }

  // ---- What the visitor brings

  #teach(drawn, side) {
    return this.#alone(async () => {
      await this.#rest();
      const origin = { kind: "marks", marks: drawn, side, seed: 1 };
      await this.#prepare("tune", { url: WEIGHTS, name: "the page's model, on your marks", settings: TUNING, origin });
      await this.#weigh();
      await this.#go();
    });
  }

  async #bring(files) {
    if (!files.length) return;
    await this.#alone(async () => {
      await this.#rest();
      this.#say("reading");
      const { name, model, origin, left } = await broughtIn(files, side);
      const without = left.length ? [`left out: ${left.join(", ")}`] : [];
      if (model) {
        const { steps, notes } = await this.#prepare("bring", { name, model, settings: this.#plan.settings, origin: origin ?? DIGITS });
        await this.#weigh();
        this.#play.textContent = "Train on";
        this.#root.dataset.state = "paused";
        const { glimpses, hidden } = this.#config;
        const what = model.kind === "checkpoint" ? `a training at step ${steps}` : "trained weights";
        const read = `${name}: read: ${what}, ${glimpses} glimpses, ${hidden} hidden units; it can be trained on${origin ? "" : ", with this page's digits"}`;
        this.#say([read, ...without, ...notes].join("; "));
      } else {
        const { notes } = await this.#fresh(origin);
        this.#say([`${name}: read; a new model trains on it`, ...without, ...notes].join("; "));
        await this.#go();
      }
    });
  }

  /** What trains is paused while something else is brought; if that fails, it can go on. */
  async #rest() {
    await this.#opened();
    if (this.#running) await this.#pause();
  }

  /** The bound before any more training, as the curve's first point. */
  async #weigh() {
    const point = await this.#ask("bound");
    this.#curve.set([point]);
    this.#root.dataset.nats = point.held.toFixed(2);
    this.#account(this.#root.dataset.steps, 0);
  }

  #takeDrops() {
    const root = this.#root;
    const shade = (over) => root.classList.toggle("over", over);
    root.addEventListener("dragover", (event) => {
      event.preventDefault();
      shade(true);
    });
    root.addEventListener("dragleave", (event) => !root.contains(event.relatedTarget) && shade(false));
    root.addEventListener("drop", async (event) => {
      event.preventDefault();
      shade(false);
      // What is dropped can be asked for only now, before anything is waited for.
      const items = [...event.dataTransfer.items].filter((item) => item.kind === "file");
      const dropped = items.map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile());
      try {
        await this.#bring((await Promise.all(dropped.map(filesOf))).flat());
      } catch (error) {
        this.#stopped(error);
      }
    });
  }

  // ---- Around it

  #watch() {
    const told = () => {
      const slow = document.hidden || !this.#visible;
      if (this.#engine) this.#ask("slow", { slow }).catch(() => {});
      if (this.#running) this.#say(slow ? "out of sight: training goes slowly" : "");
    };
    new IntersectionObserver((entries) => {
      this.#visible = entries.at(-1).isIntersecting;
      told();
    }).observe(this.#root);
    document.addEventListener("visibilitychange", told);
    recolored(() => this.#look());
  }

  /** What comes from the worker when the figure is first neared: the cost, and what was kept before a reload. */
  async #open() {
    const several = recallWhole("workers", null, 1, 8);
    if (several !== null) {
      this.#plan.workers.set(several);
      this.#ask("workers", { workers: several }).catch((error) => this.#stopped(error));
    }
    this.#plan.price();
    this.#foretell();
    const state = await this.#ask("restore");
    if (state?.refused) return failed(this.#root, new Error(state.refused));
    if (!this.#notice.classList.contains("failed")) this.#say("");
    if (!state) return;
    this.#take(state);
    this.#play.textContent = "Train on";
    this.#root.dataset.state = "paused";
    this.#numbers.textContent = `back at step ${state.steps}, from before the reload`;
  }

  /** A start waits for it: what was kept would otherwise come after, and take the place of what was begun. What cannot
   *  be brought back stays kept: nothing is begun before a later start has brought it, or it is let go by starting
   *  over. */
  async #opened() {
    try {
      await (this.#opening ??= this.#open());
    } catch (error) {
      this.#opening = null;
      this.#kept = true;
      this.#reset.disabled = this.#busy;
      throw error;
    }
  }
}

export const training = (root) => new Training(root);
