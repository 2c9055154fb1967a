// Why a plain autoencoder cannot draw: three models of as many numbers an image. Each gives digits back, and draws some
// out of nothing.

import { button, downloads, el, failed, heat, ink, kilobytes, latest, near, paint, recall, recallWhole, recolored, remember, savePng, slider } from "./kit.js";
import { ask } from "./lab.js";

/** The digits that are read, and what they are. */
export const DATA = ["images-idx3", "labels-idx1"].map((part) => new URL(`../data/digits-${part}-ubyte.gz`, import.meta.url).href);
const COUNT = 8;

/** The three models. */
export const MODELS = {
  autoencoder: { title: "Plain autoencoder", words: "ten glimpses", weights: new URL("../weights/autoencoder.safetensors", import.meta.url).href },
  draw: { title: "Small DRAW", words: "the same network, a VAE", weights: new URL("../weights/mnist-small.safetensors", import.meta.url).href },
  vae: { title: "One-shot VAE", words: "one glimpse, no attention", weights: new URL("../weights/vae.safetensors", import.meta.url).href },
};

/** Where the numbers come from that are decoded. */
const SOURCES = [
  { model: "autoencoder", words: "codes from N(0, 1)" },
  { model: "autoencoder", words: "codes from a Gaussian fitted to its own", fitted: true },
  { model: "draw", words: "latents from N(0, 1)" },
  { model: "vae", words: "latents from N(0, 1)" },
];

const nats = (v) => v.toFixed(1);

/** A strip of digits, with what it is beside it. */
class Row {
  #words;
  #told = el("span", { className: "code-nats" });
  canvas = el("canvas", { className: "ink pixels", width: 28 * COUNT, height: 28, role: "img" });

