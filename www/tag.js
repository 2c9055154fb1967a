// What is written on the widget's tag, as properties. What cannot be read is told in the console, once, and the default
// stands in its place.

import { addresses } from "./addresses.js";

/** Numbers: the default, the least, the most, and whether they are whole. */
const NUMBERS = {
  seed: [0, 0, 2 ** 53 - 1, true],
  count: [1, 1, 10000, true],
  speed: [16, 0.1, 1000],
  size: [0, 0, 4096],
  temperature: [1, 0, 10],
  workers: [undefined, 1, 64, true],
};
/** Words: the first is the default. */
const WORDS = { mode: ["draw", "redraw"], windows: ["on", "off"], theme: ["", "light", "dark"] };

/** What an attribute says, and what is wrong with it. */
function read(name, text) {
  if (WORDS[name]) {
    const [otherwise] = WORDS[name];
    if (text === null || WORDS[name].includes(text)) return { value: text ?? otherwise };
    return { value: otherwise, expected: WORDS[name].filter(Boolean).map((word) => `"${word}"`).join(" or ") };
  }
  const [otherwise, least, most, whole] = NUMBERS[name];
  if (text === null) return { value: otherwise };
  const value = Number(text);
  // An empty text is the number 0 to JavaScript, and a slip to its writer.
  if (text.trim() && value >= least && value <= most && (!whole || Number.isInteger(value))) return { value };
  return { value: otherwise, expected: `a ${whole ? "whole number" : "number"} from ${least} to ${most}` };
}

const absolute = (url) => new URL(url, document.baseURI).href;

/**
 * Attributes as properties; their getters are defined below.
 * @typedef {HTMLElement & {
 *   mode: "draw" | "redraw", windows: "on" | "off", theme: "" | "light" | "dark", weights: string, encoder: string | undefined,
 *   seed: number, count: number, speed: number, size: number, temperature: number, workers: number | undefined,
 *   autoplay: boolean, controls: boolean, loop: boolean,
 * }} Written
 */
/** @type {new () => Written} */
const Base = /** @type {any} */ (globalThis.HTMLElement ?? class {});

/** Without a document, as on a server, the class can be loaded, and does nothing. */
export class Tag extends Base {
  static observedAttributes = ["weights", "encoder", "controls", ...Object.keys(WORDS), ...Object.keys(NUMBERS)];

  connectedCallback() {
    // What was set before there was a setter lies in its way.
    for (const name of Object.keys(this).filter((key) => key in Tag.prototype)) {
      const value = this[name];
      delete this[name];
      this[name] = value;
    }
  }
}

/** Tells of an attribute that cannot be read. */
export function check(tag, name) {
  if (!WORDS[name] && !NUMBERS[name]) return;
  const text = tag.getAttribute(name);
  const { value, expected } = read(name, text);
  if (expected) console.warn(`<attentive-writer> ${name}="${text}": expected ${expected}; ${value || value === 0 ? value : "the default"} is used`);
}

/** Frameworks set properties where there are any: to set one is to write its attribute. */
function define(names, get, set) {
  for (const name of names) {
    Object.defineProperty(Tag.prototype, name, {
      configurable: true,
      get() {
        return get(this, name, this.getAttribute(name));
      },
      set(value) {
        set(this, name, value);
      },
    });
  }
}

const write = (tag, name, value) => (value === undefined || value === null ? tag.removeAttribute(name) : tag.setAttribute(name, value));

define([...Object.keys(WORDS), ...Object.keys(NUMBERS)], (tag, name, text) => read(name, text).value, write);
define(["weights"], (tag, name, url) => (url === null ? addresses.weights() : absolute(url)), write);
// The half that reads; undefined if it lies beside `weights`, as NAME.encoder.safetensors beside NAME.safetensors.
define(["encoder"], (tag, name, url) => (url !== null ? absolute(url) : tag.hasAttribute("weights") ? undefined : addresses.encoder()), write);
// Attributes that are there or not; an empty string is one without a value.
define(["autoplay", "controls", "loop"], (tag, name, text) => text !== null, (tag, name, value) => tag.toggleAttribute(name, value === "" || Boolean(value)));
