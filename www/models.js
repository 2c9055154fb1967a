// Weights, fetched once a URL; for workers.

/** Fetches bytes, reporting { loaded, total } as they come. */
export async function fetchBytes(url, progress = /** @type {(seen: any) => void} */ (() => {})) {
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

/** The encoder half lies beside the decoder half. */
export const encoderOf = (url) => url.replace(/\.safetensors$/, ".encoder.safetensors");

/** The models of a worker whose wasm module is `ready` and gives `Writer`. */
export class Models {
  #ready;
  #Writer;
  /** URL -> promise of { writer, encoder: promise or null }. */
  #models = new Map();

  constructor(ready, Writer) {
    this.#ready = ready;
    this.#Writer = Writer;
  }

  /** Loads a model once; a failure is forgotten, so that it can be tried again. */
  load(url, progress) {
    if (!this.#models.has(url)) {
      const promise = Promise.all([this.#ready, fetchBytes(url, progress)]).then(([, bytes]) => this.#made(url, bytes));
      promise.catch(() => this.#models.delete(url));
      this.#models.set(url, promise);
    }
    return this.#models.get(url);
  }

  #made(url, bytes) {
    try {
      return { writer: new this.#Writer(bytes), encoder: null };
    } catch (cause) {
      throw new Error(`${url}: ${cause.message}`);
    }
  }

  /** A model that reads too; `encoder` says where its other half lies, if not beside it. */
  async withEncoder(url, progress, encoder) {
    const loaded = await this.load(url, progress);
    if (!loaded.writer.canRedraw && !loaded.encoder) {
      loaded.encoder = fetchBytes(encoder ?? encoderOf(url), progress).then((bytes) => loaded.writer.addEncoder(bytes));
      loaded.encoder.catch(() => (loaded.encoder = null));
    }
    await loaded.encoder;
    return loaded;
  }
}

/** Answers { id, type, ... } by `handlers[type]` with { id, value } or { id, error }; progress is { id, progress }.
 *  After an answer has gone out, `afterwards(value)` may prepare for the next. */
export function serve(handlers, transfers = /** @type {(value: any) => any[]} */ (() => []), afterwards = /** @type {(value: any) => void} */ (() => {})) {
  self.onmessage = async ({ data }) => {
    const { id, type, ...request } = data;
    try {
      const value = await handlers[type](request, (progress) => self.postMessage({ id, progress }));
      self.postMessage({ id, value }, { transfer: transfers(value) });
      afterwards(value);
    } catch (error) {
      self.postMessage({ id, error: error.message });
    }
  };
}
