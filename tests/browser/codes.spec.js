// Why a plain autoencoder cannot draw, by hand: what is shown is what the engine makes of the same codes.

import { expect, test } from "@playwright/test";
import { ink, keepConsoleClean, openArticle, prefer, violations } from "./shared.js";

const DATA = ["images-idx3", "labels-idx1"].map((part) => `data/digits-${part}-ubyte.gz`);
const MODELS = ["autoencoder", "mnist-small", "vae"];
const ROWS = ["read", "back-autoencoder", "back-draw", "back-vae", "nothing-autoencoder", "nothing-autoencoder-fitted", "nothing-draw", "nothing-vae"];

keepConsoleClean();

const strip = (page, row) => page.locator(`#codes [data-row="${row}"] canvas`);
const plane = (page, i) => page.locator("#planes .code-plane").nth(i);
const there = (page, i) => plane(page, i).locator("canvas").first();
const map = (page, i) => plane(page, i).locator("canvas").last();
const alphas = (canvas) =>
  canvas.evaluate((c) => Array.from(c.getContext("2d").getImageData(0, 0, c.width, c.height).data).filter((_, i) => i % 4 === 3));
const set = (slider, value) => slider.evaluate((input, v) => {
  input.value = v;
  input.dispatchEvent(new Event("input"));
}, value);

async function open(page, address = "?seed=3") {
  await openArticle(page, "#codes .code-row", address);
  await page.locator("#codes").scrollIntoViewIfNeeded();
  await expect(page.locator("#codes > .status")).toContainText("means over");
}

async function openPlanes(page) {
  await page.locator("#planes").scrollIntoViewIfNeeded();
  for (let i = 0; i < 3; i++) await expect.poll(async () => (await ink(there(page, i))).share).toBeGreaterThan(0.01);
}

/** What the engine says, asked on the page itself: `ask(models, more)`, of { engine, writer, set, alphas } for each model. */
async function engine(page, ask, more) {
  const models = await page.evaluateHandle(async ({ data, models }) => {
    const [engine, { relaxed }] = await Promise.all(["../pkg/attentive_writer.js", "wasm.js"].map((path) => import(new URL(path, location.href).href)));
    await engine.default({ module_or_path: new URL(`../pkg/attentive_writer${relaxed ? "_relaxed" : ""}_bg.wasm`, location.href) });
    const bytes = async (path) => new Uint8Array(await (await fetch(path)).arrayBuffer());
    const set = new engine.Dataset(await bytes(data[0]));
    const alphas = (run) => {
      run.seek(run.glimpses);
      return Array.from(run.picture(8, 0).data).filter((_, i) => i % 4 === 3);
    };
    return Promise.all(models.map(async (name) => {
      const writer = new engine.Writer(await bytes(`weights/${name}.safetensors`));
      if (!writer.canRedraw) writer.addEncoder(await bytes(`weights/${name}.encoder.safetensors`));
      return { engine, writer, set, alphas };
    }));
  }, { data: DATA, models: MODELS });
  return models.evaluate(ask, more);
}

const apart = (one, other) => (one.length === other.length ? Math.max(...one.map((a, i) => Math.abs(a - other[i]))) : Infinity);

test("digits are given back, and cost, as the engine says; other digits follow", async ({ page }) => {
  await open(page);
  const ask = (models, more) => models.map(({ writer, set, alphas }) => {
    const size = set.width * set.height;
    const { nll_bound_nats, reconstruction_nats, kl_nats } = writer.bound(set);
    const run = writer.redraw(set.binary().subarray(more.from * size, (more.from + 8) * size), { seed: 1 });
    return { nats: [reconstruction_nats, kl_nats, nll_bound_nats].map((v) => v.toFixed(1)), alphas: alphas(run) };
  });
  const first = await engine(page, ask, { from: 0 });
  for (const [i, name] of ["autoencoder", "draw", "vae"].entries()) {
    expect(apart(await alphas(strip(page, `back-${name}`)), first[i].alphas)).toBeLessThan(2);
    const [reconstruction, kl, bound] = first[i].nats;
    const words = name === "autoencoder" ? `${reconstruction} nats, and no KL` : `${reconstruction} + ${kl} KL = ${bound} nats`;
    await expect(page.locator(`[data-row="back-${name}"] .code-nats`)).toHaveText(words);
  }
  // Without noise and price, what is given back is nearest.
  expect(Number(first[0].nats[0])).toBeLessThan(Number(first[1].nats[0]));
  const before = (await ink(strip(page, "read"))).hash;
  await page.locator("button[name=other-digits]").click();
  const second = await engine(page, ask, { from: 8 });
  for (const [i, name] of ["autoencoder", "draw", "vae"].entries()) {
    await expect.poll(async () => apart(await alphas(strip(page, `back-${name}`)), second[i].alphas)).toBeLessThan(2);
  }
  expect((await ink(strip(page, "read"))).hash).not.toBe(before);
  await expect(page).toHaveURL(/code=8/);
});

