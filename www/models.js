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
  // The length of what is compressed is not that of what comes out.
  const total = response.headers.has("content-encoding") ? 0 : Number(response.headers.get("content-length"));
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

/** Gives what `make` promises, made once; a failure is forgotten, so that it can be tried again. */
export function once(make) {
  let made = null;
  return (...given) =>
    (made ??= make(...given).catch((error) => {
      made = null;
      throw error;
    }));
}

/** The models of a worker whose wasm module gives `Writer` once it is `ready()`. */
export class Models {
  #ready;
  #Writer;
  /** URL, or URLs of both halves -> what loads { writer, half: URL of the encoder, encoder: what loads it }. */
  #models = new Map();

  constructor(ready, Writer) {
    this.#ready = ready;
    this.#Writer = Writer;
  }

  /** Loads a model once; a failure is forgotten, so that it can be tried again. */
  load(url, progress, key = url) {
    if (!this.#models.has(key)) {
      const load = (told) => Promise.all([this.#ready(), fetchBytes(url, told)]).then(([, bytes]) => this.#made(url, bytes));
      this.#models.set(key, once(load));
    }
    return this.#models.get(key)(progress);
  }

  #made(url, bytes) {
    try {
      return { writer: new this.#Writer(bytes), half: null, encoder: null };
    } catch (cause) {
      throw new Error(`${url}: ${cause.message}`);
    }
  }

  /** A model that reads too; `encoder` says where its other half lies, if not beside it. */
  async withEncoder(url, progress, encoder = encoderOf(url)) {
    let loaded = await this.load(url, progress);
    // With another half beside it, it is another model.
    if ((loaded.half ??= encoder) !== encoder) loaded = await this.load(url, progress, `${url} ${encoder}`);
    if (!loaded.writer.canRedraw) {
      loaded.encoder ??= once((told) => fetchBytes(encoder, told).then((bytes) => loaded.writer.addEncoder(bytes)));
      await loaded.encoder(progress);
    }
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
