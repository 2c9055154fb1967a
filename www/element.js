// <attentive-writer>: digits that draw themselves, or, with mode="redraw", a pad whose scribble is
// read and redrawn.
//
// Attributes: mode, weights, encoder, seed, count, size, speed, temperature, workers, controls, autoplay, loop,
// windows ("off" hides them), theme. Reflected: state, glimpse.
// Methods: play(), pause(), step(), reset(seed), seek(glimpse). Events: ready, glimpse, pick, done, error.
//
// Colours are the page's: ink and labels take the text colour where the widget stands, on no paper of their own.
// theme="light" and theme="dark" bring ink and paper instead; style.js names the custom properties that change single
// colours.
//
// Nothing is loaded until it nears the viewport. Out of sight, and in a hidden tab, a drawing waits. For those who want
// no motion nothing plays unasked: a drawing is shown finished, with no `done` event, and does not loop.

import { Crew } from "./crew.js";
import { Easel } from "./easel.js";
import { Player } from "./player.js";
import { Sight } from "./sight.js";
import { style } from "./style.js";
import { Tag, check } from "./tag.js";

/** A hint of what one digit needs on a screen, in CSS pixels. */
const SMALLEST = 64;
const calm = globalThis.matchMedia?.("(prefers-reduced-motion: reduce)");

/** What the pad gives is of one size, and grey. */
function expectScribbles({ width, height, channels }) {
  if (width === 28 && height === 28 && channels === 1) return;
  throw new Error(`the model reads images of ${width} × ${height} with ${channels} channels; a scribble is of 28 × 28 with 1`);
}

export class AttentiveWriter extends Tag {
  static observedAttributes = [...Tag.observedAttributes, "state", "glimpse"];

