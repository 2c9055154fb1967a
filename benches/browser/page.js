// In the page: the engines on the same work. Each gives { draw(latents, batch), step?(images, noise, batch), close() }.

const at = (path) => new URL(path, location.href).href;

/** A safetensors file's tensors, all in f32, as { name: { shape, data } }. */
async function tensors(path) {
  const file = await (await fetch(at(path))).arrayBuffer();
  const length = Number(new DataView(file).getBigUint64(0, true));
  const { __metadata__: _, ...header } = JSON.parse(new TextDecoder().decode(new Uint8Array(file, 8, length)));
  const of = ({ shape, data_offsets: [from, to] }) => ({ shape, data: new Float32Array(file.slice(8 + length + from, 8 + length + to)) });
  return Object.fromEntries(Object.entries(header).map(([name, entry]) => [name, of(entry)]));
}

const weights = tensors("weights.safetensors");
const steps = tensors("steps.safetensors");
const [, GLIMPSES, , LATENT] = (await steps).noise.shape;

// Of the first steps, so many are checked: some engines are slow.
const STEPS = 3;

/** Our engine in Workers, each with a share of the digits. */
async function ours({ simd, numbers, workers }) {
  const team = Array.from({ length: workers }, () => new Worker(at(`worker.js?simd=${simd}&numbers=${numbers}`), { type: "module" }));
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
    const out = new Float32Array(GLIMPSES * (to - from) * LATENT);
    for (let t = 0; t < GLIMPSES; t++) {
      out.set(latents.subarray((t * batch + from) * LATENT, (t * batch + to) * LATENT), t * (to - from) * LATENT);
    }
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
    // Its noise follows from seed and step, and is that of the file.
    step: (images, noise, batch) => ask(team[0], { type: "step", images, batch }),
    latents: (seed, count) => ask(team[0], { type: "latents", seed, count }),
    close: () => team.forEach((worker) => worker.terminate()),
  };
}

async function tensorflow({ backend }) {
  const { Draw, backend: set } = await import(at("tf.bundle.js"));
  await set(backend, at("tfjs/"));
  const model = new Draw(await weights);
  return { draw: (latents, batch) => model.draw(latents, batch), step: (images, noise, batch) => model.step(images, noise, batch), close() {} };
}

async function jax({ threads }) {
  if (self.crossOriginIsolated !== threads > 1) throw new Error("the page is not isolated as the threads would have it");
  const { Draw } = await import(at("jax.bundle.js"));
  const model = await Draw.start(await weights);
  const shape = (batch) => [GLIMPSES, batch, LATENT];
  return {
    draw: (latents, batch) => model.draw(latents, shape(batch)),
    step: (images, noise, batch) => model.step(images, noise, shape(batch)),
    close() {},
  };
}

async function onnx({ threads, file }) {
  const ort = await import(at("ort/ort.wasm.min.mjs"));
  ort.env.wasm.wasmPaths = at("ort/");
  ort.env.wasm.numThreads = threads;
  const session = await ort.InferenceSession.create(at(file), { executionProviders: ["wasm"], graphOptimizationLevel: "all" });
  return {
    async draw(latents, batch) {
      const { canvas } = await session.run({ z: new ort.Tensor("float32", latents, [GLIMPSES, batch, LATENT]) });
      return canvas.data;
    },
    close: () => session.release(),
  };
}

async function tract({ file }) {
  const { default: init, Plan } = await import(at("tract/tract_draw.js"));
  await init();
  const graph = new Uint8Array(await (await fetch(at(file))).arrayBuffer());
  // A plan is optimised for one batch. The check of a task makes it, before any time is taken.
  const plans = {};
  return {
    draw: (latents, batch) => (plans[batch] ??= new Plan(graph, GLIMPSES, batch, LATENT)).draw(latents),
    close: () => Object.values(plans).forEach((plan) => plan.free()),
  };
}

/** Starts an engine, and leaves what it is asked and what it must find: our f32 canvases, by simd128, and our losses. */
window.prepare = async (kind, options) => {
  window.engine = await { ours, tensorflow, onnx, tract, jax }[kind](options);
  const us = await ours({ simd: "128", numbers: "f32", workers: 1 });
  const { images, noise, losses } = await steps;
  window.latents = { 1: await us.latents(1, 1), 64: await us.latents(2, 64) };
  window.reference = { 1: await us.draw(window.latents[1], 1), 64: await us.draw(window.latents[64], 64), step: losses.data };
  window.images = images.data;
  const length = noise.data.length / noise.shape[0];
  window.noise = Array.from({ length: STEPS }, (_, i) => noise.data.slice(i * length, (i + 1) * length));
  us.close();
};
