// The engine's side of the page: holds the wasm module, the weights and the drawings under way.

import init, { Writer, instructionSet, normalise } from "../pkg/widget/attentive_writer.js";
import { Models, serve } from "./models.js";
import { relaxed } from "./wasm.js";

const ready = init({
  module_or_path: relaxed
    ? new URL("../pkg/widget/attentive_writer_relaxed_bg.wasm", import.meta.url)
    : new URL("../pkg/widget/attentive_writer_bg.wasm", import.meta.url),
});
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
  async load({ url, encoder }, progress) {
    const { writer } = encoder ? await models.withEncoder(url, progress) : await models.load(url, progress);
    return { config: writer.config, parameters: writer.parameters, instructionSet: instructionSet() };
  },
  async draw({ url, options, view }, progress) {
    const { writer } = await models.load(url, progress);
    return begin(writer.draw(options), view);
  },
  async redraw({ url, pixels, options, view }, progress) {
    const { writer } = await models.withEncoder(url, progress);
    return begin(writer.redraw(pixels, options), view);
  },
  async normalise({ pixels, width, height }) {
    await ready;
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
