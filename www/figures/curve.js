// The curve of a training: the bound on what is held out, its two parts, and the loss of the batches.

import { fitted, label, rounds, svg } from "./kit.js";

const HEIGHT = 240;
const [LEFT, RIGHT, TOP, BOTTOM] = [40, 10, 10, 208];
const KEYS = ["kl", "reconstruction", "train", "held"];

export class Curve {
  #points = [];
  #width;

  constructor() {
    this.chart = svg("svg", { viewBox: `0 0 640 ${HEIGHT}`, class: "chart", role: "img", "aria-label": "The bound on held-out images, falling" });
    this.#width = fitted(this.chart, HEIGHT, () => this.draw());
  }

  get last() {
    return this.#points.at(-1);
  }

  /** Points { seconds, held, reconstruction, kl, train }, from the first. */
  set(points) {
    this.#points = [...points];
    this.draw();
  }

  add(point) {
    this.#points.push(point);
    this.draw();
  }

  draw() {
    const points = this.#points;
    if (!points.length) return this.chart.replaceChildren();
    const right = this.#width() - RIGHT;
    const end = Math.max(10, this.last.seconds);
    // The first moments are far above the rest: the scale follows what came after.
    const settled = points.slice(Math.min(points.length - 1, Math.floor(points.length / 8)));
    const most = 1.05 * Math.max(...settled.map((p) => p.held));
    const x = (seconds) => LEFT + ((right - LEFT) * seconds) / end;
    const y = (nats) => BOTTOM - ((BOTTOM - TOP) * Math.min(nats, most)) / most;
    const line = (key) =>
      points.filter((p) => p[key] !== null).map((p, i) => `${i ? "L" : "M"}${x(p.seconds).toFixed(1)} ${y(p[key]).toFixed(1)}`).join("");
    // Seconds, minutes or hours, whichever has the fewer digits.
    const [unit, name] = end < 180 ? [1, "s"] : end < 10_800 ? [60, "min"] : [3600, "h"];
    this.chart.replaceChildren(
      ...rounds(most).flatMap((nats) => [
        svg("path", { d: `M${LEFT} ${y(nats)}H${right}`, class: "axis" }),
        label(nats, { x: LEFT - 6, y: y(nats) + 4, "text-anchor": "end" }),
      ]),
      ...rounds(end / unit).map((time) => label(`${time} ${name}`, { x: x(time * unit), y: BOTTOM + 18, "text-anchor": "middle" })),
      ...KEYS.map((key) => svg("path", { d: line(key), class: key })),
    );
    const [first, now] = [points[0], this.last].map((p) => p.held.toFixed(1));
    this.chart.setAttribute("aria-label", `The bound on held-out images, in nats: ${first} at first, now ${now}`);
  }
}
