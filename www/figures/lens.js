// Figure 3: a grid of Gaussian filters over a digit, dragged, stretched and sharpened by hand.

import { WEIGHTS, ask } from "./lab.js";
import { button, calm, downloads, el, failed, heat, latest, near, plate, recall, recolored, remember, saveImageSvg, savePng, slider, svg } from "./kit.js";

const SIDE = 28;
/** g̃_X, g̃_Y, log σ², log δ̃, log γ: their names and ranges. */
const NUMBERS = [
  { label: "g̃ₓ, centre across", min: -1, max: 1, name: "gx" },
  { label: "g̃ᵧ, centre down", min: -1, max: 1, name: "gy" },
  { label: "log σ², blur", min: -3, max: 4, name: "variance" },
  { label: "log δ̃, stride", min: -3.5, max: 0, name: "stride" },
  { label: "log γ̂, faintness of the write", min: -5, max: 1, name: "gamma" },
];
const START = [0.05, -0.05, 0.2, -1.2, -2.4];

export function lens(root) {
  let n = recall("filters", 5, 2, 12);
  let window = START.map((v, i) => recall(NUMBERS[i].name, v, NUMBERS[i].min, NUMBERS[i].max));
  let seed = recall("lens", 7, 0, 1e6);
  let pixels = null;
  let descending = 0;
  let gradient = new Float32Array(5);
  const image = plate("The image under the grid of filters", "the image x, and the grid");
  const grid = svg("svg", { viewBox: `0 0 ${SIDE} ${SIDE}`, class: "grid", tabindex: 0, role: "application", "aria-label": "The grid: arrow keys move it, plus and minus change its stride" });
  image.canvas.after(grid);
  image.root.classList.add("lens-image");
  const fy = plate("The vertical filterbank", "F<sub>Y</sub>");
  const fx = plate("The horizontal filterbank", "F<sub>X</sub>");
  const patch = plate("The patch that is read", "F<sub>Y</sub> x F<sub>X</sub>ᵀ");
  const back = plate("The patch written back", "F<sub>Y</sub>ᵀ patch F<sub>X</sub> / γ̂");
  for (const p of [fy, fx, patch]) p.canvas.classList.add("pixels");
  const status = el("p", { className: "status", role: "status" });
  const sliders = NUMBERS.map((number, i) => {
    const arrow = svg("svg", { viewBox: "-50 -6 100 12", class: "arrow", role: "img" });
    const made = slider({ ...number, value: window[i] }, (v) => {
      window[i] = v;
      place();
    });
    made.root.append(arrow);
    return { ...made, arrow };
  });
  const filters = slider({ label: "filters a side, N", min: 2, max: 12, step: 1, value: n, show: String, name: "filters" }, (v) => {
    n = v;
    open();
  });
  const descend = button("Follow the gradient", () => (descending ? stop() : follow()));
  root.append(
    el("div", { className: "lens" }, image.root, el("div", { className: "lens-parts" }, fy.root, fx.root, patch.root, back.root)),
    el("div", { className: "sliders" }, ...sliders.map((s) => s.root), filters.root),
    status,
    el("div", { className: "bar" },
      descend,
      button("One step", () => (stop(), step())),
      button("Another digit", () => {
        seed = Math.floor(Math.random() * 1e6);
        pixels = null;
        open();
      }),
      button("Back to the start", () => {
        stop();
        window = [...START];
        place();
      })),
    downloads({
      PNG: () => savePng("write-back.png", [back.canvas]),
      SVG: () => saveImageSvg("write-back.svg", [back.canvas]),
    }),
  );

  const open = latest(async () => {
    try {
      pixels ??= await ask("digit", { url: WEIGHTS, seed });
      await ask("lens", { key: "lens", n, pixels });
      heat(image.canvas, pixels, SIDE, SIDE);
      await place();
    } catch (error) {
      failed(root, error);
    }
  });

  const place = latest(async () => {
    if (!pixels) return;
    const side = n;
    const placed = await ask("place", { key: "lens", window: Float32Array.from(window) });
    if (side !== n) return;
    gradient = placed.gradient;
    const most = placed.filterbanks.reduce((m, v) => Math.max(m, v), 1e-6);
    heat(fx.canvas, placed.filterbanks.subarray(0, n * SIDE), SIDE, n, most);
    heat(fy.canvas, transposed(placed.filterbanks.subarray(n * SIDE), n), n, SIDE, most);
    heat(patch.canvas, placed.patch, n, n, placed.patch.reduce((m, v) => Math.max(m, v), 0.2));
    heat(back.canvas, placed.back, SIDE, SIDE, placed.back.reduce((m, v) => Math.max(m, v), 1));
    drawGrid();
    sliders.forEach((s, i) => {
      s.set(window[i]);
      drawArrow(s.arrow, gradient[i]);
    });
    const stride = (27 / Math.max(1, n - 1)) * Math.exp(window[3]);
    status.textContent =
      `error ½Σ(x − write)² = ${placed.error.toFixed(2)}; stride ${stride.toFixed(2)} pixels, sigma ${Math.exp(window[2] / 2).toFixed(2)}: ` +
      (stride * (n - 1) > 22 ? "all of the image, coarsely." : stride * (n - 1) < 10 ? "a part of it, finely." : "about the middle.");
    remember({ filters: n, lens: seed, ...Object.fromEntries(NUMBERS.map(({ name }, i) => [name, window[i]])) });
  });

  const transposed = (values, rows) => Float32Array.from(values, (_, i) => values[(i % rows) * SIDE + Math.floor(i / rows)]);
  const centre = () => [0, 1].map((i) => ((SIDE + 1) / 2) * (window[i] + 1) - 0.5);

  function drawGrid() {
    const [cx, cy] = centre();
    const stride = (27 / Math.max(1, n - 1)) * Math.exp(window[3]);
    const radius = Math.min(3, Math.max(0.15, Math.exp(window[2] / 2) / 2));
    const points = [];
    for (let i = 0; i < n * n; i++) {
      const [dx, dy] = [(i % n) - (n - 1) / 2, Math.floor(i / n) - (n - 1) / 2];
      points.push(svg("circle", { cx: cx + dx * stride, cy: cy + dy * stride, r: radius }));
    }
    // Downhill, as the two gradients of the centre say; its length is their size, up to a limit.
    const [gx, gy] = gradient;
    const size = Math.hypot(gx, gy);
    const length = Math.min(8, size * 0.15) / (size || 1);
    const tip = [cx - gx * length, cy - gy * length];
    const arrow = svg("path", { d: `M${cx} ${cy}L${tip[0]} ${tip[1]}`, class: "downhill", "marker-end": "url(#head)" });
    const head = svg("marker", { id: "head", viewBox: "0 0 4 4", refX: 3, refY: 2, markerWidth: 4, markerHeight: 4, orient: "auto" }, svg("path", { d: "M0 0L4 2L0 4Z", class: "head" }));
    grid.replaceChildren(svg("defs", {}, head), ...points, arrow);
  }

  function drawArrow(chart, slope) {
    const length = -Math.sign(slope) * Math.min(44, 10 * Math.log1p(Math.abs(slope)));
    const tip = Math.abs(length) > 1 ? `M${length} 0l${-Math.sign(length) * 5} -4v8z` : "";
    chart.replaceChildren(svg("path", { d: `M0 -5V5`, class: "axis" }), svg("path", { d: `M0 0H${length}`, class: "downhill" }), svg("path", { d: tip, class: "head" }));
    chart.setAttribute("aria-label", `gradient ${slope.toFixed(2)}`);
  }

  /** One step down the gradient, of limited size. */
  async function step() {
    const size = Math.hypot(...gradient);
    const rate = Math.min(0.02, 0.06 / (size || 1));
    window = window.map((v, i) => Math.min(NUMBERS[i].max, Math.max(NUMBERS[i].min, v - rate * gradient[i])));
    await place();
  }

  async function follow() {
    descend.textContent = "Stop";
    const mine = ++descending;
    for (let i = 0; i < 400 && descending === mine; i++) {
      await step();
      await new Promise((resolve) => setTimeout(resolve, calm.matches ? 200 : 30));
    }
    if (descending === mine) stop();
  }

  function stop() {
    descending = 0;
    descend.textContent = "Follow the gradient";
  }

  function drag(event) {
    const box = grid.getBoundingClientRect();
    const at = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    at.forEach((share, i) => (window[i] = Math.min(1, Math.max(-1, ((share * SIDE + 0.5) * 2) / (SIDE + 1) - 1))));
    place();
  }
  grid.addEventListener("pointerdown", (event) => {
    stop();
    grid.setPointerCapture(event.pointerId);
    drag(event);
  });
  grid.addEventListener("pointermove", (event) => grid.hasPointerCapture(event.pointerId) && drag(event));
  grid.addEventListener("keydown", (event) => {
    const moves = { ArrowLeft: [0, -0.04], ArrowRight: [0, 0.04], ArrowUp: [1, -0.04], ArrowDown: [1, 0.04], "+": [3, 0.1], "=": [3, 0.1], "-": [3, -0.1] };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    stop();
    const [i, by] = move;
    window[i] = Math.min(NUMBERS[i].max, Math.max(NUMBERS[i].min, window[i] + by));
    place();
  });
  recolored(() => pixels && open());
  near(root, open);
}
