// The lecture: one figure at a time, as large as the screen, and keys for what a teacher does.

import { button, el } from "../el.js";
import { remember } from "../figures/kit.js";
import { figures, headed } from "./sections.js";

/** What each key does. */
const KEYS = {
  "→": ["ArrowRight", "PageDown", "n"],
  "←": ["ArrowLeft", "PageUp", "p"],
  Space: [" "],
  s: ["s", "."],
  r: ["r"],
  q: ["q"],
  "?": ["?"],
  Esc: ["Escape"],
};
const MEANING = {
  "→": "next figure (also n, Page Down)",
  "←": "the figure before (also p, Page Up)",
  Space: "play or pause",
  s: "one step",
  r: "another seed",
  q: "the question, and its answer",
  "?": "these keys",
  Esc: "back to the article",
};
/** Sizes of type that are tried, in pixels, from the largest. */
const SIZES = [40, 36, 32, 28, 25, 22, 20, 18, 16];
/** Share of the window's height that a wall may take. */
const WALL = 0.66;
/** Where letters and arrows have a use of their own. */
const TAKES_KEYS = "input, select, textarea, [contenteditable], [role=application], [role=slider], [role=textbox]";
/** Whether single keys work outside the lecture is the reader's choice: some speak to their browser, or slip. */
const OFF = "attentive-writer keys off";

/** Asks what the browser keeps; one that keeps nothing may throw at every touch. */
function store(work) {
  try {
    return work(localStorage);
  } catch {
    return null;
  }
}

const root = document.documentElement;
const visible = (element) => element.checkVisibility();

class Lecture {
  #all = figures();
  #at = -1;
  #answer = 0;
  #count = el("span", {});
  #bar;
  /** Whether single keys do nothing in the article. */
  #off = Boolean(store((kept) => kept.getItem(OFF)));
  #help = el("dialog", { className: "keys", "aria-label": "Keys" });
  /** Walls that were given another size. */
  #sized = new Map();
  /** What comes into a figure later may need more room. */
  #grown = new ResizeObserver(() => this.on && !this.#fits && this.#fit());

