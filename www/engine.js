// The page's side of a worker. The widgets of a page share one, started when first needed and ended
// when the last of them lets go of it.

let shared = null;

/** The widgets' worker; written out, so that bundlers find the file. */
const widgets = () =>
  near(new URL("./worker.js", import.meta.url))
    ? new Worker(new URL("./worker.js", import.meta.url), { type: "module" })
    : foreign(new URL("./worker.js", import.meta.url));

/** Of the page's own origin, or made by the page. */
const near = (url) => url.origin === location.origin || url.protocol === "blob:";

/** A worker from another origin: its script must be of the page's own, its imports need not. */
function foreign(url) {
  const hop = URL.createObjectURL(new Blob([`import ${JSON.stringify(url.href)};`], { type: "text/javascript" }));
  const worker = new Worker(hop, { type: "module" });
  setTimeout(() => URL.revokeObjectURL(hop), 60_000);
  return worker;
}

export class Engine {
  #worker;
  #waiting = new Map();
  #next = 1;
  #users = 0;
  /** Called with what the worker says unasked. */
  told = null;

  /** The page's engine; call `release` when done with it. */
  static acquire() {
    shared ??= new Engine(widgets());
    shared.#users++;
    return shared;
  }

  release() {
    if (--this.#users > 0) return;
    this.#worker.terminate();
    this.#fail("the drawing was removed");
    if (shared === this) shared = null;
  }

  constructor(worker) {
    this.#worker = worker;
    this.#worker.onmessage = ({ data: { id, value, error, progress } }) => {
      if (id === 0) return this.told?.(value);
      const waiting = this.#waiting.get(id);
      if (!waiting) return;
      if (progress) return waiting.progress?.(progress);
      this.#waiting.delete(id);
      if (error === undefined) waiting.resolve(value);
      else waiting.reject(new Error(error));
    };
    // A worker that cannot start, or that dies, answers nothing any more.
    this.#worker.onerror = (event) => {
      event.preventDefault?.();
      if (shared === this) shared = null;
      this.#fail(`the engine could not start (${event.message || "its script did not load"})`);
    };
  }

  #fail(text) {
    for (const { reject } of this.#waiting.values()) reject(new Error(text));
    this.#waiting.clear();
  }

  /** Asks the worker; resolves with its answer, rejects with its error. */
  ask(type, request = {}, progress = null, transfer = []) {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, progress });
      this.#worker.postMessage({ id, type, ...request }, transfer);
    });
  }

  /** Lets a drawing go. */
  free(run) {
    this.#worker.postMessage({ id: 0, type: "free", run });
  }
}
