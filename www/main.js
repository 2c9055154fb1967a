// The page around its figures: the seed in the URL, the page's state, and the figures that are the article's own.

import "./element.js";
import { button, recall, remember } from "./figures/kit.js";

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
  const [{ watch }, { redraw }, { lens }, { size }, { random }, { latent }, { training }] = await Promise.all(
    ["watch", "redraw", "lens", "size", "random", "latent", "training"].map((name) => import(`./figures/${name}.js`)),
  );
  watch(wall, $("#detail"));
  redraw($("#pad"));
  lens($("#lens"));
  size($("#large"), $("#size"));
  random($("#random"));
  latent($("#latent"));
  training($("#training"));
}

let drawn = false;
function begun() {
  if (drawn || (wall.glimpse < 3 && wall.state !== "error" && !settled)) return;
  drawn = true;
  wall.removeEventListener("glimpse", begun);
  wall.removeEventListener("error", begun);
  figures();
}
wall.addEventListener("glimpse", begun);
wall.addEventListener("error", begun);
addEventListener("load", () =>
  setTimeout(() => {
    settled = true;
    judge();
    begun();
  }, 1000),
);

// Code is there to be taken along.
for (const block of document.querySelectorAll(".code")) {
  const copy = button("Copy", async () => {
    const { textContent } = block.querySelector("code");
    try {
      await navigator.clipboard.writeText(textContent);
      copy.textContent = "Copied";
    } catch {
      // A browser may refuse; selected, it can be copied by hand.
      getSelection().selectAllChildren(block.querySelector("code"));
      copy.textContent = "Selected";
    }
    setTimeout(() => (copy.textContent = "Copy"), 2000);
  });
  block.append(copy);
}

if ("serviceWorker" in navigator && isSecureContext) {
  addEventListener("load", () => navigator.serviceWorker.register("./offline.js", { type: "module" }).catch(() => {}));
}
