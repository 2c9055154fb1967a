// One figure alone: a page to link to, and to put into another page.

import { el } from "../el.js";
import { figures, headed } from "./sections.js";

/** Leaves a figure, its headings and its question, by any of its names. False if there is none of that name. */
export function alone(name) {
  const figure = figures().find(({ names }) => names.includes(name));
  const root = document.documentElement;
  if (!figure) {
    document.querySelector("main").prepend(el("p", { role: "alert", textContent: `There is no figure called “${name}”. All are below.` }));
    return false;
  }
  const { section, blocks, question, part } = figure;
  const shown = new Set([section.heading, question, part, ...blocks]);
  root.dataset.alone = figure.name;
  document.title = `${section.title}: Attentive Writer`;
  for (const other of document.querySelectorAll("body > :is(header, nav, footer), main > section")) {
    /** @type {HTMLElement} */ (other).hidden = other !== section.root;
  }
  // Not by a class: its style comes later than this.
  for (const block of /** @type {Iterable<HTMLElement>} */ (section.root.children)) if (!shown.has(block)) block.hidden = true;
  const back = el("a", { href: `./#${section.id}`, target: "_top", textContent: "Attentive Writer: the whole article" });
  section.root.append(el("p", { className: "back" }, back));
  headed(section);
  return true;
}
