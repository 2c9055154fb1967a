// After the first visit the page works without a network.
//
// An edition is what the server had at one moment: the page, all code that it names, and of the rest (engine, weights,
// data) what visitors have asked for. With a network a visitor gets the server's edition, whatever is kept; without one,
// or if it does not answer in time, the last that is whole. A page keeps to its edition for as long as it is open: what
// has changed on the server meanwhile is refused rather than mixed with it. To keep something is a favour: where the
// browser's store refuses, the network's answer is given all the same.

/** The page's types know no service workers. */
const worker = /** @type {any} */ (self);

const PREFIX = "attentive-writer";
const EDITIONS = `${PREFIX} edition `;
const CLIENTS = `${PREFIX} clients`;
const PAGE = new URL("./", worker.location).href;
/** Is put into an edition last. */
const WHOLE = new URL("./whole", worker.location).href;
/** Milliseconds to wait for the server, if there is an edition to show instead. */
const PATIENCE = 4000;

/** How code names code: in tags, in imports, and as addresses of workers. */
const CODE = /\.(js|css|svg|py)$/;
const NAMES = [/<(?:link|script)[^>]*?(?:href|src)="([^"]+)"/g, /(?:from|import)\s*\(?\s*"(\.[^"]+)"/g, /new URL\("([^"]+)", import\.meta\.url\)/g];

/** Editions that are not yet, or cannot be, stored: name -> address -> answer. */
const making = new Map();
/** Client -> { name, at }: its edition, and when it was given that. */
const bound = new Map();
/** Milliseconds in which a client that was answered is sure to be there, if it ever will be. */
const BIRTH = 60_000;
/** Surveys, one after the other; the next, if it has not begun. @type {Promise<any>} */
let surveys = Promise.resolve();
let next = null;

/** An address without what follows it: the page's own state stands there. */
function plain(url) {
  const { origin, pathname } = new URL(url);
  const address = origin + pathname;
  return address === `${PAGE}index.html` ? PAGE : address;
}

/** An answer without an address of its own: it takes the request's. */
const copied = ({ body, status, statusText, headers }) => new Response(body, { status, statusText, headers });

// ---- Editions

/** The server's files, now: the page and all code that it names, and what else lies at `extra` addresses. */
async function survey(extra = [], signal = undefined) {
  const found = new Map();
  const get = async (url) => {
    if (found.has(url)) return;
    found.set(url, null);
    const response = await fetch(url, { cache: "no-cache", signal });
    if (!response.ok) throw new Error(`${url}: ${response.status}`, { cause: response });
    found.set(url, response);
    if (url !== PAGE && !/\.(js)$/.test(url)) return;
    const text = await response.clone().text();
    const named = NAMES.flatMap((pattern) => [...text.matchAll(pattern)].map(([, address]) => new URL(address, url).href));
    await Promise.all(named.filter((address) => CODE.test(address) && address.startsWith(worker.origin)).map(get));
  };
  /** What the server no longer has may go; what it does not give is missing. */
  const forgo = (url) => (error) => {
    if (!error.cause) throw error;
    found.delete(url);
  };
  await Promise.all([get(PAGE), ...extra.map((url) => get(url).catch(forgo(url)))]);
  return found;
}

/** The last edition that is whole; null if none is. */
async function last() {
  for (const name of (await editions()).reverse()) if (await caches.match(WHOLE, { cacheName: name })) return name;
  return null;
}

const editions = async () => (await caches.keys()).filter((name) => name.startsWith(EDITIONS)).sort();

async function held(name, url) {
  return making.get(name)?.get(url)?.clone() ?? caches.match(url, { cacheName: name });
}

async function contents(name) {
  const requests = await (await caches.open(name)).keys();
  return requests.map(({ url }) => url).filter((url) => url !== WHOLE);
}

/** Whether two answers are of the same file: by what the server says, or by their bytes. */
async function equal(one, other) {
  if (!one || !other) return false;
  for (const header of ["etag", "last-modified"]) {
    const [a, b] = [one, other].map(({ headers }) => headers.get(header));
    if (a && b) return a === b;
  }
  const [a, b] = await Promise.all([one, other].map(async (answer) => new Uint8Array(await answer.clone().arrayBuffer())));
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** Whether all that was found is what an edition holds. */
async function unchanged(found, name) {
  const pairs = [...found].map(async ([url, answer]) => equal(answer, await held(name, url)));
  return (await Promise.all(pairs)).every(Boolean);
}

/** Whether the server, asked after this was called, has an edition's code; null if it does not answer. */
async function stands(name) {
  const begin = () => {
    next = null;
    return survey();
  };
  next ??= surveys = surveys.then(begin, begin);
  const found = await next.catch(() => null);
  return found && unchanged(found, name);
}

/** An edition of what was found; it can be used at once, and is stored in the background. */
function made(found, event) {
  const name = `${EDITIONS}${Date.now()}`;
  making.set(name, found);
  event.waitUntil(stored(name, found));
  return name;
}

/** Stores an edition; gives whether it is whole. */
async function stored(name, found) {
  try {
    const cache = await caches.open(name);
    await Promise.all([...found].map(([url, answer]) => cache.put(url, answer.clone())));
    await cache.put(WHOLE, new Response());
    making.delete(name);
    await drop(name);
    return true;
  } catch {
    // The store is full, or not to be had: half an edition is none.
    await caches.delete(name).catch(() => {});
    return false;
  }
}

/** Drops what was kept before `name`, but for editions that open pages keep to. */
async function drop(name) {
  const open = new Set((await worker.clients.matchAll({ type: "all", includeUncontrolled: true })).map(({ id }) => id));
  const ours = await caches.open(CLIENTS);
  const kept = new Set([CLIENTS, name]);
  for (const request of await ours.keys()) {
    const id = new URL(request.url).searchParams.get("id");
    if (open.has(id)) kept.add(await (await ours.match(request)).text());
    else await ours.delete(request);
  }
  for (const [id, { name: one, at }] of bound) {
    if (open.has(id) || performance.now() - at < BIRTH) kept.add(one);
    else bound.delete(id);
  }
  const old = (await caches.keys()).filter((key) => key.startsWith(PREFIX) && !kept.has(key));
  await Promise.all(old.map((key) => caches.delete(key)));
}

// ---- Pages and their editions

const address = (id) => `${PAGE}client?id=${id}`;

function bind(id, name, event) {
  bound.set(id, { name, at: performance.now() });
  // A worker that was stopped for a while has forgotten.
  event.waitUntil(caches.open(CLIENTS).then((ours) => ours.put(address(id), new Response(name))).catch(() => {}));
}

async function editionOf(id) {
  if (!id) return null;
  const name = bound.get(id)?.name ?? (await (await caches.match(address(id), { cacheName: CLIENTS }))?.text());
  return name && (making.has(name) || (await caches.match(WHOLE, { cacheName: name }))) ? name : null;
}

/** Answers a visit: with the server's edition, or with the last. */
async function visit(event) {
  const old = await last().catch(() => null);
  const patience = new AbortController();
  const timer = old && setTimeout(() => patience.abort(), PATIENCE);
  let name = old;
  try {
    const found = await survey(old ? await contents(old) : [], patience.signal);
    clearTimeout(timer);
    if (!old || !(await unchanged(found, old))) name = made(found, event);
  } catch (error) {
    // What the server says of the page itself counts.
    if (!old || error.cause) return fetch(event.request);
  }
  bind(event.resultingClientId, name, event);
  const page = await held(name, PAGE);
  return page ? copied(page) : fetch(event.request);
}

/** Answers what a page, or a worker of it, asks for. */
async function answer(event) {
  const { request, clientId, resultingClientId } = event;
  const url = plain(request.url);
  const name = await editionOf(clientId);
  // A worker keeps to the edition of the page that started it.
  if (name && resultingClientId) bind(resultingClientId, name, event);
  const kept = name && (await held(name, url));
  if (kept) return copied(kept);
  let response;
  try {
    response = await fetch(request);
  } catch (error) {
    const other = !name && (await last());
    const found = other && (await held(other, url));
    if (found) return copied(found);
    throw error;
  }
  if (!name || !response.ok) return response;
  const same = await stands(name);
  if (same === false) return new Response(null, { status: 409, statusText: "the page has a newer version; reload it" });
  if (same) event.waitUntil(keep(name, url, response.clone()));
  return response;
}

async function keep(name, url, response) {
  try {
    if (await caches.has(name)) await (await caches.open(name)).put(url, response);
    else making.get(name)?.set(url, response);
  } catch {
    // It is fetched again the next time.
  }
}

// ---- Life

/** One that is at work stays until its pages are closed: in the moment of a change, Firefox lets a page's requests pass. */
worker.addEventListener("install", () => worker.registration.active || worker.skipWaiting());

/** The first edition, for the page that is open already. */
async function first(event) {
  await worker.clients.claim();
  if (await last()) return drop(await last());
  const name = `${EDITIONS}${Date.now()}`;
  if (!(await stored(name, await survey()))) return;
  for (const { id, url } of await worker.clients.matchAll()) if (plain(url) === PAGE) bind(id, name, event);
}
let begun = Promise.resolve();
worker.addEventListener("activate", (event) => event.waitUntil((begun = first(event).catch(() => {}))));

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || new URL(request.url).origin !== worker.origin) return;
  if (request.mode !== "navigate") event.respondWith(answer(event).catch(() => fetch(request)));
  else if (plain(request.url) === PAGE) event.respondWith(visit(event).catch(() => fetch(request)));
});

/** What the first visit had asked for before this was there. */
worker.addEventListener("message", (event) =>
  event.waitUntil(
    begun.then(async () => {
      const name = await last();
      if (!name) return;
      for (const url of event.data.keep) {
        if (await held(name, url)) continue;
        const response = await fetch(url);
        if (response.ok && (await stands(name))) await keep(name, url, response);
      }
    }).catch(() => {}),
  ),
);
