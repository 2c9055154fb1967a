// Figure: why a plain autoencoder cannot draw. Three models of 100 numbers an image, side by side.

import { button, choice, downloads, el, failed, heat, ink, latest, near, paint, plate, recall, recolored, remember, savePng, slider, svg } from "./kit.js";
import { ask } from "./lab.js";

const DATA = new URL("../data/digits-images-idx3-ubyte.gz", import.meta.url).href;
const COUNT = 12;
const COLUMNS = 4;
/** Half the width of the plane that is shown, in standard deviations of the codes on it. */
const REACH = 3;

const MODELS = [
  {
    name: "autoencoder",
    title: "A plain autoencoder",
    weights: new URL("../weights/autoencoder.safetensors", import.meta.url).href,
    words: "ten glimpses, no noise, no KL",
  },
  {
    name: "draw",
    title: "A small DRAW",
    weights: new URL("../weights/mnist-small.safetensors", import.meta.url).href,
    words: "the same network, as a VAE",
  },
  {
    name: "vae",
    title: "A VAE in one shot",
    weights: new URL("../weights/vae.safetensors", import.meta.url).href,
    words: "one glimpse, no attention",
  },
];

/** The plane of one model's codes: points, the prior's circles, and a mark that is moved. */
class Plane {
  root;
  #model;
  #chart = svg("svg", { class: "plane", viewBox: "-1 -1 2 2", role: "application", tabindex: 0 });
  #cross = svg("path", { class: "cross" });
  #digit = plate("The digit at the mark", "the digit at the mark");
  #scale = 1;
  #place = [0, 0];

  constructor(model) {
    this.#model = model;
    this.#chart.setAttribute("aria-label", `${model.title}: codes of 500 digits; arrow keys move the mark`);
    this.root = el("div", { className: "code-plane" }, this.#chart, this.#digit.root);
    this.#chart.addEventListener("pointerdown", (event) => {
      this.#chart.setPointerCapture(event.pointerId);
      this.#go(event);
    });
    this.#chart.addEventListener("pointermove", (event) => event.buttons && this.#go(event));
    this.#chart.addEventListener("keydown", (event) => this.#key(event));
  }

  async show() {
    const { points, origin } = await ask("plane", { url: this.#model.weights, data: DATA });
    const squares = points.reduce((sum, v) => sum + v * v, 0) / points.length;
    this.#scale = REACH * Math.sqrt(2 * squares);
    const dots = Array.from({ length: points.length / 2 }, (_, i) =>
      svg("circle", { class: "dot", cx: points[2 * i] / this.#scale, cy: -points[2 * i + 1] / this.#scale, r: 0.014 }));
    const circles = [1, 2].map((r) =>
      svg("circle", { class: "prior", cx: origin[0] / this.#scale, cy: -origin[1] / this.#scale, r: r / this.#scale }));
    this.#chart.replaceChildren(...circles, ...dots, this.#cross);
    await this.decode();
  }

  decode = latest(async () => {
    const [x, y] = this.#place;
    this.#cross.setAttribute("d", `M${x - 0.06} ${y}h.12M${x} ${y - 0.06}v.12`);
    const { image } = await ask("there", { url: this.#model.weights, x: x * this.#scale, y: -y * this.#scale, ink: ink() });
    paint(this.#digit.canvas, image);
  });

  #go({ clientX, clientY }) {
    const box = this.#chart.getBoundingClientRect();
    this.#move((2 * (clientX - box.left)) / box.width - 1, (2 * (clientY - box.top)) / box.height - 1);
  }

  #move(x, y) {
    this.#place = [x, y].map((v) => Math.min(1, Math.max(-1, v)));
    this.decode();
  }

  #key(event) {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!way) return;
    event.preventDefault();
    const [x, y] = this.#place;
    this.#move(x + 0.05 * way[0], y + 0.05 * way[1]);
  }
}

/** One model: a digit given back, digits out of nothing, and its plane. */
class Column {
  #model;
  #back = plate("A digit, given back", "given back");
  #nothing = plate("Digits out of nothing");
  #plane;

  constructor(model) {
    this.#model = model;
    this.#plane = new Plane(model);
    this.root = el("div", { className: "code-model" },
      el("h3", { textContent: model.title }), el("p", { className: "caption", textContent: model.words }),
      this.#back.root, this.#nothing.root, this.#plane.root);
  }

  get canvas() {
    return this.#nothing.canvas;
  }

  async back(digit) {
    const { pixels, side, image } = await ask("back", { url: this.#model.weights, data: DATA, digit, ink: ink() });
    paint(this.#back.canvas, image);
    return { pixels, side };
  }

  async nothing({ seed, temperature, from }) {
    const fitted = from !== "N(0, 1)" && this.#model.name === "autoencoder";
    const { image } = await ask("nothing", { url: this.#model.weights, seed, count: COUNT, temperature, fitted, columns: COLUMNS, ink: ink() });
    paint(this.#nothing.canvas, image);
    const words = fitted ? "codes from a Gaussian fitted to its own" : `codes from N(0, 1)${temperature === 1 ? "" : `, times ${temperature.toFixed(2)}`}`;
    this.#nothing.root.querySelector("figcaption").textContent = words;
  }

  plane() {
    return this.#plane.show();
  }
}

class Codes {
  #root;
  #columns = MODELS.map((model) => new Column(model));
  #state = { digit: recall("code", 3, 0, 499), seed: 1, temperature: recall("warmth", 1, 0, 2), from: "N(0, 1)" };
  #read = plate("The digit that is read", "what is read");
  #status = el("p", { className: "status", role: "status" });

  constructor(root) {
    this.#root = root;
    const warmth = slider({ label: "temperature", min: 0, max: 2, value: this.#state.temperature, name: "warmth" }, (v) => {
      this.#state.temperature = v;
      remember({ warmth: v });
      this.#nothing();
    });
    const from = choice({ label: "the autoencoder's codes", options: ["N(0, 1)", "a Gaussian fitted to its codes"], value: this.#state.from, name: "from-codes" }, (value) => {
      this.#state.from = value;
      this.#nothing();
    });
    root.append(
      el("div", { className: "bar" }, this.#read.root,
        button("Another digit", () => this.#another(), { name: "another" }),
        button("Other codes", () => {
          this.#state.seed++;
          this.#nothing();
        }, { name: "resample" })),
      el("div", { className: "sliders" }, warmth.root, from.root),
      el("div", { className: "code-models" }, ...this.#columns.map((column) => column.root)),
      this.#status,
      downloads({ PNG: () => savePng("out-of-nothing.png", [this.#columns[0].canvas]) }),
    );
    recolored(() => this.#all());
    near(root, () => this.#all());
  }

  async #all() {
    await Promise.all([this.#back(), this.#nothing(), ...this.#columns.map((column) => column.plane())]).catch((error) => failed(this.#root, error));
  }

  #another() {
    this.#state.digit = (this.#state.digit + 1) % 500;
    remember({ code: this.#state.digit });
    this.#back();
  }

  #back = latest(async () => {
    const [{ pixels, side }] = await Promise.all(this.#columns.map((column) => column.back(this.#state.digit)));
    heat(this.#read.canvas, pixels, side, side);
  });

  #nothing = latest(async () => {
    await Promise.all(this.#columns.map((column) => column.nothing(this.#state)));
  });
}

export const codes = (root) => new Codes(root);
