// In a checkout of the repository, whose www/ has the digits: node www/code/learning.js
import { readFile, writeFile } from "node:fs/promises";
import init, { Dataset, Trainer } from "attentive-writer";

await init();
const data = new Dataset(await readFile(new URL("../data/mnist.bits.gz", import.meta.url)), "mnist.bits.gz");
const held = data.holdOut(200);
const trainer = Trainer.on(data, "mnist-small", { batch: 25, learning_rate: 0.004, warm_up: 50, average: 0.995, clip: 1000 });
for (let step = 0; step <= 100; step++) {
  const { loss_nats } = trainer.stepOn(data);
  if (step % 50 === 0) console.log(`step ${step}: loss ${loss_nats.toFixed(1)}, held-out bound ${trainer.bound(held).nll_bound_nats.toFixed(1)} nats`);
}
await writeFile("mine.safetensors", trainer.export()); // for the command line, the widget and PyTorch
