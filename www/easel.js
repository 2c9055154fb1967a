// What a widget shows: the plate that is written on, in redraw mode what is read beside it, a line of status, and the bar.

import { Controls } from "./controls.js";
import { button, el, quiet } from "./el.js";
import { Plate, rgb } from "./plate.js";
import { Reading } from "./reading.js";

export class Easel {
  #reading = null;
  #config = null;
  /** How the digits lie: columns, and a digit's width and height in device pixels. */
  #grid = { columns: 1, cell: 28, tall: 28 };
  #frame = null;
  /** Elements whose colours are the ink's, the read's and the write's. */
  #swatches = {};

  /** For a widget; `scribbled` is called after a stroke, `replaced` before one that takes the place of what was lent,
   *  `neared` when a hand nears the pad, `picked` with a digit's number, `recolored` when a colour has changed. */
  constructor(widget, { scribbled, replaced, neared, picked, recolored }) {
    const redraw = widget.mode === "redraw";
    this.plate = new Plate(redraw ? "The scribble, redrawn" : "Digits being drawn");
    this.stage = el("div", { className: `stage ${widget.mode}` });
    if (redraw) {
      this.#reading = new Reading(this.plate, scribbled, replaced, neared);
      this.stage.append(...this.#reading.figures);
    } else {
      this.stage.append(this.plate.root);
      this.plate.root.addEventListener("click", ({ offsetX, offsetY }) => picked(this.#at(offsetX, offsetY)));
    }
    this.status = el("div", { className: "status", role: "status" });
    this.controls = new Controls(widget);
    this.roots = [this.stage, this.status, this.controls.root, this.#colors(recolored)];
  }

  get pad() {
    return this.#reading?.pad ?? null;
  }

  get grid() {
    return this.#grid;
  }

  // ---- Colours

  /** A colour may change with the page's class or style, the system, or the theme: a transition of no length tells of
   *  them all. */
  #colors(recolored) {
    for (const name of ["ink", "read", "write"]) this.#swatches[name] = el("i", { className: name });
    const root = el("span", { className: "swatches", "aria-hidden": true }, ...Object.values(this.#swatches));
    // All colours change at once, and are told of once.
    let asked = 0;
    root.addEventListener("transitionend", () => {
      cancelAnimationFrame(asked);
      asked = requestAnimationFrame(recolored);
    });
    return root;
  }

  color(name) {
    return getComputedStyle(this.#swatches[name]).color;
  }

  get ink() {
    return rgb(this.color("ink"));
  }

  /** Colours of what is missing, and of what is too much. */
  get signs() {
    return { missing: rgb(this.color("read")), surplus: rgb(this.color("write")) };
  }

  // ---- Frames

  /** Room for digits before they come: `columns` by `rows` of them, each `side` CSS pixels wide, and `ratio` times as high. */
  make(columns, rows, side, ratio) {
    this.plate.root.style.width = `${columns * side}px`;
    this.plate.root.style.aspectRatio = columns / rows / ratio;
  }

  /** From now on, frames are of this model and lie so. */
  prepare(config, grid) {
    this.#config = config;
    this.#grid = grid;
  }

  show(frame, windows) {
    this.#frame = frame;
    this.plate.paint(...frame.images);
    this.controls.show(frame);
    this.#reading?.show(frame, this.#config, this.signs);
    if (this.#reading) this.#account(frame);
    this.showWindows(windows);
  }

  /** What it would cost to send the scribble so far. */
  #account({ kl, reconstruction, glimpse, glimpses }) {
    const spent = kl.reduce((sum, nats) => sum + nats, 0);
    const left = reconstruction[glimpse];
    this.say(
      `glimpse ${glimpse} of ${glimpses}: reconstruction ${left.toFixed(1)} + KL ${spent.toFixed(1)} = ${(left + spent).toFixed(1)} nats`,
    );
  }

  /** Shows the frame's windows, or hides them; a finished drawing has none. */
  showWindows(shown) {
    const readings = this.#reading?.plates ?? [];
    for (const plate of [this.plate, ...readings]) plate.clearWindows();
    const frame = this.#frame;
    if (!shown || !frame || frame.glimpse === frame.glimpses || !this.#config.attention) return;
    const draw = (plate, windows, patch, name) => plate.drawWindows(windows, { ...this.#grid, patch, color: this.color(name) });
    draw(this.plate, frame.write, this.#config.write_patch, "write");
    for (const plate of readings) draw(plate, frame.read, this.#config.read_patch, "read");
  }

  /** Shows a normalised scribble. */
  see(pixels, config) {
    this.#reading.see(pixels, config, this.ink);
  }

  /** The number of the digit at a point of the plate. */
  #at(x, y) {
    const { columns, cell, tall } = this.#grid;
    const side = this.plate.root.clientWidth / columns;
    return Math.floor((y * cell) / side / tall) * columns + Math.floor(x / side);
  }

  clear() {
    this.#frame = null;
    this.plate.clear();
    this.#reading?.clear();
    this.pad?.clear();
    this.say("");
  }

  // ---- Words

  /** Follows the widget's state. */
  update(state, drawing, model) {
    quiet(this.status, state === "loading" || state === "drawing");
    this.controls.update(state, drawing, model);
  }

  /** Says something; with `retry`, that something failed, and how to try again. */
  say(text, retry = null) {
    if (!retry && this.status.textContent === text) return;
    this.status.textContent = text;
    this.status.classList.toggle("failed", retry !== null);
    if (retry) this.status.append(" ", button("Try again", retry, { name: "retry" }));
  }
}
