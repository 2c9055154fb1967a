// Our engine in a worker of the benchmark, by the package's public surface.

import init, { Trainer, Writer, instructionSet } from "./pkg/attentive_writer.js";

const relaxed = new URL(self.location.href).searchParams.get("simd") === "relaxed";
const bytes = async (path) => new Uint8Array(await (await fetch(new URL(path, import.meta.url))).arrayBuffer());
let writer;
let trainer;
let decoder;

const handlers = {
  async load() {
    await init({ module_or_path: new URL(relaxed ? "./pkg/attentive_writer_relaxed_bg.wasm" : "./pkg/attentive_writer_bg.wasm", import.meta.url) });
    decoder = await bytes("./www/weights/mnist.safetensors");
    writer = new Writer(decoder);
  },
  set: () => instructionSet(),
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
    trainer ??= Trainer.tune(decoder, await bytes("./www/weights/mnist.encoder.safetensors"), { batch, warm_up: 1 });
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
