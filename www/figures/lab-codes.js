// What the lab answers about codes: an autoencoder's, and those of models that have a prior.

import * as engine from "../../pkg/attentive_writer.js";
import { fetchBytes, once } from "../models.js";
import { finished } from "./lab-pictures.js";

/** Sets of digits that are read, each fetched once. */
export class Sets {
  #ready;
  /** URLs of a set -> what loads { data, labels, values }. */
  #sets = new Map();

  constructor(ready) {
    this.#ready = ready;
  }

  /** Digits in black and white, as the models were trained on them. */
  load(urls) {
    const key = urls.join(" ");
    if (!this.#sets.has(key)) {
      const load = () => Promise.all([this.#ready(), ...urls.map((url) => fetchBytes(url))]).then(([, images, labels]) => {
        try {
          const data = new engine.Dataset(images);
          return { data, labels: new engine.Digits(images, labels), values: data.binary() };
        } catch (cause) {
          throw new Error(`${urls[0]}: ${cause.message}`);
        }
      });
      this.#sets.set(key, once(load));
    }
    return this.#sets.get(key)();
  }

  /** So many digits of a set from one on; after the last comes the first. */
  async some(urls, from, count) {
    const { data, values } = await this.load(urls);
    const pixels = data.width * data.height;
    const out = new Float32Array(count * pixels);
    for (let i = 0; i < count; i++) {
      const at = (from + i) % data.count;
      out.set(values.subarray(at * pixels, (at + 1) * pixels), i * pixels);
    }
    return { pixels: out, side: data.width, count: data.count };
  }
}

/** Handlers of an engine's `models` and `sets`. */
export function codes(models, sets) {
  /** URL of a model -> what `plane` answers, and its plane. */
  const planes = new Map();
  const bounds = new Map();

  return {
    /** Digits of the set, as they are read. */
    read: ({ data, from, count }) => sets.some(data, from, count),
    /** The same digits as a model gives them back. */
    async back({ url, data, from, count, columns, ink }, progress) {
      const { writer } = await models.withEncoder(url, progress);
      const { pixels } = await sets.some(data, from, count);
      return { image: finished(writer.redraw(pixels, { seed: 1 }), columns, ink) };
    },
    /** What the whole set costs: means in nats. */
    async nats({ url, data }, progress) {
      const { writer } = await models.withEncoder(url, progress);
      if (!bounds.has(url)) bounds.set(url, writer.bound((await sets.load(data)).data));
      const { nll_bound_nats, reconstruction_nats, kl_nats, images } = bounds.get(url);
      return { bound: nll_bound_nats, reconstruction: reconstruction_nats, kl: kl_nats, images };
    },
    /** Digits out of nothing: from N(0, 1) at a temperature, or from the Gaussian that was fitted to the codes. */
    async nothing({ url, seed, count, temperature, fitted, columns, ink }, progress) {
      const { writer } = await models.withEncoder(url, progress);
      const run = fitted
        ? writer.drawLatents(writer.latentsOf(writer.fittedCodes(seed, count)))
        : writer.draw({ seed, count, temperature });
      return { image: finished(run, columns, ink) };
    },
    /** The set's codes on the plane of their largest spread, their digits, and where N(0, 1) has its middle on it. */
    async plane({ url, data }, progress) {
      const { writer } = await models.withEncoder(url, progress);
      if (!planes.has(url)) {
        const { data: images, labels, values } = await sets.load(data);
        const { glimpses, latent } = writer.config;
        const all = writer.codes(values);
        const plane = new engine.Plane(all, glimpses * latent);
        planes.set(url, {
          plane,
          points: plane.project(all),
          origin: plane.project(new Float32Array(glimpses * latent)),
          labels: Array.from({ length: images.count }, (_, i) => labels.label(i)),
        });
      }
      const { points, origin, labels } = planes.get(url);
      return { points, origin, labels };
    },
    /** The digits at some places of that plane: x and y of each. */
    async there({ url, places, columns, ink }) {
      const { writer } = await models.withEncoder(url);
      const { plane } = planes.get(url);
      const all = Array.from({ length: places.length / 2 }, (_, i) => [...plane.at(places[2 * i], places[2 * i + 1])]).flat();
      return { image: finished(writer.drawLatents(writer.latentsOf(all)), columns, ink) };
    },
  };
}