  constructor(title, words, label, name) {
    this.#words = el("span", { className: "code-words", textContent: words });
    this.canvas.setAttribute("aria-label", label);
    this.root = el("div", { className: "code-row" },
      el("p", {}, el("b", { textContent: title }), this.#words, this.#told), this.canvas);
    this.root.dataset.row = name;
  }

  set words(text) {
    this.#words.textContent = text;
  }

  /** Shows what an answer brings; says so while its weights come, and if they do not. */
  async show(type, request) {
    try {
      const { image } = await ask(type, { ...request, columns: COUNT, ink: ink() }, (part) => {
        this.#told.textContent = `fetching ${kilobytes(part)}`;
      });
      this.#clear();
      paint(this.canvas, image);
    } catch (error) {
      this.#clear();
      // One fault may be that of many rows: beside the first it is told.
      const told = [...this.root.parentElement.querySelectorAll(".failed")];
      if (told.every((other) => other.textContent !== error.message)) failed(this.root.firstChild, error);
    }
  }

  tell(text) {
    this.#told.textContent = text;
  }

  #clear() {
    if (this.#told.textContent.startsWith("fetching")) this.tell("");
    this.root.querySelector(".status")?.remove();
  }
}

class Codes {
  #state = { from: recallWhole("code", 0, 0, 1e6), seed: recallWhole("noise", 1, 0, 1e6), temperature: recall("warmth", 1, 0, 2) };
  #count = COUNT;
  #read = new Row("What is read", "test digits", "Eight test digits", "read");
  #backs = Object.entries(MODELS).map(([name, { title, words }]) => ({
    url: MODELS[name].weights,
    plain: name === "autoencoder",
    row: new Row(title, words, `The eight digits, given back by the ${title}`, `back-${name}`),
  }));
  #nothings = SOURCES.map(({ model, words, fitted = false }) => ({
    url: MODELS[model].weights,
    words,
    fitted,
    row: new Row(MODELS[model].title, words, `Eight drawings by the ${MODELS[model].title}, ${words}`, `nothing-${model}${fitted ? "-fitted" : ""}`),
  }));
  #status = el("p", { className: "status", role: "status" });

  constructor(root) {
    const warmth = slider({ label: "temperature of N(0, 1)", min: 0, max: 2, value: this.#state.temperature, name: "warmth" }, (v) => {
      this.#state.temperature = v;
      this.#nothing();
    });
    root.append(
      el("h3", { textContent: "Digits given back" }),
      el("div", { className: "code-rows" }, this.#read.root, ...this.#backs.map(({ row }) => row.root)),
      this.#status,
      el("div", { className: "bar" }, button("Other digits", () => this.#others(), { name: "other-digits" })),
      el("h3", { textContent: "Digits out of nothing" }),
      el("div", { className: "code-rows" }, ...this.#nothings.map(({ row }) => row.root)),
      warmth.root,
      el("div", { className: "bar" }, button("Other numbers", () => {
        this.#state.seed++;
        this.#nothing();
      }, { name: "other-codes", "data-key": "seed" })),
      downloads({
        "PNG of those given back": () => this.#save("given-back.png", [this.#read, ...this.#backs.map(({ row }) => row)]),
        "PNG of those out of nothing": () => this.#save("out-of-nothing.png", this.#nothings.map(({ row }) => row)),
      }),
    );
    const show = () => Promise.all([this.#back(), this.#nothing()]);
    near(root, async () => {
      recolored(show);
      await show();
      await this.#weigh();
    });
  }

  #others() {
    this.#state.from = (this.#state.from + COUNT) % this.#count;
    this.#back();
  }

  #back = latest(async () => {
    const { from } = this.#state;
    if (from || recallWhole("code", 0)) remember({ code: from || null });
    const request = { data: DATA, from, count: COUNT };
    await Promise.all([this.#given(request), ...this.#backs.map(({ url, row }) => row.show("back", { url, ...request }))]);
  });

  /** The digits themselves, side by side. */
  async #given(request) {
    try {
      const { pixels, side, count } = await ask("read", request);
      this.#count = count;
      const strip = new Float32Array(pixels.length);
      for (let y = 0; y < side; y++) {
        for (let i = 0; i < COUNT; i++) strip.set(pixels.subarray((i * side + y) * side, (i * side + y + 1) * side), (y * COUNT + i) * side);
      }
      heat(this.#read.canvas, strip, COUNT * side, side);
      this.#read.tell("");
    } catch (error) {
      failed(this.#read.root.firstChild, error);
    }
  }

  #nothing = latest(async () => {
    const { seed, temperature } = this.#state;
    if (seed !== 1 || temperature !== 1 || recallWhole("noise", 1) !== 1 || recall("warmth", 1) !== 1) {
      remember({ noise: seed === 1 ? null : seed, warmth: temperature === 1 ? null : temperature });
    }
    await Promise.all(this.#nothings.map(({ url, words, fitted, row }) => {
      row.words = fitted || temperature === 1 ? words : `${words}, times ${temperature.toFixed(2)}`;
      return row.show("nothing", { url, seed, count: COUNT, temperature, fitted });
    }));
  });

  /** What the set costs under each, in nats. */
  async #weigh() {
    let read = 0;
    const told = this.#backs.map(async ({ url, plain, row }) => {
      const { reconstruction, kl, bound, images } = await ask("nats", { url, data: DATA });
      read = images;
      row.tell(plain ? `${nats(reconstruction)} nats, and no KL` : `${nats(reconstruction)} + ${nats(kl)} KL = ${nats(bound)} nats`);
    });
    // A model that did not come has said so.
    await Promise.allSettled(told);
    if (read) this.#status.textContent = `Nats of reconstruction, and of KL where there is one: means over ${read} test digits.`;
  }

  /** Several strips, one below the other. */
  async #save(name, rows) {
    const [{ canvas: { width, height } }] = rows;
    const sheet = new OffscreenCanvas(width, height * rows.length);
    rows.forEach(({ canvas }, i) => sheet.getContext("2d").drawImage(canvas, 0, i * height));
    await savePng(name, [sheet]);
  }
}

export const codes = (root) => new Codes(root);
