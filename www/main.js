// The page around its figures: the seed in the URL, the page's state, and the figures that are the article's own.

import { button, el } from "./el.js";
import { recall, remember } from "./query.js";

const $ = (id) => document.querySelector(id);
const wall = $("#wall");
const widgets = [...document.querySelectorAll("attentive-writer")];
/** What is waited for below may take longer. */
const loaded = new Promise((resolve) => addEventListener("load", resolve, { once: true }));

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

// One figure alone, if the address names one, before a widget looks whether it is in sight: the wall may be none of it.
const one = new URLSearchParams(location.search).get("figure");
if (one !== null) {
  const { alone } = await import("./article/alone.js");
  settled = alone(one) && !wall.checkVisibility();
}

// The seed may stand in the address; the address follows the seed.
wall.setAttribute("seed", recall("seed", 1, 0, 1e15));
new MutationObserver(() => remember({ seed: wall.seed })).observe(wall, { attributeFilter: ["seed"] });

for (const widget of widgets) new MutationObserver(judge).observe(widget, { attributeFilter: ["state"] });
judge();
await import("./element.js");

/** The figures that have not come: each promises what fills it. */
let missing = [
  () => import("./figures/watch.js").then(({ watch }) => () => watch(wall, $("#detail"))),
  () => import("./figures/machine.js").then(({ machine }) => () => machine($("#glimpses"))),
  () => import("./figures/cost.js").then(({ cost }) => () => cost($("#price"))),
  () => import("./figures/redraw.js").then(({ redraw }) => () => redraw($("#pad"), $("#normalised"))),
  () => import("./figures/lens.js").then(({ lens }) => () => lens($("#lens"))),
  () => import("./figures/looks.js").then(({ looks }) => () => looks($("#looking"))),
  () => import("./figures/size.js").then(({ size }) => () => size($("#large"), $("#size"))),
  () => import("./figures/random.js").then(({ random }) => () => random($("#random"))),
  () => import("./figures/codes.js").then(({ codes }) => () => codes($("#codes"))),
  () => import("./figures/planes.js").then(({ planes }) => () => planes($("#planes"))),
  () => import("./figures/latent.js").then(({ latent }) => () => latent($("#latent"))),
  () => import("./figures/pairs.js").then(({ pairs }) => () => pairs($("#page"))),
  () => import("./figures/training.js").then(({ training }) => () => training($("#training"))),
];
/** What goes over them all, until it has. */
let over = () => import("./article/index.js").then(({ article }) => article);

/** The rest of the article, once the first strokes are on the page. What does not come is told, and leaves the others. */
async function figures() {
  const came = await Promise.allSettled(missing.map((come) => come()));
  missing = missing.filter((_, i) => came[i].status === "rejected");
  for (const one of came) {
    try {
      if (one.status === "fulfilled") one.value();
    } catch (error) {
      reportError(error);
    }
  }
  const article = await over?.();
  over = null;
  await article?.();
  const fault = came.find((one) => one.status === "rejected");
  if (fault) throw fault.reason;
}

let drawn = null;

function allFigures() {
  return (drawn ??= figures().catch((error) => {
    drawn = null;
    const again = button("Try again", () => (told.remove(), allFigures()));
    const told = el("p", { id: "missing", role: "alert" }, `Not all of the article is here: ${error.message}. `, again);
    $("#missing")?.remove();
    $("main").prepend(told);
  }));
}

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
loaded.then(() =>
  setTimeout(() => {
    settled = true;
    judge();
    begun();
  }, 1000),
);

// ---- On paper there is no scrolling: what was never seen is drawn before it is printed.

/** Milliseconds for which the key waits. */
const PATIENCE = 25_000;

/** Shows a widget finished that was never in sight; a pad gets a digit to redraw. */
async function finish(widget) {
  if (widget.state === "error") return;
  if (!widget.glimpses) {
    const told = ["ready", "error"].map((type) => new Promise((resolve) => widget.addEventListener(type, resolve, { once: true })));
    widget.play();
    await Promise.race(told);
  }
  const pad = widget.shadowRoot.querySelector("canvas[part=pad]");
  if (pad && (await import("./figures/redraw.js")).blank(pad)) await widget.example();
  await widget.seek(widget.glimpses);
}

async function drawAll() {
  await allFigures();
  const { drawUnseen } = await import("./figures/kit.js");
  await Promise.allSettled([drawUnseen(), ...widgets.filter((widget) => !widget.glimpse && widget.checkVisibility()).map(finish)]);
}

// A browser's own menu does not wait for it: then what was not seen comes with the next print. The key waits.
addEventListener("beforeprint", drawAll);
addEventListener("keydown", async (event) => {
  if (event.key !== "p" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
  event.preventDefault();
  await Promise.race([drawAll(), new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
  print();
});

/** Without a network the page is what was kept of it; what the wall asked for before there was a keeper is kept, too. */
async function keepOffline() {
  const { serviceWorker } = navigator;
  const takes = new Promise((resolve) => serviceWorker.addEventListener("controllerchange", resolve, { once: true }));
  await serviceWorker.register("./offline.js");
  if (serviceWorker.controller) return;
  await takes;
  const [{ addresses }, { relaxed }] = await Promise.all([import("./addresses.js"), import("./wasm.js")]);
  serviceWorker.controller.postMessage({ keep: [addresses.wasm()[relaxed ? "relaxed" : "simd128"], addresses.weights()] });
}

if ("serviceWorker" in navigator && isSecureContext) loaded.then(keepOffline).catch(() => {});
