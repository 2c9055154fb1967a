// The workers that the widgets of a page share: one, started when first needed, and others beside it for walls of
// many digits, of which each worker draws some rows. Workers send pictures, never share memory, so that no header of
// the page's server is needed.

import { Engine, widgetWorker } from "./engine.js";

/** Digits that are worth a worker of their own. */
const WORTH = 64;
/** Beyond so many workers the page's own thread, which paints, is what takes the time. */
const MOST = 4;

let shared = null;

/** Workers for a wall if nobody says how many: the page's own thread paints, and is left a core. */
const usual = () => Math.max(1, Math.min(MOST, (navigator.hardwareConcurrency || 2) - 1));

const joined = (arrays) => {
  const all = new Float32Array(arrays.reduce((n, a) => n + a.length, 0));
  let at = 0;
  for (const array of arrays) {
    all.set(array, at);
    at += array.length;
  }
  return all;
};

export class Crew {
  #lead = new Engine(widgetWorker());
  #helpers = [];
  /** Set when a helper failed: from then on one worker draws all. */
  #alone = false;
  #users = 0;
  /** Number of a split drawing -> [{ engine, run }], from the top. */
  #split = new Map();
  #next = -1;

  /** The page's crew; call `release` when done with it. */
  static acquire() {
    shared ??= new Crew();
    shared.#users++;
    return shared;
  }

  release() {
    if (--this.#users > 0) return;
    for (const engine of [this.#lead, ...this.#helpers]) engine.end();
    if (shared === this) shared = null;
  }

  constructor() {
    this.#lead.lost = () => {
      if (shared === this) shared = null;
    };
  }

  /**
   * Asks for { type, ...request }. `workers` says how many may draw a wall; absent, the machine's cores do.
   * @param {string} type
   * @param {any} [request]
   * @param {any} [progress]
   */
  ask(type, { workers, ...request } = {}, progress = null) {
    const parts = this.#split.get(request.run);
    if (parts) return this.#together(request.run, parts.map(({ engine, run }) => engine.ask(type, { ...request, run })));
    const count = type === "draw" ? (request.options.count ?? 1) : 1;
    const rows = Math.ceil(count / (request.view?.columns ?? 1));
    const hands = this.#alone ? 1 : Math.min(workers ?? usual(), Math.floor(count / WORTH), rows);
    return hands > 1 ? this.#share(hands, rows, request, progress) : this.#lead.ask(type, request, progress);
  }

  /** Whole rows for each of `hands` workers. */
  async #share(hands, rows, request, progress) {
    // One load after the other: the second finds the file in the browser's cache.
    await this.#lead.ask("load", { url: request.url }, progress);
    const { columns } = request.view;
    const { count } = request.options;
    const run = this.#next--;
    let engines = [];
    let asked = [];
    try {
      engines = this.#gathered(hands);
      asked = engines.map((engine, i) => {
        const [first, end] = [i, i + 1].map((k) => Math.min(count, Math.floor((k * rows) / hands) * columns));
        return engine.ask("draw", { ...request, options: { ...request.options, first, count: end - first } });
      });
      const frames = await Promise.all(asked);
      this.#split.set(run, engines.map((engine, i) => ({ engine, run: frames[i].run })));
      return this.#together(run, frames);
    } catch {
      // A page may be allowed one worker and no more. One draws as well, only slower.
      this.#alone = true;
      asked.forEach((answer, i) => answer.then(({ run }) => engines[i].free(run), () => {}));
      return this.#lead.ask("draw", request, progress);
    }
  }

  #gathered(hands) {
    while (this.#helpers.length < hands - 1) {
      const engine = new Engine(widgetWorker());
      engine.lost = () => (this.#alone = true);
      this.#helpers.push(engine);
    }
    return [this.#lead, ...this.#helpers.slice(0, hands - 1)];
  }

  /** The workers' frames as one. */
  async #together(run, asked) {
    const frames = await Promise.all(asked);
    const all = (key) => frames.map((frame) => frame[key]);
    return { ...frames[0], run, images: all("images").flat(), write: joined(all("write")), read: joined(all("read")) };
  }

  /** Lets a drawing go. */
  free(run) {
    const parts = this.#split.get(run) ?? [{ engine: this.#lead, run }];
    for (const part of parts) part.engine.free(part.run);
    this.#split.delete(run);
  }
}
