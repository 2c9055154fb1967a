// Two digits of the test set on a page, read and redrawn glimpse by glimpse. What reads is fetched when it is asked for.

import { Plate, shades } from "../plate.js";
import { DATA } from "./codes.js";
import { button, calm, color, css, downloads, el, failed, ink, kilobytes, latest, quiet, recolored, said, savePng, slider } from "./kit.js";
import { ask } from "./lab.js";

const WEIGHTS = new URL("../weights/mnist-two-digits.safetensors", import.meta.url).href;
/** A page's side in its canvas's pixels, and milliseconds from one glimpse to the next. */
const [SIZE, PERIOD] = [300, 120];

class Pairs {
  #root;
  #index = -1;
  #page = null;
  #glimpse = 0;
  #timer = 0;
  #read = new Plate("A page with two test digits, and where it reads");
  #written = new Plate("The page as it is redrawn, and where it writes");
  #status = el("p", { className: "status", role: "status" });
  #next = button("Read a page, and redraw it", () => this.#open(), { name: "read-page", "data-key": "play seed" });
  #time = slider({ label: "glimpse", min: 0, max: 64, step: 1, value: 0, show: (v) => `${v} of ${this.#page?.glimpses ?? 64}`, name: "page-glimpse" }, (v) => {
    this.#stop();
    this.#goTo(v);
  });
  #shown = el("div", { hidden: true });

  constructor(root) {
    this.#root = root;
    const figure = (plate, caption) => el("figure", {}, plate.root, el("figcaption", { innerHTML: caption }));
    for (const plate of [this.#read, this.#written]) plate.root.classList.add("sheet");
    this.#shown.append(
      el("div", { className: "pages" }, figure(this.#read, "<span class=read>reads</span> two test digits"), figure(this.#written, "<span class=write>writes</span> what it understood")),
      this.#time.root,
      downloads({ PNG: () => savePng("two-digits.png", [this.#written.ink, this.#written.windows]) }),
    );
    root.append(el("div", { className: "bar" }, this.#next), this.#status, this.#shown);
    recolored(() => this.#show());
  }

  async #open() {
    this.#stop();
    this.#next.disabled = true;
    try {
      const progress = (part) => said(this.#status, `fetching ${kilobytes(part)}`);
      this.#page = await ask("page", { url: WEIGHTS, data: DATA, index: this.#index + 1, size: SIZE }, progress);
      this.#index++;
      this.#next.textContent = "Another page";
      this.#shown.hidden = false;
      this.#time.input.max = String(this.#page.glimpses);
      // For those who want no motion, the page is there at once.
      await this.#goTo(calm.matches ? this.#page.glimpses : 0);
      this.#play();
    } catch (error) {
      failed(this.#root, error);
    } finally {
      this.#next.disabled = false;
    }
  }

  #play() {
    // Read out is where it stops.
    quiet(this.#status, true);
    this.#timer = setTimeout(async () => {
      if (this.#glimpse >= this.#page.glimpses) return this.#stop();
      const mine = this.#timer;
      await this.#goTo(this.#glimpse + 1);
      if (mine === this.#timer) this.#play();
    }, PERIOD);
  }

  #stop() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    quiet(this.#status, false);
  }

  #goTo(glimpse) {
    this.#glimpse = glimpse;
    this.#time.set(glimpse);
    return this.#show();
  }

  #show = latest(async () => {
    if (!this.#page) return;
    const { pixels, side, glimpses, read_patch, write_patch } = this.#page;
    const glimpse = this.#glimpse;
    const { image, read, write, kl, reconstruction } = await ask("pageAt", { glimpse, ink: ink() });
    const at = (p) => Math.floor((p * side) / SIZE);
    this.#read.paint(shades(SIZE, (i) => pixels[at(Math.floor(i / SIZE)) * side + at(i % SIZE)], ink()));
    this.#written.paint(image);
    for (const [plate, windows, patch, name] of /** @type {const} */ ([[this.#read, read, read_patch, "--read"], [this.#written, write, write_patch, "--write"]])) {
      plate.clearWindows();
      if (glimpse && glimpse < glimpses) plate.drawWindows(windows, { columns: 1, cell: SIZE, patch, color: css(color(name)) });
    }
    said(this.#status, `After glimpse ${glimpse}: reconstruction ${reconstruction.toFixed(1)} + KL ${kl.toFixed(1)} = ${(reconstruction + kl).toFixed(1)} nats.`);
  }, (error) => {
    this.#stop();
    failed(this.#root, error);
  });
}

export const pairs = (root) => new Pairs(root);
