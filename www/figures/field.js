// A field of pixels whose pieces are moved by hand, with what looks at it drawn over it.

import { button, el, heat, svg } from "./kit.js";

/** What keys do: how many pixels across and down; with Shift, ten times as many. */
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class PieceField {
  #canvas = el("canvas", { className: "ink pixels", width: 100, height: 100, role: "img", "aria-label": "The image: a digit in clutter" });
  #pieces = el("div", { className: "pieces", role: "group", "aria-label": "What lies on the field" });
  /** x, y, width and height of each piece, the digit last. */
  #boxes = [];
  #size = 100;
  #moved;
  /** For the views' marks, in the image's pixels. */
  over = svg("svg", { class: "over", viewBox: "0 0 100 100", "aria-hidden": "true" });

  /** `moved()` is called as a piece moves; `done(piece)` when it is let go. */
  constructor(moved, done) {
    this.#moved = moved;
    this.done = done;
    const how = el("p", { id: "pieces-how", className: "caption", textContent: "Drag the digit or a piece of clutter; or focus one and use the arrow keys (with Shift: ten pixels)." });
    this.root = el("div", { className: "field" }, el("div", { className: "plot" }, this.#canvas, this.over, this.#pieces), how);
  }

  /** Shows an image and where its pieces lie; if they have been `moved` on since it was asked for, the image alone. */
  show({ size, boxes, image }, moved = false) {
    heat(this.#canvas, image, size, size);
    if (moved) return;
    this.#size = size;
    this.#boxes = Array.from({ length: boxes.length / 4 }, (_, i) => [...boxes.subarray(4 * i, 4 * i + 4)]);
    this.over.setAttribute("viewBox", `0 0 ${size} ${size}`);
    // The digit is the largest, and comes first: what is smaller lies above it.
    const handles = this.#pieces.children.length ? [...this.#pieces.children] : this.#boxes.map((_, i) => this.#handle(this.#boxes.length - 1 - i));
    if (!this.#pieces.children.length) this.#pieces.append(...handles);
    handles.forEach((handle, i) => this.#lay(handle, this.#boxes.length - 1 - i));
  }

  /** Where pieces' corners are, the digit's last. */
  get places() {
    return this.#boxes.map(([x, y]) => [x, y]);
  }

  name(piece) {
    return piece === this.#boxes.length - 1 ? "digit" : `clutter ${piece + 1}`;
  }

  #lay(handle, piece) {
    const [x, y, width, height] = this.#boxes[piece];
    const share = (v) => `${(100 * v) / this.#size}%`;
    Object.assign(handle.style, { left: share(x), top: share(y), width: share(width), height: share(height) });
    handle.setAttribute("aria-label", `${this.name(piece)}, at ${x}, ${y}`);
  }

  #move(piece, x, y) {
    const [, , width, height] = this.#boxes[piece];
    const within = (v, most) => Math.round(Math.min(most, Math.max(0, v)));
    const [left, top] = [within(x, this.#size - width), within(y, this.#size - height)];
    if (left === this.#boxes[piece][0] && top === this.#boxes[piece][1]) return;
    this.#boxes[piece].splice(0, 2, left, top);
    this.#lay(this.#pieces.querySelector(`[data-piece="${piece}"]`), piece);
    this.#moved();
  }

  #handle(piece) {
    const handle = button("", () => {}, {
      className: piece === this.#boxes.length - 1 ? "piece of-digit" : "piece",
      "aria-roledescription": "movable piece",
      "aria-describedby": "pieces-how",
      "data-piece": piece,
    });
    /** Where in the piece it is held. */
    let hold = null;
    const at = ({ clientX, clientY }) => {
      const box = this.#pieces.getBoundingClientRect();
      return [((clientX - box.left) / box.width) * this.#size, ((clientY - box.top) / box.height) * this.#size];
    };
    handle.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      handle.setPointerCapture(event.pointerId);
      const [x, y] = at(event);
      hold = [x - this.#boxes[piece][0], y - this.#boxes[piece][1]];
    });
    handle.addEventListener("pointermove", (event) => {
      if (!hold || !handle.hasPointerCapture(event.pointerId)) return;
      const [x, y] = at(event);
      this.#move(piece, x - hold[0], y - hold[1]);
    });
    handle.addEventListener("lostpointercapture", () => {
      hold = null;
      this.done(piece);
    });
    handle.addEventListener("keydown", (event) => {
      const by = KEYS[event.key];
      if (!by || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      const far = event.shiftKey ? 10 : 1;
      const [x, y] = this.#boxes[piece];
      this.#move(piece, x + far * by[0], y + far * by[1]);
      this.done(piece);
    });
    return handle;
  }
}
