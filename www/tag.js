// What is written on the widget's tag, as properties.

export class Tag extends HTMLElement {
  get mode() {
    return this.getAttribute("mode") === "redraw" ? "redraw" : "draw";
  }
  get weights() {
    return new URL(this.getAttribute("weights") ?? new URL("./weights/mnist-int8.safetensors", import.meta.url), document.baseURI).href;
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
  get state() {
    return this.getAttribute("state") ?? "idle";
  }
  get glimpse() {
    return this.#number("glimpse", 0);
  }
  set mode(value) {
    this.setAttribute("mode", value);
  }
  set weights(value) {
    this.setAttribute("weights", value);
  }
  set count(value) {
    this.setAttribute("count", value);
  }
  set speed(value) {
    this.setAttribute("speed", value);
  }
  set seed(value) {
    this.setAttribute("seed", value);
  }
  set size(value) {
    this.setAttribute("size", value);
  }
  set temperature(value) {
    this.setAttribute("temperature", value);
  }
  set workers(value) {
    this.setAttribute("workers", value);
  }

  #number(name, otherwise) {
    const value = Number(this.getAttribute(name) ?? otherwise);
    return Number.isFinite(value) ? value : otherwise;
  }
}
