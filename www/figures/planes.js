// The planes on which codes spread most, one for each model: where they lie, and what lies between them.

import { DATA, MODELS } from "./codes.js";
import { downloads, el, failed, ink, latest, near, paint, plate, recolored, saveSvg, svg } from "./kit.js";
import { ask } from "./lab.js";

/** Half the width of the plane that is shown, in standard deviations of the codes on it. */
const REACH = 3;
/** Half the chart's side in its own units, a step of the keys, and where the mark is at first. */
const [HALF, STEP, START] = [100, 5, [0, 0]];
/** The map is of so many by so many digits. */
const MAP = 9;
/** The middle of each of its cells. */
const CELLS = Array.from({ length: MAP }, (_, i) => HALF * ((2 * i + 1) / MAP - 1));

const clamped = (v) => Math.min(HALF, Math.max(-HALF, v));

class Plane {
  #model;
  #chart = svg("svg", { class: "plane", viewBox: `${-HALF} ${-HALF} ${2 * HALF} ${2 * HALF}`, role: "application", tabindex: 0 });
  #points = svg("g", { class: "points" });
  #prior = svg("g", { class: "prior" });
  #mark = svg("g", { class: "mark" }, svg("circle", { r: 5 }), svg("path", { d: "M-9 0h6M3 0h6M0 -9v6M0 3v6" }));
  #digit = plate("The digit at the mark", "at the mark");
  #map;
  #spread = el("p", { className: "caption" });
  /** Codes' units in a unit of the chart; null until they have come. */
  #scale = null;
  #place = START;

  constructor(model) {
    this.#model = model;
    this.#map = plate(`${model.title}: the digits that all of the plane decodes to`, "all of the plane");
    for (const { canvas } of [this.#digit, this.#map]) canvas.classList.add("pixels");
    this.#chart.setAttribute("aria-label", `${model.title}: where the codes of test digits lie; the arrow keys move the mark`);
    this.#chart.append(this.#prior, this.#points, this.#mark);
    this.root = el("div", { className: "code-plane" }, el("h3", { textContent: model.title }), this.#chart,
      this.#spread, el("div", { className: "code-there" }, this.#digit.root, this.#map.root));
    this.#chart.addEventListener("pointerdown", (event) => {
      this.#chart.setPointerCapture(event.pointerId);
      this.#go(event);
    });
    this.#chart.addEventListener("pointermove", (event) => event.buttons && this.#go(event));
    this.#chart.addEventListener("keydown", (event) => this.#key(event));
  }

  async show() {
    try {
      const url = this.#model.weights;
      const { points, origin, labels } = await ask("plane", { url, data: DATA }, () => (this.#spread.textContent = "fetching its weights"));
      const deviation = Math.sqrt(points.reduce((sum, v) => sum + v * v, 0) / points.length);
      const scale = (REACH * deviation) / HALF;
      this.#points.replaceChildren(...labels.map((digit, i) => {
        const point = svg("text", { x: (points[2 * i] / scale).toFixed(1), y: (-points[2 * i + 1] / scale).toFixed(1) });
        point.textContent = digit;
        return point;
      }));
      const [x, y] = [origin[0] / scale, -origin[1] / scale];
      this.#prior.replaceChildren(...[1, 2].map((r) => svg("circle", { cx: x, cy: y, r: r / scale })));
      this.#scale = scale;
      this.#spread.textContent = `Where its codes spread most, they spread ${deviation.toFixed(1)} times as wide as N(0, 1).`;
      this.root.querySelector(".failed")?.remove();
      await this.draw();
    } catch (error) {
      this.#spread.textContent = "";
      failed(this.root, error);
    }
  }

  /** Decodes what is shown: the mark's place, and the map. */
  async draw() {
    if (!this.#scale) return;
    await this.decode();
    paint(this.#map.canvas, await this.#there(CELLS.flatMap((y) => CELLS.map((x) => [x, y])), MAP));
  }

  /** The codes and the discs, as they stand. */
  save(name) {
    if (!this.#scale) throw new Error("its codes have not come");
    saveSvg(name, this.#chart);
  }

  /** The digits at places of the chart. */
  async #there(places, columns) {
    const request = { url: this.#model.weights, columns, ink: ink(), places: places.flatMap(([x, y]) => [x * this.#scale, -y * this.#scale]) };
    return (await ask("there", request)).image;
  }

  decode = latest(async () => {
    const [x, y] = this.#place;
    this.#mark.setAttribute("transform", `translate(${x} ${y})`);
    if (this.#scale) paint(this.#digit.canvas, await this.#there([[x, y]], 1));
  }, (error) => failed(this.root, error));

  #go({ clientX, clientY }) {
    const box = this.#chart.getBoundingClientRect();
    this.#move(HALF * ((2 * (clientX - box.left)) / box.width - 1), HALF * ((2 * (clientY - box.top)) / box.height - 1));
  }

  #move(x, y) {
    this.#place = [clamped(x), clamped(y)];
    this.decode();
  }

  #key(event) {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!way || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const [x, y] = this.#place;
    this.#move(x + STEP * way[0], y + STEP * way[1]);
  }
}

class Planes {
  #planes = Object.values(MODELS).map((model) => new Plane(model));

  constructor(root) {
    const maps = Object.entries(MODELS).map(([name, { title }], i) => [`SVG of the ${title}’s codes`, () => this.#planes[i].save(`codes-${name}.svg`)]);
    root.append(el("div", { className: "code-planes" }, ...this.#planes.map((plane) => plane.root)), downloads(Object.fromEntries(maps)));
    recolored(() => this.#planes.forEach((plane) => plane.draw()));
    near(root, () => Promise.all(this.#planes.map((plane) => plane.show())));
  }
}

export const planes = (root) => new Planes(root);
