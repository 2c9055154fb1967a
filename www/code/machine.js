// In a checkout of the repository, whose www/ has the digits: node www/code/machine.js
import { readFile } from "node:fs/promises";
import init, { Dataset, Writer } from "attentive-writer";

await init();
const load = (name) => readFile(new URL(import.meta.resolve(`attentive-writer/weights/${name}.safetensors`)));
const writer = new Writer(await load("mnist-int8"));
writer.addEncoder(await load("mnist-int8.encoder"));
const digits = new Dataset(await readFile(new URL("../data/digits-images-idx3-ubyte.gz", import.meta.url)));
const { latent, width, height } = writer.config;
const list = (values) => Array.from(values, (v) => v.toFixed(2).padStart(5)).join(" ");
const digit = digits.binary().subarray(0, width * height); // a 7, in black and white
for (const trace of [writer.trace(digit, { seed: 1 }), writer.traceDream(1)]) {
  const dreams = trace.part("spent").length === 0;
  const at = (part, glimpse, each) => trace.part(part).subarray(glimpse * each, (glimpse + 1) * each);
  console.log(dreams ? "dreaming, from the prior:" : "reading a 7, and writing it:");
  for (const glimpse of [0, 15, 31, 63]) {
    const used = (part) => list(Array.from(writer.latentsInUse(), (k) => at(part, glimpse, latent)[k]));
    const q = dreams ? "" : `read at ${list(at("readWindows", glimpse, 5).subarray(0, 2))}, q: μ ${used("means")}, σ ${used("deviations")}; `;
    const ink = at("canvases", glimpse + 1, width * height).reduce((sum, p) => sum + p, 0);
    console.log(`glimpse ${glimpse + 1}: ${q}z ${used("latents")}; write at ${list(at("writeWindows", glimpse, 5).subarray(0, 2))}; ${ink.toFixed(1)} pixels of ink`);
  }
}
