// What is written on the widget's tag, as properties.

import { addresses } from "./addresses.js";

const absolute = (url) => new URL(url, document.baseURI).href;

/** Attributes that are there or not, and those that are what is written. */
const SWITCHES = ["autoplay", "controls", "loop"];
const WRITTEN = ["mode", "weights", "encoder", "count", "speed", "seed", "size", "temperature", "workers", "windows", "theme"];

/** Without a document, as on a server, the class can be loaded, and does nothing. */
export class Tag extends (globalThis.HTMLElement ?? class {}) {
  get mode() {
    return this.getAttribute("mode") === "redraw" ? "redraw" : "draw";
  }
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
  get count() {
    return this.mode === "redraw" ? 1 : this.#number("count", 1);
  }
  get speed() {
    return Math.max(0.1, this.#number("speed", 16));
  }
  get seed() {
    return this.#number("seed", 0);
  }
  /** A digit's side in CSS pixels; 0 leaves it to the room there is. */
  get size() {
    return this.#number("size", 0);
  }
  get temperature() {
    return this.#number("temperature", 1);
  }
  /** Workers that may draw a wall of many digits; undefined leaves it to the machine's cores. */
  get workers() {
    const workers = this.#number("workers", 0);
    return workers >= 1 ? Math.floor(workers) : undefined;
  }
  get windows() {
    return this.getAttribute("windows") === "off" ? "off" : "on";
  }
  /** "light" or "dark"; empty follows the system. */
  get theme() {
    return this.getAttribute("theme") ?? "";
  }
  get state() {
    return this.getAttribute("state") ?? "idle";
  }
  get glimpse() {
    return this.#number("glimpse", 0);
  }

  #number(name, otherwise) {
    const value = Number(this.getAttribute(name) ?? otherwise);
    return Number.isFinite(value) ? value : otherwise;
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
for (const name of WRITTEN) {
  const { get } = Object.getOwnPropertyDescriptor(Tag.prototype, name);
  Object.defineProperty(Tag.prototype, name, {
    configurable: true,
    get,
    set(value) {
      if (value === undefined || value === null) this.removeAttribute(name);
      else this.setAttribute(name, value);
    },
  });
}
