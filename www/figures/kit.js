// What the article's figures have in common: controls, pictures, charts and downloads.

import { button, el, quiet } from "../el.js";
import { css, rgb } from "../plate.js";

export { button, css, el, quiet };
export { recall, recallText, recallWhole, remember } from "../query.js";

export function svg(name, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** A number in words, with a minus that is one. */
export const number = (v, digits = 2) => v.toFixed(digits).replace("-", "−");

/** A grid of n × n filters as dots, half as wide as their sigma, within limits. */
export function filters([x, y, stride, sigma], n, [least, most]) {
  const r = Math.min(most, Math.max(least, sigma / 2));
  const at = (middle, i) => middle + (i - (n - 1) / 2) * stride;
  return Array.from({ length: n * n }, (_, i) => svg("circle", { cx: at(x, i % n), cy: at(y, Math.floor(i / n)), r }));
}

/**
 * A labelled slider; `changed(value)` is called as it moves. `show` words the value.
 * @param {{ label: string, min: number, max: number, step?: number | string, value: number, show?: (v: number) => string, name?: string }} what
 * @param {(value: number) => void} changed
 */
export function slider({ label, min, max, step = "any", value, show = number, name = label }, changed) {
  const output = el("output", { textContent: show(value) });
  const input = el("input", { type: "range", min, max, step, value, name });
  const root = el("label", { className: "slider" }, el("span", { textContent: label }), input, output);
  const set = (v) => {
    input.value = v;
    output.textContent = show(Number(v));
    input.setAttribute("aria-valuetext", show(Number(v)));
  };
  set(value);
  input.addEventListener("input", () => {
    set(input.value);
    changed(Number(input.value));
  });
  return { root, input, set, get value() { return Number(input.value); } };
}

/** A choice among names. */
export function choice({ label, options, value, name = label }, changed) {
  const select = el("select", { name }, ...options.map((o) => el("option", { value: o, textContent: o, selected: o === value })));
  select.addEventListener("change", () => changed(select.value));
  return { root: el("label", { className: "slider" }, el("span", { textContent: label }), select), select };
}

/** Round numbers from 0 to `most`, about `count` steps apart, as an axis wants them. */
export function rounds(most, count = 4) {
  const power = 10 ** Math.floor(Math.log10(most / count));
  const step = power * [1, 2, 5, 10].find((times) => times * power * count >= most);
  return Array.from({ length: Math.floor(most / step + 1e-9) + 1 }, (_, i) => Number((i * step).toPrecision(6)));
}

/** A word in a chart. */
export function label(text, attributes) {
  const element = svg("text", attributes);
  element.textContent = text;
  return element;
}

/** Gives a chart the room there is, one unit a CSS pixel, so that its words keep their size; tells its width, now and
 *  when it changes. */
export function fitted(chart, height, draw) {
  let width = 0;
  new ResizeObserver(() => {
    const now = Math.round(chart.clientWidth);
    if (!now || now === width) return;
    width = now;
    chart.setAttribute("viewBox", `0 0 ${width} ${height}`);
    chart.style.aspectRatio = `${width} / ${height}`;
    draw();
  }).observe(chart);
  return () => width || 640;
}

/** A custom property's colour, as 0xRRGGBB. */
export const color = (name) => rgb(getComputedStyle(document.documentElement).getPropertyValue(name));
export const ink = () => color("--ink");

/** Paints { width, height, data } into a canvas of that size. */
export function paint(canvas, { width, height, data }) {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  canvas.getContext("2d").putImageData(new ImageData(data, width, height), 0, 0);
}

/** Paints values as ink, from none at 0 to full at `full`; below 0 in the write colour, or in other custom properties. */
export function heat(canvas, values, width, height, full = 1, [above, below] = ["--ink", "--write"]) {
  const positive = color(above);
  const negative = color(below);
  const data = new Uint8ClampedArray(4 * width * height);
  values.forEach((value, i) => {
    const c = value < 0 ? negative : positive;
    data[4 * i] = c >> 16;
    data[4 * i + 1] = c >> 8 & 255;
    data[4 * i + 2] = c & 255;
    data[4 * i + 3] = (255 * Math.abs(value)) / full;
  });
  paint(canvas, { width, height, data });
}

/** A picture canvas with a caption. */
export function plate(label, caption = label) {
  const canvas = el("canvas", { className: "ink", width: 28, height: 28, role: "img", "aria-label": label });
  return { canvas, root: el("figure", { className: "plate" }, canvas, el("figcaption", { innerHTML: caption })) };
}

export const calm = matchMedia("(prefers-reduced-motion: reduce)");
const dark = matchMedia("(prefers-color-scheme: dark)");
/** Printers take the light, for as long as they print; what is painted stays as it was. */
let printing = false;
addEventListener("beforeprint", () => (printing = true));
addEventListener("afterprint", () => (printing = false));

/** Calls when the colours change. */
export const recolored = (redraw) => dark.addEventListener("change", () => printing || redraw());

/** Ink is light where it was dark: told to the style sheet, for printing. */
const tell = () => document.documentElement.toggleAttribute("data-dark", dark.matches);
tell();
recolored(tell);

/** Figures that have not been near the viewport: what begins them, and the element of each. */
const unseen = new Map();

/** Calls once, when the element nears the viewport, or all is to be drawn. */
export function near(element, begin) {
  const first = () => {
    observer.disconnect();
    unseen.delete(first);
    return begin();
  };
  const observer = new IntersectionObserver((entries) => entries.at(-1).isIntersecting && first(), { rootMargin: "300px" });
  observer.observe(element);
  unseen.set(first, element);
}

/** Calls once, when the element first comes into sight, by an observer's `options`. */
export function whenSeen(element, begin, options) {
  const observer = new IntersectionObserver((entries) => {
    if (!entries.at(-1).isIntersecting) return;
    observer.disconnect();
    begin();
  }, options);
  observer.observe(element);
}

/** What has come of a file, in words.
 *  @param {{ loaded: number, total?: number }} part */
export const kilobytes = ({ loaded, total }) => `${Math.round(loaded / 1000)} kB${total ? ` of ${Math.round(total / 1000)}` : ""}`;

/** Draws the figures that nobody has seen yet, of those that are laid out: one figure may be shown alone. */
export const drawUnseen = () =>
  Promise.allSettled([...unseen].filter(([, element]) => element.checkVisibility()).map(([first]) => first()));

/** Runs the latest of quick requests, one at a time; `fail(error)`, if given, is told what went wrong. */
export function latest(work, fail = /** @type {(error: any) => any} */ ((error) => Promise.reject(error))) {
  let running = false;
  let waiting = null;
  return async function run(...given) {
    if (running) {
      waiting = given;
      return;
    }
    running = true;
    try {
      await work(...given);
    } catch (error) {
      await fail(error);
    } finally {
      running = false;
      if (waiting) {
        const next = waiting;
        waiting = null;
        run(...next);
      }
    }
  };
}

// ---- Downloads

export function save(name, data, type) {
  const url = URL.createObjectURL(data instanceof Blob ? data : new Blob([data], { type }));
  el("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Several canvases, each on the one before, on paper: as a PNG. */
export async function savePng(name, canvases) {
  const [{ width, height }] = canvases;
  const out = new OffscreenCanvas(width, height);
  const context = out.getContext("2d");
  context.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--paper");
  context.fillRect(0, 0, width, height);
  for (const canvas of canvases) context.drawImage(canvas, 0, 0, width, height);
  save(name, await out.convertToBlob({ type: "image/png" }));
}

/** A chart as it stands, its colours written into it. */
export function saveSvg(name, chart) {
  const copy = chart.cloneNode(true);
  const originals = [chart, ...chart.querySelectorAll("*")];
  [copy, ...copy.querySelectorAll("*")].forEach((element, i) => {
    const style = getComputedStyle(originals[i]);
    for (const key of ["fill", "stroke", "stroke-width", "stroke-dasharray", "font", "opacity", "text-anchor"]) {
      element.style.setProperty(key, style.getPropertyValue(key));
    }
  });
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  save(name, new XMLSerializer().serializeToString(copy), "image/svg+xml");
}

/** Pictures as an SVG: each canvas as an image on paper. */
export function saveImageSvg(name, canvases) {
  const [{ width, height }] = canvases;
  const paper = getComputedStyle(document.documentElement).getPropertyValue("--paper").trim();
  const images = canvases.map((canvas) => `<image href="${canvas.toDataURL()}" width="${width}" height="${height}"/>`);
  const text = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}"><rect width="100%" height="100%" fill="${paper}"/>${images.join("")}</svg>`;
  save(name, text, "image/svg+xml");
}

/** A bar of download buttons. */
export function downloads(entries) {
  const buttons = Object.entries(entries).map(([text, action]) =>
    button(text, async (event) => {
      event.target.disabled = true;
      try {
        await action();
      } catch (error) {
        failed(event.target.closest(".figure"), new Error(`nothing to save (${error.message})`));
      } finally {
        event.target.disabled = false;
      }
    }, { className: "download", "aria-label": `Download as ${text}` }),
  );
  return el("div", { className: "downloads" }, el("span", { textContent: "save as " }), ...buttons);
}

/** Says how things stand, where a fault may have been told. */
export function said(status, text) {
  status.classList.remove("failed");
  status.textContent = text;
}

/** Says what went wrong in a figure, where its reader looks. */
export function failed(root, error) {
  const status = root.querySelector(".status") ?? root.appendChild(el("p", { className: "status", role: "status" }));
  status.textContent = error.message;
  status.classList.add("failed");
}
