// The page's side of a worker.

import { addresses } from "./addresses.js";

/** Of the page's own origin, or made by the page. */
const near = (url) => url.startsWith("blob:") || new URL(url).origin === location.origin;

/** A worker of the widgets, told where its engine lies. */
export function widgetWorker() {
  const address = addresses.worker();
  const worker = near(address) ? new Worker(address, { type: addresses.workerType }) : foreign(address);
  worker.postMessage({ id: 0, type: "start", wasm: addresses.wasm() });
  return worker;
}

/** A worker from another origin: its script must be of the page's own, its imports need not. */
function foreign(address) {
  const hop = URL.createObjectURL(new Blob([`import ${JSON.stringify(address)};`], { type: "text/javascript" }));
  const worker = new Worker(hop, { type: "module" });
  setTimeout(() => URL.revokeObjectURL(hop), 60_000);
  return worker;
}

export class Engine {
  #worker;
  #waiting = new Map();
  #next = 1;
  /** The error with which it ended: what is asked of it from then on fails. */
  #dead = null;
  /** Called with what the worker says unasked. */
  told = null;
  /** Called with the error when the worker could not start, or has died. */
  lost = null;

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
      this.lost?.(this.#die(`the engine could not start (${event.message || "its script did not load"})`));
    };
  }

  /** Ends the worker; what was asked of it fails. */
  end() {
    this.#die("the drawing was removed");
  }

  #die(text) {
    this.#worker.terminate();
    this.#dead ??= new Error(text);
    for (const { reject } of this.#waiting.values()) reject(this.#dead);
    this.#waiting.clear();
    return this.#dead;
  }

  /** Asks the worker; resolves with its answer, rejects with its error. */
  ask(type, request = {}, progress = null, transfer = []) {
    if (this.#dead) return Promise.reject(this.#dead);
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
