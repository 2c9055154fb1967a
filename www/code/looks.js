// In a checkout of the repository, whose www/ has the weights: node www/code/looks.js
import { readFile } from "node:fs/promises";
import init, { Dataset, Digits, Looker } from "attentive-writer";

await init();
const www = (path) => readFile(new URL(`../${path}`, import.meta.url));
const [images, labels] = await Promise.all([www("data/digits-images-idx3-ubyte.gz"), www("data/digits-labels-idx1-ubyte.gz")]);
const [digits, set] = [new Digits(images, labels), new Dataset(images)];
const looker = new Looker(await www("weights/cluttered.safetensors"));
let right = 0;
for (let i = 0; i < 20; i++) {
  const field = digits.field(0, i); // clutter of seed i on 100 × 100 pixels
  field.draw(set.image(i));
  const sight = looker.look(field.image());
  while (sight.step()); // a glimpse
  const odds = [...sight.probabilities()];
  right += Number(odds.indexOf(Math.max(...odds)) === digits.label(i));
}
console.log(`${right} of 20 right`);