test("what is drawn out of nothing is drawn from N(0, 1), or from the fitted Gaussian, by the same seed", async ({ page }) => {
  await open(page);
  const ask = (models, { seed, temperature }) => models.map(({ writer, alphas }) => {
    const prior = alphas(writer.draw({ seed, count: 8, temperature }));
    if (writer.config.variational !== false) return [prior];
    return [prior, alphas(writer.drawLatents(writer.latentsOf(writer.fittedCodes(seed, 8))))];
  });
  const agrees = async (more) => {
    const [[prior, fitted], [draw], [vae]] = await engine(page, ask, more);
    for (const [row, wanted] of [["autoencoder", prior], ["autoencoder-fitted", fitted], ["draw", draw], ["vae", vae]]) {
      await expect.poll(async () => apart(await alphas(strip(page, `nothing-${row}`)), wanted), row).toBeLessThan(2);
    }
  };
  await agrees({ seed: 1, temperature: 1 });
  await page.locator("button[name=other-codes]").click();
  await agrees({ seed: 2, temperature: 1 });
  await set(page.locator("input[name=warmth]"), 0.5);
  await expect(page.locator("[data-row=nothing-draw]")).toContainText("times 0.50");
  await expect(page.locator("[data-row=nothing-autoencoder-fitted]")).not.toContainText("times");
  await agrees({ seed: 2, temperature: 0.5 });
  await expect(page).toHaveURL(/noise=2/);
  await expect(page).toHaveURL(/warmth=0.5/);
  await page.reload();
  await expect(page.locator("#codes .code-row").first()).toBeAttached();
  await page.locator("#codes").scrollIntoViewIfNeeded();
  await agrees({ seed: 2, temperature: 0.5 });
});

test("a place of a plane is decoded, by pointer and by keys", async ({ page }) => {
  await open(page);
  await openPlanes(page);
  /** The digit at a place, in units of half the chart's side. */
  const ask = (models, { x, y }) => models.map(({ engine, writer, set, alphas }) => {
    const { glimpses, latent } = writer.config;
    const codes = writer.codes(set.binary());
    const plane = new engine.Plane(codes, glimpses * latent);
    const points = plane.project(codes);
    const reach = 3 * Math.sqrt(points.reduce((sum, v) => sum + v * v, 0) / points.length);
    const decoded = (x, y) => alphas(writer.drawLatents(writer.latentsOf(plane.at(x * reach, -y * reach))));
    return { alphas: decoded(x, y), corner: decoded(-8 / 9, -8 / 9), first: [points[0] / reach, -points[1] / reach] };
  });
  const agrees = async (place) => {
    const wanted = await engine(page, ask, place);
    for (let i = 0; i < 3; i++) await expect.poll(async () => apart(await alphas(there(page, i)), wanted[i].alphas)).toBeLessThan(2);
    return wanted;
  };
  const wanted = await agrees({ x: 0, y: 0 });
  for (let i = 0; i < 3; i++) {
    const points = plane(page, i).locator(".points text");
    await expect(points).toHaveCount(500);
    // The set's first digit is a 7.
    await expect(points.first()).toHaveText("7");
    const at = await points.first().evaluate((text) => ["x", "y"].map((name) => Number(text.getAttribute(name)) / 100));
    // The map's first digit is its upper left.
    await expect.poll(() => map(page, i).evaluate((c) => c.width)).toBe(9 * 28);
    const corner = await map(page, i).evaluate((c) => Array.from(c.getContext("2d").getImageData(0, 0, 28, 28).data).filter((_, j) => j % 4 === 3));
    expect(apart(corner, wanted[i].corner)).toBeLessThan(2);
    at.forEach((v, j) => expect(v).toBeCloseTo(wanted[i].first[j], 2));
  }
  for (let i = 0; i < 3; i++) {
    const chart = plane(page, i).locator(".plane");
    await chart.scrollIntoViewIfNeeded();
    const { width, height } = await chart.boundingBox();
    await chart.click({ position: { x: 0.75 * width, y: 0.25 * height } });
    await chart.focus();
    for (const key of ["ArrowLeft", "ArrowUp"]) await page.keyboard.press(key);
  }
  const mark = await plane(page, 0).locator(".mark").getAttribute("transform");
  const [x, y] = mark.match(/-?[\d.]+/g).map((v) => Number(v) / 100);
  expect(Math.hypot(x - 0.45, y + 0.55)).toBeLessThan(0.03);
  const [at0] = await engine(page, ask, { x, y });
  await expect.poll(async () => apart(await alphas(there(page, 0)), at0.alphas)).toBeLessThan(2);
});

