// Figure 2 is a widget; the article adds what can be taken along.

import { downloads, el, saveImageSvg, savePng } from "./kit.js";

export function redraw(pad) {
  const drawn = () => {
    const [canvas, windows] = ["canvas", "windows"].map((part) => pad.shadowRoot.querySelector(`figure:last-child canvas[part=${part}]`));
    return [canvas, windows];
  };
  pad.after(el("div", { className: "figure" }, downloads({
    PNG: () => savePng("redrawn.png", drawn()),
    SVG: () => saveImageSvg("redrawn.svg", drawn()),
  })));
}
