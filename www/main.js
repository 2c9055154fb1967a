// The page around its figures: the seed in the URL, the page's state, and the figures that are the article's own.

import { addresses } from "./addresses.js";
import "./element.js";
import { drawUnseen, recall, remember } from "./figures/kit.js";
import { relaxed } from "./wasm.js";

const $ = (id) => document.querySelector(id);
const wall = $("#wall");
const widgets = [...document.querySelectorAll("attentive-writer")];

function setState(state) {
  document.documentElement.dataset.state = state;
}

// The wall is the first to come, unless the page opens further down.
let settled = false;

function judge() {
  const states = widgets.map((widget) => widget.state);
  if (states.includes("error")) setState("error");
  else if (states.includes("loading") || !(wall.glimpses || settled)) setState("loading");
  else setState("ready");
}

// The seed may stand in the address; the address follows the seed.
wall.setAttribute("seed", recall("seed", 1, 0, 1e15));
new MutationObserver(() => remember({ seed: wall.seed })).observe(wall, { attributeFilter: ["seed"] });

for (const widget of widgets) new MutationObserver(judge).observe(widget, { attributeFilter: ["state"] });
judge();

// The rest of the article, once the first strokes are on the page.
async function figures() {
  const [{ watch }, { machine }, { cost }, { redraw }, { lens }, { looks }, { size }, { random }, { codes }, { planes }, { latent }, { pairs }, { training }] = await Promise.all([
    import("./figures/watch.js"),
    import("./figures/machine.js"),
    import("./figures/cost.js"),
    import("./figures/redraw.js"),
    import("./figures/lens.js"),
    import("./figures/looks.js"),
    import("./figures/size.js"),
    import("./figures/random.js"),
    import("./figures/codes.js"),
    import("./figures/planes.js"),
    import("./figures/latent.js"),
    import("./figures/pairs.js"),
    import("./figures/training.js"),
  ]);
  watch(wall, $("#detail"));
  machine($("#glimpses"));
  cost($("#price"));
  redraw($("#pad"), $("#normalised"));
  lens($("#lens"));
  looks($("#looking"));
  size($("#large"), $("#size"));
  random($("#random"));
  codes($("#codes"));
  planes($("#planes"));
  latent($("#latent"));
  pairs($("#page"));
  training($("#training"));
  const { article } = await import("./article/index.js");
  await article();
}

// One figure alone, if the address names one: the wall may then be none of it.
const one = new URLSearchParams(location.search).get("figure");
if (one !== null) {
  const { alone } = await import("./article/alone.js");
  settled = alone(one) && !wall.checkVisibility();
  judge();
}

let drawn = null;
const allFigures = () => (drawn ??= figures());
if (new URLSearchParams(location.search).has("lecture")) allFigures();
function begun() {
  if (wall.glimpse < 3 && wall.state !== "error" && !settled) return;
  wall.removeEventListener("glimpse", begun);
  wall.removeEventListener("error", begun);
  allFigures();
}
wall.addEventListener("glimpse", begun);
wall.addEventListener("error", begun);
if (settled) allFigures();
addEventListener("load", () =>
  setTimeout(() => {
    settled = true;
    judge();
    begun();
  }, 1000),
);

// ---- On paper there is no scrolling: what was never seen is drawn before it is printed.

/** Shows a widget finished that was never in sight; a pad gets a digit to redraw. */
async function finish(widget) {
  if (!widget.glimpses) {
    const loaded = ["ready", "error"].map((type) => new Promise((resolve) => widget.addEventListener(type, resolve, { once: true })));
    widget.play();
    await Promise.race(loaded);
  }
  if (widget.mode === "redraw") await widget.example();
  await widget.seek(widget.glimpses);
}

async function drawAll() {
  await allFigures();
  await Promise.all([drawUnseen(), ...widgets.filter((widget) => !widget.glimpse && widget.checkVisibility()).map(finish)]);
}

// A browser's own menu does not wait for it: then what was not seen comes with the next print. The key waits.
addEventListener("beforeprint", drawAll);
addEventListener("keydown", async (event) => {
  if (event.key !== "p" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
  event.preventDefault();
  await drawAll();
  print();
});

/** Without a network the page is what was kept of it; what the wall asked for before there was a keeper is kept, too. */
async function keepOffline() {
  const { serviceWorker } = navigator;
  const takes = new Promise((resolve) => serviceWorker.addEventListener("controllerchange", resolve, { once: true }));
  await serviceWorker.register("./offline.js");
  if (serviceWorker.controller) return;
  await takes;
  serviceWorker.controller.postMessage({ keep: [addresses.wasm()[relaxed ? "relaxed" : "simd128"], addresses.weights()] });
}

if ("serviceWorker" in navigator && isSecureContext) addEventListener("load", () => keepOffline().catch(() => {}));
