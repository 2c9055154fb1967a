// Figure 1: one digit of the wall, glimpse by glimpse: before, the patch, after, and its price in nats.

import { Plate } from "../plate.js";
import { button, calm, color, css, downloads, el, failed, fitted, heat, ink, label, latest, number, paint, plate, recallWhole, recolored, remember, rounds, said, save, saveImageSvg, savePng, slider, svg } from "./kit.js";
import { WEIGHTS, ask } from "./lab.js";

const SIZE = 280;
/** The bars' chart: its height, and where its axes are. */
const [HEIGHT, LEFT, TOP, FLOOR] = [136, 40, 10, 100];

/** A drawing of the wall's seed as a GIF. */
async function gif(wall, name, options, columns) {
  const colors = { paper: color("--paper"), ink: ink(), write: color("--write") };
  const request = { url: WEIGHTS, options: { seed: wall.seed, temperature: wall.temperature, ...options }, columns, ...colors };
  save(name, await ask("gif", request), "image/gif");
}

class Detail {
  #wall;
  #root;
  #index = recallWhole("digit", -1, 0, 9999);
  #glimpse = recallWhole("glimpse", Infinity, 0);
  /** The digit that is looked at: its glimpses, their nats, and the model's shape. */
  #opened = null;
  #heading = el("h3", { tabIndex: -1 });
  #large = new Plate("The digit after this glimpse, with its write window");
  #before = plate("The canvas before this glimpse", "before");
  #patch = plate("The patch that this glimpse writes", "the patch");
  #after = plate("The canvas after this glimpse", "after");
  #bars = svg("svg", { viewBox: `0 0 640 ${HEIGHT}`, class: "bars", role: "img" });
  #room = fitted(this.#bars, HEIGHT, () => this.#drawBars());
  #status = el("p", { className: "status", role: "status" });
  #which;
  #time = slider({ label: "glimpse", min: 0, max: 1, step: 1, value: 0, show: (v) => `${v} of ${this.#opened?.kl.length ?? "…"}`, name: "detail-glimpse" }, (v) => this.#goTo(v));