test("another theme fetches nothing before the figure nears", async ({ page }) => {
  const fetched = [];
  page.on("request", (request) => request.url().includes("autoencoder") && fetched.push(request.url()));
  await page.emulateMedia({ colorScheme: "light" });
  await openArticle(page, "#codes .bar");
  await page.emulateMedia({ colorScheme: "dark" });
  await page.waitForTimeout(1500);
  expect(fetched).toEqual([]);
});

test("nothing is fetched before the figure nears, and two models work without the third", async ({ page }) => {
  const asked = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname.split("/").at(-1)));
  await page.route("**/weights/vae.safetensors", (route) => route.fulfill({ status: 200, body: "no weights" }));
  await page.goto("?seed=3");
  await expect(page.locator("html")).toHaveAttribute("data-state", "ready");
  await expect(page.locator("#codes .code-row").first()).toBeAttached();
  await page.waitForTimeout(1500);
  const own = MODELS.flatMap((name) => [`${name}.safetensors`, `${name}.encoder.safetensors`]);
  expect(asked.filter((name) => own.includes(name))).toEqual([]);
  await page.locator("#codes").scrollIntoViewIfNeeded();
  await expect(page.locator('[data-row="nothing-vae"] .failed')).toContainText("vae.safetensors");
  await expect(page.locator('[data-row="nothing-autoencoder"] .failed')).toHaveCount(0);
  for (const row of ROWS.filter((row) => !row.endsWith("vae"))) await expect.poll(async () => (await ink(strip(page, row))).share, row).toBeGreaterThan(0.01);
  await page.locator("#planes").scrollIntoViewIfNeeded();
  await expect(plane(page, 2).locator(".failed")).toContainText("vae.safetensors");
  for (let i = 0; i < 2; i++) await expect(plane(page, i).locator(".points text")).toHaveCount(500);
});

test("what is given back, and drawn out of nothing, is saved as it is shown", async ({ page, browserName }) => {
  test.skip(browserName !== "chromium", "Playwright does not tell of Firefox's downloads of blobs");
  await open(page);
  const paper = await page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue("--paper").trim());
  for (const [button, rows] of [["PNG of those given back", ROWS.slice(0, 4)], ["PNG of those out of nothing", ROWS.slice(4)]]) {
    const download = page.waitForEvent("download");
    await page.locator("#codes").getByRole("button", { name: `Download as ${button}` }).click();
    const file = Buffer.concat(await (await (await download).createReadStream()).toArray());
    const shown = await page.evaluateHandle((rows) => rows.map((row) => document.querySelector(`#codes [data-row="${row}"] canvas`)), rows);
    const apart = await page.evaluate(async ([bytes, shown, paper]) => {
      const pixels = (source, width, height) => {
        const context = new OffscreenCanvas(width, height).getContext("2d");
        context.fillStyle = paper;
        context.fillRect(0, 0, width, height);
        context.drawImage(source, 0, 0);
        return context.getImageData(0, 0, width, height).data;
      };
      const bitmap = await createImageBitmap(new Blob([new Uint8Array(bytes)], { type: "image/png" }));
      const [{ width, height }] = shown;
      if (bitmap.width !== width || bitmap.height !== height * shown.length) return `${bitmap.width} × ${bitmap.height}`;
      const saved = pixels(bitmap, width, bitmap.height);
      return Math.max(...shown.map((canvas, i) => pixels(canvas, width, height).reduce((most, v, p) => Math.max(most, Math.abs(v - saved[4 * width * height * i + p])), 0)));
    }, [[...file], shown, paper]);
    expect(apart, button).toBeLessThan(2);
  }
});

