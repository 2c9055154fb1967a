// The pad is a widget; the article begins for its visitor, shows what is done to a scribble before it is read, and adds
// what can be taken along.

import { downloads, saveImageSvg, savePng, whenSeen } from "./kit.js";
import { normalised } from "./normalised.js";

/** Seed of the digit that is there before the visitor's own: one that anyone can read. */
const FIRST = 9;

/** Whether nothing is on a pad, not even a stroke that has just begun. */
export function blank(pad) {
  const { width, height } = pad;
  return pad.getContext("2d").getImageData(0, 0, width, height).data.every((value) => !value);
}

/** Puts a digit on the pad when it comes into sight, unless someone was quicker. */
function begin(pad) {
  whenSeen(pad, () => {
    const draw = () => blank(pad.shadowRoot.querySelector("canvas[part=pad]")) && pad.example(FIRST);
    if (pad.glimpses) draw();
    else pad.addEventListener("ready", draw, { once: true });
  }, { threshold: 0.25 });
}

export function redraw(pad, root) {
  const drawn = () => ["canvas", "windows"].map((part) => pad.shadowRoot.querySelector(`figure:last-child canvas[part=${part}]`));
  normalised(pad, root);
  root.append(downloads({
    PNG: () => savePng("redrawn.png", drawn()),
    SVG: () => saveImageSvg("redrawn.svg", drawn()),
  }));
  begin(pad);
  // The wall has its weights already: the pad takes them at once, so that it is ready when it is come to.
  if (pad.checkVisibility()) pad.play();
}
