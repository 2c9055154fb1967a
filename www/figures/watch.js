// Figure 1: one digit of the wall, glimpse by glimpse: before, the patch, after, and its price in nats.

import { Plate } from "../plate.js";
import { WEIGHTS, ask } from "./lab.js";
import { button, calm, downloads, el, failed, fitted, heat, ink, label, latest, paint, plate, recall, recolored, remember, rounds, save, saveImageSvg, savePng, slider, svg, color } from "./kit.js";

const SIZE = 280;
/** The bars' chart: its height, and where its axes are. */
const [HEIGHT, LEFT, TOP, FLOOR] = [136, 40, 10, 100];

export function watch(wall, root) {
  let index = recall("digit", -1, 0, 9999);
  let glimpse = recall("glimpse", 64, 0, 64);
  let opened = null;
  const after = new Plate("The digit after this glimpse, with its write window");
  const before = plate("The canvas before this glimpse", "before");
  const patch = plate("The patch that this glimpse writes", "the patch");
  const result = plate("The canvas after this glimpse", "after");
  const bars = svg("svg", { viewBox: `0 0 640 ${HEIGHT}`, class: "bars", role: "img" });
  const room = fitted(bars, HEIGHT, () => drawBars());
  const status = el("p", { className: "status", role: "status" });
  const time = slider({ label: "glimpse", min: 0, max: 64, step: 1, value: glimpse, show: (v) => `${v} of 64`, name: "detail-glimpse" }, (v) => {
    glimpse = v;
    remember({ glimpse });
    show();
  });
  const heading = el("h3", { tabIndex: -1 });
  const close = button("Close", () => {
    index = -1;
    remember({ digit: null, glimpse: null });
    root.hidden = true;
    wall.focus?.();
  });
  root.append(
    heading,
    el("div", { className: "detail" }, el("figure", { className: "large" }, after.root), el("div", { className: "steps" }, before.root, patch.root, result.root)),
    time.root,
    bars,
    status,
    el("div", { className: "bar" }, button("Previous digit", () => open(index - 1)), button("Next digit", () => open(index + 1)), close),
    downloads({
      PNG: () => savePng(`digit-${wall.seed}-${index}.png`, [after.ink, after.windows]),
      SVG: () => saveImageSvg(`digit-${wall.seed}-${index}.svg`, [after.ink, after.windows]),
      GIF: async () => {
        const options = { seed: wall.seed, first: index, count: 1, size: SIZE, temperature: wall.temperature };
        const colors = { paper: color("--paper"), ink: ink(), write: color("--write") };
        save(`digit-${wall.seed}-${index}.gif`, await ask("gif", { url: WEIGHTS, options, columns: 1, ...colors }), "image/gif");
      },
    }),
  );

  async function open(digit, focus = true) {
    if (digit < 0 || digit >= wall.count) return;
    index = digit;
    root.hidden = false;
    remember({ digit: index });
    heading.textContent = `Digit ${index + 1} of ${wall.count}`;
    which.value = String(index + 1);
    try {
      const request = { key: "wall", url: WEIGHTS, seed: wall.seed, index, size: SIZE, temperature: wall.temperature };
      opened = await ask("detail", request);
      await show();
      if (focus) heading.focus({ preventScroll: true });
      if (focus) root.scrollIntoView({ behavior: calm.matches ? "auto" : "smooth", block: "nearest" });
    } catch (error) {
      failed(root, error);
    }
  }

  const show = latest(async () => {
    if (!opened) return;
    time.set(glimpse);
    const now = await ask("detailAt", { key: "wall", glimpse, ink: ink() });
    after.paint(now.after);
    after.clearWindows();
    const side = opened.config.write_patch;
    if (now.glimpse) {
      after.drawWindows(now.window, { columns: 1, cell: SIZE, patch: side, color: getComputedStyle(document.documentElement).getPropertyValue("--write") });
    }
    paint(before.canvas, now.before);
    paint(result.canvas, now.after);
    const strongest = now.patch.reduce((most, v) => Math.max(most, Math.abs(v)), 1e-6);
    heat(patch.canvas, now.patch.length ? now.patch : new Float32Array(side * side), side, side, strongest);
    drawBars();
    const [x, y, stride, sigma, gamma] = [...now.window].map((v, i) => (i < 4 ? (v * 28) / SIZE : v));
    const spent = opened.kl.slice(0, now.glimpse).reduce((sum, v) => sum + v, 0);
    status.textContent = now.glimpse
      ? `centre ${x.toFixed(1)}, ${y.toFixed(1)}; stride ${stride.toFixed(2)}; sigma ${sigma.toFixed(2)} pixels; gain ${(1 / gamma).toFixed(2)}. ` +
        `Read back, glimpse ${now.glimpse} costs ${opened.kl[now.glimpse - 1].toFixed(2)} nats, all so far ${spent.toFixed(1)}.`
      : "nothing drawn yet";
  });

  function drawBars() {
    if (!opened) return;
    const most = Math.max(...opened.kl);
    const count = opened.kl.length;
    const right = room() - 8;
    const width = (right - LEFT) / count;
    const y = (nats) => FLOOR - ((FLOOR - TOP) * nats) / most;
    const ticks = rounds(most, 3);
    const numbers = rounds(count, 4).map((n) => Math.max(1, n));
    bars.replaceChildren(
      ...ticks.map((nats) => svg("path", { d: `M${LEFT} ${y(nats)}H${right}`, class: "axis" })),
      ...ticks.map((nats) => label(nats, { x: LEFT - 6, y: y(nats) + 4, "text-anchor": "end" })),
      ...numbers.map((n) => label(n, { x: LEFT + (n - 0.5) * width, y: FLOOR + 15, "text-anchor": "middle" })),
      label("nats that each glimpse costs", { x: LEFT, y: FLOOR + 32 }),
      ...[...opened.kl].map((nats, i) => {
        const height = Math.max(1, FLOOR - y(nats));
        const shown = i + 1 === glimpse ? "now" : i < glimpse ? "past" : "";
        const gap = Math.min(1, width / 5);
        const bar = svg("rect", { x: LEFT + i * width + gap, y: FLOOR - height, width: width - 2 * gap, height, class: shown });
        bar.addEventListener("click", () => {
          glimpse = i + 1;
          remember({ glimpse });
          show();
        });
        return bar;
      }),
    );
    bars.setAttribute("aria-label", `KL of each glimpse in nats; the largest is ${most.toFixed(2)}`);
  }

  const which = el("input", { type: "number", min: 1, max: wall.count, value: 1, name: "which" });
  wall.addEventListener("pick", (event) => open(event.detail.index));
  new MutationObserver(() => index >= 0 && open(Math.min(index, wall.count - 1), false)).observe(wall, { attributeFilter: ["seed"] });
  recolored(() => show());
  const chooser = el("form", { className: "bar" }, el("label", {}, "Look closely at digit ", which), el("button", { textContent: "Open" }));
  chooser.addEventListener("submit", (event) => {
    event.preventDefault();
    open(which.value - 1);
  });
  const sheet = () => ["canvas", "windows"].map((part) => wall.shadowRoot.querySelector(`canvas[part=${part}]`));
  const wallDownloads = downloads({
    PNG: () => savePng(`digits-${wall.seed}.png`, sheet()),
    SVG: () => saveImageSvg(`digits-${wall.seed}.svg`, sheet()),
    GIF: async () => {
      const options = { seed: wall.seed, count: wall.count, size: 56, temperature: wall.temperature };
      const colors = { paper: color("--paper"), ink: ink(), write: color("--write") };
      const [drawn] = sheet();
      const columns = Math.max(1, Math.round(Math.sqrt((wall.count * drawn.width) / drawn.height)));
      save(`digits-${wall.seed}.gif`, await ask("gif", { url: WEIGHTS, options, columns, ...colors }), "image/gif");
    },
  });
  root.previousElementSibling.append(chooser, el("div", { className: "figure" }, wallDownloads));
  root.hidden = index < 0;
  if (index >= 0) open(index, false);
}