  constructor() {
    const act = (text, key, label) => button(text, () => this.#do(key), { "aria-label": label });
    this.#bar = el("nav", { className: "lecture-bar", hidden: true, "aria-label": "Lecture" },
      act("←", "←", "Figure before"), this.#count, act("→", "→", "Next figure"), act("Keys: ?", "?", "Keys"), act("Leave", "Esc", "Leave the lecture"));
    document.body.append(this.#bar, this.#help);
    this.#explain();
    addEventListener("keydown", (event) => this.#key(event));
    addEventListener("resize", () => this.on && this.#fit());
    const query = new URLSearchParams(location.search).get("lecture");
    if (query !== null) this.#go(Math.max(0, this.#all.findIndex(({ names }) => names.includes(query))));
  }

  get on() {
    return this.#at >= 0;
  }

  #explain() {
    const keep = el("input", { type: "checkbox", checked: !this.#off });
    keep.addEventListener("change", () => {
      this.#off = !keep.checked;
      store((kept) => (keep.checked ? kept.removeItem(OFF) : kept.setItem(OFF, "yes")));
    });
    const rows = Object.entries({ l: "the lecture, from the figure in sight", ...MEANING }).flatMap(([key, what]) => [el("dt", {}, el("kbd", { textContent: key })), el("dd", { textContent: what })]);
    this.#help.append(el("dl", {}, ...rows), el("label", {}, keep, " single keys work in the article, too"), button("Close", () => this.#help.close()));
  }

  // ---- Keys

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || this.#help.open) return;
    const [target] = event.composedPath();
    const own = target instanceof Element ? target : null;
    const key = Object.keys(KEYS).find((name) => KEYS[name].includes(event.key));
    // Escape leaves whatever has the focus, but first closes what is open.
    if (key === "Esc") {
      if (this.on && !document.querySelector(":popover-open")) this.#do("Esc");
      return;
    }
    if (own?.closest(TAKES_KEYS) || (key === "Space" && own?.closest("button, a, summary"))) return;
    if (!this.on) {
      if (this.#off) return;
      if (event.key === "l") this.#begin();
      else if (event.key === "?") this.#do("?");
      else return;
    } else if (key) this.#do(key);
    else return;
    event.preventDefault();
  }

  #do(key) {
    const actions = {
      "→": () => this.#go(Math.min(this.#at + 1, this.#all.length - 1)),
      "←": () => this.#go(Math.max(this.#at - 1, 0)),
      Space: () => this.#act("play"),
      s: () => this.#act("step"),
      r: () => this.#act("seed"),
      q: () => this.#ask(),
      "?": () => this.#help.showModal(),
      Esc: () => this.#leave(),
    };
    actions[key]();
  }

  /** From the figure in sight. */
  #begin() {
    const below = this.#all.findIndex(({ blocks }) => blocks.some((block) => block.getBoundingClientRect().bottom > innerHeight * 0.3));
    this.#go(Math.max(0, below));
  }

  // ---- What a key does to the figure

  /** What is in sight of the figure's elements. @returns {HTMLElement[]} */
  #shown(selector) {
    const { blocks } = this.#all[this.#at];
    return blocks.flatMap((block) => [block, ...block.querySelectorAll(selector)]).filter((one) => one.matches(selector) && visible(one));
  }

  /** Plays, steps or reseeds what is shown: by the control that says it is for that, or by the widget's own methods. */
  #act(what) {
    const [control] = this.#shown(`[data-key~="${what}"]:not(:disabled)`);
    if (control) return control.click();
    for (const widget of /** @type {any[]} */ (this.#shown("attentive-writer"))) {
      if (what === "step") widget.step();
      else if (what === "play") widget.state === "drawing" ? widget.pause() : widget.play();
      else widget.mode === "redraw" ? widget.example() : widget.reset(Math.floor(Math.random() * 1e6));
    }
  }

  /** The question; then its answer; then neither. */
  #ask() {
    const { question } = this.#all[this.#at];
    if (!question) return;
    this.#answer = (this.#answer + 1) % 3;
    question.classList.toggle("asked", this.#answer > 0);
    /** @type {HTMLDetailsElement} */ (question).open = this.#answer === 2;
    this.#fit();
  }

  // ---- From figure to figure

  #go(to) {
    this.#clear();
    this.#at = to;
    const { section, blocks, name, part } = this.#all[to];
    root.dataset.lecture = name;
    this.#bar.hidden = false;
    section.root.classList.add("slide");
    for (const block of [part, ...blocks]) block?.classList.add("shown");
    this.#count.textContent = `${to + 1} of ${this.#all.length}`;
    section.heading.tabIndex = -1;
    headed(section);
    section.heading.focus({ preventScroll: true });
    scrollTo(0, 0);
    remember({ lecture: name });
    this.#fit();
    this.#grown.observe(section.root);
    // Figures are drawn when they are neared, and have their height then.
    for (const after of [300, 1500]) setTimeout(() => this.#at === to && this.#fit(), after);
  }

  #clear() {
    if (!this.on) return;
    const { section, blocks, question, part } = this.#all[this.#at];
    this.#grown.disconnect();
    section.root.classList.remove("slide");
    section.heading.removeAttribute("tabindex");
    headed(null);
    for (const block of [part, ...blocks]) block?.classList.remove("shown");
    question?.classList.remove("asked");
    this.#answer = 0;
    for (const [wall, size] of this.#sized) size === null ? wall.removeAttribute("size") : wall.setAttribute("size", size);
    this.#sized.clear();
  }

  /** The largest type with which all of the figure is on the screen; a wall's digits fill it. */
  #fit() {
    this.#enlarge();
    for (const size of SIZES) {
      root.style.fontSize = `${size}px`;
      if (this.#fits) break;
    }
  }

  /** Whether all of the figure is above the bar, and none of it beside the window. */
  get #fits() {
    const { section } = this.#all[this.#at];
    return section.root.getBoundingClientRect().height <= innerHeight - this.#bar.offsetHeight && root.scrollWidth <= innerWidth;
  }

  /** A wall's digits as large as they all fit. */
  #enlarge() {
    for (const wall of this.#shown("attentive-writer")) {
      const { count, mode } = /** @type {import("../tag.js").Written} */ (wall);
      if (mode !== "draw" || count < 2) continue;
      if (!this.#sized.has(wall)) this.#sized.set(wall, wall.getAttribute("size"));
      const [width, height] = [wall.clientWidth, innerHeight * WALL];
      const sides = Array.from({ length: count }, (_, i) => Math.min(width / (i + 1), height / Math.ceil(count / (i + 1))));
      wall.setAttribute("size", String(Math.floor(Math.max(...sides))));
    }
  }

  #leave() {
    const { section } = this.#all[this.#at];
    this.#clear();
    this.#at = -1;
    this.#bar.hidden = true;
    delete root.dataset.lecture;
    root.style.fontSize = "";
    remember({ lecture: null });
    section.heading.scrollIntoView();
  }
}

export const lecture = () => new Lecture();
