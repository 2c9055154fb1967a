// The pad is a widget; the article begins for its visitor, shows what is done to a scribble before it is read, and adds
// what can be taken along.

import { downloads, saveImageSvg, savePng, whenSeen } from "./kit.js";
import { normalised } from "./normalised.js";

/** Seed of the digit that is there before the visitor's own: one that anyone can read. */
const FIRST = 9;

/** Puts a digit on the pad when it comes into sight, unless someone was quicker; the first stroke takes its place. */
function begin(pad) {
  /** Whether what is on the pad is not the visitor's. */
  let lent = true;
  const clear = (event) => {
    const [target] = event.composedPath();
    if (event.button !== 0 || !(target instanceof Element) || !target.matches("canvas[part=pad]")) return;
    if (lent) pad.clear();
    lent = false;
  };
  // Before the pad's own listener, so that the stroke begins on a clean one.
  pad.addEventListener("pointerdown", clear, { capture: true });
  pad.addEventListener("click", (event) => event.composedPath()[0]["name"] === "example" && (lent = true));

  whenSeen(pad, () => {
    const draw = () => lent && !pad.hasAttribute("glimpse") && pad.example(FIRST);
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
