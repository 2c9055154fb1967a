// The page around its figures: the seed in the URL, and the page's state.

import "./element.js";

const wall = document.querySelector("#wall");
const figures = [...document.querySelectorAll("attentive-writer")];

function setState(state) {
  document.documentElement.dataset.state = state;
}

function judge() {
  const states = figures.map((figure) => figure.state);
  if (states.includes("error")) setState("error");
  else if (states.some((state) => state === "loading")) setState("loading");
  else setState("ready");
}

// The seed may stand in the address; the address follows the seed.
const given = new URLSearchParams(location.search).get("seed");
const seed = given !== null && /^\d{1,15}$/.test(given) ? Number(given) : 1;
wall.setAttribute("seed", seed);

new MutationObserver(() => {
  const url = new URL(location.href);
  if (url.searchParams.get("seed") === wall.getAttribute("seed")) return;
  url.searchParams.set("seed", wall.getAttribute("seed"));
  history.replaceState(null, "", url);
}).observe(wall, { attributeFilter: ["seed"] });

for (const figure of figures) new MutationObserver(judge).observe(figure, { attributeFilter: ["state"] });
judge();
