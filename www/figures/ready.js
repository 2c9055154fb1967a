// The engine with training and the figures, started in the worker that imports this, when it is first needed.

import init from "../../pkg/attentive_writer.js";
import { once } from "../models.js";
import { relaxed } from "../wasm.js";

const module_or_path = relaxed
  ? new URL("../../pkg/attentive_writer_relaxed_bg.wasm", import.meta.url)
  : new URL("../../pkg/attentive_writer_bg.wasm", import.meta.url);

/** Comes when the engine's functions may be called. */
export const ready = once(() => init({ module_or_path }));
