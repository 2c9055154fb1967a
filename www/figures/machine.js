// The machine, the paper's Figure 2: one glimpse of one digit on its way through boxes that hold the real numbers.

import { Arrows } from "./arrows.js";
import { Kinds } from "./kinds.js";
import { button, calm, el, failed, kilobytes, latest, near, number, recallText, recallWhole, recolored, remember, said, slider, whenSeen } from "./kit.js";
import { WEIGHTS, ask } from "./lab.js";
import { Moment, PARTS, boxes } from "./machine-boxes.js";
import { WORDS, formula, parameters } from "./machine-words.js";

/** Milliseconds that a glimpse stays at each box: when it plays, and when it is stepped. */
const [PACE, SLOW] = [45, 150];
/** Milliseconds of stillness before the glimpse is read out. */
const STILL = 400;
const MODES = ["reading", "dreaming"];

/** Where a glimpse goes, and what the next one gets of it. */
const WAYS = [
  { from: "looks", to: "read" },
  { from: "read", to: "encoder" },
  { from: "encoder", to: "latents" },
  { from: "latents", to: "decoder" },
  { from: "decoder", to: "patch" },
  { from: "patch", to: "stroke" },
  { from: "stroke", to: "canvas" },
  { from: "canvas", to: "looks", later: true },
  { from: "decoder", to: "encoder", later: true },
  { from: "decoder", to: "read", later: true },
];

