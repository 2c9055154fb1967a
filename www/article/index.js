// What goes over the whole article, once its figures are there: the list of contents, links, words explained, code, and
// the lecture.

import { el } from "../el.js";
import { anchors, contents } from "./contents.js";
import { copies } from "./copy.js";
import { glossary } from "./glossary.js";
import { lecture } from "./lecture.js";
import { tools } from "./tools.js";

/** The style of what comes here; what comes with it waits until it is there. */
function styled() {
  const link = el("link", { rel: "stylesheet", href: new URL("./article.css", import.meta.url).href });
  const there = new Promise((resolve) => ["load", "error"].forEach((type) => link.addEventListener(type, resolve)));
  document.head.append(link);
  return there;
}

export async function article() {
  await styled();
  contents(document.querySelector("#contents"));
  anchors();
  tools();
  for (const block of document.querySelectorAll(".code")) if (!block.querySelector("button")) copies(block);
  glossary();
  lecture();
}
