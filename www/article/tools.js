// Under each figure: a link to it alone, and the few lines of code that do the same.

import { el } from "../el.js";
import { copies } from "./copy.js";
import { addressOf, figures } from "./sections.js";

/** Programs against this package, each of which runs as it stands; by the figure that they belong to. */
const CODE = {
  watch: new URL("../code/watch.js", import.meta.url),
  machine: new URL("../code/machine.js", import.meta.url),
  cost: new URL("../code/cost.js", import.meta.url),
  redraw: new URL("../code/redraw.js", import.meta.url),
  attention: new URL("../code/attention.py", import.meta.url),
  looks: new URL("../code/looks.js", import.meta.url),
  anysize: new URL("../code/anysize.js", import.meta.url),
  randomness: new URL("../code/randomness.py", import.meta.url),
  autoencoder: new URL("../code/autoencoder.js", import.meta.url),
  latentspace: new URL("../code/latentspace.js", import.meta.url),
  images: new URL("../code/images.js", import.meta.url),
  learning: new URL("../code/learning.js", import.meta.url),
};
const LANGUAGES = { js: "JavaScript", py: "Python" };

/** A fold with a figure's code, fetched when it is opened. */
function fold(url) {
  const ending = url.pathname.split(".").at(-1);
  const root = el("details", { className: "as-code" }, el("summary", { textContent: `As code, in ${LANGUAGES[ending]}` }));
  const open = async () => {
    try {
      const response = await fetch(url);
      if (!response.ok) throw new Error(`${url.pathname.split("/").at(-1)} could not be fetched (${response.status})`);
      const code = el("code", { textContent: (await response.text()).trimEnd() });
      const block = el("div", { className: "code" }, el("pre", { tabIndex: 0, role: "region", "aria-label": "The figure as code" }, code));
      copies(block);
      root.lastChild.replaceWith(block);
    } catch (error) {
      root.lastChild.textContent = error.message;
      // Folded and opened again, it is tried again.
      root.addEventListener("toggle", () => root.addEventListener("toggle", open, { once: true }), { once: true });
    }
  };
  root.append(el("p", { className: "status", role: "status" }));
  root.addEventListener("toggle", open, { once: true });
  return root;
}

/** The address of a figure alone, as it is now. */
function alone(name) {
  const now = new URL(location.href);
  now.searchParams.delete("lecture");
  now.searchParams.set("figure", name);
  return addressOf(now.search);
}

export function tools() {
  const only = document.documentElement.dataset.alone;
  for (const { name, section, blocks } of figures()) {
    if (only && name !== only) continue;
    const link = el("a", { href: `?figure=${name}`, textContent: "This figure alone", "aria-label": `This figure alone: ${section.title}` });
    // The address holds what the figures show; it changes with them.
    for (const event of ["pointerenter", "focus", "click"]) link.addEventListener(event, () => (link.href = alone(name)));
    blocks.at(-1).after(el("p", { className: "tools" }, link), ...(CODE[name] ? [fold(CODE[name])] : []));
  }
}
