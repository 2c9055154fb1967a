// The engine in Node: draws, redraws, trains a step; and the element, which is nothing here.

import assert from "node:assert";
import { readFile } from "node:fs/promises";
import init, { Dataset, Trainer, Writer, instructionSet } from "attentive-writer";
import { AttentiveWriter } from "attentive-writer/element";
import initWidget, { Writer as WidgetWriter } from "attentive-writer/widget";

const at = (name) => new URL(import.meta.resolve(`attentive-writer/${name}`));
const [decoder, encoder] = await Promise.all(["weights/mnist-int8.safetensors", "weights/mnist-int8.encoder.safetensors"].map((name) => readFile(at(name))));
const ink = (run) => {
  while (run.step());
  return run.canvas().reduce((sum, p) => sum + p, 0);
};
/** Where the last glimpse wrote: the widget's engine gives no pixels but as pictures, which Node lacks. */
const lastWindow = (run) => {
  while (run.step());
  return [...run.writeWindows()];
};

await init();
assert.equal(instructionSet(), "simd128");
const writer = new Writer(decoder);
const drawn = writer.draw({ seed: 1 });
assert.ok(ink(drawn) > 20);
writer.addEncoder(encoder);
const redrawn = writer.redraw(drawn.canvas().slice(), { seed: 1 });
assert.ok(ink(redrawn) > 20);
assert.ok(redrawn.reconstruction().at(-1) < redrawn.reconstruction()[0]);
const data = Dataset.ofMarks(drawn.canvas().slice(), 50, 1);
assert.ok(Trainer.on(data, "mnist-small", { batch: 10 }).stepOn(data).loss_nats > 0);

// By an address, by bytes; and what cannot be read is told.
await assert.rejects(initWidget({ module_or_path: new URL("missing.wasm", import.meta.url) }), /missing\.wasm could not be read .*init\(\{ module_or_path: bytes \}\)/);
await assert.rejects(initWidget({ module_or_path: "http://127.0.0.1:1/a.wasm" }), /127\.0\.0\.1:1\/a\.wasm could not be read/);
await initWidget({ module_or_path: at("widget/attentive_writer_bg.wasm") });
assert.deepEqual(lastWindow(new WidgetWriter(decoder).draw({ seed: 1 })), lastWindow(writer.draw({ seed: 1 })));
const { default: initAgain } = await import(`${at("widget").href}?again`);
await initAgain({ module_or_path: await readFile(at("widget/attentive_writer_bg.wasm")) });

assert.equal(typeof AttentiveWriter, "function");
assert.equal(globalThis.customElements, undefined);
console.log("drawn, redrawn and trained");
