// Figure 6: the way from one scribble's latents to another's, and digits that share some of them.

import { Pad } from "../pad.js";
import { style } from "../style.js";
import { WEIGHTS, ask } from "./lab.js";
import { button, downloads, el, failed, ink, latest, near, paint, plate, recall, recolored, remember, saveImageSvg, savePng, slider } from "./kit.js";

const SIZE = 140;
/** Seeds of an 8 and a 6; between them lies a 3, as the article says. */
const [FROM, TO] = [1, 3];

/** A pad with the widget's look, in a page: its styles live in a shadow root. */
function padIn(label, changed) {
  const host = el("div", { className: "pad-host" });
  const shadow = host.attachShadow({ mode: "open" });
  shadow.adoptedStyleSheets = [style()];
  const pad = new Pad(changed);
  pad.canvas.setAttribute("aria-label", label);
  shadow.append(pad.root);
  return { pad, host };
}

export function latent(root) {
  const state = { from: recall("from", 0, 0, 64), to: recall("to", 32, 0, 64), temperature: recall("temperature", 1, 0, 2), seed: 1 };
  const ends = ["from this", "to this"].map((text, i) => {
    const made = padIn(`Pad ${i + 1}: scribble a digit here`, () => read(i));
    const example = button("Draw one for me", () => exemplify(i), { name: `example${i}` });
    const clear = button("Clear", () => {
      made.pad.clear();
      latents[i] = null;
    });
    return { ...made, root: el("figure", {}, made.host, el("figcaption", { textContent: text }), el("div", { className: "bar" }, example, clear)) };
  });
  const latents = [null, null];
  const way = plate("Digits on the way from the first scribble to the second", "on the way, each drawn in 64 glimpses");
  const family = plate("Eight digits that share the held glimpses", "eight that share the first scribble's latents in the held glimpses");
  for (const p of [way, family]) p.root.classList.add("strip");
  /** Where there is little room, the digits lie in two rows. */
  const rows = () => {
    const two = root.clientWidth < 480;
    for (const p of [way, family]) p.root.classList.toggle("two-rows", two);
    return two;
  };
  const status = el("p", { className: "status", role: "status" });
  const held = (name, label) => slider({ label, min: 0, max: 64, step: 1, value: state[name], show: String, name }, (v) => {
    state[name] = v;
    if (state.from > state.to) state[name === "from" ? "to" : "from"] = v;
    controls.from.set(state.from);
    controls.to.set(state.to);
    vary();
  });
  const controls = {
    from: held("from", "hold from glimpse"),
    to: held("to", "up to"),
    temperature: slider({ label: "temperature of the rest", min: 0, max: 2, value: state.temperature, name: "temperature" }, (v) => {
      state.temperature = v;
      vary();
    }),
  };
  root.append(
    el("div", { className: "ends" }, ...ends.map((end) => end.root)),
    way.root,
    el("div", { className: "sliders" }, ...Object.values(controls).map((c) => c.root)),
    family.root,
    status,
    el("div", { className: "bar" }, button("Resample the rest", () => {
      state.seed++;
      vary();
    })),
    downloads({
      PNG: () => savePng("on-the-way.png", [way.canvas]),
      SVG: () => saveImageSvg("on-the-way.svg", [way.canvas]),
      "PNG of the eight": () => savePng("shared.png", [family.canvas]),
    }),
  );

  async function read(i) {
    if (!ends[i].pad.enough) return;
    try {
      const encoded = await ask("encode", { url: WEIGHTS, scribble: ends[i].pad.pixels(), size: SIZE, ink: ink() });
      latents[i] = encoded.latents;
      status.textContent = "";
      status.classList.remove("failed");
      await Promise.all([interpolate(), i === 0 && vary()]);
    } catch (error) {
      failed(root, error);
    }
  }

  const interpolate = latest(async () => {
    if (!latents[0] || !latents[1]) return;
    const request = { url: WEIGHTS, from: latents[0], to: latents[1], count: 9, size: SIZE, ink: ink(), columns: rows() ? 5 : 9 };
    paint(way.canvas, await ask("between", request));
  });

  const vary = latest(async () => {
    remember({ from: state.from, to: state.to, temperature: state.temperature });
    if (!latents[0]) return;
    const { from, to, temperature, seed } = state;
    const options = { from, to, temperature, seed, count: 8 };
    paint(family.canvas, await ask("vary", { url: WEIGHTS, latents: latents[0], options, size: SIZE, ink: ink(), columns: rows() ? 4 : 8 }));
  });

  /** Puts a digit of the model's own on a pad. */
  async function exemplify(i, seed = Math.floor(Math.random() * 1e6)) {
    try {
      const pixels = await ask("digit", { url: WEIGHTS, seed });
      const canvas = new OffscreenCanvas(28, 28);
      const c = ink();
      const data = new ImageData(28, 28);
      pixels.forEach((v, p) => data.data.set([c >> 16, (c >> 8) & 255, c & 255, 255 * v], 4 * p));
      canvas.getContext("2d").putImageData(data, 0, 0);
      ends[i].pad.put(canvas);
      await read(i);
    } catch (error) {
      failed(root, error);
    }
  }

  recolored(() => {
    for (const end of ends) end.pad.recolor();
    interpolate();
    vary();
  });
  near(root, () => Promise.all([exemplify(0, FROM), exemplify(1, TO)]));
}
