import { readFile } from "node:fs/promises";
import init, { Writer } from "attentive-writer";

await init();
const weights = new URL(import.meta.resolve("attentive-writer/weights/mnist-int8.safetensors"));
const run = new Writer(await readFile(weights)).draw({ seed: 1, count: 4, size: 28 });
while (run.step()) {
  const [x, y, stride] = run.writeWindows(); // of the first digit, in pixels
  console.log(`glimpse ${run.glimpse}: window at ${x.toFixed(1)}, ${y.toFixed(1)}, stride ${stride.toFixed(2)}`);
}
const ink = run.canvas(); // 4 × 1 × 28 × 28: the probability of ink
for (let y = 0; y < 28; y += 2) console.log(Array.from(ink.subarray(28 * y, 28 * y + 28), (p) => " .:oO@"[Math.floor(5.99 * p)]).join(""));
