// The engine in Node, without the types of a browser.

import { readFile } from "node:fs/promises";
import init, { Writer } from "attentive-writer";

await init({ module_or_path: await readFile("attentive_writer_relaxed_bg.wasm") });
const run = new Writer(await readFile("mnist.safetensors")).draw();
while (run.step());
export const ink: number = run.canvas().reduce((sum, p) => sum + p, 0);
