// One model that looks: what it looks through, what it sees, and what it says.

import { precision } from "../plate.js";
import { el, failed, filters, heat, latest, plate, svg } from "./kit.js";
import { ask } from "./lab.js";

const percent = (share) => `${Math.round(100 * share)} %`;
const best = (probabilities) => probabilities.indexOf(Math.max(...probabilities));

/** DRAW's window: its grid of filters, and its box, whose line is the wider the sharper they are. */
export function grid([x, y, stride, sigma], n) {
  const half = ((n - 1) * stride) / 2 + sigma;
  return [...filters([x, y, stride, sigma], n, [0.3, 1.1]), svg("rect", { x: x - half, y: y - half, width: 2 * half, height: 2 * half, "stroke-width": precision(sigma, 1).toFixed(2) })];
}

/** RAM's retina: a square for each scale, about one place. */
function squares([x, y, ...sides]) {
  return [
    ...sides.map((side) => svg("rect", { x: x - side / 2, y: y - side / 2, width: side, height: side, "stroke-width": 0.45 })),
    svg("path", { d: `M${x - 1.5} ${y}h3M${x} ${y - 1.5}v3`, "stroke-width": 0.45 }),
  ];
}

/** The two kinds: how they are named, marked on the field, and told in words. */
export const EYES = {
  read: {
    title: "DRAW’s read",
    short: "DRAW",
    weights: new URL("../weights/cluttered.safetensors", import.meta.url).href,
    scales: 1,
    marks: grid,
    words: ([, , stride, sigma]) => `stride ${stride.toFixed(1)}, sigma ${sigma.toFixed(1)} pixels`,
  },
  retina: {
    title: "RAM’s retina",
    short: "RAM",
    weights: new URL("../weights/ram.safetensors", import.meta.url).href,
    scales: 4,
    marks: squares,
    words: ([, , ...sides]) => `squares of ${sides.slice(0, -1).join(", ")} and ${sides.at(-1)} pixels`,
  },
};

export class View {
  #eye;
  #marks;
  #patches;
  #facts = el("p", { className: "caption" });
  #bars;
  #verdict = el("p", { className: "verdict" });
  #seen = null;
  #glimpse = 1;
  #changed;

  /** Of a kind in `EYES`, with its marks on an SVG; `changed()` is called when it has looked. */
  constructor(kind, over, changed) {
    this.#eye = EYES[kind];
    this.#changed = changed;
    this.#marks = svg("g", { class: `marks-${kind}` });
    over.append(this.#marks);
    this.#patches = Array.from({ length: this.#eye.scales }, (_, i) => {
      const { canvas } = plate(`What ${this.#eye.title} sees${this.#eye.scales > 1 ? `, scale ${i + 1}` : ""}`);
      canvas.classList.add("pixels");
      return canvas;
    });
    this.#bars = Array.from({ length: 10 }, () => el("i"));
    this.odds = el("div", { className: "odds", role: "img", "aria-label": "Probabilities of the ten digits" },
      ...this.#bars.map((bar, digit) => el("span", {}, el("b", {}, bar), String(digit))));
    this.root = el("div", { className: `view of-${kind}` },
      el("h3", { textContent: this.#eye.title }),
      el("div", { className: `patches scales-${this.#eye.scales}` }, ...this.#patches),
      this.#facts, this.odds, this.#verdict);
  }

  /** Glimpses that it takes; 0 before it has looked. */
  get glimpses() {
    return this.#seen?.glimpses.length ?? 0;
  }

  /** What it says in the end; null before it has looked. */
  get answer() {
    return this.#seen && best(this.#seen.glimpses.at(-1).probabilities);
  }

  /** What it says after the glimpse that is shown, in words. */
  get says() {
    const { probabilities } = this.#at;
    const first = best(probabilities);
    return `${this.#eye.short}: ${first} (${percent(probabilities[first])})`;
  }

  get #at() {
    return this.#seen.glimpses[Math.min(this.#glimpse, this.glimpses) - 1];
  }

  look = latest(async (image) => {
    try {
      const told = ({ loaded, total }) => (this.#facts.textContent = total ? `fetching its weights: ${percent(loaded / total)}` : "fetching its weights");
      this.#seen = await ask("sights", { url: this.#eye.weights, image }, told);
      this.root.querySelector(".failed")?.remove();
      this.show(this.#glimpse);
      this.#changed();
    } catch (error) {
      this.#facts.textContent = "";
      failed(this.root, error);
    }
  });

  /** Shows what there is after so many glimpses; what it sees takes the ink's colour. */
  show(glimpse) {
    this.#glimpse = glimpse;
    if (!this.#seen) return;
    const { patch: n } = this.#seen.config;
    const { window, seen, probabilities } = this.#at;
    this.#marks.replaceChildren(...this.#eye.marks([...window], n));
    // What is read may exceed 1, where gamma does; all scales are shown alike.
    const full = seen.reduce((most, v) => Math.max(most, v), 0.5);
    this.#patches.forEach((canvas, i) => heat(canvas, seen.subarray(i * n * n, (i + 1) * n * n), n, n, full));
    this.#facts.textContent = this.#eye.words([...window]);
    const first = best(probabilities);
    this.#bars.forEach((bar, digit) => {
      bar.style.height = `${100 * probabilities[digit]}%`;
      bar.parentElement.parentElement.classList.toggle("most", digit === first);
    });
    this.odds.setAttribute("aria-label", `Probabilities: ${Array.from(probabilities, (p, digit) => `${digit} ${percent(p)}`).join(", ")}`);
    this.#verdict.textContent = `${first}, ${percent(probabilities[first])}`;
  }
}
