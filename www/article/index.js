// What goes over the whole article, once its figures are there: the list of contents, links, words explained, code, and
// the lecture.

import { styled } from "../figures/kit.js";
import { anchors, contents } from "./contents.js";
import { copies } from "./copy.js";
import { glossary } from "./glossary.js";
import { lecture } from "./lecture.js";
import { tools } from "./tools.js";

export async function article() {
  // What comes here waits until its styles are there.
  await styled(new URL("./article.css", import.meta.url), new URL("./lecture.css", import.meta.url));
  contents(document.querySelector("#contents"));
  anchors();
  tools();
  for (const block of document.querySelectorAll(".code")) if (!block.querySelector("button")) copies(block);
  glossary();
  lecture();
}
