// What is said of the machine's boxes: equations as the paper numbers them, shapes, weights, and what comes next.

import { number } from "./kit.js";

const MATH = "http://www.w3.org/1998/Math/MathML";

/** A formula out of words: `x_t` has a lower index, `h_t^enc` an upper one too, and what is in `"…"` stands as it is. */
export function formula(text) {
  const make = (name, content) => {
    const element = document.createElementNS(MATH, name);
    element.append(...[content].flat());
    return element;
  };
  /** A name as a reader knows it: one letter leans, a word stands. */
  const name = (word) => {
    if (/^[\d½]+$/u.test(word)) return make("mn", word);
    if (word === "ln") return make("mo", word);
    return /^[\p{L}\p{M}]+$/u.test(word) ? make("mi", word) : make("mo", word);
  };
  /** An index: several names and operators in a row. */
  const row = (index) => make("mrow", index.split(/([+−,])/u).filter(Boolean).map(name));
  const atom = (word) => {
    const [, base, lower, upper] = /^([^_^]+)(?:_([^^]+))?(?:\^(.+))?$/u.exec(word);
    if (lower && upper) return make("msubsup", [name(base), row(lower), row(upper)]);
    if (lower) return make("msub", [name(base), row(lower)]);
    if (upper) return make("msup", [name(base), row(upper)]);
    return name(base);
  };
  return make("math", make("mrow", text.split(" ").filter(Boolean).map(atom)));
}

const windowOf = ([x, y, stride, sigma, gamma], name) =>
  `${name}: centre ${number(x, 1)}, ${number(y, 1)}; stride ${number(stride)}; sigma ${number(sigma)} pixels; γ ${number(gamma)}`;
const range = (values, name) => `${name} from ${number(Math.min(...values))} to ${number(Math.max(...values))}`;
const patchOf = (values) => [...values].map((v) => number(v)).join(", ");

/**
 * Each box: its equations with their numbers in the paper, of a dream others where they differ; the shape of what it holds;
 * the tensors that compute it; what it feeds; and its numbers at a moment.
 */
export const WORDS = {
  looks: {
    title: "What it looks at",
    equations: [["x̂_t = x − σ ( c_t−1 )", "3"]],
    words: "The image, and what the canvas still gets wrong. In the error image blue is missing, and red is too much. The window of the read lies over both.",
    shape: (c) => `${c.width} × ${c.height}, twice`,
    tensors: [],
    feeds: "the read",
    numbers: (now) => windowOf(now.of("readWindows"), "read window"),
  },
  read: {
    title: "Read",
    equations: [["r_t = γ [ F_Y x F_X^⊤ , F_Y x̂_t F_X^⊤ ]", "4, 27"]],
    words: "Each value is a mean of the pixels, weighted by one Gaussian filter, times γ. Where the filters lie is told by five numbers, which the decoder gave at the glimpse before.",
    shape: (c) => `2 × ${c.read_patch} × ${c.read_patch}`,
    tensors: ["read."],
    feeds: "the encoder",
    numbers: (now) => {
      const patches = now.of("readPatches");
      return `of x: ${patchOf(patches.subarray(0, patches.length / 2))}; of x̂: ${patchOf(patches.subarray(patches.length / 2))}`;
    },
  },
  encoder: {
    title: "Encoder, an LSTM",
    equations: [["h_t^enc = LSTM ( h_t−1^enc , [ r_t , h_t−1^dec ] )", "5"]],
    words: "It takes what was read and what the decoder said last. Its memory c goes on to the next glimpse; h is what it says now. Values above 0 are blue, those below are ink.",
    shape: (c) => `h and c, ${c.hidden} numbers each`,
    tensors: ["encoder."],
    feeds: "mean and deviation of the latents; itself, at the next glimpse",
    numbers: (now) => `${range(now.of("encoder"), "h")}; ${range(now.of("encoderCells"), "c")}`,
  },
  latents: {
    title: "Latents",
    equations: [["μ_t = W ( h_t^enc )", "1"], ["σ_t = exp ( W ( h_t^enc ) )", "2"], ["z_t ∼ N ( μ_t , σ_t )", "6"], ["KL_t = ½ Σ ( μ_t^2 + σ_t^2 − ln σ_t^2 − 1 )", "11"]],
    dreaming: [["z_t ∼ N ( 0 , 1 )", "13"]],
    words: "The grey bell is the prior, N(0, 1). The blue one is q, which the encoder chose. z, the mark, is drawn from q; in a dream it is drawn from the prior.",
    shape: (c, used) => (used.length < c.latent ? `${c.latent}, of which the decoder uses ${used.length}` : `${c.latent}`),
    tensors: ["latent."],
    feeds: "the decoder",
    numbers: (now) => (now.reads ? `KL of this glimpse ${number(now.of("spent", 1)[0] - now.of("spent")[0])} nats` : "KL 0: nothing is told"),
  },
  decoder: {
    title: "Decoder, an LSTM",
    equations: [["h_t^dec = LSTM ( h_t−1^dec , z_t )", "7"]],
    dreaming: [["h_t^dec = LSTM ( h_t−1^dec , z_t )", "14"]],
    words: "All that it knows of the digit has come to it as z, at this glimpse and those before. It sees neither image nor canvas. Values above 0 are red, those below are ink.",
    shape: (c) => `h and c, ${c.hidden} numbers each`,
    tensors: ["decoder."],
    feeds: "the patch and both windows; at the next glimpse the encoder and itself",
    numbers: (now) => `${range(now.of("decoder"), "h")}; ${range(now.of("decoderCells"), "c")}`,
  },
  patch: {
    title: "Patch",
    equations: [["w_t = W ( h_t^dec )", "28"]],
    words: "What is to be written: ink adds to the canvas, red takes away.",
    shape: (c) => `${c.write_patch} × ${c.write_patch}`,
    tensors: ["patch."],
    feeds: "the write",
    numbers: (now) => range(now.of("writePatches"), "values"),
  },
  stroke: {
    title: "Write",
    equations: [["write ( h_t^dec ) = γ̂^−1 F̂_Y^⊤ w_t F̂_X", "29"]],
    words: "The patch is laid out through a window of its own, whose five numbers the decoder gives too. It is the read turned over: each value becomes a soft blot.",
    shape: (c) => `${c.width} × ${c.height}`,
    tensors: ["write."],
    feeds: "the canvas",
    numbers: (now) => windowOf(now.of("writeWindows"), "write window"),
  },
  canvas: {
    title: "Canvas",
    equations: [["c_t = c_t−1 + write ( h_t^dec )", "8"]],
    dreaming: [["c_t = c_t−1 + write ( h_t^dec )", "15"]],
    words: "Writes add up. What is shown is σ(c), each pixel’s probability of ink. The canvas starts from a learned one.",
    shape: (c) => `${c.width} × ${c.height}`,
    tensors: ["canvas"],
    feeds: "the error image of the next glimpse; after the last, the picture",
    numbers: (now) => (now.reads ? `−log p(x | c): ${number(now.of("reconstruction")[0], 1)} nats before, ${number(now.of("reconstruction", 1)[0], 1)} after` : "there is no x to compare with"),
  },
};

/** Weights of the tensors that compute a box. */
export const parameters = (name, tensors) =>
  tensors.filter((t) => WORDS[name].tensors.some((prefix) => t.name.startsWith(prefix))).reduce((sum, t) => sum + t.parameters, 0);
