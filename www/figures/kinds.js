// One test digit of each class, to choose from.

import { DATA } from "./codes.js";
import { button, el, heat, recolored } from "./kit.js";
import { ask } from "./lab.js";

export class Kinds {
  #digits = [];
  #side = 28;
  #buttons = [];
  #chosen;
  #changed;
  root = el("div", { className: "kinds", role: "group", "aria-label": "The digit that is read" });

  /** `changed()` is called when another class than `kind` is chosen. */
  constructor(kind, changed) {
    this.#chosen = kind;
    this.#changed = changed;
    // Their room is there before they are.
    this.#buttons = Array.from({ length: 10 }, (_, label) => button("", () => this.#choose(label), { name: `kind-${label}`, "aria-label": `a ${label}`, "aria-pressed": String(label === kind) }));
    for (const each of this.#buttons) each.append(el("canvas", { className: "pixels", width: 28, height: 28 }));
    this.root.append(...this.#buttons);
    recolored(() => this.#paint());
  }

  async load() {
    if (this.#digits.length) return;
    ({ digits: this.#digits, side: this.#side } = await ask("kinds", { data: DATA }));
    this.#paint();
  }

  get kind() {
    return this.#chosen;
  }

  /** The chosen digit's values, 0 or 1. */
  get pixels() {
    return this.#digits.find(({ label }) => label === this.#chosen).pixels;
  }

  set disabled(whether) {
    for (const each of this.#buttons) each.disabled = whether;
  }

  #choose(label) {
    this.#chosen = label;
    this.#buttons.forEach((each, i) => each.setAttribute("aria-pressed", String(i === label)));
    this.#changed();
  }

  #paint() {
    for (const { label, pixels } of this.#digits) heat(this.#buttons[label].firstChild, pixels, this.#side, this.#side);
  }
}