  #engine = null;
  #easel = null;
  #config = null;
  #scribble = null;
  #strokes = null;
  /** Of the scribble that is being normalised; another when it is scribbled on, none when it is cleared. */
  #asked = null;
  /** The ink of what is painted. */
  #ink = null;
  /** Whether its size changed while a drawing was begun. */
  #late = false;
  /** Of the model that is being loaded; another when the widget is closed or opened anew. */
  #opening = null;
  #sight = new Sight(this, {
    neared: () => this.#open(),
    seen: (visible) => this.#player.sighted(visible),
    resized: () => this.#resized(),
  });
  #player = new Player({
    // Freed where it was drawn: this may have been taken away meanwhile, and put elsewhere.
    ask: (type, request, engine = this.#engine) => engine.ask(type, request).then((frame) => ({ ...frame, engine })),
    free: ({ run, engine }) => engine.free(run),
    visible: () => this.#sight.visible,
    period: () => 1000 / this.speed,
    show: (frame) => this.#show(frame),
    changed: () => this.#reflect(),
    finished: () => this.#tell("done", { seed: this.seed }),
    failed: (error) => this.#failed(error),
    restart: () => this.#begin(true),
    again: () => this.mode === "draw" && this.loop && !calm.matches && (() => this.#again()),
  });

  constructor() {
    super();
    this.attachShadow({ mode: "open" }).adoptedStyleSheets = [style()];
  }

  get state() {
    return this.#player.name;
  }
  get glimpse() {
    return this.#player.frame?.glimpse ?? 0;
  }
  get glimpses() {
    return this.#config?.glimpses ?? 0;
  }
  /** What is scribbled on; null while it draws only. */
  get #pad() {
    return this.#easel?.pad ?? null;
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  /** Writes the state on the tag; whoever takes it off there does not change it. */
  #reflect() {
    const open = this.#easel !== null;
    const lost = this.state === "loading" || this.state === "error" || (this.mode === "redraw" && !this.#player.drawn);
    this.#easel?.update(this.state, !lost, this.#config !== null);
    const reflect = (name, value) => {
      if (value === null) this.removeAttribute(name);
      else if (this.getAttribute(name) !== String(value)) this.setAttribute(name, value);
    };
    reflect("state", open ? this.state : null);
    reflect("glimpse", open && (this.#player.frame || this.hasAttribute("glimpse")) ? this.glimpse : null);
  }

  // ---- Life

  connectedCallback() {
    super.connectedCallback();
    if (this.#opening) return;
    if (this.#sight.waitToBeNear()) this.#build();
    else this.#open();
  }

  disconnectedCallback() {
    // A move in the document disconnects and connects again at once: wait and see.
    queueMicrotask(() => {
      if (!this.isConnected) this.#close();
    });
  }

  attributeChangedCallback(name, before, after) {
    if (before === after) return;
    if (name === "state" || name === "glimpse") return this.#easel && this.#reflect();
    check(this, name);
    if (!this.#opening || name === "speed" || name === "theme") return;
    if (["mode", "weights", "encoder"].includes(name)) {
      this.#close();
      this.#open();
    } else if (name === "controls") {
      this.#easel.controls.root.hidden = !this.controls;
    } else if (name === "windows") {
      this.#easel.showWindows(this.windows === "on");
    } else if (name === "size" || name === "workers") {
      // The same drawing, laid or made otherwise.
      this.#begin(this.#player.playing, this.#player.frame?.glimpse);
    } else {
      this.#begin(this.#player.playing || this.autoplay);
    }
  }

  async #open() {
    if (this.#opening) return;
    const opening = (this.#opening = {});
    const progress = (seen) => opening === this.#opening && this.#progress(seen);
    try {
      try {
        this.#engine = Crew.acquire();
      } finally {
        // While the worker starts.
        this.#build();
        this.#sight.watch();
        if (this.#strokes) this.#pad?.put(this.#strokes.canvas, this.#strokes.own);
        this.#player.open();
        this.#easel.say("loading");
      }
      // The encoder half comes when a hand nears the pad.
      const { config } = await this.#engine.ask("load", { url: this.weights }, progress);
      if (opening !== this.#opening) return;
      if (this.mode === "redraw") expectScribbles(config);
      this.#config = config;
      this.#easel.controls.glimpses = config.glimpses;
      this.#easel.say("");
      const wanted = this.#player.playing || this.autoplay;
      this.#player.loaded();
      // Begun before it is told, so that who hears of it can pause and seek.
      if (this.mode === "draw") this.#begin(wanted);
      else this.#scribbled();
      this.#tell("ready", { config });
    } catch (error) {
      if (opening === this.#opening) this.#player.fail(error);
    }
  }

  #close() {
    this.#strokes = this.#pad?.enough ? this.#pad : null;
    this.#opening = this.#asked = this.#scribble = null;
    this.#sight.leave();
    this.#easel = null;
    this.#player.close();
    this.#config = null;
    this.#engine?.release();
    this.#engine = null;
    this.#reflect();
  }

  #failed(error) {
    this.#easel.say(error.message, () => this.retry());
    this.#tell("error", { error, message: error.message });
  }

  /** Tries again after a failure. */
  retry() {
    this.#close();
    this.#open();
  }

  // ---- What is on the page

  #build() {
    this.#easel = new Easel(this, {
      scribbled: () => this.#scribbled(),
      replaced: () => this.clear(),
      neared: () => this.#warm(),
      picked: (index) => this.#player.frame && index < this.count && this.#tell("pick", { index }),
      recolored: () => this.#recolor(),
    });
    this.shadowRoot.replaceChildren(...this.#easel.roots);
    // Room for the digits before they come.
    if (this.mode === "draw") this.#layout();
    this.#reflect();
  }

  #progress({ loaded, total }) {
    const [some, all] = [loaded, total].map((bytes) => Math.round(bytes / 1000));
    this.#easel.say(`loading ${some}${all ? ` of ${all}` : ""} kB`);
  }

  // ---- Drawing

  /** A digit's side in device pixels. Without attention a model has one size, and its canvas is stretched. */
  #pixels(side) {
    return this.#config?.attention === false ? this.#config.width : Math.min(4096, Math.max(28, Math.round(side * devicePixelRatio)));
  }

  /** Columns of digits, and a digit's width and height in device pixels. */
  #layout() {
    const { width = 1, height = 1 } = this.#config ?? {};
    const grid = (columns, cell) => ({ columns, cell, tall: Math.ceil((cell * height) / width) });
    const { stage, plate } = this.#easel;
    const room = stage.clientWidth || 280;
    const { count, size } = this;
    if (this.mode === "redraw") return grid(1, this.#pixels(plate.root.clientWidth || room / 3));
    const fitting = Math.max(1, Math.floor(room / (size || SMALLEST)));
    let columns = Math.min(count, fitting);
    // Without a size, whole rows: as many columns as divide the count, if that is not far off.
    if (!size) {
      for (let c = columns; c > columns / 2; c--) {
        if (count % c === 0) {
          columns = c;
          break;
        }
      }
    }
    const side = size || Math.min(room / columns, count === 1 ? 280 : 160);
    const cell = this.#pixels(side);
    const laid = grid(columns, cell);
    this.#easel.make(columns, Math.ceil(count / columns), side, laid.tall / cell);
    return laid;
  }

  /** Starts a drawing from the seed, or from the scribble, shown from a `glimpse` on. */
  #begin(play, glimpse = null) {
    const redraw = this.mode === "redraw";
    if (!this.#config || (redraw && !this.#scribble)) return;
    // For those who want no motion, only what they have asked to play does.
    const still = calm.matches && !this.#player.playing;
    const grid = this.#layout();
    this.#easel.prepare(this.#config, grid);
    const view = { columns: grid.columns, ...this.#colors(), glimpse: glimpse ?? (still ? this.#config.glimpses : 0) };
    const common = { url: this.weights, view };
    const options = { seed: this.seed, size: grid.cell };
    if (redraw) this.#player.begin("redraw", { ...common, encoder: this.encoder, pixels: this.#scribble, options }, play && !still);
    else {
      const { workers, count, temperature } = this;
      this.#player.begin("draw", { ...common, workers, options: { ...options, count, temperature } }, play && !still);
    }
  }

  #show(frame) {
    if (this.mode === "draw") this.#easel.say("");
    this.#easel.show(frame, this.windows === "on");
    this.#reflect();
    this.#tell("glimpse", { glimpse: frame.glimpse, glimpses: frame.glimpses });
    if (this.#late) queueMicrotask(() => this.#easel && this.#resized());
  }

  #again() {
    this.#player.playing = true;
    this.reset(this.seed + 1);
  }

  // ---- Methods

  /** Draws on; from the beginning if all is drawn. What is not loaded yet is loaded, and then drawn. */
  async play() {
    if (this.mode === "draw" || this.#player.drawn) this.#player.play();
    if (this.isConnected) this.#open();
  }

  pause() {
    this.#player.pause();
  }

  /** One glimpse more. */
  async step() {
    await this.#player.step();
  }

  /** Goes to a glimpse and stays there. */
  async seek(glimpse) {
    await this.#player.seek(glimpse);
  }

  /** Begins anew from another seed, or from the same. */
  reset(seed = this.seed) {
    if (String(seed) !== this.getAttribute("seed")) this.seed = seed;
    else this.#begin(this.#player.playing || this.autoplay);
  }

  // ---- The pad

  /** Fetches the encoder before it is needed; a failure is told when it is. */
  #warm() {
    this.#engine?.ask("load", { url: this.weights, reads: true, encoder: this.encoder }).catch(() => {});
  }

  async #scribbled() {
    // What is scribbled before the model has come is read when it has.
    if (!this.#pad?.enough || !this.#config) return;
    const asked = (this.#asked = {});
    try {
      const pixels = await this.#engine.ask("normalise", this.#pad.pixels());
      // What was cleared meanwhile is not read.
      if (asked === this.#asked) this.#read(pixels);
    } catch (error) {
      if (asked === this.#asked) this.#player.fail(error);
    }
  }

  /** Reads and redraws a normalised image. */
  #read(pixels) {
    this.#scribble = pixels;
    this.#see();
    this.#begin(true);
  }

  #see() {
    if (this.#pad && this.#scribble) this.#easel.see(this.#scribble, this.#config ?? { width: 28, height: 28 });
  }

  /** Clears the pad. */
  clear() {
    this.#scribble = this.#asked = null;
    // Without a model, why there is none stays, and how to try again.
    if (!this.#config) return this.#pad?.clear();
    this.#player.clear();
    this.#easel?.clear();
    this.#reflect();
  }

  /** Scribbles a digit of the model's own, for those who cannot or would not, unless they begin to meanwhile. */
  async example(seed = Math.floor(Math.random() * 1e6)) {
    const [pad, engine] = [this.#pad, this.#engine];
    if (!this.#config || !pad) return;
    const { version } = pad;
    const options = { seed, size: this.#pixels(280 / devicePixelRatio), temperature: 0.9 };
    const view = { columns: 1, ink: this.#easel.ink, glimpse: this.#config.glimpses };
    try {
      const { run, images: [image] } = await engine.ask("draw", { url: this.weights, options, view });
      engine.free(run);
      const canvas = new OffscreenCanvas(image.width, image.height);
      canvas.getContext("2d").putImageData(new ImageData(image.data, image.width, image.height), 0, 0);
      if (version !== pad.version || pad !== this.#pad) return;
      pad.put(canvas);
      await this.#scribbled();
    } catch (error) {
      if (pad === this.#pad) this.#player.fail(error);
    }
  }

  // ---- Changes around it

  #colors() {
    this.#ink = this.#easel.ink;
    return { ink: this.#ink, ...(this.mode === "redraw" && this.#easel.signs) };
  }

  #resized() {
    // Paper is laid out anew, and painted as it was; what is not displayed has no size.
    if (matchMedia("print").matches || !this.#easel.stage.clientWidth) return;
    const { frame, playing, state } = this.#player;
    // What is not displayed has no transitions: a colour may have changed meanwhile.
    if (this.#easel.ink !== this.#ink) this.#recolor();
    this.#late = state === "beginning";
    if (!frame || this.#late) return;
    const { columns, cell } = this.#layout();
    const { grid } = this.#easel;
    if (columns === grid.columns && Math.abs(cell - grid.cell) < 2) return;
    this.#see();
    this.#begin(playing, frame.glimpse);
  }

  #recolor() {
    if (!this.#easel) return;
    this.#pad?.recolor();
    this.#see();
    this.#player.look(this.#colors());
  }
}

// Where there is no document, as when a page is rendered on a server, importing does nothing.
globalThis.customElements?.get("attentive-writer") ?? globalThis.customElements?.define("attentive-writer", AttentiveWriter);
