// The visitor's own marks: a pad, and the marks that were kept from it.

import { inkOf, Pad } from "../pad.js";
import { style } from "../style.js";
import { inked } from "./kept.js";
import { button, el, ink, paint, recolored } from "./kit.js";
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

/** A mark's ink, as wide and high as the models' images. */
function shrunk(drawn, n) {
  const small = new OffscreenCanvas(n, n);
  small.getContext("2d").drawImage(drawn, 0, 0, n, n);
  return inkOf(small).pixels;
}

/** `teach(marks, side)` is called with the kept marks' ink, one after the other, and how wide and high each is;
 *  `refuse(error)` with what is amiss. */
export function marks(teach, refuse) {
  const { pad, host } = padIn(() => {}, "Pad: draw a mark of your own here", "a letter, a rune, a smile");
  const list = el("div", { className: "marks", role: "list", "aria-label": "Your marks" });
  const kept = () => [...list.querySelectorAll("canvas")];
  const add = button("Keep this mark", () => {
    if (!pad.enough) return refuse(new Error(pad.empty ? "the pad is empty; draw a mark first" : "the mark is too small; draw it at least a fifth of the pad wide or high"));
    keep(pad.canvas);
    pad.clear();
  }, { name: "keep" });
  const begin = button("Teach these", async () => {
    try {
      const n = await side();
      teach(Float32Array.from(kept().flatMap((mark) => [...shrunk(mark, n)])), n);
    } catch (error) {
      refuse(error);
    }
  }, { name: "teach" });

  /** Keeps a mark as it was drawn: the engine is asked when it is taught. */
  function keep(drawn) {
    const { width, height } = drawn;
    const canvas = el("canvas", { width, height, role: "img", "aria-label": `mark ${kept().length + 1}` });
    canvas.getContext("2d").drawImage(drawn, 0, 0);
    const item = el("div", { role: "listitem" }, canvas, button("×", () => item.remove(), { "aria-label": "Remove this mark" }));
    list.append(item);
  }

  recolored(() => {
    pad.recolor();
    for (const mark of kept()) paint(mark, inked(mark, ink()));
  });

  const how = "Draw a mark, keep it, draw some more. The trained model is then tuned on them, each shifted and turned a little, here in this tab.";
  return el("div", { className: "own" }, host, el("div", {}, el("p", { textContent: how }), el("div", { className: "bar" }, add, begin), list));
}
