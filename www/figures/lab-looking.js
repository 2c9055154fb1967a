// What the lab answers about models that classify by looking.

import * as engine from "../../pkg/attentive_writer.js";
import { fetchBytes } from "../models.js";

/** Handlers of an engine that is `ready`. */
export function looking(ready) {
  const kept = new Map();

  /** What `make` gives of the files at `urls`, once; a failure is forgotten, so that it can be tried again. */
  function once(urls, make, progress) {
    const key = urls.join(" ");
    if (!kept.has(key)) {
      const made = Promise.all([ready, ...urls.map((url) => fetchBytes(url, progress))]).then(([, ...bytes]) => {
        try {
          return make(...bytes);
        } catch (cause) {
          throw new Error(`${urls[0]}: ${cause.message}`);
        }
      });
      made.catch(() => kept.delete(key));
      kept.set(key, made);
    }
    return kept.get(key);
  }
  const digitsOf = (urls) => once(urls, (images, labels) => ({ digits: new engine.Digits(images, labels), images: new engine.Dataset(images) }));
  const looker = (url, progress) => once([url], (bytes) => new engine.Looker(bytes), progress);

  return {
    /** A digit, of the set's or of one's `own`, in the clutter of a seed; each piece at its place of `places`, if it has one. */
    async field({ data, clutter, digit, own, places }) {
      const { digits, images } = await digitsOf(data);
      const index = digit % digits.count;
      const field = digits.field(0, clutter);
      try {
        field.draw(own ?? images.image(index));
        places?.forEach((place, i) => place && field.place(i, place[0], place[1]));
        return { size: field.size, boxes: field.boxes(), image: field.image(), label: own ? null : digits.label(index), count: digits.count };
      } finally {
        field.free();
      }
    },
    /** All glimpses of an image. */
    async sights({ url, image }, progress) {
      const model = await looker(url, progress);
      const sight = model.look(image);
      const glimpses = [];
      while (sight.step()) glimpses.push({ window: sight.window(), seen: sight.seen(), probabilities: sight.probabilities() });
      sight.free();
      return { config: model.config, glimpses };
    },
    async placeGradients({ url, image, label, glimpse, draws, seed }) {
      return (await looker(url)).placeGradients(image, label, glimpse, draws, seed);
    },
    async normalise({ pixels, width, height }) {
      await ready;
      return engine.normalise(pixels, width, height);
    },
  };
}
