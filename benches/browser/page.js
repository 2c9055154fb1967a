// In the page: the three engines on the same work. Each `prepare` gives { draw(latents, batch), step?(images, noise, batch) }.

const at = (path) => new URL(path, location.href).href;
const bytes = async (path) => new Uint8Array(await (await fetch(at(path))).arrayBuffer());

/** A safetensors file's f16 tensors as f32. */
function tensors(file) {
  const view = new DataView(file.buffer);
  const length = Number(view.getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length)));
  const out = {};
  delete header.__metadata__;
  for (const [name, { shape, data_offsets: [from, to] }] of Object.entries(header)) {
    const data = new Float32Array((to - from) / 2);
    for (let i = 0; i < data.length; i++) {
      const half = view.getUint16(8 + length + from + 2 * i, true);
      const [sign, exponent, fraction] = [half >> 15 ? -1 : 1, (half >> 10) & 31, half & 1023];
      data[i] = sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024));
    }
    out[name] = { shape, data };
  }
  return out;
}

const weights = async () => ({
  ...tensors(await bytes("www/weights/mnist.safetensors")),
  ...tensors(await bytes("www/weights/mnist.encoder.safetensors")),
});

/** Our engine in Workers, each with a share of the digits. */
async function ours({ relaxed, workers }) {
  const team = Array.from({ length: workers }, () => new Worker(at(`worker.js?simd=${relaxed ? "relaxed" : "128"}`), { type: "module" }));
  const ask = (worker, message) =>
    new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => (data.error ? reject(new Error(data.error)) : resolve(data.value));
      worker.onerror = (event) => reject(new Error(event.message));
      worker.postMessage(message);
    });
  const all = (make) => Promise.all(team.map((worker, i) => ask(worker, make(i))));
  await all(() => ({ type: "load" }));
  const share = (batch, i) => [Math.floor((i * batch) / workers), Math.floor(((i + 1) * batch) / workers)];
  const slice = (latents, batch, i) => {
    const [from, to] = share(batch, i);
    const row = 100;
    const out = new Float32Array(64 * (to - from) * row);
    for (let t = 0; t < 64; t++) out.set(latents.subarray((t * batch + from) * row, (t * batch + to) * row), t * (to - from) * row);
    return out;
  };
  return {
    async draw(latents, batch) {
      const used = Math.min(workers, batch);
      const parts = used === 1
        ? [await ask(team[0], { type: "draw", latents })]
        : await all((i) => ({ type: "draw", latents: slice(latents, batch, i) }));
      const out = new Float32Array(784 * batch);
      let place = 0;
      for (const part of parts) {
        out.set(part, place);
        place += part.length;
      }
      return out;
    },
    step: workers === 1 ? (images, noise, batch) => ask(team[0], { type: "step", images, batch }) : null,
    instructionSet: () => ask(team[0], { type: "set" }),
    latents: (seed, count) => ask(team[0], { type: "latents", seed, count }),
    close: () => team.forEach((worker) => worker.terminate()),
  };
}

async function tensorflow({ backend }) {
  const { Draw, backend: set } = await import(at("tf.bundle.js"));
  await set(backend, at("tfjs/"));
  const model = new Draw(await weights());
  return { draw: (latents, batch) => model.draw(latents, batch), step: (images, noise, batch) => model.step(images, noise, batch), close() {} };
}

async function onnx({ threads }) {
  const ort = await import(at("ort/ort.wasm.min.mjs"));
  ort.env.wasm.wasmPaths = at("ort/");
  ort.env.wasm.numThreads = threads;
  const session = await ort.InferenceSession.create(at("mnist.onnx"), { executionProviders: ["wasm"], graphOptimizationLevel: "all" });
  return {
    async draw(latents, batch) {
      const { canvas } = await session.run({ z: new ort.Tensor("float32", latents, [64, batch, 100]) });
      return canvas.data;
    },
    close: () => session.release(),
  };
}

window.prepare = async (kind, options) => (window.engines ??= {})[JSON.stringify([kind, options])] = await { ours, tensorflow, onnx }[kind](options);
window.engine = (kind, options) => window.engines[JSON.stringify([kind, options])];
