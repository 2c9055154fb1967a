// Hairline arrows between boxes, laid anew when the boxes move.

import { svg } from "./kit.js";

const HEAD = 4;

/** The middle of what two stretches share; null if they share next to nothing. */
function shared([a, b], [c, d]) {
  const [from, to] = [Math.max(a, c), Math.min(b, d)];
  return to - from > 12 ? (from + to) / 2 : null;
}

const head = (x, y, dx, dy) =>
  `M${x - HEAD * dx - 0.6 * HEAD * dy} ${y - HEAD * dy - 0.6 * HEAD * dx}L${x} ${y}L${x - HEAD * dx + 0.6 * HEAD * dy} ${y - HEAD * dy + 0.6 * HEAD * dx}`;

/** From one box to another: straight where they stand side by side or one above the other, else round a corner. */
function path(a, b) {
  const y = shared([a.top, a.bottom], [b.top, b.bottom]);
  if (y !== null) {
    const [from, to] = a.right <= b.left ? [a.right, b.left] : [a.left, b.right];
    return `M${from} ${y}H${to}${head(to, y, Math.sign(to - from), 0)}`;
  }
  const x = shared([a.left, a.right], [b.left, b.right]);
  const [from, to] = a.bottom <= b.top ? [a.bottom, b.top] : [a.top, b.bottom];
  const down = Math.sign(to - from);
  if (x !== null) return `M${x} ${from}V${to}${head(x, to, 0, down)}`;
  // Out of the near end of one, through the gap between the two, into the near end of the other.
  const [out, into] = a.left >= b.right ? [a.left + 14, b.right - 14] : [a.right - 14, b.left + 14];
  return `M${out} ${from}V${(from + to) / 2}H${into}V${to}${head(into, to, 0, down)}`;
}

export class Arrows {
  #host;
  #edges;
  root = svg("svg", { class: "arrows", "aria-hidden": "true" });

  /**
   * Over a host that holds the boxes.
   * @param {HTMLElement} host
   * @param {{ from: HTMLElement, to: HTMLElement, later?: boolean, className: string }[]} edges those that come `later`, at the
   * next glimpse, are left out where the boxes stand in a column
   */
  constructor(host, edges) {
    this.#host = host;
    this.#edges = edges.map((edge) => ({ ...edge, path: svg("path", { class: edge.className }) }));
    this.root.append(...this.#edges.map((edge) => edge.path));
    host.append(this.root);
    new ResizeObserver(() => this.#lay()).observe(host);
  }

  #lay() {
    const { left, top, width, height } = this.#host.getBoundingClientRect();
    if (!width) return;
    this.root.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const column = getComputedStyle(this.#host).gridTemplateColumns.split(" ").length === 1;
    for (const { from, to, later, path: line } of this.#edges) {
      // In a column other things may stand between the two.
      const [a, b] = [column ? to.previousElementSibling ?? from : from, to].map((box) => {
        const r = box.getBoundingClientRect();
        return { left: r.left - left, right: r.right - left, top: r.top - top, bottom: r.bottom - top };
      });
      line.setAttribute("d", column && later ? "" : path(a, b));
    }
  }
}
