// A helper in training: the gradient of a part of a batch, for hands.js.

import { Dataset, Trainer } from "../../pkg/attentive_writer.js";
import { serve } from "../models.js";
import { ready } from "./ready.js";

let trainer = null;
let data = null;

const handlers = {
  async join({ checkpoint, levels, width, height, channels }) {
    await ready();
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
