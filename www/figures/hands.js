// Helpers of train-worker.js: each makes the gradient of its part of every batch, on parameters that come with the
// request. Buffers are transferred, not shared, so that no header of the page's server is needed.

import { Engine } from "../engine.js";

/** Images of a batch that are worth a worker. */
const WORTH = 6;
/** Beyond so many workers, moving gradients takes what is gained. */
const MOST = 4;

/** Workers that train if nobody says how many. */
export const usual = () => Math.min(MOST, navigator.hardwareConcurrency || 1);

export class Hands {
  #engines = [];
  #ready = false;

  /** `workers` in all, this one included; they make parts once they have the data. */
  constructor(trainer, data, workers) {
    const helpers = Math.min(workers, Math.floor(trainer.batch / WORTH)) - 1;
    try {
      for (let i = 0; i < helpers; i++) {
        const engine = new Engine(new Worker(new URL("./hand-worker.js", import.meta.url), { type: "module" }));
        engine.lost = () => this.end();
        this.#engines.push(engine);
      }
    } catch {
      this.end();
      return;
    }
    const join = (engine) => {
      const [checkpoint, levels] = [trainer.checkpoint(), data.levels()];
      const { width, height, channels } = data;
      return engine.ask("join", { checkpoint, levels, width, height, channels }, null, [checkpoint.buffer, levels.buffer]);
    };
    Promise.all(this.#engines.map(join)).then(() => (this.#ready = true), () => this.end());
  }

  /** Workers at work, this one included. */
  get count() {
    return this.#ready ? this.#engines.length + 1 : 1;
  }

  /** One step: this worker's images first, then the helpers' gradients. Null if the trainer was replaced meanwhile. */
  async step(trainer, data, stays) {
    const [n, batch] = [this.count, trainer.batch];
    const edge = (i) => Math.floor((i * batch) / n);
    const asked = this.#engines.slice(0, n - 1).map((engine, i) => {
      const params = trainer.params();
      return engine.ask("part", { params, steps: trainer.steps, from: edge(i + 1), to: edge(i + 2) }, null, [params.buffer]);
    });
    if (!asked.length) return trainer.stepOn(data, 1);
    const answers = Promise.allSettled(asked);
    trainer.begin(data, 0, edge(1));
    const parts = await answers;
    if (!stays()) return null;
    if (parts.every((part) => part.status === "fulfilled")) return trainer.finish(parts.map((part) => part.value), 1);
    // A helper is gone: the step is done again, and the rest, by this worker alone.
    this.end();
    return trainer.stepOn(data, 1);
  }

  end() {
    this.#ready = false;
    for (const engine of this.#engines.splice(0)) engine.end();
  }
}
