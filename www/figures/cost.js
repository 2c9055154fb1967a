// What it pays: a digit's KL and reconstruction, glimpse by glimpse, and the digit in bits.

import { Kinds } from "./kinds.js";
import { button, calm, downloads, el, failed, fitted, heat, kilobytes, label, latest, near, plate, quiet, recallWhole, recolored, remember, rounds, said, saveSvg, slider, svg, whenSeen } from "./kit.js";
import { WEIGHTS, ask } from "./lab.js";

/** The stack's chart: its height, and where its axes are. */
const [HEIGHT, LEFT, TOP, FLOOR] = [318, 44, 14, 274];
/** The bits' chart: the height of a row, and its own. */
const ROW = 46;
const BITS = 2 * ROW;
/** Milliseconds of a glimpse when it plays. */
const PACE = 60;
const PARTS = ["canvases", "spent", "reconstruction", "bound", "bits"];

const tenth = (v) => v.toFixed(1);
const hundredth = (v) => v.toFixed(2);

class Cost {
  #root;
  #seed = recallWhole("cost-seed", 0, 0, 1e6);
  #glimpse = recallWhole("cost", 64, 0, 64);
  /** The digit that is sent, and what it costs. */
  #sent = null;
  #timer = 0;
  #chart = svg("svg", { viewBox: `0 0 640 ${HEIGHT}`, class: "chart stack", role: "img", "aria-label": "KL and reconstruction, glimpse by glimpse" });
  #room = fitted(this.#chart, HEIGHT, () => this.#drawStack());
  #bits = svg("svg", { viewBox: `0 0 640 ${BITS}`, class: "chart bits", role: "img", "aria-label": "The digit in bits" });
  #bitsRoom = fitted(this.#bits, BITS, () => this.#drawBits());
  #digit = plate("The digit that is sent", "the digit");
  #canvas = plate("The canvas at this glimpse", "the canvas");
  #kinds = new Kinds(recallWhole("cost-digit", 2, 0, 9), () => this.#change());
  #play = button("Play", () => (this.#timer ? this.#stop() : this.#start()), { name: "cost-play", "data-key": "play" });
  #time = slider({ label: "glimpse", min: 0, max: 64, step: 1, value: this.#glimpse, show: (v) => `${v} of ${this.#last}`, name: "cost-glimpse" }, (v) => {
    this.#stop();
    this.#goTo(v);
  });
  #status = el("p", { className: "status", role: "status" });

  constructor(root) {
    this.#root = root;
    const key = (name, words) => el("span", {}, el("i", { className: name }), words);
    for (const { canvas } of [this.#digit, this.#canvas]) canvas.classList.add("pixels");
    root.append(
      el("div", { className: "bar" }, this.#kinds.root),
      el("div", { className: "cost" },
        el("div", {}, this.#chart, el("p", { className: "legend" }, key("left", "−log p(x | canvas so far)"), key("spent", "KL so far"))),
        el("div", { className: "cost-pictures" }, this.#digit.root, this.#canvas.root),
        el("div", { className: "run" }, el("div", { className: "bar" }, this.#play, button("Step", () => {
          this.#stop();
          this.#goTo((this.#glimpse + 1) % (this.#last + 1));
        }, { name: "cost-step", "data-key": "step" }), button("Other noise", () => {
          this.#seed++;
          this.#change();
        }, { name: "cost-seed", "data-key": "seed" })), this.#time.root),
        this.#status),
      el("h3", { textContent: "The same digit in bits" }),
      this.#bits,
      downloads({ "SVG of the nats": () => saveSvg(`nats-of-a-${this.#kinds.kind}.svg`, this.#chart), "SVG of the bits": () => saveSvg(`bits-of-a-${this.#kinds.kind}.svg`, this.#bits) }),
    );
    for (const type of ["pointermove", "pointerdown"]) this.#chart.addEventListener(type, (event) => this.#point(event));
    recolored(() => this.#show());
    near(root, () => this.#open());
  }

  /** Glimpses in all. */
  get #last() {
    return this.#sent ? this.#sent.bound.length - 1 : 64;
  }

  /** Weighs the chosen digit; what failed before is tried again. Gives whether it came to that. */
  async #load() {
    try {
      await this.#kinds.load();
      await this.#weigh();
      return true;
    } catch (error) {
      failed(this.#root, error);
      return false;
    }
  }

  async #open() {
    if (!(await this.#load()) || calm.matches || new URLSearchParams(location.search).has("cost")) return;
    // It plays once, when it first reaches the middle of the window.
    whenSeen(this.#chart, () => this.#timer || this.#start(), { rootMargin: "-40% 0px" });
  }

  #weigh = latest(async () => {
    const image = this.#kinds.pixels;
    const told = ({ loaded }) => (this.#status.textContent = `fetching the network: ${kilobytes({ loaded })}`);
    const request = { url: WEIGHTS, image, seed: this.#seed, noise: "bound", parts: PARTS };
    this.#sent = { image, ...(await ask("trace", request, told)) };
    this.#time.input.max = String(this.#last);
    this.#show();
  });

  #change() {
    remember({ "cost-seed": this.#seed, "cost-digit": this.#kinds.kind });
    this.#load();
  }

  // ---- Glimpses

  #goTo(glimpse) {
    this.#glimpse = glimpse;
    this.#time.set(glimpse);
    this.#show();
    if (!this.#timer) remember({ cost: glimpse });
  }

  #start() {
    if (!this.#sent) return;
    this.#play.textContent = "Pause";
    // Read out is where it stops.
    quiet(this.#status, true);
    this.#timer = setInterval(() => {
      this.#goTo(Math.min(this.#glimpse + 1, this.#last));
      if (this.#glimpse === this.#last) this.#stop();
    }, PACE);
    if (this.#glimpse === this.#last) this.#goTo(0);
  }

  #stop() {
    if (!this.#timer) return;
    clearInterval(this.#timer);
    this.#timer = 0;
    this.#play.textContent = "Play";
    this.#show();
    quiet(this.#status, false);
  }

  #point({ clientX, type, pointerType }) {
    if (!this.#sent || (type === "pointermove" && pointerType !== "mouse")) return;
    // A play that goes by itself is not stopped by a mouse that passes.
    if (type === "pointermove" && this.#timer) return;
    this.#stop();
    const share = (clientX - this.#chart.getBoundingClientRect().left - LEFT) / this.#width;
    this.#goTo(Math.min(this.#last, Math.max(0, Math.floor(share * (this.#last + 1)))));
  }

  // ---- What is shown

  /** Of the bars together. */
  get #width() {
    return this.#room() - 8 - LEFT;
  }

  #show() {
    if (!this.#sent) return;
    const { image, canvases, spent, reconstruction, bound, bits } = this.#sent;
    const side = Math.sqrt(image.length);
    const g = Math.min(this.#glimpse, this.#last);
    heat(this.#digit.canvas, image, side, side);
    heat(this.#canvas.canvas, canvases.subarray(g * image.length, (g + 1) * image.length), side, side);
    said(this.#status, `After glimpse ${g}: KL ${hundredth(spent[g])} + reconstruction ${hundredth(reconstruction[g])} = ${hundredth(bound[g])} nats, or ${tenth(bits[g])} bits`);
    this.#drawStack();
    this.#drawBits();
  }

  #drawStack() {
    if (!this.#sent) return;
    const { spent, reconstruction, bound } = this.#sent;
    const most = Math.max(...bound);
    const right = this.#room() - 8;
    const wide = this.#width / bound.length;
    const gap = Math.min(1, wide / 5);
    const y = (v) => FLOOR - ((FLOOR - TOP) * v) / most;
    const bar = (i, from, to, name) =>
      svg("rect", { x: LEFT + i * wide + gap / 2, y: y(to), width: wide - gap, height: Math.max(0, y(from) - y(to)), class: `${name}${i > this.#glimpse ? " later" : ""}` });
    const at = LEFT + (this.#glimpse + 0.5) * wide;
    const end = bound[this.#last];
    // The words stand above the bars that they would lie on.
    const over = y(Math.max(...bound.slice(-Math.ceil(150 / wide)))) - 10;
    this.#chart.replaceChildren(
      ...rounds(most).flatMap((v) => [svg("path", { d: `M${LEFT} ${y(v)}H${right}`, class: "axis" }), label(v, { x: LEFT - 6, y: y(v) + 4, "text-anchor": "end" })]),
      ...[...bound].flatMap((_, i) => [bar(i, 0, spent[i], "spent"), bar(i, spent[i], spent[i] + reconstruction[i], "left")]),
      svg("path", { d: `M${LEFT} ${y(end)}H${right}`, class: "bound" }),
      svg("path", { d: `M${right} ${over + 3}V${y(end)}`, class: "bound" }),
      label(`the bound: ${tenth(end)} nats`, { x: right, y: over, "text-anchor": "end" }),
      svg("path", { d: `M${at} ${FLOOR + 3}l-4 6h8z`, class: "at" }),
      ...rounds(this.#last).map((n) => label(n, { x: LEFT + (n + 0.5) * wide, y: FLOOR + 22, "text-anchor": "middle" })),
      label("nats, after so many glimpses", { x: LEFT, y: FLOOR + 39 }),
    );
    this.#chart.setAttribute("aria-label", `KL so far and −log p(x | canvas so far), in nats: together ${tenth(bound[0])} before the first glimpse, ${tenth(end)} after the last`);
  }

  #drawBits() {
    if (!this.#sent) return;
    const { image, bits, spent, bound } = this.#sent;
    const right = this.#bitsRoom() - 8;
    const plain = image.length;
    const x = (v) => (right * v) / plain;
    const all = bits[this.#last];
    const told = (all * spent[this.#last]) / bound[this.#last];
    const row = (i, words, ...parts) => [
      label(words, { x: 0, y: i * ROW + 14 }),
      ...parts.map(([from, to, name]) => svg("rect", { x: x(from), y: i * ROW + 21, width: x(to - from), height: 14, class: name })),
    ];
    this.#bits.replaceChildren(
      ...row(0, `plainly, a bit for each pixel: ${plain} bits`, [0, plain, "left"]),
      ...row(1, `by this network: ${tenth(all)} bits, ${tenth(told)} of them latents`, [0, told, "spent"], [told, all, "left"]),
    );
    this.#bits.setAttribute("aria-label", `The digit in bits: plainly ${plain}, by this network ${tenth(all)}`);
  }
}

export const cost = (root) => new Cost(root);