  constructor(wall, root) {
    this.#wall = wall;
    this.#root = root;
    this.#which = el("input", { type: "number", min: 1, max: wall.count, value: 1, name: "which" });
    this.#lay();
    this.#layChooser();
    wall.addEventListener("pick", (event) => this.#open(event.detail.index));
    const follow = () => this.#index >= 0 && this.#open(Math.min(this.#index, wall.count - 1), false);
    new MutationObserver(follow).observe(wall, { attributeFilter: ["seed"] });
    recolored(() => this.#show());
    root.hidden = this.#index < 0;
    if (this.#index >= 0) this.#open(this.#index, false);
  }

  #lay() {
    const steps = [this.#before, this.#patch, this.#after].map((one) => one.root);
    const pictures = () => [this.#large.ink, this.#large.windows];
    const name = (ending) => `digit-${this.#wall.seed}-${this.#index}.${ending}`;
    this.#root.append(
      this.#heading,
      el("div", { className: "detail" }, el("figure", { className: "large" }, this.#large.root), el("div", { className: "steps" }, ...steps)),
      this.#time.root,
      this.#bars,
      this.#status,
      el("div", { className: "bar" },
        button("Previous digit", () => this.#open(this.#index - 1)),
        button("Next digit", () => this.#open(this.#index + 1)),
        button("Close", () => this.#close())),
      downloads({
        PNG: () => savePng(name("png"), pictures()),
        SVG: () => saveImageSvg(name("svg"), pictures()),
        GIF: () => gif(this.#wall, name("gif"), { first: this.#index, count: 1, size: SIZE }, 1),
      }),
    );
  }

  /** What stands under the wall: a digit by its number, and the wall to take along. */
  #layChooser() {
    const wall = this.#wall;
    const chooser = el("form", { className: "bar" }, el("label", {}, "Look closely at digit ", this.#which), el("button", { textContent: "Open" }));
    chooser.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#open(this.#which.value - 1);
    });
    const sheet = () => ["canvas", "windows"].map((part) => wall.shadowRoot.querySelector(`canvas[part=${part}]`));
    const wallDownloads = downloads({
      PNG: () => savePng(`digits-${wall.seed}.png`, sheet()),
      SVG: () => saveImageSvg(`digits-${wall.seed}.svg`, sheet()),
      GIF: () => {
        const [drawn] = sheet();
        const columns = Math.max(1, Math.round(Math.sqrt((wall.count * drawn.width) / drawn.height)));
        return gif(wall, `digits-${wall.seed}.gif`, { count: wall.count, size: 56 }, columns);
      },
    });
    this.#root.previousElementSibling.append(chooser, el("div", { className: "figure" }, wallDownloads));
  }

  async #open(digit, focus = true) {
    const wall = this.#wall;
    if (digit < 0 || digit >= wall.count) return;
    this.#index = digit;
    this.#root.hidden = false;
    remember({ digit });
    this.#heading.textContent = `Digit ${digit + 1} of ${wall.count}`;
    this.#which.value = String(digit + 1);
    try {
      this.#opened = await ask("detail", { key: "wall", url: WEIGHTS, seed: wall.seed, index: digit, size: SIZE, temperature: wall.temperature });
      const { length } = this.#opened.kl;
      this.#time.input.max = String(length);
      this.#glimpse = Math.min(this.#glimpse, length);
      await this.#show();
      if (!focus) return;
      this.#heading.focus({ preventScroll: true });
      this.#root.scrollIntoView({ behavior: calm.matches ? "auto" : "smooth", block: "nearest" });
    } catch (error) {
      failed(this.#root, error);
    }
  }

  #close() {
    this.#index = -1;
    remember({ digit: null, glimpse: null });
    this.#root.hidden = true;
    this.#which.focus();
  }

  #goTo(glimpse) {
    this.#glimpse = glimpse;
    remember({ glimpse });
    this.#show();
  }

  #show = latest(async () => {
    if (!this.#opened) return;
    this.#time.set(this.#glimpse);
    const now = await ask("detailAt", { key: "wall", glimpse: this.#glimpse, ink: ink() });
    const side = this.#opened.config.write_patch;
    this.#large.paint(now.after);
    this.#large.clearWindows();
    if (now.glimpse) {
      this.#large.drawWindows(now.window, { columns: 1, cell: SIZE, patch: side, color: css(color("--write")) });
    }
    paint(this.#before.canvas, now.before);
    paint(this.#after.canvas, now.after);
    const strongest = now.patch.reduce((most, v) => Math.max(most, Math.abs(v)), 1e-6);
    heat(this.#patch.canvas, now.patch.length ? now.patch : new Float32Array(side * side), side, side, strongest);
    this.#drawBars();
    this.#tell(now);
  }, (error) => failed(this.#root, error));

  #tell({ glimpse, window }) {
    const { kl, config } = this.#opened;
    const [x, y, stride, sigma, gamma] = [...window].map((v, i) => (i < 4 ? (v * config.width) / SIZE : v));
    const spent = kl.slice(0, glimpse).reduce((sum, v) => sum + v, 0);
    said(this.#status, glimpse
      ? `centre ${number(x, 1)}, ${number(y, 1)}; stride ${stride.toFixed(2)}; sigma ${sigma.toFixed(2)} pixels; gain ${(1 / gamma).toFixed(2)}. ` +
        `Read back, glimpse ${glimpse} costs ${number(kl[glimpse - 1])} nats, all so far ${spent.toFixed(1)}.`
      : "nothing drawn yet");
  }

  #drawBars() {
    if (!this.#opened) return;
    const { kl } = this.#opened;
    const most = Math.max(...kl);
    const right = this.#room() - 8;
    const width = (right - LEFT) / kl.length;
    const gap = Math.min(1, width / 5);
    const y = (nats) => FLOOR - ((FLOOR - TOP) * nats) / most;
    const ticks = rounds(most, 3);
    const numbers = rounds(kl.length, 4).map((n) => Math.max(1, n));
    this.#bars.replaceChildren(
      ...ticks.map((nats) => svg("path", { d: `M${LEFT} ${y(nats)}H${right}`, class: "axis" })),
      ...ticks.map((nats) => label(nats, { x: LEFT - 6, y: y(nats) + 4, "text-anchor": "end" })),
      ...numbers.map((n) => label(n, { x: LEFT + (n - 0.5) * width, y: FLOOR + 15, "text-anchor": "middle" })),
      label("nats that each glimpse costs", { x: LEFT, y: FLOOR + 32 }),
      ...[...kl].map((nats, i) => {
        const height = Math.max(1, FLOOR - y(nats));
        const shown = i + 1 === this.#glimpse ? "now" : i < this.#glimpse ? "past" : "";
        const bar = svg("rect", { x: LEFT + i * width + gap, y: FLOOR - height, width: width - 2 * gap, height, class: shown });
        bar.addEventListener("click", () => this.#goTo(i + 1));
        return bar;
      }),
    );
    this.#bars.setAttribute("aria-label", `KL of each glimpse in nats; the largest is ${most.toFixed(2)}`);
  }
}

export const watch = (wall, root) => new Detail(wall, root);
