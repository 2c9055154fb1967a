// The engine with training and the figures, started once in the worker that imports this.

import init from "../../pkg/attentive_writer.js";
import { relaxed } from "../wasm.js";

/** Comes when the engine's functions may be called. */
export const ready = init({
  module_or_path: relaxed
    ? new URL("../../pkg/attentive_writer_relaxed_bg.wasm", import.meta.url)
    : new URL("../../pkg/attentive_writer_bg.wasm", import.meta.url),
});
