// The widget where others put it: each page of www/embed, another origin, a bundler, and a file on disk.

import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join, resolve } from "node:path";
import { expect, test } from "@playwright/test";
import { ink, watchConsole } from "./shared.js";

let problems;
test.beforeEach(({ page }) => {
  problems = watchConsole(page);
});
test.afterEach(() => expect(problems).toEqual([]));

const root = resolve(import.meta.dirname, "../..");
const draws = async (widget) => {
  await widget.scrollIntoViewIfNeeded();
  await expect(widget).toHaveAttribute("state", /drawing|done/);
  await expect.poll(async () => (await ink(widget.locator("canvas[part=canvas]").last())).share).toBeGreaterThan(0.01);
};

for (const name of ["plain", "strict-csp", "shadow", "frameworks"]) {
  test(`${name} draws`, async ({ page }) => {
    await page.goto(`embed/${name}.html`);
    await draws(page.locator("attentive-writer").first());
  });
}

test("a strict policy as the server's header, for the worker too", async ({ page }) => {
  const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; img-src 'self'";
  await page.route("**/*", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, headers: { ...response.headers(), "content-security-policy": policy } });
  });
  await page.goto("embed/strict-csp.html");
  await draws(page.locator("attentive-writer"));
});

test("an iframe draws, with its parameters", async ({ page }) => {
  await page.goto("embed/markdown.html");
  const widget = page.frameLocator("iframe").locator("attentive-writer");
  await draws(widget);
  await expect(widget).toHaveAttribute("count", "6");
  await expect(widget).toHaveAttribute("seed", "4");
});

/** The wall of an address after 20 glimpses, and after all: hashes of its picture and windows. */
async function hashes(page, address) {
  await page.goto(address);
  const widget = page.locator("attentive-writer");
  await expect(widget).toHaveAttribute("state", /drawing|done/);
  const at = async (glimpse) => {
    await widget.evaluate((element, glimpse) => element.seek(glimpse), glimpse);
    await expect(widget).toHaveAttribute("glimpse", String(glimpse));
    return Promise.all(["canvas", "windows"].map(async (part) => (await ink(widget.locator(`canvas[part=${part}]`))).hash));
  };
  return [await at(20), await at(64)];
}

test("a wall split over workers is the wall of one", async ({ page }) => {
  const wall = "embed/frame.html?count=200&size=40&seed=5";
  const one = await hashes(page, `${wall}&workers=1`);
  expect(page.workers().length).toBe(1);
  // 200 digits in rows of 29: the last row and the last worker's share are short.
  expect(await hashes(page, `${wall}&workers=3`)).toEqual(one);
  expect(page.workers().length).toBe(3);
  const widget = page.locator("attentive-writer");
  await widget.evaluate((element) => element.setAttribute("theme", "dark"));
  await widget.evaluate((element) => element.step());
  await widget.evaluate((element) => element.remove());
  await expect.poll(() => page.workers().length).toBe(0);
});

test("where a second worker cannot start, one draws the wall", async ({ page }) => {
  await page.addInitScript(() => {
    const Real = Worker;
    let made = 0;
    globalThis.Worker = class extends Real {
      constructor(...rest) {
        if (made++) throw new Error("one worker is enough");
        super(...rest);
      }
    };
  });
  await page.goto("embed/frame.html?count=200&size=40&workers=2");
  await draws(page.locator("attentive-writer"));
  expect(page.workers().length).toBe(1);
});

test("ten on a page share a worker and load the weights once", async ({ page }) => {
  const fetched = [];
  page.on("request", (request) => request.url().endsWith(".safetensors") && fetched.push(request.url()));
  await page.goto("embed/ten.html");
  const widgets = page.locator("attentive-writer");
  await expect(widgets).toHaveCount(10);
  await expect(widgets.last()).toHaveAttribute("state", "idle");
  for (const i of [0, 3, 5, 8]) await draws(widgets.nth(i));
  expect(page.workers().length).toBe(1);
  expect(fetched.filter((url) => !url.includes("encoder")).length).toBe(1);
  // All of them gone, all is let go.
  await widgets.evaluateAll((all) => all.forEach((widget) => widget.remove()));
  await expect.poll(() => page.workers().length).toBe(0);
});

