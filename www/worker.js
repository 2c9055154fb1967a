// The engine's side of the page: holds the wasm module, the weights and the drawings under way.
// Every request is { id, type, ... }; every answer is { id, value } or { id, error }; loading also
// reports { id, progress }.

import init, { Writer, instructionSet, normalise } from "../pkg/attentive_writer.js";

const ready = init();
/** Weights URL -> promise of { writer, encoder: promise or null }. */
const models = new Map();
/** Run number -> { run, columns, ink }. */
const runs = new Map();
let nextRun = 1;

/** Fetches bytes, reporting { loaded, total } as they come. */
async function fetchBytes(url, progress) {
  let response;
  try {
    response = await fetch(url);
  } catch (cause) {
    throw new Error(`${url} could not be fetched (${cause.message})`);
  }
  if (!response.ok) throw new Error(`${url} could not be fetched (${response.status} ${response.statusText})`);
  const total = Number(response.headers.get("content-length")) || 0;
  const parts = [];
  let loaded = 0;
  try {
    for (const reader = response.body.getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done) break;
      parts.push(value);
      loaded += value.length;
      progress({ loaded, total });
    }
  } catch (cause) {
    throw new Error(`${url} broke off after ${loaded} bytes (${cause.message})`);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** Loads a model once; a failure is forgotten, so that it can be tried again. */
function model(url, progress) {
  if (!models.has(url)) {
    const promise = Promise.all([ready, fetchBytes(url, progress)]).then(([, bytes]) => {
      try {
        return { writer: new Writer(bytes), encoder: null };
      } catch (cause) {
        throw new Error(`${url}: ${cause.message}`);
      }
    });
    promise.catch(() => models.delete(url));
    models.set(url, promise);
  }
  return models.get(url);
}

/** Loads the encoder half that lies beside the decoder half. */
async function withEncoder(url, progress) {
  const loaded = await model(url, progress);
  if (!loaded.writer.canRedraw && !loaded.encoder) {
    const beside = url.replace(/\.safetensors$/, ".encoder.safetensors");
    loaded.encoder = fetchBytes(beside, progress).then((bytes) => loaded.writer.addEncoder(bytes));
    loaded.encoder.catch(() => (loaded.encoder = null));
  }
  await loaded.encoder;
  return loaded;
}

function frame(id) {
  const { run, columns, ink } = runs.get(id);
  const { width, height, data } = run.picture(columns, ink);
  return {
    run: id,
    glimpse: run.glimpse,
    glimpses: run.glimpses,
    image: { width, height, data },
    write: run.writeWindows(),
    read: run.readWindows(),
    kl: run.kl(),
    reconstruction: run.reconstruction(),
  };
}

function begin(run, { columns, ink, glimpse = 0 }) {
  const id = nextRun++;
  runs.set(id, { run, columns, ink });
  if (glimpse) run.seek(glimpse);
  return frame(id);
}

const handlers = {
  async load({ url, encoder }, progress) {
    const { writer } = encoder ? await withEncoder(url, progress) : await model(url, progress);
    return { config: writer.config, parameters: writer.parameters, instructionSet: instructionSet() };
  },
  async draw({ url, options, view }, progress) {
    const { writer } = await model(url, progress);
    return begin(writer.draw(options), view);
  },
  async redraw({ url, pixels, options, view }, progress) {
    const { writer } = await withEncoder(url, progress);
    return begin(writer.redraw(pixels, options), view);
  },
  normalise({ pixels, width, height }) {
    return ready.then(() => normalise(pixels, width, height));
  },
  step({ run }) {
    runs.get(run).run.step();
    return frame(run);
  },
  seek({ run, glimpse }) {
    runs.get(run).run.seek(glimpse);
    return frame(run);
  },
  look({ run, ink }) {
    runs.get(run).ink = ink;
    return frame(run);
  },
  free({ run }) {
    runs.get(run)?.run.free();
    runs.delete(run);
  },
};

self.onmessage = async ({ data }) => {
  const { id, type, ...request } = data;
  try {
    const value = await handlers[type](request, (progress) => self.postMessage({ id, progress }));
    self.postMessage({ id, value }, value?.image ? [value.image.data.buffer] : []);
  } catch (error) {
    self.postMessage({ id, error: error.message });
  }
};
