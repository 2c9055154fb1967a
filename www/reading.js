// What the widget shows beside its writing when it redraws: the pad, the scribble as the network sees it, its error so
// far, and the patches read from both.

import { el } from "./el.js";
import { Pad } from "./pad.js";
import { Plate, shades } from "./plate.js";

export class Reading {
  #seen = new Plate("The scribble as the network sees it");
  #error = new Plate("The error: what is still missing, and what is too much");
  #patches = [new Plate("The patch read from the scribble"), new Plate("The patch read from the error")];

  /** `written` is the plate of what is written; `scribbled` is called after a stroke, `replaced` before one that takes the place
   *  of what was lent, `neared` when a hand nears the pad. */
  constructor(written, scribbled, replaced, neared) {
    this.pad = new Pad(scribbled, undefined, replaced);
    this.pad.root.addEventListener("pointerenter", neared, { once: true });
    for (const plate of this.#patches) plate.root.classList.add("patch");
    const figure = (innerHTML, plate, ...patch) => el("figure", {}, plate.root, el("figcaption", { innerHTML }), ...patch.map((p) => p.root));
    this.figures = [
      figure("your scribble", this.pad),
      figure("<i class=read></i> what it reads: patches of this", this.#seen, this.#patches[0]),
      figure("<i class=read></i> and of its error so far", this.#error, this.#patches[1]),
      figure("<i class=write></i> what it writes", written),
    ];
  }

  /** The plates on which the read window is drawn. */
  get plates() {
    return [this.#seen, this.#error];
  }

  /** Shows a normalised image in large pixels, as the network gets them. */
  see(pixels, { width, height }, ink) {
    const cell = Math.max(width, Math.round(this.#seen.root.clientWidth * devicePixelRatio));
    const at = (place, side) => Math.floor((place * side) / cell);
    this.#seen.paint(shades(cell, (i) => pixels[at(Math.floor(i / cell), height) * width + at(i % cell, width)], ink));
  }

  /** Shows what a glimpse read. */
  show({ error, patches }, { read_patch: side, attention }, colors) {
    if (error) this.#error.paint(error);
    this.#patches.forEach((plate, i) => {
      plate.root.hidden = !patches.length || !attention;
      plate.shade(patches.subarray(i * side * side, (i + 1) * side * side), side, colors);
    });
  }

  clear() {
    for (const plate of [this.#seen, this.#error, ...this.#patches]) plate.clear();
  }
}