test("a map of codes is saved with its digits, discs and mark", async ({ page, browserName }) => {
  test.skip(browserName !== "chromium", "Playwright does not tell of Firefox's downloads of blobs");
  await open(page);
  await openPlanes(page);
  for (const [i, title] of ["Plain autoencoder", "Small DRAW", "One-shot VAE"].entries()) {
    const download = page.waitForEvent("download");
    await page.locator("#planes").getByRole("button", { name: `Download as SVG of the ${title}’s codes` }).click();
    const text = Buffer.concat(await (await (await download).createReadStream()).toArray()).toString();
    const saved = await page.evaluate((text) => {
      const chart = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
      const points = [...chart.querySelectorAll(".points text")];
      return { name: chart.localName, first: [points[0].getAttribute("x"), points[0].textContent], count: points.length, discs: chart.querySelectorAll(".prior circle").length, fill: points[0].style.fill };
    }, text);
    const first = await plane(page, i).locator(".points text").first().evaluate((point) => [point.getAttribute("x"), point.textContent]);
    expect(saved).toEqual({ name: "svg", first, count: 500, discs: 2, fill: expect.stringMatching(/^rgb/) });
  }
});

for (const colorScheme of ["light", "dark"]) {
  test(`printed without ever having been seen, every code is there, in dark ink; ${colorScheme}`, async ({ page }) => {
    await prefer(page, { colorScheme });
    await page.goto("?seed=3");
    await expect(page.locator("html")).toHaveAttribute("data-state", "ready");
    await expect(page.locator("#codes .code-row").first()).toBeAttached();
    await page.evaluate(() => (window.print = () => (document.documentElement.dataset.printed = "yes")));
    await page.keyboard.press("Control+p");
    await expect(page.locator("html")).toHaveAttribute("data-printed", "yes", { timeout: 45_000 });
    for (const row of ROWS) expect((await ink(strip(page, row))).share, row).toBeGreaterThan(0.01);
    for (let i = 0; i < 3; i++) {
      expect((await ink(there(page, i))).share).toBeGreaterThan(0.01);
      expect((await ink(map(page, i))).share).toBeGreaterThan(0.01);
      await expect(plane(page, i).locator(".points text")).toHaveCount(500);
    }
    await expect(page.locator("#codes > .status")).toContainText("means over");
    await prefer(page, { colorScheme, media: "print" });
    for (const id of ["codes", "planes"]) {
      for (const control of await page.locator(`#${id} :is(button, input, select, .downloads)`).all()) expect(await control.isVisible()).toBe(false);
    }
    // As a reader of the paper sees it: ink, darker than paper.
    const picture = await strip(page, "back-draw").screenshot();
    const [darkest, lightest] = await page.evaluate(async (bytes) => {
      const bitmap = await createImageBitmap(new Blob([new Uint8Array(bytes)]));
      const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
      context.drawImage(bitmap, 0, 0);
      const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
      const greys = Array.from({ length: data.length / 4 }, (_, i) => (data[4 * i] + data[4 * i + 1] + data[4 * i + 2]) / 3);
      return [Math.min(...greys), greys.toSorted((a, b) => a - b)[Math.floor(greys.length * 0.8)]];
    }, [...picture]);
    expect(darkest).toBeLessThan(80);
    expect(lightest).toBeGreaterThan(240);
  });
}

test("the training figure offers the autoencoder, and calls its reconstruction no bound", async ({ page }) => {
  await page.goto("?seed=3&model=a%20plain%20autoencoder%2C%20which%20cannot%20draw&glimpses=2&workers=1");
  await expect(page.locator("html")).toHaveAttribute("data-state", "ready");
  const training = page.locator("#training");
  await expect(training.locator("button[name=train]")).toBeAttached();
  await training.scrollIntoViewIfNeeded();
  await training.locator("button[name=train]").click();
  await expect(training.locator(".numbers")).toContainText("held-out reconstruction", { timeout: 45_000 });
  await training.locator("button[name=train]").click();
  await expect(training.locator(".numbers")).toContainText("which bounds nothing");
});

for (const colorScheme of ["light", "dark"]) {
  test(`no accessibility violations, and nothing wider than a phone, ${colorScheme}`, async ({ page }) => {
    await prefer(page, { colorScheme });
    await page.setViewportSize({ width: 360, height: 800 });
    await open(page);
    await openPlanes(page);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    expect(await violations(page, "section[aria-labelledby=autoencoder]")).toEqual([]);
  });
}

test("an engine that cannot start is told once a list, not in every row of it", async ({ page }) => {
  await page.route("**/pkg/attentive_writer*.wasm", (route) => route.fulfill({ status: 200, contentType: "application/wasm", body: "no engine" }));
  await page.goto("?seed=3");
  await expect(page.locator("html")).toHaveAttribute("data-state", "ready");
  await page.locator("#codes .code-row").first().scrollIntoViewIfNeeded();
  const lists = page.locator("#codes .code-rows");
  await expect(lists.nth(1).locator(".failed")).toHaveCount(1);
  await expect(lists.nth(0).locator(".failed")).toHaveCount(1);
});
