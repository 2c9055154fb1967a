// Two estimators of one gradient: which way, and how far, RAM's place at a glimpse should move.

import { button, el, failed, heat, latest, said, slider, svg } from "./kit.js";
import { ask } from "./lab.js";
import { EYES } from "./looking.js";

const DRAWS = 48;
/** The side of what is shown of the image, in its pixels. */
const SIDE = 44;
/** How long the longest arrows may be but for the largest tenth, in the same. */
const LONG = 9;

const KINDS = [
  { key: "pathwise", title: "pathwise: through the draw", row: "pathwise" },
  { key: "scoreWithBaseline", title: "score function (REINFORCE), with its baseline", row: "score function, with its baseline" },
  { key: "score", row: "score function, without" },
];

const short = (v) => (v === 0 ? "0" : Math.abs(v) >= 1e-3 && Math.abs(v) < 1e4 ? String(Number(v.toPrecision(2))) : v.toExponential(1)).replace("-", "−");

/** How much the one varies beside the other, in words. */
function compared(pathwise, score) {
  if (!(pathwise > 0) || !(score > 0)) return "One of the two does not vary at all here.";
  const [more, less, times] = score >= pathwise
    ? ["score function, with its baseline,", "pathwise estimator", score / pathwise]
    : ["pathwise estimator", "score function, with its baseline", pathwise / score];
  return times < 1.05
    ? "Here the two vary alike."
    : `Here the variance of the ${more} is ${times < 9.95 ? times.toFixed(1) : Number(times.toPrecision(2)).toLocaleString("en")} times that of the ${less}.`;
}

/** @type {(flat: number[]) => [number, number][]} */
const pairs = (flat) => Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]);

/** Pixels to a gradient's unit, so that all but the largest tenth of the arrows are no longer than `LONG`. */
function scaleOf(draws) {
  const lengths = draws.map((d) => Math.hypot(...d)).sort((a, b) => a - b);
  return LONG / (lengths[Math.floor(0.9 * lengths.length)] || 1);
}

/**
 * An arrow from a place, as an SVG path with a head as long as the arrow allows.
 * @param {number[]} from
 * @param {number[]} by
 */
function arrow([x, y], [dx, dy], className) {
  const length = Math.hypot(dx, dy);
  if (length < 0.05) return svg("path", { d: `M${x} ${y}h0`, class: className });
  const [ux, uy] = [dx / length, dy / length];
  const head = Math.min(1.4, length / 2);
  const [tx, ty] = [x + dx, y + dy];
  const wing = (side) => `${tx - head * (ux + side * 0.6 * uy)} ${ty - head * (uy - side * 0.6 * ux)}`;
  return svg("path", { d: `M${x} ${y}L${tx} ${ty}M${wing(1)}L${tx} ${ty}L${wing(-1)}`, class: className });
}

