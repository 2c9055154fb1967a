// The engine's side of the page: holds the wasm module, the weights and the drawings under way.

import init, { Writer, normalise } from "../pkg/widget/attentive_writer.js";
import { Models, once, serve } from "./models.js";
import { relaxed } from "./wasm.js";

/** The page knows where the engine lies, and says so first: its addresses are those that a bundler has seen. */
let wasm;
const ready = once(() => init({ module_or_path: relaxed ? wasm.relaxed : wasm.simd128 }));
const models = new Models(ready, Writer);
/** Run number -> { run, columns, ink, missing, surplus }. */
const runs = new Map();
let nextRun = 1;

function frame(id) {
  const { run, columns, ink, missing, surplus } = runs.get(id);
  // Plain objects: their buffers are transferred.
  const plain = ({ width, height, data }) => ({ width, height, data });
  return {
    run: id,
    glimpse: run.glimpse,
    glimpses: run.glimpses,
    images: [plain(run.picture(columns, ink))],
    error: missing === undefined ? null : plain(run.errorPicture(columns, missing, surplus)),
    write: run.writeWindows(),
    read: run.readWindows(),
    patches: run.readPatches(),
    kl: run.kl(),
    reconstruction: run.reconstruction(),
  };
}

function begin(run, { glimpse = 0, ...view }) {
  const id = nextRun++;
  runs.set(id, { run, ...view });
  if (glimpse) run.seek(glimpse);
  return frame(id);
}

const handlers = {
  start(given) {
    ({ wasm } = given);
  },
  async load({ url, reads, encoder }, progress) {
    const { writer } = reads ? await models.withEncoder(url, progress, encoder) : await models.load(url, progress);
    return { config: writer.config };
  },
  async draw({ url, options, view }, progress) {
    const { writer } = await models.load(url, progress);
    return begin(writer.draw(options), view);
  },
  async redraw({ url, encoder, pixels, options, view }, progress) {
    const { writer } = await models.withEncoder(url, progress, encoder);
    return begin(writer.redraw(pixels, options), view);
  },
  async normalise({ pixels, width, height }) {
    await ready();
    return normalise(pixels, width, height);
  },
  step({ run }) {
    runs.get(run).run.step();
    return frame(run);
  },
  seek({ run, glimpse }) {
    runs.get(run).run.seek(glimpse);
    return frame(run);
  },
  look({ run, ...colors }) {
    Object.assign(runs.get(run), colors);
    return frame(run);
  },
  free({ run }) {
    runs.get(run)?.run.free();
    runs.delete(run);
  },
};

const transfers = (value) => [...(value?.images ?? []), value?.error].filter(Boolean).map((image) => image.data.buffer);
// While the page paints a frame, the network runs for the next.
serve(handlers, transfers, (value) => value?.images && runs.get(value.run)?.run.ahead());
