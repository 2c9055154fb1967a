// The visitor's own marks: a pad, and the marks that were kept from it.

import { Pad } from "../pad.js";
import { style } from "../style.js";
import { button, el, heat } from "./kit.js";
import { side } from "./lab.js";

/** A pad with the widget's look, in a page: its styles live in a shadow root. */
export function padIn(changed, label, hint) {
  const host = el("div", { className: "pad-host" });
  const shadow = host.attachShadow({ mode: "open" });
  shadow.adoptedStyleSheets = [style()];
  const pad = new Pad(changed, hint);
  pad.canvas.setAttribute("aria-label", label);
  shadow.append(pad.root);
  return { pad, host };
}

/** A pad's ink, as wide and high as the models' images. */
async function inkOf(drawn) {
  const n = await side();
  const context = new OffscreenCanvas(n, n).getContext("2d");
  context.drawImage(drawn, 0, 0, n, n);
  const { data } = context.getImageData(0, 0, n, n);
  return Float32Array.from({ length: n * n }, (_, i) => data[4 * i + 3] / 255);
}

/** `teach(marks, side)` is called with the kept marks' ink, one after the other, and how wide and high each is;
 *  `refuse(error)` with what is amiss. */
export function marks(teach, refuse) {
  const kept = [];
  const { pad, host } = padIn(() => {}, "Pad: draw a mark of your own here", "a letter, a rune, a smile");
  const list = el("div", { className: "marks", role: "list", "aria-label": "Your marks" });
  const add = button("Keep this mark", () => {
    if (!pad.enough) return refuse(new Error(pad.empty ? "the pad is empty; draw a mark first" : "the mark is too small; draw it at least a fifth of the pad wide or high"));
    // The pad is free for the next mark before the engine has said how large this one becomes.
    const drawn = new OffscreenCanvas(pad.canvas.width, pad.canvas.height);
    drawn.getContext("2d").drawImage(pad.canvas, 0, 0);
    keep(inkOf(drawn));
    pad.clear();
  }, { name: "keep" });
  const begin = button("Teach these", async () => {
    try {
      const all = await Promise.all(kept);
      teach(Float32Array.from(all.flatMap((m) => [...m])), await side());
    } catch (error) {
      refuse(error);
    }
  }, { name: "teach" });

  /** @param {Promise<Float32Array>} pixels */
  function keep(pixels) {
    kept.push(pixels);
    const canvas = el("canvas", { role: "img", "aria-label": `mark ${kept.length}` });
    pixels.then((values) => heat(canvas, values, Math.sqrt(values.length), Math.sqrt(values.length)), refuse);
    const item = el("div", { role: "listitem" }, canvas, button("×", () => {
      kept.splice(kept.indexOf(pixels), 1);
      item.remove();
    }, { "aria-label": "Remove this mark" }));
    list.append(item);
  }

  const how = "Draw a mark, keep it, draw some more. The trained model is then tuned on them, each shifted and turned a little, here in this tab.";
  return el("div", { className: "own" }, host, el("div", {}, el("p", { textContent: how }), el("div", { className: "bar" }, add, begin), list));
}
