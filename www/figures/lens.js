// Figure 3: a grid of Gaussian filters over a digit, dragged, stretched and sharpened by hand.

import { button, calm, downloads, el, failed, filters, heat, latest, near, number, plate, recall, recallWhole, recolored, remember, said, saveImageSvg, savePng, slider, svg } from "./kit.js";
import { WEIGHTS, ask } from "./lab.js";

/** g̃_X, g̃_Y, log σ², log δ̃, log γ: their names and ranges, and where they begin. */
const NUMBERS = [
  { label: "g̃ₓ, centre across", min: -1, max: 1, name: "gx", start: 0.05 },
  { label: "g̃ᵧ, centre down", min: -1, max: 1, name: "gy", start: -0.05 },
  { label: "log σ², blur", min: -3, max: 4, name: "variance", start: 0.2 },
  { label: "log δ̃, stride", min: -3.5, max: 0, name: "stride", start: -1.2 },
  { label: "log γ̂, faintness of the write", min: -5, max: 1, name: "gamma", start: -2.4 },
];
const START = NUMBERS.map(({ start }) => start);
/** What keys do: which number they change, and by how much. */
const KEYS = { ArrowLeft: [0, -0.04], ArrowRight: [0, 0.04], ArrowUp: [1, -0.04], ArrowDown: [1, 0.04], "+": [3, 0.1], "=": [3, 0.1], "-": [3, -0.1] };

const within = (i, v) => Math.min(NUMBERS[i].max, Math.max(NUMBERS[i].min, v));
const most = (values, least) => values.reduce((m, v) => Math.max(m, v), least);
const transposed = (values, rows, columns) => Float32Array.from(values, (_, i) => values[(i % rows) * columns + Math.floor(i / rows)]);

