// A helper in training: the gradient of a part of a batch, for hands.js.

import init, { Dataset, Trainer } from "../../pkg/attentive_writer.js";
import { serve } from "../models.js";
import { relaxed } from "../wasm.js";

const ready = init({
  module_or_path: relaxed
    ? new URL("../../pkg/attentive_writer_relaxed_bg.wasm", import.meta.url)
    : new URL("../../pkg/attentive_writer_bg.wasm", import.meta.url),
});
let trainer = null;
let data = null;

const handlers = {
  async join({ checkpoint, levels, width, height, channels }) {
    await ready;
    trainer = Trainer.resume(checkpoint);
    data = Dataset.ofLevels(levels, width, height, channels);
  },
  part({ params, steps, from, to }) {
    trainer.follow(params, steps);
    trainer.begin(data, from, to);
    return trainer.part();
  },
};

serve(handlers, (value) => (value ? [value.buffer] : []));
