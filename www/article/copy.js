// What is there to be taken along: code and addresses, copied.

import { button } from "../el.js";

/** Milliseconds for which a button says what it did. */
const SAID = 2000;

/** Puts a text where it can be pasted from; false if the browser refuses. */
export async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** Gives a block of code a button that copies it. */
export function copies(block) {
  const copy = button("Copy", async () => {
    const code = block.querySelector("code");
    const done = await copied(code.textContent);
    // A browser may refuse; selected, it can be copied by hand.
    if (!done) getSelection().selectAllChildren(code);
    copy.textContent = done ? "Copied" : "Selected";
    setTimeout(() => (copy.textContent = "Copy"), SAID);
  });
  block.append(copy);
}

/** Says something to those who listen rather than look. */
let told = null;
export function tell(text) {
  if (!told) {
    told = document.createElement("p");
    told.className = "told";
    told.setAttribute("role", "status");
    document.body.append(told);
  }
  told.textContent = text;
  clearTimeout(told.timer);
  told.timer = setTimeout(() => (told.textContent = ""), SAID);
}
