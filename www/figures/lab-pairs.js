// What the lab answers about two digits on a page: test digits laid there, read, and redrawn.

import { plain } from "./lab-pictures.js";

/** Pages that are laid, and by which seed; then the first comes again. */
const [PAGES, SEED] = [40, 1];

/** Handlers of an engine's `models` and `sets`. */
export function pairs(models, sets) {
  let run = null;
  let pages = null;

  /** Pages of two digits of a set, `side` pixels wide and high, each a row of values 0 or 1. */
  async function laid(urls, side) {
    const { data } = await sets.load(urls);
    return data.pairs(side, PAGES, SEED).binary();
  }

  return {
    /** A page that is read and redrawn, `size` pixels wide: begun. */
    async page({ url, data, index, size }, progress) {
      const { writer } = await models.withEncoder(url, progress);
      const { width, read_patch, write_patch } = writer.config;
      pages ??= await laid(data, width);
      const at = index % PAGES;
      const pixels = pages.slice(at * width * width, (at + 1) * width * width);
      run?.free();
      run = writer.redraw(pixels, { seed: 1, size });
      return { pixels, side: width, glimpses: run.glimpses, read_patch, write_patch };
    },
    /** It after so many glimpses: what is written, where it reads and writes, and what it has cost in nats. */
    pageAt({ glimpse, ink }) {
      run.seek(glimpse);
      const kl = run.kl().reduce((sum, nats) => sum + nats, 0);
      return { image: plain(run.picture(1, ink)), read: run.readWindows(), write: run.writeWindows(), kl, reconstruction: run.reconstruction().at(-1) };
    },
  };
}
