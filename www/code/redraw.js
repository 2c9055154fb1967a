import { readFile } from "node:fs/promises";
import init, { Writer, normalise } from "attentive-writer";

await init();
const load = (name) => readFile(new URL(import.meta.resolve(`attentive-writer/weights/${name}.safetensors`)));
const writer = new Writer(await load("mnist-int8"));
writer.addEncoder(await load("mnist-int8.encoder"));
// A 7, drawn on 100 × 100: a bar, and a stem that leans.
const scribble = Float32Array.from({ length: 100 * 100 }, (_, i) => {
  const [x, y] = [i % 100, Math.floor(i / 100)];
  return Number((y > 20 && y < 30 && x > 30 && x < 70) || (y >= 30 && y < 80 && Math.abs(x - 79 + y / 2) < 5));
});
const run = writer.redraw(normalise(scribble, 100, 100), { seed: 1 });
while (run.step());
const kl = run.kl().reduce((sum, nats) => sum + nats, 0); // spent glimpse by glimpse
const reconstruction = run.reconstruction().at(-1); // -log p(image | canvas)
console.log(`bound ${(reconstruction + kl).toFixed(1)} = ${reconstruction.toFixed(1)} reconstruction + ${kl.toFixed(1)} KL nats`);
