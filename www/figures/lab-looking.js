// What the lab answers about models that classify by looking.

import * as engine from "../../pkg/attentive_writer.js";
import { fetchBytes, once } from "../models.js";

/** Handlers of an engine that is `ready()`, and of its `sets`. */
export function looking(ready, sets) {
  const kept = new Map();

  /** The model at `url`, made once; a failure is forgotten, so that it can be tried again. */
  function looker(url, progress) {
    const made = (told) => Promise.all([ready(), fetchBytes(url, told)]).then(([, bytes]) => {
      try {
        return new engine.Looker(bytes);
      } catch (cause) {
        throw new Error(`${url}: ${cause.message}`);
      }
    });
    if (!kept.has(url)) kept.set(url, once(made));
    return kept.get(url)(progress);
  }

  return {
    /** A digit, of the set's or of one's `own`, in the clutter of a seed; each piece at its place of `places`, if it has one. */
    async field({ data, clutter, digit, own, places }) {
      const { labels: digits, data: images } = await sets.load(data);
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
      await ready();
      return engine.normalise(pixels, width, height);
    },
  };
}
