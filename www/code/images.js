// In a checkout of the repository, whose www/ has the weights: node www/code/images.js
import { readFile, writeFile } from "node:fs/promises";
import init, { Writer } from "attentive-writer";

await init();
for (const name of ["mnist-two-digits", "svhn-32", "cifar"]) {
  const writer = new Writer(await readFile(new URL(`../weights/${name}.safetensors`, import.meta.url)));
  const { width, height, channels } = writer.config;
  const run = writer.draw({ seed: 5 });
  run.seek(run.glimpses);
  const canvas = run.canvas(); // channels × height × width, each from 0 to 1
  const plane = width * height;
  const light = (pixel, colour) => (channels === 1 ? 1 - canvas[pixel] : canvas[colour * plane + pixel]); // ink is dark
  const bytes = Uint8Array.from({ length: 3 * plane }, (_, i) => Math.round(255 * light(Math.floor(i / 3), i % 3)));
  await writeFile(`${name}.ppm`, Buffer.concat([Buffer.from(`P6 ${width} ${height} 255\n`), bytes]));
  console.log(`${name}.ppm: ${width} × ${height} pixels, ${channels} values each, in ${run.glimpses} glimpses`);
}
