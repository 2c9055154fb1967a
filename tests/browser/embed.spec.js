// The widget where others put it: each page of www/embed, and another origin. Projects with bundlers are in ../package.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { ink, keepConsoleClean, serve } from "./shared.js";

keepConsoleClean();

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

test("what stands between the tags is the fallback", async ({ browser, baseURL }) => {
  const context = await browser.newContext({ baseURL, javaScriptEnabled: false });
  const page = await context.newPage();
  // Firefox, driven by a test, runs scripts all the same.
  await page.route(/\.js$/, (route) => route.abort());
  await page.goto("");
  await expect(page.locator("#wall p")).toBeVisible();
  await context.close();
});

test("from another origin", async ({ page, baseURL }) => {
  const folder = mkdtempSync(join(tmpdir(), "attentive-writer-"));
  writeFileSync(join(folder, "index.html"), `<!doctype html><script type="module" src="${baseURL}element.js"></script><attentive-writer autoplay></attentive-writer>`);
  const server = await serve(folder);
  await page.goto(server.url);
  await draws(page.locator("attentive-writer"));
  server.close();
  rmSync(folder, { recursive: true });
});
