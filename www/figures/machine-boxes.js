// The boxes of the machine: what each of them holds at a glimpse, painted.

import { el, heat, number, svg } from "./kit.js";
import { grid } from "./looking.js";

/** Units of an LSTM in a row of its strip. */
const ROW = 32;
/** Latents are shown from minus this to this. */
const REACH = 4;
const CHART = { width: 120, height: 52, floor: 48 };

/** What the boxes ask of a trace. */
export const PARTS = [
  "readWindows", "errors", "readPatches", "encoder", "encoderCells", "means", "deviations", "latents", "decoder", "decoderCells",
  "writePatches", "writeWindows", "strokes", "canvases", "spent", "reconstruction",
];

/** The largest size of some values. */
const strongest = (values, least) => values.reduce((most, v) => Math.max(most, Math.abs(v)), least);

/** A picture with a word under it, and an SVG over it where there are windows. */
function picture(word, overlaid = false) {
  const canvas = el("canvas", { className: "ink pixels", width: 28, height: 28 });
  const over = overlaid ? svg("svg", { viewBox: "0 0 28 28", class: "over" }) : null;
  const caption = el("span", { className: "cap", textContent: word });
  const root = el("span", { className: "pic" }, el("span", { className: "under" }, canvas, ...(over ? [over] : [])), caption);
  return { canvas, over, caption, root };
}

/** A window as it lies over a picture. */
function lay(over, [x, y, stride, sigma] = [], n) {
  over.replaceChildren(...(stride > 0 ? grid([x, y, stride, sigma], n) : []));
}

/** One glimpse of what was traced. */
export class Moment {
  #trace;
  #t;

  /** Glimpse `t`, from 0. */
  constructor({ trace, image, config, used }, t) {
    this.#trace = trace;
    this.#t = t;
    this.image = image;
    this.config = config;
    this.used = used;
  }

  /** A part's values at this glimpse, or at the one `ahead`; none if the trace has none. */
  of(part, ahead = 0) {
    const values = this.#trace[part];
    const each = values.length / (this.config.glimpses + (["canvases", "spent", "reconstruction", "bound"].includes(part) ? 1 : 0));
    const at = this.#t + ahead;
    return values.subarray(at * each, (at + 1) * each);
  }

  /** Whether an image is read. */
  get reads() {
    return this.image !== null;
  }
}

class Box {
  /** @param {{ name: string, title: string, phase: number, half: string }} what */
  constructor({ name, title, phase, half }, ...children) {
    this.name = name;
    this.phase = phase;
    this.half = half;
    // No button, though it acts as one: on paper, where there are no controls, it stays.
    this.root = el("div", { role: "button", tabIndex: 0, className: `part ${half}`, "aria-label": `${title}: its equation and numbers` },
      el("span", { className: "title", textContent: title }), el("span", { className: "pics" }, ...children));
    this.root.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      this.root.click();
    });
    this.root.dataset.part = name;
    this.root.style.gridArea = name;
  }
}

class Looks extends Box {
  #image;
  #error;

  constructor() {
    const [image, error] = [picture("image x", true), picture("error x̂", true)];
    super({ name: "looks", title: "what it looks at", phase: 0, half: "reading" }, image.root, error.root);
    this.#image = image;
    this.#error = error;
  }

