// Figure 6: the way from one scribble's latents to another's, and digits that share some of them.

import { button, downloads, el, failed, heat, ink, latest, near, paint, plate, recall, recallWhole, recolored, remember, said, saveImageSvg, savePng, slider } from "./kit.js";
import { WEIGHTS, ask } from "./lab.js";
import { padIn } from "./marks.js";

const SIZE = 140;
/** Seeds of an 8 and a 6; between them lies a 3, as the article says. */
const [FROM, TO] = [23, 43];
/** A root narrower than this shows its digits in two rows. */
const NARROW = 480;

class Latent {
  #root;
  #state = { from: recallWhole("from", 0, 0), to: recallWhole("to", 32, 0), temperature: recall("temperature", 1, 0, 2), seed: 1 };
  #latents = [null, null];
  #ends = ["from this", "to this"].map((text, i) => this.#end(text, i));
  #way = plate("Digits on the way from the first scribble to the second", "on the way from one to the other");
  #family = plate("Eight digits that share the held glimpses", "eight that share the first scribble's latents in the held glimpses");
  #status = el("p", { className: "status", role: "status" });
  #sliders = {
    from: this.#held("from", "hold from glimpse"),
    to: this.#held("to", "up to"),
    temperature: slider({ label: "temperature of the rest", min: 0, max: 2, value: this.#state.temperature, name: "temperature" }, (v) => {
      this.#state.temperature = v;
      this.#vary();
    }),
  };

  constructor(root) {
    this.#root = root;
    for (const strip of [this.#way, this.#family]) strip.root.classList.add("strip");
    root.append(
      el("div", { className: "ends" }, ...this.#ends.map((end) => end.root)),
      this.#way.root,
      el("div", { className: "sliders" }, ...Object.values(this.#sliders).map((s) => s.root)),
      this.#family.root,
      this.#status,
      el("div", { className: "bar" }, button("Resample the rest", () => {
        this.#state.seed++;
        this.#vary();
      }, { "data-key": "seed" })),
      downloads({
        PNG: () => savePng("on-the-way.png", [this.#way.canvas]),
        SVG: () => saveImageSvg("on-the-way.svg", [this.#way.canvas]),
        "PNG of the eight": () => savePng("shared.png", [this.#family.canvas]),
      }),
    );
    recolored(() => {
      for (const end of this.#ends) end.pad.recolor();
      this.#interpolate();
      this.#vary();
    });
    near(root, () => Promise.all([this.#exemplify(0, FROM), this.#exemplify(1, TO)]));
  }

  /** One end of the way: a pad, and what fills and empties it. */
  #end(text, i) {
    const { pad, host } = padIn(() => this.#read(i), `Pad ${i + 1}: scribble a digit here`);
    const example = button("Draw one for me", () => this.#exemplify(i), { name: `example${i}` });
    const clear = button("Clear", () => {
      pad.clear();
      this.#latents[i] = null;
    });
    return { pad, root: el("figure", {}, host, el("figcaption", { textContent: text }), el("div", { className: "bar" }, example, clear)) };
  }

  /** A slider for one of the ends of the glimpses that are held. */
  #held(name, label) {
    const state = this.#state;
    return slider({ label, min: 0, max: Math.max(1, state[name]), step: 1, value: state[name], show: String, name }, (v) => {
      state[name] = v;
      if (state.from > state.to) state[name === "from" ? "to" : "from"] = v;
      this.#sliders.from.set(state.from);
      this.#sliders.to.set(state.to);
      this.#vary();
    });
  }

  /** Lets the sliders go as far as there are glimpses. */
  #reach(glimpses) {
    for (const name of ["from", "to"]) {
      this.#sliders[name].input.max = String(glimpses);
      this.#state[name] = Math.min(this.#state[name], glimpses);
      this.#sliders[name].set(this.#state[name]);
    }
  }

  async #read(i) {
    const { pad } = this.#ends[i];
    if (!pad.enough) return;
    const { version } = pad;
    try {
      const { latents } = await ask("encode", { url: WEIGHTS, scribble: pad.pixels(), size: SIZE, ink: ink() });
      // What was cleared or scribbled on meanwhile is another.
      if (version !== pad.version) return;
      this.#latents[i] = latents;
      said(this.#status, "");
      await Promise.all([this.#interpolate(), i === 0 && this.#vary()]);
    } catch (error) {
      failed(this.#root, error);
    }
  }

  /** Columns for digits in one row, or in two where there is little room. */
  #columns(one, two) {
    const narrow = this.#root.clientWidth < NARROW;
    for (const strip of [this.#way, this.#family]) strip.root.classList.toggle("two-rows", narrow);
    return narrow ? two : one;
  }

  #interpolate = latest(async () => {
    const [from, to] = this.#latents;
    if (!from || !to) return;
    paint(this.#way.canvas, await ask("between", { url: WEIGHTS, from, to, count: 9, size: SIZE, ink: ink(), columns: this.#columns(9, 5) }));
  }, (error) => failed(this.#root, error));

  #vary = latest(async () => {
    const { from, to, temperature, seed } = this.#state;
    remember({ from, to, temperature });
    const [latents] = this.#latents;
    if (!latents) return;
    const options = { from, to, temperature, seed, count: 8 };
    paint(this.#family.canvas, await ask("vary", { url: WEIGHTS, latents, options, size: SIZE, ink: ink(), columns: this.#columns(8, 4) }));
  }, (error) => failed(this.#root, error));

  /** Puts a digit of the model's own on a pad, unless someone scribbles there meanwhile. */
  async #exemplify(i, seed = Math.floor(Math.random() * 1e6)) {
    const { pad } = this.#ends[i];
    const { version } = pad;
    try {
      const { side, glimpses, pixels } = await ask("digit", { url: WEIGHTS, seed });
      this.#reach(glimpses);
      if (version !== pad.version) return;
      const canvas = new OffscreenCanvas(side, side);
      heat(canvas, pixels, side, side);
      pad.put(canvas);
      await this.#read(i);
    } catch (error) {
      failed(this.#root, error);
    }
  }
}

export const latent = (root) => new Latent(root);
