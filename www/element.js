// <attentive-writer>: digits that draw themselves, or, with mode="redraw", a pad whose scribble is
// read and redrawn.
//
// Attributes: mode, weights, encoder, seed, count, size, speed, temperature, workers, controls, autoplay, loop,
// windows ("off" hides them), theme ("light" or "dark"). Reflected: state, glimpse.
// Methods: play(), pause(), step(), reset(seed), seek(glimpse). Events: ready, glimpse, pick, done, error.
//
// Nothing is loaded until it nears the viewport. Out of sight, and in a hidden tab, a drawing waits.

import { Controls } from "./controls.js";
import { Crew } from "./crew.js";
import { Plate, rgb } from "./plate.js";
import { Reading } from "./reading.js";
import { Sight } from "./sight.js";
import { style } from "./style.js";
import { Tag } from "./tag.js";

/** A hint of what one digit needs on a screen, in CSS pixels. */
const SMALLEST = 64;
const dark = globalThis.matchMedia?.("(prefers-color-scheme: dark)");

export class AttentiveWriter extends Tag {
  static observedAttributes = ["mode", "weights", "encoder", "seed", "count", "size", "windows", "theme", "temperature", "workers", "controls"];

  #engine = null;
  #run = null;
  #frame = null;
  #config = null;
  #busy = null;
  #timer = 0;
  /** Of the ticks that may go on; another when they are stopped. */
  #clock = 0;
  /** When the present glimpse was to be shown. */
  #due = 0;
  #epoch = 0;
  #playing = false;
  #scribble = null;
  #sight = new Sight(this, {
    neared: () => this.#open(),
    seen: (visible) => this.#sighted(visible),
    resized: () => this.#resized(),
  });
  /** Out of sight a drawing waits, and goes on when it comes into sight. */
  #waits = false;
  #recolored = () => this.#recolor();

  constructor() {
    super();
    this.attachShadow({ mode: "open" }).adoptedStyleSheets = [style()];
  }

  get glimpses() {
    return this.#config?.glimpses ?? 0;
  }

  #setState(state) {
    this.setAttribute("state", state);
    this.#updateControls();
  }

  // ---- Life

  connectedCallback() {
    dark.addEventListener("change", this.#recolored);
    if (this.#engine) return;
    this.#build();
    this.#setState("idle");
    if (!this.#sight.waitToBeNear()) this.#open();
  }

  disconnectedCallback() {
    dark.removeEventListener("change", this.#recolored);
    // A move in the document disconnects and connects again at once: wait and see.
    queueMicrotask(() => {
      if (!this.isConnected) this.#close();
    });
  }

  attributeChangedCallback(name, before, after) {
    if (before === after || !this.#engine) return;
    if (name === "mode" || name === "weights" || name === "encoder" || name === "controls") {
      this.#close();
      this.#open();
    } else if (name === "windows") {
      this.#showWindows();
    } else if (name === "theme") {
      this.#recolor();
    } else if (this.mode === "draw" || this.#scribble) {
      this.#begin(this.#playing || this.hasAttribute("autoplay"));
    }
  }

  async #open() {
    if (this.#engine) return;
    this.#engine = Crew.acquire();
    this.#build();
    this.#sight.watch();
    const epoch = ++this.#epoch;
    this.#setState("loading");
    this.#say("loading");
    const progress = ({ loaded, total }) => {
      if (epoch === this.#epoch) this.#progress(loaded, total);
    };
    try {
      // The encoder half comes when a hand nears the pad.
      const { config } = await this.#engine.ask("load", { url: this.weights }, progress);
      if (epoch !== this.#epoch) return;
      this.#config = config;
      this.#controls.glimpses = config.glimpses;
      this.#say("");
      this.#setState("idle");
      // Begun before it is told, so that who hears of it can pause and seek.
      const begun = this.mode === "draw" && this.#begin(this.#playing || this.hasAttribute("autoplay"));
      this.dispatchEvent(new CustomEvent("ready", { detail: { config } }));
      await begun;
    } catch (error) {
      if (epoch === this.#epoch) this.#failed(error);
    }
  }

  #close() {
    this.#epoch++;
    this.#stopClock();
    this.#sight.leave();
    this.#waits = this.#playing = false;
    if (this.#run !== null) this.#engine.free(this.#run);
    this.#run = this.#frame = this.#config = null;
    this.#engine?.release();
    this.#engine = null;
    this.#busy = null;
    this.removeAttribute("state");
    this.removeAttribute("glimpse");
  }

  #failed(error) {
    this.#stopClock();
    this.#playing = false;
    this.#setState("error");
    this.#say(error.message, true);
    this.dispatchEvent(new CustomEvent("error", { detail: { error, message: error.message } }));
  }

  /** Tries again after a failure. What was scribbled is still there. */
  retry() {
    const scribble = this.#scribble;
    const strokes = this.pad;
    this.#close();
    this.#open().then(() => {
      if (strokes && !strokes.empty && this.pad) this.pad.put(strokes.canvas);
      if (scribble && this.#config) this.#read(scribble);
    });
  }

  // ---- What is on the page

  #plate = null;
  /** In redraw mode, what is read. */
  #reading = null;
  #status = null;
  #controls = null;

  #build() {
    const redraw = this.mode === "redraw";
    const root = this.shadowRoot;
    root.textContent = "";
    const stage = Object.assign(document.createElement("div"), { className: `stage ${this.mode}` });
    this.#plate = new Plate(redraw ? "The scribble, redrawn" : "Digits being drawn");
    this.#reading = redraw ? new Reading(this.#plate, () => this.#scribbled(), () => this.#warm()) : null;
    this.pad = this.#reading?.pad ?? null;
    if (redraw) {
      stage.append(...this.#reading.figures);
    } else {
      stage.append(this.#plate.root);
      this.#plate.root.addEventListener("click", (event) => this.#picked(event));
    }
    this.#status = Object.assign(document.createElement("div"), { className: "status" });
    this.#status.setAttribute("role", "status");
    this.#controls = new Controls(this);
    root.append(stage, this.#status, this.#controls.root);
    // Room for the digits before they come.
    if (!redraw) this.#layout();
  }

  #updateControls() {
    const lost = this.state === "loading" || this.state === "error" || (this.mode === "redraw" && this.#run === null);
    this.#controls?.update(this.state, !lost, this.#config !== null);
  }

  #say(text, failed = false) {
    this.#status.textContent = text;
    this.#status.classList.toggle("failed", failed);
    if (failed) {
      const retry = Object.assign(document.createElement("button"), { type: "button", name: "retry", textContent: "Try again" });
      retry.addEventListener("click", () => this.retry());
      this.#status.append(" ", retry);
    }
  }

  #progress(loaded, total) {
    const kilobytes = (n) => `${Math.round(n / 1000)} kB`;
    this.#say(total ? `loading ${kilobytes(loaded)} of ${kilobytes(total)}` : `loading ${kilobytes(loaded)}`);
  }

  // ---- Drawing

  /** A digit's side in device pixels. Without attention a model has one size, and its canvas is stretched. */
  #pixels(side) {
    return this.#config?.attention === false ? this.#config.width : Math.max(28, Math.round(side * devicePixelRatio));
  }

  /** Columns of digits, and a digit's side in device pixels. */
  #layout() {
    const width = this.clientWidth || 280;
    const wanted = this.size;
    if (this.mode === "redraw") return { columns: 1, cell: this.#pixels(this.#plate.root.clientWidth || width / 3) };
    const fitting = Math.max(1, Math.floor(width / (wanted || SMALLEST)));
    let columns = Math.min(this.count, fitting);
    // Without a size, whole rows: as many columns as divide the count, if that is not far off.
    if (!wanted) {
      for (let c = columns; c > columns / 2; c--) {
        if (this.count % c === 0) {
          columns = c;
          break;
        }
      }
    }
    const side = wanted || Math.min(width / columns, this.count === 1 ? 280 : 160);
    this.#plate.root.style.width = `${columns * side}px`;
    this.#plate.root.style.aspectRatio = columns / Math.ceil(this.count / columns);
    return { columns, cell: this.#pixels(side) };
  }

  #ink() {
    return rgb(getComputedStyle(this.#plate.ink).color);
  }

  /** Colours of what is missing, and of what is too much. */
  #colors() {
    const colors = getComputedStyle(this.#plate.root);
    return { missing: rgb(colors.getPropertyValue("--aw-read")), surplus: rgb(colors.getPropertyValue("--aw-write")) };
  }

  /** A digit was clicked: which one it is of the seed's. */
  #picked({ offsetX, offsetY, currentTarget }) {
    if (!this.#frame) return;
    const side = currentTarget.clientWidth / this.#grid.columns;
    const index = Math.floor(offsetY / side) * this.#grid.columns + Math.floor(offsetX / side);
    if (index < this.count) this.dispatchEvent(new CustomEvent("pick", { detail: { index } }));
  }

  /** Starts a drawing from the seed, or from the scribble; `glimpse` is where to begin to show it. */
  async #begin(play, glimpse = 0) {
    if (!this.#config) return;
    const epoch = ++this.#epoch;
    this.#stopClock();
    this.#playing = play;
    const { columns, cell } = this.#layout();
    const view = { columns, ink: this.#ink(), glimpse, ...(this.mode === "redraw" && this.#colors()) };
    const common = { url: this.weights, view };
    const options = { seed: this.seed, size: cell };
    try {
      const request =
        this.mode === "redraw"
          ? ["redraw", { ...common, encoder: this.encoder, pixels: this.#scribble, options }]
          : ["draw", { ...common, workers: this.workers, options: { ...options, count: this.count, temperature: this.temperature } }];
      const asked = this.#engine.ask(...request);
      this.#claim(asked);
      const frame = await asked;
      if (epoch !== this.#epoch) return this.#engine?.free(frame.run);
      if (this.#run !== null) this.#engine.free(this.#run);
      this.#run = frame.run;
      this.#grid = { columns, cell };
      this.#show(frame);
      // Unless it was paused meanwhile.
      if (this.#playing) this.play();
      else this.#settle();
    } catch (error) {
      if (epoch === this.#epoch) this.#failed(error);
    }
  }

  #grid = { columns: 1, cell: 28 };

  #show(frame) {
    this.#frame = frame;
    this.#plate.paint(...frame.images);
    this.#showWindows();
    this.#controls.show(frame);
    this.setAttribute("glimpse", frame.glimpse);
    if (this.#reading) this.#showReading(frame);
    this.dispatchEvent(new CustomEvent("glimpse", { detail: { glimpse: frame.glimpse, glimpses: frame.glimpses } }));
  }

  #showReading(frame) {
    this.#reading.show(frame, this.#config, this.#colors());
    const { kl, reconstruction, glimpse, glimpses } = frame;
    const spent = kl.reduce((sum, nats) => sum + nats, 0);
    const left = reconstruction[glimpse];
    this.#say(
      `glimpse ${glimpse} of ${glimpses}: reconstruction ${left.toFixed(1)} + KL ${spent.toFixed(1)} = ${(left + spent).toFixed(1)} nats`,
    );
  }

  #showWindows() {
    if (!this.#frame) return;
    const finished = this.#frame.glimpse === this.#frame.glimpses;
    const hidden = this.getAttribute("windows") === "off" || finished;
    const readings = this.#reading?.plates ?? [];
    for (const plate of [this.#plate, ...readings]) plate.clearWindows();
    if (hidden || !this.#config.attention) return;
    const colors = getComputedStyle(this.#plate.root);
    const draw = (plate, windows, patch, name) =>
      plate.drawWindows(windows, { ...this.#grid, patch, color: colors.getPropertyValue(name) });
    draw(this.#plate, this.#frame.write, this.#config.write_patch, "--aw-write");
    for (const plate of readings) draw(plate, this.#frame.read, this.#config.read_patch, "--aw-read");
  }

  /** What comes next waits for this answer. */
  #claim(asked) {
    const busy = asked.catch(() => {}).then(() => {
      if (this.#busy === busy) this.#busy = null;
    });
    this.#busy = busy;
  }

  /** Asks for the next frame, one request at a time, if it is `wanted` still; gives false if it was not, or if the drawing has changed. */
  async #advance(type, request = {}, wanted = () => true) {
    const epoch = this.#epoch;
    while (this.#busy) await this.#busy;
    if (epoch !== this.#epoch || this.#run === null || !wanted()) return false;
    const asked = this.#engine.ask(type, { run: this.#run, ...request });
    this.#claim(asked);
    try {
      const frame = await asked;
      if (epoch !== this.#epoch) return false;
      this.#show(frame);
      return true;
    } catch (error) {
      if (epoch === this.#epoch) this.#failed(error);
      return false;
    }
  }

  #stopClock() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#clock++;
  }

  async #tick() {
    const clock = this.#clock;
    const running = () => clock === this.#clock;
    if (!(await this.#advance("step", {}, running))) return;
    const last = this.#frame.glimpse === this.#frame.glimpses;
    if (last && (running() || this.#waits)) return this.#finished();
    if (last && !this.#playing) return this.#settle();
    // Stopped while the glimpse was under way; who plays on has begun a tick of its own.
    if (!running()) return;
    // By the clock, not from the last glimpse, so that one that came late does not slow the drawing; but no long rush.
    const [now, period] = [performance.now(), 1000 / this.speed];
    this.#due = Math.max(this.#due + period, now - 3 * period);
    this.#timer = setTimeout(() => this.#tick(), Math.max(0, this.#due - now));
  }

  #finished() {
    this.#playing = this.#waits = false;
    this.#setState("done");
    this.dispatchEvent(new CustomEvent("done", { detail: { seed: this.seed } }));
    if (this.hasAttribute("loop") && this.mode === "draw") {
      this.#timer = setTimeout(() => {
        this.#playing = true;
        this.reset(this.seed + 1);
      }, 2500);
    }
  }

  // ---- Methods

  /** Draws on; from the beginning if all is drawn. */
  async play() {
    if (this.#run === null) {
      // It begins when it has loaded.
      this.#playing = this.mode === "draw";
      if (this.isConnected) this.#open();
      return;
    }
    this.#stopClock();
    this.#playing = true;
    this.#waits = !this.#sight.visible;
    if (this.#waits) return this.#settle();
    if (this.#frame.glimpse === this.#frame.glimpses && !(await this.#advance("seek", { glimpse: 0 }))) return;
    this.#setState("drawing");
    this.#due = performance.now();
    this.#tick();
  }

  pause() {
    this.#stopClock();
    this.#playing = this.#waits = false;
    if (this.state === "drawing") this.#setState("paused");
  }

  /** One glimpse more. */
  async step() {
    this.pause();
    if (await this.#advance("step")) this.#settle();
  }

  /** Goes to a glimpse and stays there. */
  async seek(glimpse) {
    this.pause();
    if (await this.#advance("seek", { glimpse })) this.#settle();
  }

  #settle() {
    const { glimpse, glimpses } = this.#frame;
    this.#setState(glimpse === 0 ? "idle" : glimpse === glimpses ? "done" : "paused");
  }

  #sighted(visible) {
    if (visible && this.#waits) {
      this.play();
    } else if (!visible && this.state === "drawing") {
      this.pause();
      this.#playing = this.#waits = true;
    }
  }

  /** Begins anew from another seed, or from the same. */
  reset(seed = this.seed) {
    const play = this.#playing || this.hasAttribute("autoplay");
    this.#playing = play;
    if (String(seed) === this.getAttribute("seed")) return this.#begin(play);
    this.seed = seed;
  }

  // ---- The pad

  /** Fetches the encoder before it is needed; a failure is told when it is. */
  #warm() {
    this.#engine?.ask("load", { url: this.weights, reads: true, encoder: this.encoder }).catch(() => {});
  }

  async #scribbled() {
    if (!this.pad || this.pad.empty || !this.#engine) return;
    try {
      this.#read(await this.#engine.ask("normalise", this.pad.pixels()));
    } catch (error) {
      this.#say(error.message);
    }
  }

  /** Reads and redraws a normalised image. */
  #read(pixels) {
    this.#scribble = pixels;
    this.#reading.see(pixels, this.#config ?? { width: 28, height: 28 }, this.#ink());
    return this.#begin(true);
  }

  /** Clears the pad. */
  clear() {
    this.#epoch++;
    this.#stopClock();
    this.#playing = false;
    this.pad?.clear();
    this.#scribble = null;
    if (this.#run !== null) this.#engine.free(this.#run);
    this.#run = this.#frame = null;
    this.#plate.clear();
    this.#reading?.clear();
    this.#say("");
    this.setAttribute("glimpse", 0);
    this.#setState("idle");
  }

  /** Scribbles a digit of the model's own, for those who cannot or would not. */
  async example() {
    if (!this.#config) return;
    const options = { seed: Math.floor(Math.random() * 1e6), size: this.#pixels(280 / devicePixelRatio), temperature: 0.9 };
    const view = { columns: 1, ink: this.#ink(), glimpse: this.#config.glimpses };
    try {
      const { run, images: [image] } = await this.#engine.ask("draw", { url: this.weights, options, view });
      this.#engine.free(run);
      const canvas = new OffscreenCanvas(image.width, image.height);
      canvas.getContext("2d").putImageData(new ImageData(image.data, image.width, image.height), 0, 0);
      this.pad.put(canvas);
      await this.#scribbled();
    } catch (error) {
      this.#failed(error);
    }
  }

  // ---- Changes around it

  #resized() {
    if (!this.#run || !this.#frame) return;
    const { columns, cell } = this.#layout();
    if (columns === this.#grid.columns && Math.abs(cell - this.#grid.cell) < 2) return;
    const playing = this.#playing;
    if (this.mode === "redraw" && this.#scribble) this.#read(this.#scribble);
    else this.#begin(playing, this.#frame.glimpse);
  }

  #recolor() {
    this.pad?.recolor();
    if (this.#scribble) this.#read(this.#scribble);
    else if (this.#run !== null) this.#advance("look", { ink: this.#ink(), ...(this.mode === "redraw" && this.#colors()) });
  }
}

// Where there is no document, as when a page is rendered on a server, importing does nothing.
globalThis.customElements?.get("attentive-writer") ?? globalThis.customElements?.define("attentive-writer", AttentiveWriter);
