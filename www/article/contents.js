// The list of contents, which follows the reader, and a link at each heading that copies its address.

import { el } from "../el.js";
import { copied, tell } from "./copy.js";
import { addressOf, sections } from "./sections.js";

/** Where a reader's eyes are, as a share of the window's height. */
const EYES = 0.25;

/** The section that is read: the last whose top the eyes have passed. On the last screen they wander to its end, so that
 *  short sections there have their turn. */
function read(all) {
  const { scrollHeight } = document.documentElement;
  const left = Math.max(0, scrollHeight - innerHeight - scrollY);
  const eyes = innerHeight * Math.max(EYES, 1 - left / innerHeight);
  return all.findLast(({ root }) => root.getBoundingClientRect().top <= eyes) ?? all[0];
}

export function contents(nav) {
  const all = sections();
  const fold = nav.querySelector("button");
  const links = new Map(all.map(({ id, title }) => [id, el("a", { href: `#${id}`, textContent: title })]));
  nav.querySelector("ol").append(...[...links.values()].map((link) => el("li", {}, link)));

  let now = null;
  /** A section that was gone to is the one that is read, until the reader moves on. */
  let chosen = null;
  const mark = (section) => {
    if (section === now) return;
    if (now) links.get(now.id).removeAttribute("aria-current");
    now = section;
    links.get(now.id).setAttribute("aria-current", "true");
    fold.textContent = `Contents: ${now.title}`;
  };
  let waiting = false;
  const follow = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      mark(chosen ?? read(all));
    });
  };
  const choose = () => {
    chosen = all.find(({ id }) => id === location.hash.slice(1)) ?? null;
    follow();
  };
  addEventListener("scroll", follow, { passive: true });
  addEventListener("resize", follow);
  addEventListener("hashchange", choose);
  for (const moved of ["wheel", "touchmove", "pointerdown", "keydown"]) addEventListener(moved, () => (chosen = null), { passive: true });
  choose();

  const unfold = (open) => fold.setAttribute("aria-expanded", String(open));
  const unfolded = () => fold.getAttribute("aria-expanded") === "true";
  fold.addEventListener("click", () => unfold(!unfolded()));
  nav.addEventListener("click", (event) => event.target.closest("a") && (unfold(false), choose()));
  nav.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !unfolded()) return;
    unfold(false);
    fold.focus();
  });
  nav.addEventListener("focusout", (event) => !nav.contains(event.relatedTarget) && unfold(false));
  document.addEventListener("pointerdown", (event) => !nav.contains(event.target) && unfold(false));
}

/** A link at each heading, to be followed or copied: a click does both. */
export function anchors() {
  for (const { heading, id, title } of sections()) {
    const link = el("a", { href: `#${id}`, className: "anchor", textContent: "#", "aria-label": `Copy the address of “${title}”` });
    link.addEventListener("click", async () => tell((await copied(addressOf("", id))) ? "address copied" : "the address is in the address bar"));
    heading.after(link);
  }
}

