// In a checkout of the repository, whose www/ has the weights: node www/code/autoencoder.js
import { readFile } from "node:fs/promises";
import init, { Writer } from "attentive-writer";

await init();
for (const name of ["autoencoder", "mnist-small", "vae"]) {
  const writer = new Writer(await readFile(new URL(`../weights/${name}.safetensors`, import.meta.url)));
  const run = writer.draw({ seed: 1, count: 4 }); // of numbers from N(0, 1)
  run.seek(run.glimpses);
  const ink = run.canvas();
  console.log(`${name}, out of nothing:`);
  const row = (i, y) => Array.from(ink.subarray(784 * i + 28 * y, 784 * i + 28 * y + 28), (p) => (p > 0.5 ? "#" : " ")).join("");
  for (let y = 4; y < 25; y++) console.log([0, 1, 2, 3].map((i) => row(i, y)).join(""));
}