export class Places {
  #image = null;
  #label = 0;
  #why = "";
  #seed = 1;
  #found = null;
  /** One scale for both shows which scatters more; of its own, each shows how. */
  #apart = false;
  #charts = KINDS.slice(0, 2).map(({ key, title }) => {
    const canvas = el("canvas", { className: "ink pixels", width: SIDE, height: SIDE, "aria-hidden": "true" });
    const over = svg("svg", { class: `arrows of-${key}`, viewBox: `0 0 ${SIDE} ${SIDE}`, role: "img", "aria-label": title });
    return { key, canvas, over, root: el("figure", {}, el("div", { className: "plot" }, canvas, over), el("figcaption", { textContent: title })) };
  });
  #scales = button("Each at its own scale", () => {
    this.#apart = !this.#apart;
    this.#scales.setAttribute("aria-pressed", String(this.#apart));
    this.draw();
  }, { "aria-pressed": "false" });
  #time = slider({ label: "glimpse that is drawn", min: 1, max: 8, step: 1, value: 4, show: (v) => `${v} of 8`, name: "place-glimpse" }, () => this.#ask());
  #status = el("p", { className: "status", role: "status" });
  #rows = el("tbody");

  constructor() {
    const head = el("thead", {}, el("tr", {}, el("td"), ...["mean, across", "mean, down", "variance"].map((text) => el("th", { scope: "col", textContent: text }))));
    const how =
      `RAM draws the place of a glimpse at random, about a mean. Below, one glimpse is drawn ${DRAWS} times, and each arrow ` +
      "is one draw’s word on how to move that mean so that the right answer becomes likelier. The thick arrow is the mean of all; both pictures have one scale. " +
      "Both estimators have the same true mean; how far their arrows scatter is their variance. Neither is always the surer: the " +
      "pathwise one follows the slope of what the retina sees, which can be steep and short-sighted; the score function knows " +
      "only how well each draw turned out.";
    this.root = el("details", { className: "places" },
      el("summary", { textContent: "Two ways to the gradient of a place" }),
      el("p", { textContent: how }),
      el("div", { className: "pair" }, ...this.#charts.map((c) => c.root)),
      this.#time.root,
      el("div", { className: "bar" }, button("Resample", () => {
        this.#seed++;
        this.#ask();
      }), this.#scales),
      this.#status,
      el("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": "Both estimators" },
        el("table", {}, el("caption", { textContent: `The gradient of log p by the mean of the place, over ${DRAWS} draws; places go from −1 to 1` }), head, this.#rows)));
    this.root.addEventListener("toggle", () => this.#ask());
  }

  /** What is looked at, and which answer is to become likelier, and why that one. */
  of(image, label, why) {
    if (image === this.#image && label === this.#label) return;
    this.#image = image;
    this.#label = label;
    this.#why = why;
    this.#found = null;
    this.#ask();
  }

  #ask = latest(async () => {
    if (!this.root.open || !this.#image) return;
    const glimpse = this.#time.value - 1;
    try {
      const image = this.#image;
      const request = { url: EYES.retina.weights, image, label: this.#label, glimpse, draws: DRAWS, seed: this.#seed };
      this.#found = { image, ...(await ask("placeGradients", request)) };
      this.draw();
    } catch (error) {
      failed(this.root, error);
    }
  });

  /** Draws what was found. */
  draw() {
    if (!this.#found) return;
    const { image, mean, places } = this.#found;
    const side = Math.sqrt(image.length);
    const [left, top] = mean.map((v) => Math.round(v - SIDE / 2));
    const crop = Float32Array.from({ length: SIDE * SIDE }, (_, i) => {
      const [x, y] = [left + (i % SIDE), top + Math.floor(i / SIDE)];
      return x >= 0 && y >= 0 && x < side && y < side ? 0.35 * image[y * side + x] : 0;
    });
    const scales = this.#charts.map(({ key }) => scaleOf(pairs(this.#found[key].draws)));
    for (const [c, { key, canvas, over }] of this.#charts.entries()) {
      const draws = pairs(this.#found[key].draws);
      const scale = this.#apart ? scales[c] : Math.min(...scales);
      const scaled = (d) => d.map((v) => v * scale);
      heat(canvas, crop, SIDE, SIDE);
      over.setAttribute("viewBox", `${left} ${top} ${SIDE} ${SIDE}`);
      over.replaceChildren(
        svg("rect", { x: 0, y: 0, width: side, height: side, class: "edge" }),
        ...pairs(places).map(([cx, cy]) => svg("circle", { cx, cy, r: 0.35 })),
        ...pairs(places).map((place, i) => arrow(place, scaled(draws[i]), "one")),
        arrow(mean, scaled(this.#found[key].mean), "mean"),
      );
    }
    this.#words();
  }

  #words() {
    const { pathwise, scoreWithBaseline } = this.#found;
    this.#rows.replaceChildren(...KINDS.map(({ key, row }) => {
      const { mean, variance } = this.#found[key];
      return el("tr", {}, el("th", { scope: "row", textContent: row }), ...[...mean, variance].map((v) => el("td", { textContent: short(v) })));
    }));
    said(this.#status, `${compared(pathwise.variance, scoreWithBaseline.variance)} The answer to become likelier is ${this.#label}, ${this.#why}.`);
  }
}
