// The article's own worker: the engine with training, apart from the widgets' so that neither waits for the other.

import { Engine } from "../engine.js";

let lab = null;

/** Asks the lab, which starts when it is first asked, and anew when it has died. */
export async function ask(type, request, progress, transfer) {
  if (!lab) {
    lab = new Engine(new Worker(new URL("./lab-worker.js", import.meta.url), { type: "module" }));
    lab.lost = () => (lab = null);
  }
  return lab.ask(type, request, progress, transfer);
}

/** Pixels of a side of what the page's models draw. */
export const side = async () => (await ask("cost", { preset: "mnist", changes: {} })).config.width;

/** The weights that the page draws with. */
export const WEIGHTS = new URL("../weights/mnist-int8.safetensors", import.meta.url).href;
