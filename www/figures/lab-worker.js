// The lab: answers the article's figures.

import * as engine from "../../pkg/attentive_writer.js";
import { Models, serve } from "../models.js";
import { codes, Sets } from "./lab-codes.js";
import { looking } from "./lab-looking.js";
import { machine } from "./lab-machine.js";
import { pairs } from "./lab-pairs.js";
import { finished, plain } from "./lab-pictures.js";
import { ready } from "./ready.js";

const models = new Models(ready, engine.Writer);
const sets = new Sets(ready);
const lenses = new Map();
const details = new Map();

const handlers = {
  /** One digit of a wall, to be looked at glimpse by glimpse. */
  async detail({ key, url, seed, index, size, temperature }, progress) {
    const { writer } = await models.withEncoder(url, progress);
    details.get(key)?.free();
    const options = { seed, first: index, count: 1, temperature };
    const run = writer.draw({ ...options, size });
    details.set(key, run);
    // The network reads its own digit: what each glimpse would cost to send.
    const small = writer.draw(options);
    small.seek(small.glimpses);
    const reading = writer.redraw(small.canvas().slice(), { seed: 1 });
    reading.seek(reading.glimpses);
    const kl = reading.kl();
    small.free();
    reading.free();
    return { glimpses: run.glimpses, kl, config: writer.config };
  },
  detailAt({ key, glimpse, ink }) {
    const run = details.get(key);
    run.seek(Math.max(0, glimpse - 1));
    const before = plain(run.picture(1, ink));
    run.seek(glimpse);
    return { glimpse: run.glimpse, before, after: plain(run.picture(1, ink)), window: run.writeWindows(), patch: run.writePatches() };
  },
  /** A drawing as a GIF. */
  async gif({ url, options, columns, paper, ink, write }, progress) {
    const { writer } = await models.load(url, progress);
    const run = writer.draw(options);
    const bytes = run.gif(columns, paper, ink, write);
    run.free();
    return bytes;
  },
  /** A digit at the model's size, `side` pixels, after so many glimpses: its probabilities of ink. */
  async digit({ url, seed, index = 0 }, progress) {
    const { writer } = await models.load(url, progress);
    const run = writer.draw({ seed, first: index });
    run.seek(run.glimpses);
    const pixels = run.canvas().slice();
    run.free();
    return { side: writer.config.width, glimpses: writer.config.glimpses, pixels };
  },
  async lens({ key, n, side, pixels }) {
    await ready();
    lenses.get(key)?.free();
    lenses.set(key, new engine.Lens(n, side, side, pixels));
  },
  place({ key, window }) {
    const lens = lenses.get(key);
    lens.place(window);
    return {
      patch: lens.patch(),
      back: lens.back(),
      error: lens.error,
      gradient: lens.gradient(),
      filterbanks: lens.filterbanks(window),
      geometry: lens.geometry(window),
    };
  },
  /** The window that is else as `window`, and whose centre is there. */
  aim({ key, window, x, y }) {
    return lenses.get(key).aimed(window, x, y);
  },
  async cost({ preset, changes }) {
    await ready();
    const config = engine.configure(preset, changes);
    return { config, ...engine.cost(config) };
  },
  async families() {
    await ready();
    return engine.families();
  },
  async distribution({ name, theta, seed, dots, draws, bins }) {
    await ready();
    return engine.distribution(name, theta, seed, dots, draws, bins);
  },
  async estimators({ mu, sigma, target, seed, draws }) {
    await ready();
    return engine.gradientEstimators(mu, sigma, target, seed, draws);
  },
  /** A scribble's latents, and how the network redraws it. */
  async encode({ url, scribble, size, ink }, progress) {
    const { writer } = await models.withEncoder(url, progress);
    const { pixels, width, height } = scribble;
    const run = writer.redraw(engine.normalise(pixels, width, height), { seed: 1, size });
    const latents = run.latents();
    return { latents, image: finished(run, 1, ink) };
  },
  /** What is done to a scribble before it is read, and what comes of it. */
  async fit({ pixels, width, height }) {
    await ready();
    return { fitting: engine.fitScribble(pixels, width, height), image: engine.normalise(pixels, width, height) };
  },
  async between({ url, from, to, count, size, ink, columns }, progress) {
    const { writer } = await models.load(url, progress);
    return finished(writer.drawLatents(writer.interpolate(from, to, count), size), columns, ink);
  },
  async vary({ url, latents, options, size, ink, columns }, progress) {
    const { writer } = await models.load(url, progress);
    return finished(writer.drawLatents(writer.vary(latents, options), size), columns, ink);
  },
  ...looking(ready, sets),
  ...codes(models, sets),
  ...machine(models, sets),
  ...pairs(models, sets),
};

serve(handlers, (value) =>
  [value, value?.image, value?.before, value?.after].filter((image) => image?.data?.buffer).map((image) => image.data.buffer),
);
