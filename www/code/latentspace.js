import { readFile } from "node:fs/promises";
import init, { Writer } from "attentive-writer";

await init();
const weights = new URL(import.meta.resolve("attentive-writer/weights/mnist-int8.safetensors"));
const writer = new Writer(await readFile(weights));
const latents = (seed) => {
  const run = writer.draw({ seed });
  run.seek(run.glimpses);
  return run.latents(); // glimpse × latent
};
const way = writer.interpolate(latents(1), latents(3), 9); // nine on the way from one digit to the other
const run = writer.drawLatents(way, 28);
run.seek(run.glimpses);
const row = (i, y) => Array.from(run.canvas().subarray(784 * i + 28 * y, 784 * i + 28 * y + 28), (p) => (p > 0.5 ? "#" : " ")).join("");
for (let y = 0; y < 28; y++) console.log([0, 4, 8].map((i) => row(i, y)).join("|"));
