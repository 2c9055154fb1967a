// Ten words, each explained in a sentence where it first comes in a section.

import { el } from "../el.js";

const WORDS = {
  glimpse: "A glimpse is one step of the network: one read, if there is an image to read, and one write.",
  latent: "A latent is a number that no image shows and that the decoder draws from; at each glimpse the network takes a few of them at random.",
  prior: "The prior is the distribution of the latents before any image is seen: for each of them N(0, 1), the bell curve of mean 0 and deviation 1.",
  posterior: "The posterior is the distribution of the latents once an image is seen; the encoder gives an approximation of it, a mean and a deviation for each.",
  KL: "The KL (Kullback–Leibler) divergence says how far one distribution lies from another: here, how many nats it costs to send latents of the encoder’s distribution to someone who knows only the prior.",
  nat: "A nat is the unit of information that goes with the natural logarithm; one nat is 1.44 bits.",
  bound: "The bound is reconstruction plus KL: on average never below −log p(x), which nobody can compute. With its sign turned it is called the ELBO, the evidence lower bound.",
  LSTM: "An LSTM (long short-term memory) is a layer that carries cells from one glimpse to the next, and learns what to keep in them, what to add and what to let out.",
  filterbank: "A filterbank is a matrix whose rows are a window’s filters along one side of the image; each row is a bell curve that adds up to 1.",
  stride: "The stride of a window is the distance between the centres of two neighbouring filters, in pixels.",
};

/** Puts the note under its word, within the page. */
function place(note, word) {
  const { left, bottom } = word.getBoundingClientRect();
  const most = document.documentElement.clientWidth - note.offsetWidth - 8;
  note.style.left = `${Math.max(8, Math.min(left, most)) + scrollX}px`;
  note.style.top = `${bottom + 4 + scrollY}px`;
}

/** Gives each word its note, which a click, Enter or a tap opens, and Escape or a click elsewhere closes. */
export function glossary() {
  for (const word of /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll("button.term"))) {
    const text = WORDS[word.dataset.term];
    if (!text) throw new Error(`the glossary has no ${word.dataset.term}`);
    const note = el("span", { className: "note", popover: "auto", role: "note", textContent: text });
    word.after(note);
    word.popoverTargetElement = note;
    // It stands behind its word, where those who hear the page come to it next.
    const follow = () => place(note, word);
    // What is above may grow while the note is open: figures come as they are neared.
    const sizes = new ResizeObserver(follow);
    note.addEventListener("toggle", (event) => {
      if (/** @type {ToggleEvent} */ (event).newState === "open") {
        sizes.observe(document.body);
        addEventListener("scroll", follow, { passive: true });
        follow();
      } else {
        sizes.disconnect();
        removeEventListener("scroll", follow);
      }
    });
  }
}
