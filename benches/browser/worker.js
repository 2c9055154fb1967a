// Our engine in a worker of the benchmark, by the package's public surface.

import init, { Trainer, Writer } from "./pkg/attentive_writer.js";

const { simd, numbers } = Object.fromEntries(new URL(self.location.href).searchParams);
const bytes = async (path) => new Uint8Array(await (await fetch(new URL(path, import.meta.url))).arrayBuffer());
let writer;
let trainer;

const handlers = {
  async load() {
    await init({ module_or_path: new URL(simd === "relaxed" ? "./pkg/attentive_writer_relaxed_bg.wasm" : "./pkg/attentive_writer_bg.wasm", import.meta.url) });
    writer = new Writer(await bytes(numbers === "int8" ? "mnist-int8.safetensors" : "weights.safetensors"));
  },
  latents({ seed, count }) {
    const run = writer.draw({ seed, count });
    const latents = run.latents();
    run.free();
    return latents;
  },
  draw({ latents }) {
    const run = writer.drawLatents(latents);
    run.seek(run.glimpses);
    const canvas = run.canvas().slice();
    run.free();
    return canvas;
  },
  async step({ images, batch }) {
    trainer ??= Trainer.tune(await bytes("weights.safetensors"), undefined, { batch, warm_up: 1, clip: Number.MAX_VALUE });
    return trainer.step(images).loss_nats;
  },
};

self.onmessage = async ({ data: { type, ...request } }) => {
  try {
    self.postMessage({ value: await handlers[type](request) });
  } catch (error) {
    self.postMessage({ error: error.message });
  }
};
