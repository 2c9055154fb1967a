import { readFile } from "node:fs/promises";
import init, { Writer } from "attentive-writer";

await init();
const weights = new URL(import.meta.resolve("attentive-writer/weights/mnist-int8.safetensors"));
const writer = new Writer(await readFile(weights));
for (const size of [28, 56, 280]) {
  const run = writer.draw({ seed: 7, size });
  run.seek(run.glimpses);
  const share = run.canvas().reduce((sum, p) => sum + p, 0) / size ** 2;
  console.log(`${size} × ${size}: ${(100 * share).toFixed(1)} % ink, by ${writer.parameters} parameters`);
}
