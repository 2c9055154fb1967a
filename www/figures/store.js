// The training state, kept in the browser: one record, replaced in one transaction, so that a crash in mid-write
// leaves the one before.

const [NAME, STORE, KEY] = ["attentive-writer", "training", "state"];

function open() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(new Error(`the browser's store could not be opened (${request.error?.message})`));
    request.onblocked = () => reject(new Error("the browser's store is held by another tab"));
  });
}

async function transact(mode, work) {
  const database = await open();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, mode);
      const request = work(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = transaction.onerror = () =>
        reject(new Error(`the browser's store refused (${transaction.error?.message ?? "no reason given"})`));
    });
  } finally {
    database.close();
  }
}

/** Whether this worker may keep: there is one record, and a tab that came first has it as long as it lives. */
let first = null;
export const mine = () =>
  (first ??= new Promise((resolve) => {
    // A reload's own lock goes with the worker before; another tab's does not.
    const signal = AbortSignal.timeout(1500);
    const held = navigator.locks?.request(NAME, { signal }, () => {
      resolve(true);
      return new Promise(() => {});
    });
    // Where there are no locks, none is held.
    Promise.resolve(held).then(() => resolve(true), () => resolve(!signal.aborted));
  }));

export const keep = (state) => transact("readwrite", (store) => store.put(state, KEY));
export const kept = () => transact("readonly", (store) => store.get(KEY));
export const forget = () => transact("readwrite", (store) => store.delete(KEY));
