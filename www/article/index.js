// What goes over the whole article, once its figures are there: the list of contents, links, words explained, code, and
// the lecture.

import { el } from "../el.js";
import { anchors, contents } from "./contents.js";
import { copies } from "./copy.js";
import { glossary } from "./glossary.js";
import { lecture } from "./lecture.js";
import { tools } from "./tools.js";

/** The styles of what comes here; what comes with them waits until they are there. */
function styled() {
  const styles = [new URL("./article.css", import.meta.url), new URL("./lecture.css", import.meta.url)];
  return Promise.all(styles.map(({ href }) => {
    const link = el("link", { rel: "stylesheet", href });
    const there = new Promise((resolve) => ["load", "error"].forEach((type) => link.addEventListener(type, resolve)));
    document.head.append(link);
    return there;
  }));
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
