// The visitor's own marks: a pad, and the marks that were kept from it.

import { Pad } from "../pad.js";
import { style } from "../style.js";
import { SIDE } from "./files.js";
import { button, el, heat } from "./kit.js";

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

/** `teach(marks)` is called with the kept marks' ink, one after the other; `refuse(error)` with what is amiss. */
export function marks(teach, refuse) {
  const kept = [];
  const { pad, host } = padIn(() => {}, "Pad: draw a mark of your own here", "a letter, a rune, a smile");
  const list = el("div", { className: "marks", role: "list", "aria-label": "Your marks" });
  const add = button("Keep this mark", () => {
    if (!pad.enough) return refuse(new Error(pad.empty ? "the pad is empty; draw a mark first" : "the mark is too small; draw it at least a fifth of the pad wide or high"));
    const canvas = new OffscreenCanvas(SIDE, SIDE);
    canvas.getContext("2d").drawImage(pad.canvas, 0, 0, SIDE, SIDE);
    const { data } = canvas.getContext("2d").getImageData(0, 0, SIDE, SIDE);
    keep(Float32Array.from({ length: SIDE * SIDE }, (_, i) => data[4 * i + 3] / 255));
    pad.clear();
  }, { name: "keep" });
  const begin = button("Teach these", () => teach(Float32Array.from(kept.flatMap((m) => [...m]))), { name: "teach" });

  function keep(pixels) {
    kept.push(pixels);
    const canvas = el("canvas", { role: "img", "aria-label": `mark ${kept.length}` });
    heat(canvas, pixels, SIDE, SIDE);
    const item = el("div", { role: "listitem" }, canvas, button("×", () => {
      kept.splice(kept.indexOf(pixels), 1);
      item.remove();
    }, { "aria-label": "Remove this mark" }));
    list.append(item);
  }

  const how = "Draw a mark, keep it, draw some more. The trained model is then tuned on them, each shifted and turned a little, here in this tab.";
  return el("div", { className: "own" }, host, el("div", {}, el("p", { textContent: how }), el("div", { className: "bar" }, add, begin), list));
}
