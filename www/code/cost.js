// In a checkout of the repository, whose www/ has the digits: node www/code/cost.js
import { readFile } from "node:fs/promises";
import init, { Dataset, Writer } from "attentive-writer";

await init();
const load = (name) => readFile(new URL(import.meta.resolve(`attentive-writer/weights/${name}.safetensors`)));
const writer = new Writer(await load("mnist-int8"));
writer.addEncoder(await load("mnist-int8.encoder"));
const digits = new Dataset(await readFile(new URL("../data/digits-images-idx3-ubyte.gz", import.meta.url)));
const digit = digits.binary().subarray(0, 784); // a 7, in black and white
const trace = writer.trace(digit, { seed: 0, noise: "bound" });
const [kl, reconstruction, bound, bits] = ["spent", "reconstruction", "bound", "bits"].map((part) => trace.part(part));
for (let glimpse = 0; glimpse <= 64; glimpse += 8) {
  const bar = "=".repeat(kl[glimpse] / 4) + "-".repeat(reconstruction[glimpse] / 4);
  console.log(`after glimpse ${glimpse}: KL ${kl[glimpse].toFixed(1)} + reconstruction ${reconstruction[glimpse].toFixed(1)} = ${bound[glimpse].toFixed(1)} nats ${bar}`);
}
console.log(`the bound in bits: ${bits.at(-1).toFixed(1)}; plainly, a bit for each pixel: ${digit.length}`);
