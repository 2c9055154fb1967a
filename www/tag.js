// What is written on the widget's tag, as properties. What cannot be read is told in the console, once, and the default
// stands in its place.

import { addresses } from "./addresses.js";

/** Numbers: the default, and what is taken. */
const NUMBERS = {
  seed: { otherwise: 0, least: 0, most: 2 ** 53 - 1, whole: true },
  count: { otherwise: 1, least: 1, most: 10000, whole: true },
  speed: { otherwise: 16, least: 0.1, most: 1000 },
  size: { otherwise: 0, least: 0, most: 4096 },
  temperature: { otherwise: 1, least: 0, most: 10 },
  workers: { otherwise: undefined, least: 1, most: 64, whole: true },
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
  const { otherwise, least, most, whole } = NUMBERS[name];
  if (text === null) return { value: otherwise };
  const value = Number(text);
  // An empty text is the number 0 to JavaScript, and a slip to its writer.
  if (text.trim() && value >= least && value <= most && (!whole || Number.isInteger(value))) return { value };
  return { value: otherwise, expected: `a ${whole ? "whole number" : "number"} from ${least} to ${most}` };
}

/** Attributes that are there or not. */
const SWITCHES = ["autoplay", "controls", "loop"];
const absolute = (url) => new URL(url, document.baseURI).href;

/** Without a document, as on a server, the class can be loaded, and does nothing. */
export class Tag extends (globalThis.HTMLElement ?? class {}) {
  static observedAttributes = ["weights", "encoder", "controls", ...Object.keys(WORDS), ...Object.keys(NUMBERS)];

  get weights() {
    const weights = this.getAttribute("weights");
    return weights === null ? addresses.weights() : absolute(weights);
  }
  /** The half that reads; undefined if it lies beside `weights`, as NAME.encoder.safetensors beside NAME.safetensors. */
  get encoder() {
    const encoder = this.getAttribute("encoder");
    if (encoder !== null) return absolute(encoder);
    return this.hasAttribute("weights") ? undefined : addresses.encoder();
  }

  /** Tells of an attribute that cannot be read. */
  check(name) {
    if (!WORDS[name] && !NUMBERS[name]) return;
    const { value, expected } = read(name, this.getAttribute(name));
    if (expected) console.warn(`<attentive-writer> ${name}="${this.getAttribute(name)}": expected ${expected}; ${value || value === 0 ? value : "the default"} is used`);
  }
}

// Frameworks set properties where there are any: to set one is to write its attribute.
for (const name of SWITCHES) {
  Object.defineProperty(Tag.prototype, name, {
    configurable: true,
    get() {
      return this.hasAttribute(name);
    },
    /** An empty string is the attribute without a value. */
    set(value) {
      this.toggleAttribute(name, value === "" || Boolean(value));
    },
  });
}
for (const name of ["weights", "encoder", ...Object.keys(WORDS), ...Object.keys(NUMBERS)]) {
  const get = Object.getOwnPropertyDescriptor(Tag.prototype, name)?.get;
  Object.defineProperty(Tag.prototype, name, {
    configurable: true,
    get:
      get ??
      function () {
        return read(name, this.getAttribute(name)).value;
      },
    set(value) {
      if (value === undefined || value === null) this.removeAttribute(name);
      else this.setAttribute(name, value);
    },
  });
}
