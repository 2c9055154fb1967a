// A pad to scribble on with mouse, touch or pen; every finger draws a stroke of its own.

import { el } from "./el.js";
import { css, rgb } from "./plate.js";

const SIZE = 280;
/** A stroke's width. */
const WIDTH = SIZE / 12;
/** What is less than this wide and high would be blown up to a blot. */
const LEAST = SIZE / 5;

/** A canvas's ink, from 0 to 1, row by row, with width and height. */
export function inkOf(canvas) {
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  return { pixels: Float32Array.from({ length: width * height }, (_, i) => data[4 * i + 3] / 255), width, height };
}

export class Pad {
  #context;
  /** Pointer -> where its stroke has come to. */
  #strokes = new Map();
  /** What is inked: from the left, top, right and bottom; null if nothing is. */
  #box = null;
  #text;
  #changed;
  /** Another with every stroke that begins, and whenever it is cleared. */
  version = 0;
  /** Whether what is there was put there for want of a scribble: the first stroke takes its place. */
  #lent = false;

  /** `changed` is called when a stroke ends and there is enough to read; `text` says what the pad is for; `replace`
   *  clears what was lent, before the first stroke. */
  constructor(changed, text = "scribble a digit", replace = () => this.clear()) {
    this.#changed = changed;
    this.#text = text;
    const label = "Pad: scribble a digit here";
    this.canvas = el("canvas", { width: SIZE, height: SIZE, className: "ink", part: "pad", role: "img", "aria-label": label });
    this.hint = el("p", { className: "hint", role: "status", textContent: text });
    this.root = el("div", { className: "plate pad" }, this.canvas, this.hint);
    this.#context = this.canvas.getContext("2d", { willReadFrequently: true });

    this.canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      if (this.#lent) replace();
      this.version++;
      this.canvas.setPointerCapture(event.pointerId);
      this.#stroke(event);
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (!this.#strokes.has(event.pointerId)) return;
      // Fast strokes report several points at once; some browsers then report none.
      const points = event.getCoalescedEvents?.() ?? [];
      for (const point of points.length ? points : [event]) this.#stroke(point, event.pointerId);
    });
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
      this.canvas.addEventListener(end, (event) => this.#end(event.pointerId));
    }
  }

  #stroke({ clientX, clientY, pointerId }, stroke = pointerId) {
    const box = this.canvas.getBoundingClientRect();
    const x = ((clientX - box.left) / box.width) * SIZE;
    const y = ((clientY - box.top) / box.height) * SIZE;
    const context = this.#context;
    Object.assign(context, { lineWidth: WIDTH, lineCap: "round", lineJoin: "round" });
    context.strokeStyle = context.fillStyle = this.#color;
    context.beginPath();
    if (this.#strokes.has(stroke)) {
      context.moveTo(...this.#strokes.get(stroke));
      context.lineTo(x, y);
      context.stroke();
    } else {
      // A line of no length leaves nothing.
      context.arc(x, y, WIDTH / 2, 0, 2 * Math.PI);
      context.fill();
    }
    this.#strokes.set(stroke, [x, y]);
    const [left, top, right, bottom] = this.#box ?? [x, y, x, y];
    this.#box = [Math.min(left, x), Math.min(top, y), Math.max(right, x), Math.max(bottom, y)];
    this.hint.hidden = true;
  }

  #end(pointer) {
    if (!this.#strokes.delete(pointer) || this.#strokes.size) return;
    this.#prompt();
    if (this.enough) this.#changed();
  }

  /** Says what the pad is for, or that it needs more. */
  #prompt() {
    this.hint.hidden = this.enough;
    this.hint.classList.toggle("more", !this.empty);
    this.hint.textContent = this.empty ? this.#text : "larger, please: a fifth of the pad or more";
  }

  /** The text colour, opaque: alpha is how much ink there is. */
  get #color() {
    return css(rgb(getComputedStyle(this.canvas).color));
  }

  /** Whether what is there was scribbled there. */
  get own() {
    return !this.empty && !this.#lent;
  }

  get empty() {
    return this.#box === null;
  }

  /** Whether what is there is large enough to be read: wide or high, a fifth of the pad. */
  get enough() {
    if (this.empty) return false;
    const [left, top, right, bottom] = this.#box;
    return Math.max(right - left, bottom - top) + WIDTH >= LEAST;
  }

  clear() {
    this.version++;
    this.#context.clearRect(0, 0, SIZE, SIZE);
    this.#box = null;
    this.#lent = false;
    this.#prompt();
  }

  pixels() {
    return inkOf(this.canvas);
  }

  /** Repaints the strokes in the present text colour, after a change of theme. */
  recolor() {
    const context = this.#context;
    context.globalCompositeOperation = "source-in";
    context.fillStyle = this.#color;
    context.fillRect(0, 0, SIZE, SIZE);
    context.globalCompositeOperation = "source-over";
  }

  /** Puts a picture of ink there instead of a scribble: a canvas, drawn to fit; lent, unless `own` says otherwise. */
  put(source, own = false) {
    this.clear();
    this.#lent = !own;
    this.#context.drawImage(source, 0, 0, SIZE, SIZE);
    this.#box = [0, 0, SIZE, SIZE];
    this.#prompt();
  }
}