class Machine {
  #root;
  #mode = recallText("machine-mode", MODES, MODES[0]);
  #seed = recallWhole("machine-seed", 1, 0, 1e6);
  #glimpses = 64;
  #glimpse = recallWhole("machine", 24, 1, 64);
  #facts = null;
  #trace = null;
  /** The box on the way, in a glimpse that passes. */
  #phase = 0;
  #timer = 0;
  #playing = false;
  #visible = false;
  #quiet = 0;
  #boxes = boxes();
  #chosen = this.#box(recallText("machine-box", Object.keys(WORDS), "latents"));
  #grid = el("div", { className: "machine", role: "group", "aria-label": "The machine" });
  #panel = { title: el("h3"), math: el("div", { className: "equations" }), words: el("p", { className: "caption" }), facts: el("dl"), numbers: el("p", { className: "numbers" }) };
  #aside = el("div", { className: "part-words" });
  #kinds = new Kinds(recallWhole("machine-digit", 2, 0, 9), () => this.#change());
  #modes = MODES.map((mode) => button(mode, () => this.#turn(mode), { name: `machine-${mode}`, "aria-pressed": String(mode === this.#mode) }));
  #play = button("Play", () => (this.#playing ? this.#stop() : this.#start()), { name: "machine-play", "data-key": "play" });
  #time = slider({ label: "glimpse", min: 1, max: this.#glimpses, step: 1, value: this.#glimpse, show: (v) => `${v} of ${this.#glimpses}`, name: "machine-glimpse" }, (v) => {
    this.#stop();
    this.#goTo(v);
  });
  #status = el("p", { className: "status", role: "status" });

  constructor(root) {
    this.#root = root;
    this.#grid.append(...this.#boxes.map((box) => box.root));
    const arrow = ({ from, to, later = false }) => {
      const [a, b] = [from, to].map((name) => this.#box(name));
      return { from: a.root, to: b.root, later, className: `${(later ? b : a).half}${later ? " later" : ""}` };
    };
    new Arrows(this.#grid, WAYS.map(arrow));
    const { title, math, words, facts, numbers } = this.#panel;
    this.#aside.append(el("div", { className: "said", "aria-live": "polite" }, title, el("div", {}, math, words), facts), numbers);
    root.append(
      el("div", { className: "machine-controls" },
        el("div", { className: "bar" }, el("span", { className: "modes", role: "group", "aria-label": "Where the latents come from" }, ...this.#modes), this.#kinds.root),
        el("div", { className: "run" },
          el("div", { className: "bar" }, this.#play, button("Step", () => this.#step(), { name: "machine-step", "data-key": "step" }), button("Other noise", () => {
            this.#seed++;
            this.#change();
          }, { name: "machine-seed", "data-key": "seed" })),
          this.#time.root)),
      this.#grid, this.#aside, this.#status,
    );
    this.#listen();
    this.#tellMode();
    this.#choose(this.#chosen);
    recolored(() => this.#draw());
    near(root, () => this.#open());
  }

  #box(name) {
    return this.#boxes.find((box) => box.name === name);
  }

  #listen() {
    for (const box of this.#boxes) {
      box.root.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && this.#choose(box));
      box.root.addEventListener("focus", () => this.#choose(box));
      box.root.addEventListener("click", () => this.#choose(box, true));
    }
    // In a column the words stand under their box.
    const column = matchMedia("(max-width: 700px)");
    this.#place = () => {
      const before = column.matches ? this.#chosen.root : this.#grid;
      if (this.#aside.previousElementSibling !== before) before.after(this.#aside);
    };
    column.addEventListener("change", this.#place);
    new IntersectionObserver((entries) => {
      this.#visible = entries.at(-1).isIntersecting;
    }).observe(this.#grid);
    this.#place();
  }

  #place = () => {};

  async #open() {
    try {
      const told = (part) => (this.#status.textContent = `fetching the network: ${kilobytes(part)}`);
      [this.#facts] = await Promise.all([ask("anatomy", { url: WEIGHTS }, told), this.#kinds.load()]);
      this.#glimpses = this.#facts.config.glimpses;
      this.#time.input.max = String(this.#glimpses);
      await this.#compute();
      this.#status.textContent = "";
      this.#choose(this.#chosen);
      this.#settle();
    } catch (error) {
      return failed(this.#root, error);
    }
    if (calm.matches || new URLSearchParams(location.search).has("machine")) return;
    // It plays once, when it first reaches the middle of the window.
    whenSeen(this.#grid, () => this.#playing || this.#start(1), { rootMargin: "-45% 0px" });
  }

  // ---- What is read or dreamt

  #compute = latest(async () => {
    const image = this.#mode === "reading" ? this.#kinds.pixels : null;
    const trace = await ask("trace", { url: WEIGHTS, image, seed: this.#seed, parts: PARTS });
    this.#trace = { trace, image, ...this.#facts };
    this.#draw();
  });

  async #change() {
    remember({ "machine-mode": this.#mode === MODES[0] ? null : this.#mode, "machine-seed": this.#seed, "machine-digit": this.#kinds.kind });
    // What failed is tried again.
    if (!this.#facts) return this.#open();
    try {
      await this.#compute();
      if (!this.#playing) this.#goTo(this.#glimpse);
    } catch (error) {
      failed(this.#root, error);
    }
  }

  #turn(mode) {
    const playing = this.#playing;
    this.#stop();
    this.#mode = mode;
    this.#tellMode();
    this.#change();
    if (playing) this.#start();
  }

  #tellMode() {
    const dreams = this.#mode === "dreaming";
    this.#root.dataset.mode = this.#mode;
    this.#modes.forEach((each, i) => each.setAttribute("aria-pressed", String(MODES[i] === this.#mode)));
    this.#kinds.disabled = dreams;
    this.#explain();
  }

  // ---- Glimpses

  #at(glimpse) {
    return new Moment(this.#trace, glimpse - 1);
  }

  #goTo(glimpse) {
    this.#glimpse = glimpse;
    this.#time.set(glimpse);
    remember({ machine: glimpse });
    this.#draw();
    this.#settle();
  }

  #draw() {
    if (!this.#trace) return;
    const now = this.#at(this.#glimpse);
    for (const box of this.#boxes) box.draw(now);
    this.#count();
  }

  /** The boxes that a glimpse passes. */
  get #phases() {
    const first = this.#mode === "reading" ? 0 : this.#box("latents").phase;
    return this.#boxes.filter((box) => box.phase >= first);
  }

  #start(from = this.#glimpse === this.#glimpses ? 1 : this.#glimpse + 1) {
    if (!this.#trace) return;
    this.#playing = true;
    this.#play.textContent = "Pause";
    this.#pass(from, PACE, (glimpse) => (glimpse < this.#glimpses ? this.#start(glimpse + 1) : this.#stop()));
  }

  #stop() {
    clearTimeout(this.#timer);
    this.#light(null);
    if (this.#phase) this.#draw();
    this.#phase = 0;
    if (!this.#playing) return;
    this.#playing = false;
    this.#play.textContent = "Play";
    this.#settle();
  }

  #step() {
    if (!this.#trace) return;
    this.#stop();
    const next = (this.#glimpse % this.#glimpses) + 1;
    if (calm.matches) return this.#goTo(next);
    this.#pass(next, SLOW, (glimpse) => {
      this.#stop();
      this.#goTo(glimpse);
    });
  }

  /** Lets a glimpse pass from box to box, each taking its new numbers as it is reached. */
  #pass(glimpse, pace, then) {
    const fresh = this.#phase === 0;
    if (fresh && !this.#visible && this.#playing) {
      // Out of sight it waits.
      this.#timer = setTimeout(() => this.#pass(glimpse, pace, then), 200);
      return;
    }
    if (fresh) {
      this.#glimpse = glimpse;
      this.#time.set(glimpse);
    }
    const way = this.#phases;
    const box = way[this.#phase];
    box.draw(this.#at(glimpse));
    this.#light(box);
    if (box === this.#chosen) this.#count();
    this.#phase++;
    const done = this.#phase === way.length;
    this.#timer = setTimeout(() => {
      if (done) this.#phase = 0;
      if (done) then(glimpse);
      else this.#pass(glimpse, pace, then);
    }, pace);
  }

  #light(box) {
    for (const { root } of this.#boxes) root.classList.toggle("lit", root === box?.root);
  }

  // ---- Words

  #choose(box, kept = false) {
    this.#boxes.forEach((each) => each.root.classList.toggle("chosen", each === box));
    if (kept) remember({ "machine-box": box.name });
    this.#chosen = box;
    this.#place();
    this.#explain();
  }

  #explain() {
    const { title, math, words, facts } = this.#panel;
    const { name, half } = this.#chosen;
    const of = WORDS[name];
    const dreams = this.#mode === "dreaming";
    const idle = dreams && half === "reading";
    title.textContent = of.title;
    words.textContent = idle ? `Idle: a dream reads nothing. ${of.words}` : of.words;
    const equations = (dreams && of.dreaming) || of.equations;
    math.replaceChildren(...equations.map(([text, paper]) => el("span", {}, formula(text), el("span", { className: "paper", textContent: `(${paper})` }))));
    this.#count();
    if (!this.#facts) return;
    const { config, tensors, used } = this.#facts;
    const count = parameters(name, tensors);
    const fact = (term, value) => [el("dt", { textContent: term }), el("dd", { textContent: value })];
    facts.replaceChildren(...fact("shape", of.shape(config, used)), ...fact("parameters", count ? count.toLocaleString("en") : "none"), ...fact("feeds", of.feeds));
  }

  /** The chosen box's numbers. */
  #count() {
    if (!this.#trace) return;
    const now = this.#at(this.#glimpse);
    const idle = !now.reads && this.#chosen.half === "reading";
    this.#panel.numbers.textContent = idle ? "no numbers" : WORDS[this.#chosen.name].numbers(now);
  }

  /** Once nothing moves any more: where it is. */
  #settle() {
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => {
      if (this.#playing || !this.#trace) return;
      const now = this.#at(this.#glimpse);
      const after = now.reads
        ? `Reading a ${this.#kinds.kind}. KL so far ${number(now.of("spent", 1)[0], 1)} nats; −log p(x | canvas) ${number(now.of("reconstruction", 1)[0], 1)} nats.`
        : "Dreaming: all latents come from the prior.";
      said(this.#status, `After glimpse ${this.#glimpse} of ${this.#glimpses}. ${after}`);
    }, STILL);
  }
}

export const machine = (root) => new Machine(root);