test("moved in the document, it goes on", async ({ page }) => {
  await page.goto("embed/plain.html");
  const widget = page.locator("attentive-writer[autoplay]");
  const glimpse = async () => Number(await widget.getAttribute("glimpse"));
  await expect.poll(glimpse).toBeGreaterThan(3);
  await widget.evaluate((element) => document.body.append(element));
  await page.waitForTimeout(100);
  const moved = await glimpse();
  expect(moved).toBeGreaterThan(2);
  await widget.scrollIntoViewIfNeeded();
  await expect.poll(glimpse).toBeGreaterThan(moved);
});

test("an attribute changed while it loads counts", async ({ page }) => {
  await page.goto("embed/plain.html");
  const state = await page.evaluate(async () => {
    const element = document.createElement("attentive-writer");
    document.body.prepend(element);
    element.count = 4;
    element.seed = 12;
    await new Promise((r) => element.addEventListener("ready", r, { once: true }));
    await new Promise((r) => element.addEventListener("glimpse", r, { once: true }));
    const canvas = element.shadowRoot.querySelector("canvas");
    return { width: canvas.width, height: canvas.height, seed: element.seed };
  });
  expect(state.seed).toBe(12);
  expect(state.width).not.toBe(state.height * 0);
  expect(state.width / state.height).toBeCloseTo(4, 0);
});

test("a seek and a pause before the first glimpse has come count", async ({ page }) => {
  await page.goto("embed/plain.html");
  const states = await page.evaluate(async () => {
    const made = (act) => new Promise((resolve) => {
      const element = document.createElement("attentive-writer");
      element.setAttribute("autoplay", "");
      element.addEventListener("ready", () => {
        act(element);
        setTimeout(() => resolve([element.state, element.glimpse]), 600);
      });
      document.body.prepend(element);
    });
    return [await made((element) => element.seek(20)), await made((element) => element.pause()), await made(() => {})];
  });
  expect(states.slice(0, 2)).toEqual([["paused", 20], ["idle", 0]]);
  expect(states[2][0]).toMatch(/drawing|done/);
  expect(states[2][1]).toBeGreaterThan(0);
});

test("a model without attention draws and redraws at its one size", async ({ page }) => {
  await page.goto("embed/plain.html");
  const made = (mode) => page.evaluateHandle((mode) => {
    const element = document.createElement("attentive-writer");
    for (const [name, value] of Object.entries({ mode, weights: "/www/weights/mnist-no-attention.safetensors", speed: 60, autoplay: "" })) element.setAttribute(name, value);
    document.body.prepend(element);
    return new Promise((resolve) => element.addEventListener("ready", () => resolve(element)));
  }, mode);
  for (const mode of ["draw", "redraw"]) {
    const widget = await made(mode);
    if (mode === "redraw") await widget.evaluate((element) => element.example());
    await expect.poll(() => widget.evaluate((element) => element.state)).toBe("done");
    expect(await widget.evaluate((element) => element.glimpse)).toBe(20);
    const canvases = await widget.evaluate((element) => [...element.shadowRoot.querySelectorAll("canvas[part=canvas]")].at(-1).width);
    expect(canvases).toBe(28);
  }
});

test("what stands between the tags is the fallback", async ({ browser }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto("http://localhost:8173/");
  await expect(page.locator("#wall p")).toBeVisible();
  await context.close();
});

