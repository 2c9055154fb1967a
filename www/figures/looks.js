// Where it looks: one digit in clutter, moved by hand, and two models that look for it.

import { DATA } from "./codes.js";
import { PieceField } from "./field.js";
import { button, calm, el, failed, latest, near, recallWhole, recolored, remember, said, slider, whenSeen } from "./kit.js";
import { ask } from "./lab.js";
import { View } from "./looking.js";
import { padIn } from "./marks.js";
import { Places } from "./places.js";

/** Milliseconds: of a glimpse when it plays, and of stillness before the verdict is read out. */
const [PACE, STILL] = [700, 400];

/** Where pieces lie, as the address has it: x.y pairs. */
function placesFrom(text) {
  const numbers = (text ?? "").split(".").map(Number);
  if (numbers.length !== 18 || !numbers.every((n) => Number.isInteger(n) && n >= 0 && n < 1000)) return null;
  return Array.from({ length: 9 }, (_, i) => numbers.slice(2 * i, 2 * i + 2));
}

class Looks {
  #clutter = recallWhole("clutter", 41, 0, 1e6);
  #digit = recallWhole("of", 0, 0, 1e6);
  /** A digit of the visitor's own, 28 × 28. */
  #own = null;
  /** Where the pieces lie, the digit last; null where the clutter's seed has put them. */
  #places = placesFrom(new URLSearchParams(location.search).get("pieces"));
  /** How many glimpses the models take: as many as the presets, until they have come. */
  #glimpses = 8;
  #glimpse = recallWhole("look", 8, 1, 8);
  /** Counts changes, to tell an answer that is no longer of what is there. */
  #changes = 0;
  #shown = null;
  /** Settled when both models have looked. */
  #looking = null;
  #playing = 0;
  #quiet = 0;
  /** What was moved last, to be read out. */
  #told = "";
  #field = new PieceField(() => this.#moved(), (piece) => this.#let(piece));
  #views = ["read", "retina"].map((kind) => new View(kind, this.#field.over, () => this.#seen()));
  #play = button("Play", () => (this.#playing ? this.#stop() : this.#start()), { name: "looks-play", "data-key": "play" });
  #time = slider({ label: "glimpse", min: 1, max: this.#glimpses, step: 1, value: this.#glimpse, show: (v) => `${v} of ${this.#glimpses}`, name: "look" }, (v) => {
    this.#stop();
    this.#goTo(v);
  });
  #status = el("p", { className: "status", role: "status" });
  #words = el("div", {}, this.#status);
  #pad = padIn(() => this.#read(), "Pad: draw a digit for the field here", "draw a digit");
  #drawn = el("div", { className: "looks-pad", id: "looks-pad", hidden: true }, this.#pad.host, el("div", {},
    el("p", { className: "caption", textContent: "Your digit takes the place of the one on the field: shrunk into 20 × 20 pixels, centred, in black and white." }),
    button("Clear", () => this.#pad.pad.clear(), { name: "looks-clear" })));
  #estimators = new Places();

  constructor(root) {
    const drawing = button("Draw a digit", () => {
      this.#drawn.hidden = !this.#drawn.hidden;
      drawing.setAttribute("aria-expanded", String(!this.#drawn.hidden));
    }, { "aria-expanded": "false", "aria-controls": "looks-pad" });
    root.append(
      el("div", { className: "looks" }, this.#field.root, el("div", { className: "views" }, ...this.#views.map((v) => v.root))),
      this.#time.root,
      el("div", { className: "bar" }, this.#play, button("Step", () => (this.#stop(), this.#goTo((this.#glimpse % this.#glimpses) + 1)), { name: "looks-step", "data-key": "step" }),
        button("New clutter", () => this.#change({ clutter: Math.floor(Math.random() * 1e6) }), { "data-key": "seed" }),
        button("New digit", () => this.#change({ digit: Math.floor(Math.random() * (this.#shown?.count ?? 1)) })),
        drawing),
      this.#drawn,
      this.#words,
      this.#estimators.root,
    );
    for (const view of this.#views) view.show(this.#glimpse);
    recolored(() => this.#recolor());
    near(root, () => this.#open());
  }

  async #open() {
    await this.#show();
    await this.#looking;
    if (!this.#shown || calm.matches || new URLSearchParams(location.search).has("look")) return;
    // It plays once, when it is first in sight.
    whenSeen(this.#field.root, () => this.#start(), { threshold: 0.5 });
  }

  // ---- What lies on the field

  #show = latest(async () => {
    const change = this.#changes;
    try {
      const request = { data: DATA, clutter: this.#clutter, digit: this.#digit, own: this.#own, places: this.#places };
      const field = await ask("field", request);
      this.#shown = field;
      const stale = change !== this.#changes;
      this.#field.show(field, stale);
      if (this.#places && !stale) this.#places = this.#field.places;
      this.#looking = Promise.all(this.#views.map((view) => view.look(field.image)));
      remember({ clutter: this.#clutter, of: this.#digit, pieces: this.#places && this.#field.places.flat().join(".") });
    } catch (error) {
      failed(this.#words, error);
    }
  });

  #moved() {
    this.#places = this.#field.places;
    this.#changes++;
    this.#show();
  }

  #let(piece) {
    const [x, y] = this.#field.places[piece];
    this.#told = `The ${this.#field.name(piece)} lies at ${x}, ${y}. `;
    this.#settle();
  }

  /** Lays other clutter around the digit, or another digit where it was. */
  #change({ clutter = this.#clutter, digit = this.#digit }) {
    this.#changes++;
    this.#told = "";
    if (digit !== this.#digit) this.#erase();
    if (clutter !== this.#clutter) this.#places = this.#field.places.map((place, i, { length }) => (i === length - 1 ? place : null));
    this.#clutter = clutter;
    this.#digit = digit;
    this.#show();
  }

  #erase() {
    this.#own = null;
    this.#pad.pad.clear();
  }

  async #read() {
    const { version } = this.#pad.pad;
    try {
      const own = await ask("normalise", this.#pad.pad.pixels());
      // What was cleared or scribbled on meanwhile is another.
      if (version !== this.#pad.pad.version) return;
      this.#own = own;
      this.#told = "";
      this.#changes++;
      this.#show();
    } catch (error) {
      failed(this.#words, error);
    }
  }

  #recolor() {
    this.#pad.pad.recolor();
    if (this.#shown) this.#field.show(this.#shown, true);
    for (const view of this.#views) view.show(this.#glimpse);
    this.#estimators.draw();
  }

  // ---- Glimpses

  /** A model has looked. */
  #seen() {
    this.#glimpses = Math.max(...this.#views.map((view) => view.glimpses));
    this.#time.input.max = String(this.#glimpses);
    this.#settle();
  }

  #goTo(glimpse) {
    this.#glimpse = glimpse;
    this.#time.set(glimpse);
    for (const view of this.#views) view.show(glimpse);
    if (this.#playing) return;
    remember({ look: glimpse });
    this.#settle();
  }

  #start() {
    this.#play.textContent = "Pause";
    if (this.#glimpse === this.#glimpses) this.#goTo(1);
    clearInterval(this.#playing);
    this.#playing = setInterval(() => {
      this.#goTo(this.#glimpse + 1);
      if (this.#glimpse === this.#glimpses) this.#stop();
    }, PACE);
  }

  #stop() {
    if (!this.#playing) return;
    clearInterval(this.#playing);
    this.#playing = 0;
    this.#play.textContent = "Play";
    this.#settle();
  }

  /** Once nothing moves any more: what they say, and the gradients. */
  #settle() {
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => this.#playing || this.#tell(), STILL);
  }

  #tell() {
    const views = this.#views.filter((view) => view.glimpses);
    if (!this.#shown || !views.length) return;
    const { label, image } = this.#shown;
    const when = this.#glimpse === this.#glimpses ? "After the last glimpse" : `After glimpse ${this.#glimpse}`;
    const truth = label === null ? "The digit is yours." : `It is a ${label}.`;
    said(this.#status, `${this.#told}${when}, ${views.map((view) => view.says).join("; ")}. ${truth}`);
    const [draw] = this.#views;
    this.#estimators.of(image, label ?? draw.answer, label === null ? "what DRAW takes your digit for" : "the digit’s own class");
  }
}

export const looks = (root) => new Looks(root);
