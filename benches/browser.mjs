// Compute time in a browser tab: `node benches/browser.mjs`, after the test command has set things up.
// Medians over interleaved runs, one thread, warm, with the shipped weights, as a line of JSON.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { chromium } from "@playwright/test";

const server = spawn("cargo", ["run", "--locked", "--release", "--", "serve", "--port", "0", "--json"], {
  stdio: ["ignore", "pipe", "inherit"],
});
const [line] = await once(server.stdout, "data");
const { url } = JSON.parse(line);
const browser = await chromium.launch({
  executablePath: process.env.CHROME || "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"],
});
try {
  const page = await browser.newPage();
  await page.goto(new URL("weights/", url).href).catch(() => {});
  const result = await page.evaluate(async (base) => {
    const { default: init, Writer, Trainer, instructionSet } = await import(new URL("pkg/attentive_writer.js", base));
    await init();
    const bytes = async (name) => new Uint8Array(await (await fetch(new URL(`weights/${name}`, base))).arrayBuffer());
    const writer = new Writer(await bytes("mnist.safetensors"));
    writer.addEncoder(await bytes("mnist.encoder.safetensors"));
    const image = Float32Array.from({ length: 784 }, (_, i) => Number(i % 28 > 11 && i % 28 < 16 && i > 112 && i < 672));
    const batch = Float32Array.from({ length: 32 * 784 }, (_, i) => image[i % 784]);
    const trainer = new Trainer("mnist", { batch: 32, seed: 1 });
    const all = (run) => {
      while (run.step());
      run.free();
    };
    const work = {
      draw_1: () => all(writer.draw({ seed: 1, count: 1, size: 28 })),
      draw_64: () => all(writer.draw({ seed: 1, count: 64, size: 28 })),
      redraw_1: () => all(writer.redraw(image, { seed: 1, size: 28 })),
      training_step_32: () => trainer.step(batch),
    };
    const times = Object.fromEntries(Object.keys(work).map((name) => [name, []]));
    for (let round = 0; round < 13; round++) {
      for (const [name, run] of Object.entries(work)) {
        const start = performance.now();
        run();
        if (round >= 3) times[name].push(performance.now() - start);
      }
    }
    const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
    const medians = Object.entries(times).map(([name, values]) => [`${name}_ms`, Number(median(values).toFixed(2))]);
    return { instruction_set: instructionSet(), ...Object.fromEntries(medians) };
  }, url);
  console.log(JSON.stringify({ browser: browser.version(), ...result }));
} finally {
  await browser.close();
  server.kill();
}
