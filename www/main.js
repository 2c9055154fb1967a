// The page around its figures: the seed in the URL, the page's state, and the figures that are the article's own.

import "./element.js";
import { recall, remember } from "./figures/kit.js";

const $ = (id) => document.querySelector(id);
const wall = $("#wall");
const widgets = [...document.querySelectorAll("attentive-writer")];
const motion = matchMedia("(prefers-reduced-motion: reduce)");

function setState(state) {
  document.documentElement.dataset.state = state;
}

function judge() {
  const states = widgets.map((widget) => widget.state);
  if (states.includes("error")) setState("error");
  else if (states.includes("loading") || !wall.glimpses) setState("loading");
  else setState("ready");
}

// The seed may stand in the address; the address follows the seed.
wall.setAttribute("seed", recall("seed", 1, 0, 1e15));
new MutationObserver(() => remember({ seed: wall.seed })).observe(wall, { attributeFilter: ["seed"] });

// Who wants no motion gets finished drawings, and steps by hand.
if (motion.matches) {
  for (const widget of widgets) {
    widget.removeAttribute("autoplay");
    widget.removeAttribute("loop");
    widget.addEventListener("ready", () => widget.mode === "draw" && setTimeout(() => widget.seek(widget.glimpses), 100));
  }
}

for (const widget of widgets) new MutationObserver(judge).observe(widget, { attributeFilter: ["state"] });
judge();

// The rest of the article, once the first strokes are on the page.
async function figures() {
  const [{ watch }, { lens }, { size }, { random }, { latent }, { training }] = await Promise.all(
    ["watch", "lens", "size", "random", "latent", "training"].map((name) => import(`./figures/${name}.js`)),
  );
  watch(wall, $("#detail"));
  lens($("#lens"));
  size($("#large"), $("#size"));
  random($("#random"));
  latent($("#latent"));
  training($("#training"));
}

function begun() {
  if (wall.glimpse < 3 && wall.state !== "error") return;
  wall.removeEventListener("glimpse", begun);
  wall.removeEventListener("error", begun);
  figures();
}
wall.addEventListener("glimpse", begun);
wall.addEventListener("error", begun);

if ("serviceWorker" in navigator && isSecureContext) {
  addEventListener("load", () => navigator.serviceWorker.register("./offline.js", { type: "module" }).catch(() => {}));
}
