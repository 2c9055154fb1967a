// What is kept of the page: with a full store, over an update, and without a server.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, resolve } from "node:path";
import { expect, test } from "@playwright/test";

const root = resolve(import.meta.dirname, "../..");
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm", ".css": "text/css", ".svg": "image/svg+xml" };

/** Serves the repository. Every module says of which version it is, and every file is tagged with it, or with nothing. */
async function serve({ tags = true } = {}) {
  const site = { version: "one", down: () => false, gone: false, asked: [] };
  const server = createServer((request, response) => {
    const path = new URL(request.url, "http://x").pathname;
    const file = join(root, path.endsWith("/") ? `${path}index.html` : path);
    site.asked.push(path);
    if (site.down(path)) return request.socket.destroy();
    if (site.gone) return response.writeHead(410, { "content-type": "text/html" }).end("gone");
    const headers = { "content-type": TYPES[extname(file)] ?? "application/octet-stream", "cache-control": "no-cache" };
    if (tags) headers.etag = `"${site.version}"`;
    if (tags && request.headers["if-none-match"] === headers.etag) return response.writeHead(304, headers).end();
    try {
      const bytes = readFileSync(file);
      const mark = extname(file) === ".js" ? `\n(self.versions ??= new Set()).add("${site.version}");` : "";
      response.writeHead(200, headers).end(Buffer.concat([bytes, Buffer.from(mark)]));
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((r) => server.listen(0, "127.0.0.1", r));
  site.url = `http://127.0.0.1:${server.address().port}/www/`;
  site.close = () => (server.closeAllConnections(), server.close());
  return site;
}

let context;
let page;
let site;
let problems;

async function start(browser, options) {
  site = await serve(options);
  context = await browser.newContext({ viewport: { width: 1200, height: 900 }, serviceWorkers: "allow" });
  page = await context.newPage();
  problems = [];
  // Firefox writes down, as an error of the page, that the keeper could not fetch what it passes on to the network.
  page.on("pageerror", ({ message }) => message.endsWith("attempting to fetch resource.’.") || problems.push(message));
}

test.afterEach(async () => {
  // A test that was skipped began neither.
  await context?.close();
  site?.close();
});

async function visit(query = "?seed=3") {
  await page.goto(site.url + query);
  await expect(page.locator("html")).toHaveAttribute("data-state", "ready");
  await expect(page.locator("#lens .status")).toBeAttached();
}

const versions = () => page.evaluate(() => [...self.versions]);

/** Names of the page's caches, and the addresses that its whole editions hold. */
const kept = () =>
  page.evaluate(async () => {
    const names = await caches.keys();
    const editions = [];
    for (const name of names.filter((key) => key.includes("edition"))) {
      const urls = (await (await caches.open(name)).keys()).map(({ url }) => new URL(url).pathname);
      if (urls.some((url) => url.endsWith("/whole"))) editions.push(urls);
    }
    return { names, editions };
  });

/** Waits until an edition is whole, and holds files whose addresses end so. */
async function holds(...ends) {
  await expect.poll(async () => {
    const { editions } = await kept();
    return editions.some((urls) => ends.every((end) => urls.some((url) => url.endsWith(end))));
  }, { timeout: 30_000 }).toBe(true);
}

const shows = async (id, text) => {
  await page.locator(id).scrollIntoViewIfNeeded();
  await expect(page.locator(`${id} .status`).first()).toContainText(text);
};

test("one visit is enough: without the server the page and what was visited are there, and no more", async ({ browser }) => {
  await start(browser);
  await visit();
  await shows("#lens", "error");
  await holds("mnist-int8.safetensors", "figures/train-worker.js", "pkg/attentive_writer.js");
  // A figure visited after it was kept.
  await page.locator("#latent").scrollIntoViewIfNeeded();
  await holds("mnist-int8.encoder.safetensors");
  site.down = () => true;
  await visit("?seed=5");
  await expect(page.locator("#wall")).toHaveAttribute("seed", "5");
  await expect(page.locator("#wall")).toHaveAttribute("state", /drawing|done/);
  await shows("#lens", "error");
  await page.locator("#latent").scrollIntoViewIfNeeded();
  await expect.poll(() => page.locator("#latent .strip canvas").first().evaluate((canvas) => canvas.width)).toBeGreaterThan(1000);
  await page.locator("#training").scrollIntoViewIfNeeded();
  await page.locator("#training button[name=train]").click();
  await expect(page.locator("#training > .status").first()).toContainText("mnist.bits.gz could not be fetched");
  expect(problems).toEqual([]);
});

test("a full store costs nothing but the store", async ({ browser, browserName }) => {
  test.skip(browserName !== "chromium", "only Chromium's store can be made small");
  await start(browser);
  const cdp = await context.newCDPSession(page);
  await cdp.send("Storage.overrideQuotaForOrigin", { origin: new URL(site.url).origin, quotaSize: 1000 });
  for (let i = 0; i < 3; i++) {
    await visit(`?seed=${i}`);
    await expect(page.locator("#wall")).toHaveAttribute("state", /drawing|done/);
    await shows("#lens", "error");
    await page.evaluate(() => navigator.serviceWorker.ready);
  }
  expect(await page.evaluate(() => Boolean(navigator.serviceWorker.controller))).toBe(true);
  expect((await kept()).editions).toEqual([]);
  expect(problems).toEqual([]);
});

test("a store that throws at every touch costs nothing but the store", async ({ browser }) => {
  await start(browser);
  await context.route("**/offline.js", async (route) => {
    const response = await route.fetch();
    const body = `for (const name of ["open", "match", "has", "keys", "delete"]) CacheStorage.prototype[name] = () => Promise.reject(new Error("no store"));\n${await response.text()}`;
    await route.fulfill({ response, body });
  });
  for (let i = 0; i < 2; i++) {
    await visit(`?seed=${i}`);
    await expect(page.locator("#wall")).toHaveAttribute("state", /drawing|done/);
    await page.evaluate(() => navigator.serviceWorker.ready);
  }
  expect(problems).toEqual([]);
});

test("what earlier versions kept is dropped", async ({ browser }) => {
  await start(browser);
  await page.goto(`${site.url}embed/frame.css`);
  await page.evaluate(async () => {
    for (const name of ["attentive-writer", "attentive-writer edition 1", "of another page"]) await (await caches.open(name)).put("x", new Response("old"));
  });
  await visit();
  await holds("main.js");
  await expect.poll(async () => (await kept()).names.filter((name) => ["attentive-writer", "attentive-writer edition 1"].includes(name))).toEqual([]);
  expect((await kept()).names).toContain("of another page");
});

for (const tags of [true, false]) {
  test(`an update never mixes, ${tags ? "by what the server says of its files" : "by their bytes"}`, async ({ browser }) => {
    test.setTimeout(120_000);
    await start(browser, { tags });
    await visit();
    await holds("mnist-int8.safetensors");
    await visit();
    expect(await versions()).toEqual(["one"]);
    // The server moves on while the page is open: code stays what it was, and what was not asked for before is refused.
    site.version = "two";
    const text = (path) => page.evaluate(async (path) => (await fetch(path)).text(), path);
    expect(await text("figures/train-worker.js")).toContain('add("one")');
    const late = await page.evaluate(async () => {
      const { status, statusText } = await fetch("weights/mnist-no-attention.encoder.safetensors");
      return [status, statusText];
    });
    expect(late).toEqual([409, "the page has a newer version; reload it"]);
    // With the next visit all is new, and so is what is kept.
    const marked = () => page.evaluate(async () => {
      const texts = [];
      for (const name of (await caches.keys()).filter((key) => key.includes("edition"))) {
        const whole = await caches.match(new URL("whole", location.href.split("?")[0]), { cacheName: name });
        if (whole) texts.push(/add\("(\w+)"\)/.exec(await (await caches.match(new URL("main.js", location.href).href, { cacheName: name })).text())[1]);
      }
      return texts.at(-1);
    });
    expect(await marked()).toBe("one");
    await visit();
    expect(await versions()).toEqual(["two"]);
    await expect.poll(marked).toBe("two");
    site.down = () => true;
    await visit();
    expect(await versions()).toEqual(["two"]);
    expect(await text("figures/train-worker.js")).toContain('add("two")');
    // An update that breaks off after the page itself: all is as it was.
    site.version = "three";
    site.down = (path) => /figures|pkg/.test(path);
    await visit();
    expect(await versions()).toEqual(["two"]);
    site.down = () => false;
    await visit();
    expect(await versions()).toEqual(["three"]);
    await expect.poll(marked).toBe("three");
    expect(problems).toEqual([]);
  });
}

test("a page that the server no longer has is gone", async ({ browser }) => {
  await start(browser);
  await visit();
  await holds("main.js");
  site.gone = true;
  await page.goto(site.url);
  await expect(page.locator("body")).toHaveText("gone");
});
