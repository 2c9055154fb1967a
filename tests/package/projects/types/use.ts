// What a page and a program do, and what they cannot.

import "attentive-writer/element";
import init, { Writer, Trainer, type Bound, type Config } from "attentive-writer";
import type { AttentiveWriter } from "attentive-writer/element";
import { Writer as Small } from "attentive-writer/widget";

await init();
const writer = new Writer(new Uint8Array());
const run = writer.draw({ seed: 1, count: 2, first: 3, size: 56, temperature: 0.9 });
const more: boolean = run.step();
const canvas: Float32Array = run.canvas();
const config: Config = writer.config;
const bound: Bound = new Trainer("mnist-small", { optimiser: "muon" }).bound(null!);
run.free();
// @ts-expect-error there is no such option
writer.draw({ sede: 1 });
// @ts-expect-error nor such a preset
new Trainer("mnits");

const element: AttentiveWriter = document.querySelector("attentive-writer")!;
const same: HTMLElement = document.createElement("attentive-writer");
const glimpse: number = element.glimpse;
Object.assign(element, { weights: "a.safetensors", encoder: "b.safetensors" });
element.autoplay = true;
element.theme = "dark";
element.addEventListener("glimpse", (event) => event.detail.glimpse + event.detail.glimpses);
element.addEventListener("ready", ({ detail }) => detail.config.glimpses);
element.addEventListener("pick", (event) => event.detail.index, { once: true });
element.addEventListener("done", function (event) {
  this.reset(event.detail.seed + 1);
});
element.addEventListener("error", (event) => event.detail.message);
element.addEventListener("click", (event) => event.clientX);
element.addEventListener("whatever", (event) => event.type);
const heard = (event: CustomEvent<{ index: number }>) => event.detail.index;
element.removeEventListener("pick", heard);
// @ts-expect-error a glimpse has no such detail
element.addEventListener("glimpse", (event) => event.detail.seed);
// @ts-expect-error it is for reading
element.state = "done";
// @ts-expect-error there is no such mode
element.mode = "foo";

export { more, canvas, config, bound, glimpse, same, Small };
