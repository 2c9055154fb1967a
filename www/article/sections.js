// The article's parts, as they stand in the page: its sections, and the figures in them. What goes over all sections
// (the list of contents, figures alone, the lecture) takes them from here, so that a new section is nowhere named.

/** What stands in a section beside its figures. */
const PROSE = "h2, h3, p, ul, .predict, .as-code, .tools, .anchor, .code, .scroll";
/** What makes a run of blocks a figure. */
const FIGURE = "attentive-writer, .figure";

/** A section: its heading's id and words.
 *  @typedef {{ root: HTMLElement, heading: HTMLElement, id: string, title: string }} Section */

/** @returns {Section[]} */
export const sections = () =>
  [...document.querySelectorAll("main > section")].map((root) => {
    const heading = /** @type {HTMLElement} */ (root.querySelector("h2"));
    return { root: /** @type {HTMLElement} */ (root), heading, id: heading.id, title: heading.textContent };
  });

/** A figure: blocks of a section that stand together, the question before them, and the heading of the section's part.
 *  @typedef {{ name: string, names: string[], section: Section, blocks: HTMLElement[], question: HTMLElement | null, part: HTMLElement | null }} Figure */

/** The heading of the part of a section that a block is in, if the section has parts. */
function partOf(block) {
  for (let before = block; before; before = before.previousElementSibling) if (before.matches("h3")) return /** @type {HTMLElement} */ (before);
  return null;
}

/** The figures of a section, from the top. The first has the section's name, another that of its first element that
 *  has one. @returns {Figure[]} */
function figuresOf(section) {
  /** @type {HTMLElement[][]} */
  const runs = [[]];
  for (const block of section.root.children) {
    if (block.matches(PROSE)) runs.push([]);
    else runs.at(-1).push(block);
  }
  const shown = runs.filter((blocks) => blocks.some((block) => block.matches(FIGURE) || block.querySelector(FIGURE)));
  return shown.map((blocks, i) => {
    const ids = blocks.flatMap((block) => [block, ...block.querySelectorAll("[id]")]).map(({ id }) => id).filter(Boolean);
    // Of a section in parts, the first has the question of all.
    const before = i ? blocks[0].previousElementSibling : section.root.querySelector(".predict");
    const question = before?.matches(".predict") ? /** @type {HTMLElement} */ (before) : null;
    return { name: i ? ids[0] : section.id, names: [...(i ? [] : [section.id]), ...ids], section, blocks, question, part: partOf(blocks[0]) };
  });
}

export const figures = () => sections().flatMap(figuresOf);

let name = null;

/** Stands in for the page's first heading, while that is hidden: those who hear the page learn where they are. */
export function headed(section) {
  if (!name) {
    name = document.createElement("h1");
    name.className = "unseen";
    name.textContent = document.querySelector("h1").textContent;
  }
  if (section) section.root.prepend(name);
  else name.remove();
}

/** An address in this page, without what it shows now: for those who come to it. */
export function addressOf(query, id = "") {
  const canonical = document.querySelector("link[rel=canonical]")?.getAttribute("href");
  const url = new URL(canonical ?? location.href);
  url.search = query;
  url.hash = id;
  return url.href;
}
