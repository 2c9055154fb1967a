// A plate is what a drawing is shown on: a picture of ink, and the windows over it.

import { el } from "./el.js";

/** The picture's element and the windows' element, as children of one box. */
export class Plate {
  constructor(label) {
    // Without a size until it is painted: a canvas's own would make the page jump.
    const none = { width: 0, height: 0 };
    this.ink = el("canvas", { className: "ink", ...none, part: "canvas", role: "img", "aria-label": label });
    this.windows = el("canvas", { className: "windows", ...none, part: "windows", "aria-hidden": true });
    this.root = el("div", { className: "plate" }, this.ink, this.windows);
  }

  /** Shows a frame's pictures ({ width, height, data }), one below the other, pixel for pixel. */
  paint(...images) {
    const { width } = images[0];
    const height = images.reduce((sum, image) => sum + image.height, 0);
    if (this.ink.width !== width || this.ink.height !== height) {
      for (const canvas of [this.ink, this.windows]) {
        canvas.width = width;
        canvas.height = height;
      }
    }
    const context = this.ink.getContext("2d");
    let top = 0;
    for (const image of images) {
      context.putImageData(new ImageData(image.data, image.width, image.height), 0, top);
      top += image.height;
    }
  }

  /** Shows `side` × `side` values as shades of two colours, by their sign; the strongest is full. */
  shade(values, side, { missing, surplus }) {
    const strongest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0.2);
    if (values.length) this.paint(shades(side, (i) => values[i] / strongest, missing, surplus));
  }

  /** Clears the picture and the windows. */
  clear() {
    this.clearWindows();
    this.ink.getContext("2d").clearRect(0, 0, this.ink.width, this.ink.height);
  }

  clearWindows() {
    this.windows.getContext("2d").clearRect(0, 0, this.windows.width, this.windows.height);
  }

  /**
   * Draws a window on each cell of a grid of `columns`, `cell` pixels wide and `tall` high. Each window is five
   * numbers in cell pixels: centre x, centre y, stride, sigma, gamma. Its box spans the `patch` × `patch` grid of
   * filters and one sigma beyond; its line is the wider the more precise the filters are, as in the paper's Figure 1.
   */
  drawWindows(windows, { columns, cell, tall = cell, patch, color }) {
    const context = this.windows.getContext("2d");
    const unit = cell / 28;
    // One path for all windows of about one line width: hundreds of strokes would hold up the page.
    const paths = new Map();
    for (let i = 0; i * 5 < windows.length; i++) {
      const [x, y, stride, sigma] = windows.subarray(i * 5, i * 5 + 5);
      if (!(stride > 0)) continue;
      const half = ((patch - 1) * stride) / 2 + sigma;
      const width = Math.ceil(4 * precision(sigma, unit)) / 4;
      if (!paths.has(width)) paths.set(width, new Path2D());
      outline(paths.get(width), { x, y, half, cell, tall, left: (i % columns) * cell, top: Math.floor(i / columns) * tall });
    }
    context.strokeStyle = color;
    context.lineCap = "square";
    for (const [width, path] of paths) {
      context.lineWidth = width;
      context.stroke(path);
    }
  }
}

/** The line width of a window whose filters have this sigma: the sharper, the wider; both in pixels, `unit` to one of the image's. */
export const precision = (sigma, unit) => unit * Math.min(2, Math.max(0.35, (0.7 * unit) / sigma));

/** Adds to a path the sides of a square about (x, y), in the pixels of the cell at (left, top), as far as they lie in it. */
function outline(path, { x, y, half, cell, tall, left, top }) {
  const within = (v, side) => Math.min(side, Math.max(0, v));
  const [x0, x1, y0, y1] = [x - half, x + half, y - half, y + half];
  const [l, r, t, b] = [within(x0, cell), within(x1, cell), within(y0, tall), within(y1, tall)];
  for (const side of [y0, y1]) {
    if (side !== within(side, tall) || l === r) continue;
    path.moveTo(left + l, top + side);
    path.lineTo(left + r, top + side);
  }
  for (const side of [x0, x1]) {
    if (side !== within(side, cell) || t === b) continue;
    path.moveTo(left + side, top + t);
    path.lineTo(left + side, top + b);
  }
}

/** A square picture of values from -1 to 1, by their number, in a colour (0xRRGGBB); below 0 in another. */
export function shades(side, value, color, below = color) {
  const data = new Uint8ClampedArray(4 * side * side);
  for (let i = 0; i < side * side; i++) {
    const v = value(i);
    const c = v < 0 ? below : color;
    data.set([c >> 16, (c >> 8) & 255, c & 255, 255 * Math.abs(v)], 4 * i);
  }
  return { width: side, height: side, data };
}

/** Colours that have been asked for: to paint one, and read it back, takes a while. */
const known = new Map();

/** A CSS colour as 0xRRGGBB. */
export function rgb(color) {
  if (!known.has(color)) known.set(color, painted(color));
  return known.get(color);
}

/** 0xRRGGBB as a CSS colour. */
export const css = (color) => `#${color.toString(16).padStart(6, "0")}`;

function painted(color) {
  const context = new OffscreenCanvas(1, 1).getContext("2d");
  context.fillStyle = color;
  context.fillRect(0, 0, 1, 1);
  const [r, g, b] = context.getImageData(0, 0, 1, 1).data;
  return (r << 16) | (g << 8) | b;
}