  draw(now) {
    const { width, height, read_patch: n } = now.config;
    heat(this.#image.canvas, now.image ?? [], width, height);
    heat(this.#error.canvas, now.of("errors"), width, height, 1, ["--read", "--write"]);
    for (const { over } of [this.#image, this.#error]) lay(over, now.of("readWindows"), n);
  }
}

class Read extends Box {
  #pictures;

  constructor() {
    const pictures = [picture("of x"), picture("of x̂")];
    super({ name: "read", title: "read", phase: 1, half: "reading" }, ...pictures.map((p) => p.root));
    this.#pictures = pictures;
  }

  draw(now) {
    const { read_patch: n } = now.config;
    const patches = now.of("readPatches");
    const full = strongest(patches, 0.2);
    this.#pictures.forEach(({ canvas }, i) => {
      heat(canvas, patches.subarray(i * n * n, (i + 1) * n * n), n, n, full, i ? ["--read", "--write"] : ["--ink", "--write"]);
    });
  }
}

/** An LSTM: what it says, and what it keeps. */
class State extends Box {
  #strips;
  #parts;
  #colors;

  constructor(name, phase, half, color) {
    const strips = [picture("h, what it says"), picture("c, what it keeps")];
    super({ name, title: name, phase, half }, ...strips.map((p) => p.root));
    this.root.classList.add("state");
    this.#strips = strips;
    this.#parts = [name, `${name}Cells`];
    this.#colors = [color, "--ink"];
  }

  draw(now) {
    this.#strips.forEach(({ canvas }, i) => {
      const values = now.of(this.#parts[i]);
      const { hidden } = now.config;
      const cells = new Float32Array(ROW * Math.ceil(hidden / ROW));
      cells.set(values);
      // What an LSTM says lies between -1 and 1; what it keeps may grow.
      heat(canvas, cells, ROW, cells.length / ROW, i ? strongest(values, 1) : 1, this.#colors);
    });
  }
}

/** A normal density over the chart; a peak that would not fit is cut off. */
function bell(mean, deviation, open = false) {
  const { width, floor } = CHART;
  const points = Array.from({ length: 81 }, (_, i) => {
    const z = -REACH + (2 * REACH * i) / 80;
    const density = Math.exp(-0.5 * ((z - mean) / deviation) ** 2) / deviation;
    return `${(width * i) / 80} ${(floor - Math.min(floor - 2, 21 * density)).toFixed(2)}`;
  });
  return open ? `M${points.join("L")}` : `M0 ${floor}L${points.join("L")}L${width} ${floor}Z`;
}

class Latents extends Box {
  #rows = el("span", { className: "latents" });

  constructor() {
    const rows = el("span", { className: "latents" });
    super({ name: "latents", title: "latents", phase: 3, half: "between" }, rows);
    this.#rows = rows;
  }

  draw(now) {
    const [means, deviations, latents] = ["means", "deviations", "latents"].map((part) => now.of(part));
    const { width, height, floor } = CHART;
    const x = (z) => (width * (Math.max(-REACH, Math.min(REACH, z)) + REACH)) / (2 * REACH);
    this.#rows.replaceChildren(...now.used.map((k, i) => {
      const chart = svg("svg", { viewBox: `0 0 ${width} ${height}`, class: "bell" },
        svg("path", { class: "prior", d: bell(0, 1) }),
        ...(now.reads ? [svg("path", { class: "q", d: bell(means[k], deviations[k]) })] : []),
        svg("path", { class: "sample", d: `M${x(latents[k])} ${floor + 3}V8` }),
        svg("circle", { class: "sample", cx: x(latents[k]), cy: floor, r: 2.6 }));
      const words = now.reads ? [`μ ${number(means[k])}`, `σ ${number(deviations[k])}`] : [];
      const values = [...words, `z ${number(latents[k])}`].map((text) => el("span", { textContent: text }));
      const row = el("span", { className: "latent" }, chart, el("span", { className: "cap" }, ...values));
      row.dataset.latent = String(i);
      return row;
    }));
  }
}

class Patch extends Box {
  #picture;

  constructor() {
    const patch = picture("5 × 5");
    super({ name: "patch", title: "patch", phase: 5, half: "writing" }, patch.root);
    this.#picture = patch;
  }

  draw(now) {
    const { write_patch: n } = now.config;
    const patch = now.of("writePatches");
    heat(this.#picture.canvas, patch, n, n, strongest(patch, 1e-6));
    this.#picture.caption.textContent = `${n} × ${n}`;
  }
}

class Stroke extends Box {
  #picture;

  constructor() {
    const stroke = picture("in its window", true);
    super({ name: "stroke", title: "write", phase: 6, half: "writing" }, stroke.root);
    this.#picture = stroke;
  }

  draw(now) {
    const { width, height, write_patch: n } = now.config;
    const stroke = now.of("strokes");
    heat(this.#picture.canvas, stroke, width, height, strongest(stroke, 0.5));
    lay(this.#picture.over, now.of("writeWindows"), n);
  }
}

class Canvas extends Box {
  #after;
  #before;

  constructor() {
    const [after, before] = [picture("after"), picture("before")];
    super({ name: "canvas", title: "canvas", phase: 7, half: "writing" }, after.root, before.root);
    this.#after = after;
    this.#before = before;
  }

  draw(now) {
    const { width, height } = now.config;
    heat(this.#before.canvas, now.of("canvases"), width, height);
    heat(this.#after.canvas, now.of("canvases", 1), width, height);
  }
}

/** All of them, in the order in which a glimpse passes. */
export const boxes = () => [
  new Looks(), new Read(), new State("encoder", 2, "reading", "--read"), new Latents(), new State("decoder", 4, "writing", "--write"),
  new Patch(), new Stroke(), new Canvas(),
];