/** Serves a folder. */
async function serve(folder) {
  const types = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm", ".css": "text/css" };
  const server = createServer((request, response) => {
    const path = new URL(request.url, "http://x").pathname;
    try {
      const bytes = readFileSync(join(folder, path === "/" ? "index.html" : path));
      response.writeHead(200, { "content-type": types[extname(path)] ?? (path === "/" ? "text/html" : "application/octet-stream") }).end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((r) => server.listen(0, "127.0.0.1", r));
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}

test("from another origin", async ({ page, baseURL }) => {
  const folder = mkdtempSync(join(tmpdir(), "attentive-writer-"));
  writeFileSync(join(folder, "index.html"), `<!doctype html><script type="module" src="${baseURL}element.js"></script><attentive-writer autoplay></attentive-writer>`);
  const server = await serve(folder);
  await page.goto(server.url);
  await draws(page.locator("attentive-writer"));
  server.close();
  rmSync(folder, { recursive: true });
});

test("the package: its contents, and a fresh Vite project that builds and draws", async ({ page }) => {
  test.setTimeout(180_000);
  const folder = mkdtempSync(join(tmpdir(), "attentive-writer-"));
  const run = (command, ...parameters) => execFileSync(command, parameters, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  try {
    const [packed] = Object.values(JSON.parse(run("npm", "pack", join(root, "pkg"), "--json")));
    const files = packed.files.map((file) => file.path).sort();
    for (const file of ["attentive_writer.js", "attentive_writer.d.ts", "attentive_writer_bg.wasm", "attentive_writer_relaxed_bg.wasm",
      "widget/attentive_writer.js", "widget/attentive_writer_bg.wasm", "www/element.js", "www/element.d.ts", "www/worker.js",
      "www/weights/mnist-int8.safetensors", "www/weights/mnist-int8.encoder.safetensors", "LICENSE-MIT"]) expect(files).toContain(file);
    expect(files.filter((file) => /test|\.rs$|\.map$/.test(file))).toEqual([]);

    writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
    run("npm", "install", "--no-audit", "--no-fund", "--offline", packed.filename);
    writeFileSync(join(folder, "index.html"), `<!doctype html><script type="module" src="/main.js"></script><attentive-writer autoplay></attentive-writer>`);
    writeFileSync(join(folder, "main.js"), `import "attentive-writer/element";
      import init, { Writer } from "attentive-writer";
      import weights from "attentive-writer/weights/mnist-int8.safetensors?url";
      await init();
      const writer = new Writer(new Uint8Array(await (await fetch(weights)).arrayBuffer()));
      const run = writer.draw({ seed: 1 });
      while (run.step());
      document.body.dataset.ink = run.canvas().reduce((sum, p) => sum + p, 0);`);
    run(join(root, "node_modules/.bin/vite"), "build", "--logLevel", "warn");
    const server = await serve(join(folder, "dist"));
    await page.goto(server.url);
    await draws(page.locator("attentive-writer"));
    await expect.poll(() => page.evaluate(() => Number(document.body.dataset.ink))).toBeGreaterThan(20);
    server.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("the types of the package are exact", () => {
  const folder = mkdtempSync(join(tmpdir(), "attentive-writer-"));
  try {
    mkdirSync(join(folder, "node_modules"), { recursive: true });
    cpSync(join(root, "pkg"), join(folder, "node_modules/attentive-writer"), { recursive: true });
    writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
    writeFileSync(join(folder, "use.ts"), `import "attentive-writer/element";
      import init, { Writer, Trainer, type Bound, type Config } from "attentive-writer";
      import { Writer as Small } from "attentive-writer/widget";
      await init();
      const writer = new Writer(new Uint8Array());
      const run = writer.draw({ seed: 1, count: 2, first: 3, size: 56, temperature: 0.9 });
      const more: boolean = run.step();
      const canvas: Float32Array = run.canvas();
      const config: Config = writer.config;
      const bound: Bound = new Trainer("mnist-small", { optimiser: "muon" }).bound(null!);
      const element = document.querySelector("attentive-writer")!;
      const glimpse: number = element.glimpse;
      // @ts-expect-error there is no such option
      writer.draw({ sede: 1 });
      // @ts-expect-error nor such a preset
      new Trainer("mnits");
      export { more, canvas, config, bound, glimpse, Small };`);
    const options = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "--lib", "es2022,dom,esnext.disposable", "use.ts"];
    execFileSync(join(root, "node_modules/.bin/tsc"), options, { cwd: folder, encoding: "utf8", stdio: "pipe" });
  } catch (error) {
    throw new Error(error.stdout || error.message);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("one file with everything inside opens from disk", async ({ page }) => {
  test.setTimeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), "attentive-writer-"));
  try {
    const file = join(folder, "single.html");
    execFileSync("node", [".ci/single.mjs", file], { cwd: root, stdio: "pipe" });
    const fetched = [];
    page.on("request", (request) => /^(http|ws)/.test(request.url()) && fetched.push(request.url()));
    await page.goto(`file://${file}`);
    await draws(page.locator("attentive-writer").first());
    const pad = page.locator("attentive-writer").last();
    await pad.scrollIntoViewIfNeeded();
    await pad.locator("button[name=example]").click();
    await draws(pad);
    expect(fetched).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
