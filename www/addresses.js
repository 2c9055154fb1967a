// Where the widget's own files lie. Each address is written out, so that bundlers find the file and carry it along.

/** Some bundlers give a path where a URL was made. */
const absolute = (url) => new URL(url, document.baseURI).href;

export const addresses = {
  workerType: /** @type {WorkerType} */ ("module"),
  worker: () => absolute(new URL("./worker.js", import.meta.url)),
  /** The engine's two builds; the worker takes the one that its browser can run. */
  wasm: () => ({
    simd128: absolute(new URL("../pkg/widget/attentive_writer_bg.wasm", import.meta.url)),
    relaxed: absolute(new URL("../pkg/widget/attentive_writer_relaxed_bg.wasm", import.meta.url)),
  }),
  /** The model that draws, and the half that reads. */
  weights: () => absolute(new URL("./weights/mnist-int8.safetensors", import.meta.url)),
  encoder: () => absolute(new URL("./weights/mnist-int8.encoder.safetensors", import.meta.url)),
};