class Lens {
  #root;
  #n = recallWhole("filters", 5, 2, 12);
  #window = NUMBERS.map(({ name, min, max, start }) => recall(name, start, min, max));
  #seed = recallWhole("lens", 7, 0, 1e6);
  /** The digit, `side` pixels square; null until it has come. */
  #digit = null;
  #descending = 0;
  #gradient = new Float32Array(5);
  #image = plate("The image under the grid of filters", "the image x, and the grid");
  #grid = svg("svg", { class: "grid", tabindex: 0, role: "application", "aria-label": "The grid: arrow keys move it, plus and minus change its stride" });
  #fy = plate("The vertical filterbank", "F<sub>Y</sub>");
  #fx = plate("The horizontal filterbank", "F<sub>X</sub>");
  #patch = plate("The patch that is read", "F<sub>Y</sub> x F<sub>X</sub>ᵀ");
  #back = plate("The patch written back", "F<sub>Y</sub>ᵀ patch F<sub>X</sub> / γ̂");
  #status = el("p", { className: "status", role: "status" });
  #descend = button("Follow the gradient", () => (this.#descending ? this.#stop() : this.#follow()), { "data-key": "play" });
  #sliders = NUMBERS.map((what, i) => {
    const arrow = svg("svg", { viewBox: "-50 -6 100 12", class: "arrow", role: "img", "aria-label": "No gradient yet" });
    const made = slider({ ...what, value: this.#window[i] }, (v) => {
      this.#window[i] = v;
      this.#place();
    });
    made.root.append(arrow);
    return { ...made, arrow };
  });
  #filters = slider({ label: "filters a side, N", min: 2, max: 12, step: 1, value: this.#n, show: String, name: "filters" }, (v) => {
    this.#n = v;
    this.#open();
  });

  constructor(root) {
    this.#root = root;
    this.#image.canvas.after(this.#grid);
    this.#image.root.classList.add("lens-image");
    for (const p of [this.#fy, this.#fx, this.#patch]) p.canvas.classList.add("pixels");
    const parts = [this.#fy, this.#fx, this.#patch, this.#back].map((p) => p.root);
    root.append(
      el("div", { className: "lens" }, this.#image.root, el("div", { className: "lens-parts" }, ...parts)),
      el("div", { className: "sliders" }, ...this.#sliders.map((s) => s.root), this.#filters.root),
      this.#status,
      el("div", { className: "bar" },
        this.#descend,
        button("One step", () => (this.#stop(), this.#step()), { "data-key": "step" }),
        button("Another digit", () => this.#another(), { "data-key": "seed" }),
        button("Back to the start", () => {
          this.#stop();
          this.#window = [...START];
          this.#place();
        })),
      downloads({
        PNG: () => savePng("write-back.png", [this.#back.canvas]),
        SVG: () => saveImageSvg("write-back.svg", [this.#back.canvas]),
      }),
    );
    this.#takeHands();
    recolored(() => this.#digit && this.#open());
    near(root, () => this.#open());
  }

  #another() {
    this.#seed = Math.floor(Math.random() * 1e6);
    this.#digit = null;
    this.#open();
  }

  #open = latest(async () => {
    try {
      const seed = this.#seed;
      const digit = this.#digit ?? (await ask("digit", { url: WEIGHTS, seed }));
      // Another was wanted meanwhile.
      if (seed !== this.#seed) return;
      this.#digit = digit;
      const { side, pixels } = this.#digit;
      await ask("lens", { key: "lens", n: this.#n, side, pixels });
      this.#grid.setAttribute("viewBox", `0 0 ${side} ${side}`);
      heat(this.#image.canvas, pixels, side, side);
      await this.#place();
    } catch (error) {
      failed(this.#root, error);
    }
  });

  #place = latest(async () => {
    if (!this.#digit) return;
    const n = this.#n;
    const { side } = this.#digit;
    const placed = await ask("place", { key: "lens", window: Float32Array.from(this.#window) });
    if (n !== this.#n) return;
    this.#gradient = placed.gradient;
    const { filterbanks, patch, back, error } = placed;
    const full = most(filterbanks, 1e-6);
    heat(this.#fx.canvas, filterbanks.subarray(0, n * side), side, n, full);
    heat(this.#fy.canvas, transposed(filterbanks.subarray(n * side), n, side), n, side, full);
    heat(this.#patch.canvas, patch, n, n, most(patch, 0.2));
    heat(this.#back.canvas, back, side, side, most(back, 1));
    const [x, y, stride, sigma] = placed.geometry;
    this.#drawGrid(x, y, stride, sigma);
    this.#sliders.forEach((s, i) => {
      s.set(this.#window[i]);
      drawArrow(s.arrow, this.#gradient[i]);
    });
    const reach = (stride * (n - 1)) / side;
    said(this.#status,
      `error ½Σ(x − write)² = ${error.toFixed(2)}; stride ${stride.toFixed(2)} pixels, sigma ${sigma.toFixed(2)}: ` +
      (reach > 0.78 ? "all of the image, coarsely." : reach < 0.36 ? "a part of it, finely." : "about the middle."));
    remember({ filters: n, lens: this.#seed, ...Object.fromEntries(NUMBERS.map(({ name }, i) => [name, this.#window[i]])) });
  }, (error) => {
    this.#stop();
    failed(this.#root, error);
  });

  /** Draws the grid, in pixels. */
  #drawGrid(cx, cy, stride, sigma) {
    // Downhill, as the two gradients of the centre say; its length is their size, up to a limit.
    const [gx, gy] = this.#gradient;
    const size = Math.hypot(gx, gy);
    const length = Math.min(8, size * 0.15) / (size || 1);
    const tip = [cx - gx * length, cy - gy * length];
    const arrow = svg("path", { d: `M${cx} ${cy}L${tip[0]} ${tip[1]}`, class: "downhill", "marker-end": "url(#head)" });
    const head = svg("marker", { id: "head", viewBox: "0 0 4 4", refX: 3, refY: 2, markerWidth: 4, markerHeight: 4, orient: "auto" }, svg("path", { d: "M0 0L4 2L0 4Z", class: "head" }));
    this.#grid.replaceChildren(svg("defs", {}, head), ...filters([cx, cy, stride, sigma], this.#n, [0.15, 3]), arrow);
  }

  // ---- Down the gradient

  /** One step, of limited size. */
  async #step() {
    const size = Math.hypot(...this.#gradient);
    const rate = Math.min(0.02, 0.06 / (size || 1));
    this.#window = this.#window.map((v, i) => within(i, v - rate * this.#gradient[i]));
    await this.#place();
  }

  async #follow() {
    this.#descend.textContent = "Stop";
    const mine = ++this.#descending;
    for (let i = 0; i < 400 && this.#descending === mine; i++) {
      await this.#step();
      await new Promise((resolve) => setTimeout(resolve, calm.matches ? 200 : 30));
    }
    if (this.#descending === mine) this.#stop();
  }

  #stop() {
    this.#descending = 0;
    this.#descend.textContent = "Follow the gradient";
  }

  // ---- By hand

  #takeHands() {
    const grid = this.#grid;
    grid.addEventListener("pointerdown", (event) => {
      this.#stop();
      grid.setPointerCapture(event.pointerId);
      this.#drag(event);
    });
    grid.addEventListener("pointermove", (event) => grid.hasPointerCapture(event.pointerId) && this.#drag(event));
    grid.addEventListener("keydown", (event) => {
      const move = KEYS[event.key];
      if (!move || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      this.#stop();
      const [i, by] = move;
      this.#window[i] = within(i, this.#window[i] + by);
      this.#place();
    });
  }

  #drag({ clientX, clientY }) {
    if (!this.#digit) return;
    const { side } = this.#digit;
    const box = this.#grid.getBoundingClientRect();
    this.#aim(((clientX - box.left) / box.width) * side, ((clientY - box.top) / box.height) * side);
  }

  /** Lays the grid's middle there. */
  #aim = latest(async (x, y) => {
    const [gx, gy] = await ask("aim", { key: "lens", window: Float32Array.from(this.#window), x, y });
    this.#window.splice(0, 2, within(0, gx), within(1, gy));
    await this.#place();
  }, (error) => failed(this.#root, error));
}

/** A slider's arrow: which way its number would go, and how much that would help. */
function drawArrow(chart, slope) {
  const length = -Math.sign(slope) * Math.min(44, 10 * Math.log1p(Math.abs(slope)));
  const tip = Math.abs(length) > 1 ? `M${length} 0l${-Math.sign(length) * 5} -4v8z` : "";
  chart.replaceChildren(svg("path", { d: `M0 -5V5`, class: "axis" }), svg("path", { d: `M0 0H${length}`, class: "downhill" }), svg("path", { d: tip, class: "head" }));
  chart.setAttribute("aria-label", `gradient ${number(slope)}`);
}

export const lens = (root) => new Lens(root);
