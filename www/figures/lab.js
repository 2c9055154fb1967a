// The article's own worker: the engine with training, apart from the widgets' so that neither waits for the other.

import { Engine } from "../engine.js";

let lab = null;

/** Asks the lab, which starts when it is first asked. */
export function ask(type, request, progress, transfer) {
  lab ??= new Engine(new Worker(new URL("./lab-worker.js", import.meta.url), { type: "module" }));
  return lab.ask(type, request, progress, transfer);
}

/** The weights that the page draws with. */
export const WEIGHTS = new URL("../weights/mnist-int8.safetensors", import.meta.url).href;
