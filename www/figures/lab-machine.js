// What the lab answers about one digit's glimpses: all that they compute, and what they cost.

import * as engine from "../../pkg/attentive_writer.js";

/** Handlers of an engine's `models` and `sets`. */
export function machine(models, sets) {
  return {
    /** The first digit of each class, in black and white. */
    async kinds({ data }) {
      const { data: images, labels, values } = await sets.load(data);
      const size = images.width * images.height;
      const all = Array.from({ length: images.count }, (_, i) => labels.label(i));
      const firsts = Array.from({ length: 10 }, (_, kind) => all.indexOf(kind)).filter((i) => i >= 0);
      return { side: images.width, digits: firsts.map((i) => ({ label: all[i], pixels: values.slice(i * size, (i + 1) * size) })) };
    },
    /** A model's shape, its tensors, and the latents that its decoder uses. */
    async anatomy({ url }, progress) {
      const { writer } = await models.withEncoder(url, progress);
      const { config } = writer;
      return { config, tensors: engine.tensors(config), used: [...writer.latentsInUse()] };
    },
    /** The parts of all glimpses of an image that is read; without one, of a dream. */
    async trace({ url, image, seed, noise, parts }, progress) {
      const { writer } = await models.withEncoder(url, progress);
      const trace = image ? writer.trace(image, { seed, noise }) : writer.traceDream(seed);
      try {
        return Object.fromEntries(parts.map((name) => [name, trace.part(name)]));
      } finally {
        trace.free();
      }
    },
  };
}
