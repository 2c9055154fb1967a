// What the lab answers about codes: an autoencoder's, and those of models that have a prior.

import * as engine from "../../pkg/attentive_writer.js";
import { fetchBytes } from "../models.js";

const plain = ({ width, height, data }) => ({ width, height, data });

/** Handlers of an engine that is `ready`, with its `models`. */
export function codes(ready, models) {
  let digits = null;
  /** url -> { plane, codes } */
  const planes = new Map();

  /** The digits that are read: all pixels, from 0 to 1, binarised as the models were trained. */
  async function set(url) {
    digits ??= Promise.all([ready, fetchBytes(url)]).then(([, bytes]) => new engine.Dataset(bytes));
    digits.catch(() => (digits = null));
    return digits;
  }

  function picture(run, columns, ink) {
    run.seek(run.glimpses);
    const image = plain(run.picture(columns, ink));
    run.free();
    return image;
  }

  return {
    /** A digit of the set as it is, and how a model gives it back. */
    async back({ url, data, digit, ink }) {
      const [{ writer }, images] = await Promise.all([models.load(url), set(data)]);
      const pixels = images.image(digit % images.count);
      return { pixels, side: images.width, image: picture(writer.redraw(pixels, { seed: 1 }), 1, ink) };
    },
    /** Digits out of nothing: from N(0, 1) at a temperature, or from the Gaussian that was fitted to the codes. */
    async nothing({ url, seed, count, temperature, fitted, columns, ink }, progress) {
      const { writer } = await models.load(url, progress);
      const run = fitted
        ? writer.drawLatents(writer.latentsOf(writer.fittedCodes(seed, count)))
        : writer.draw({ seed, count, temperature });
      return { image: picture(run, columns, ink) };
    },
    /** The set's codes on the plane of their largest spread, and where N(0, 1) lies on it. */
    async plane({ url, data }) {
      const [{ writer }, images] = await Promise.all([models.load(url), set(data)]);
      if (!planes.has(url)) {
        const { glimpses, latent } = writer.config;
        const pixels = new Float32Array(images.levels()).map((level) => level / 255);
        const all = writer.codes(pixels);
        planes.set(url, { plane: new engine.Plane(all, glimpses * latent), all, numbers: glimpses * latent });
      }
      const { plane, all, numbers } = planes.get(url);
      return { points: plane.project(all), origin: plane.project(new Float32Array(numbers)) };
    },
    /** The digit at a place of that plane. */
    async there({ url, x, y, ink }) {
      const { writer } = await models.load(url);
      const { plane } = planes.get(url);
      return { image: picture(writer.drawLatents(writer.latentsOf(plane.at(x, y))), 1, ink) };
    },
  };
}
