// What already runs when it comes into sight: a digit on the pad, which a stroke replaces, and what is done to it; and a
// finished run, in grey, until the visitor's own.

import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "@playwright/test";
import { draw, ink, keepConsoleClean, openArticle, violations } from "./shared.js";

const root = resolve(import.meta.dirname, "../..");
keepConsoleClean();

const open = (page, address) => openArticle(page, "#contents a", address);

test("the pad has a digit that is being redrawn, and the first stroke takes its place", async ({ page }) => {
  await open(page);
  const pad = page.locator("#pad");
  const canvas = pad.locator("canvas[part=pad]");
  // Out of sight nothing is fetched for it.
  await page.evaluate(() => scrollTo(0, 0));
  await pad.scrollIntoViewIfNeeded();
  await expect(pad).toHaveAttribute("state", "drawing");
  const lent = await ink(canvas);
  expect(lent.share).toBeGreaterThan(0.03);
  // A bar: nothing of the digit is left under it.
  await draw(page, canvas, [[0.2, 0.5], [0.8, 0.5]]);
  await expect(pad).toHaveAttribute("state", "drawing");
  const bar = await canvas.evaluate((element) => {
    const { width, height } = element;
    const { data } = element.getContext("2d").getImageData(0, 0, width, height);
    const rows = Array.from({ length: height }, (_, y) => Array.from({ length: width }, (_, x) => data[4 * (y * width + x) + 3]).some(Boolean));
    return [rows.indexOf(true) / height, rows.lastIndexOf(true) / height];
  });
  expect(bar[0]).toBeGreaterThan(0.4);
  expect(bar[1]).toBeLessThan(0.6);
  // The second stroke is added to the first.
  const one = await ink(canvas);
  await draw(page, canvas, [[0.5, 0.2], [0.5, 0.8]]);
  expect((await ink(canvas)).share).toBeGreaterThan(1.3 * one.share);
});

test("one who is quicker than the digit keeps the stroke", async ({ page }) => {
  // The digit's drawing takes so long that the stroke is begun before it comes.
  await page.addInitScript(() => {
    const post = Worker.prototype.postMessage;
    Worker.prototype.postMessage = function (message, ...rest) {
      setTimeout(() => post.call(this, message, ...rest), message.type === "draw" && message.request?.options?.count === undefined ? 3000 : 0);
    };
  });
  await open(page);
  const canvas = page.locator("#pad canvas[part=pad]");
  await canvas.scrollIntoViewIfNeeded();
  await page.waitForTimeout(300);
  await draw(page, canvas, [[0.2, 0.5], [0.8, 0.5]]);
  const mine = await ink(canvas);
  await page.waitForTimeout(4000);
  expect(await ink(canvas)).toEqual(mine);
});

test("a stroke that begins before the article has come is kept, and answered", async ({ page }) => {
  let release;
  const held = new Promise((resolve) => (release = resolve));
  await page.route("**/figures/redraw.js", (route) => held.then(() => route.continue()));
  await page.goto("?seed=3");
  const pad = page.locator("#pad");
  const canvas = pad.locator("canvas[part=pad]");
  await canvas.scrollIntoViewIfNeeded();
  await expect.poll(() => pad.evaluate((element) => element.glimpses)).toBe(64);
  const box = await canvas.boundingBox();
  const at = (x, y) => page.mouse.move(box.x + x * box.width, box.y + y * box.height, { steps: 4 });
  await at(0.2, 0.5);
  await page.mouse.down();
  await at(0.8, 0.5);
  release();
  // The figure is there, and so is what puts a digit on an empty pad.
  await expect(page.locator("#normalised button").first()).toBeVisible();
  await page.waitForTimeout(500);
  await at(0.82, 0.52);
  await page.mouse.up();
  await expect(pad).toHaveAttribute("state", "drawing");
  const mine = await ink(canvas);
  // A bar of a twelfth of the pad, 0.6 of it long.
  expect(mine.share).toBeGreaterThan(0.04);
  await page.waitForTimeout(1500);
  expect(await ink(canvas)).toEqual(mine);
  // What one has scribbled oneself is drawn on.
  await draw(page, canvas, [[0.5, 0.2], [0.5, 0.8]]);
  expect((await ink(canvas)).share).toBeGreaterThan(1.3 * mine.share);
});

test("what is done to a scribble is seen: box, centre of mass, greys, black and white", async ({ page }) => {
  await open(page);
  const pad = page.locator("#pad");
  const figure = page.locator("#normalised");
  await pad.scrollIntoViewIfNeeded();
  await expect(figure.locator(".fitting-lines rect")).toHaveCount(2);
  await draw(page, pad.locator("canvas[part=pad]"), [[0.2, 0.15], [0.35, 0.15], [0.35, 0.85]]);
  // As high as 0.7 of 280 pixels and the pen's width: shrunk to 20.
  const high = 0.7 * 280 + 280 / 12;
  const text = () => figure.locator(".status").textContent();
  await expect.poll(async () => Math.abs(Number(/shrunk ([\d.]+) times/.exec(await text())?.[1]) - high / 20)).toBeLessThan(0.2);
  const [, second] = await figure.locator(".fitting-lines").all();
  const box = await second.locator("rect").evaluate((rect) => ["x", "y", "width", "height"].map((name) => Number(rect.getAttribute(name))));
  expect(box[3]).toBeCloseTo(20, 3);
  expect(box[0]).toBeGreaterThanOrEqual(0);
  expect(box[0] + box[2]).toBeLessThanOrEqual(28);
  // The third picture is what the network sees: what the engine's own normalise gives, in black and white.
  const seen = await figure.locator("canvas").nth(2).evaluate((canvas) => [...canvas.getContext("2d").getImageData(0, 0, 28, 28).data].filter((_, i) => i % 4 === 3));
  expect(new Set(seen)).toEqual(new Set([0, 255]));
  const expected = await pad.locator("canvas[part=pad]").evaluate(async (canvas) => {
    const { default: init, normalise } = await import("/pkg/attentive_writer.js");
    await init();
    const { data } = canvas.getContext("2d").getImageData(0, 0, 280, 280);
    return [...normalise(Float32Array.from({ length: 280 * 280 }, (_, i) => data[4 * i + 3] / 255), 280, 280)].map((v) => 255 * v);
  });
  expect(seen).toEqual(expected);
  // By hand: the mean of a column of pixels across the stem is what its greys are.
  const greys = await figure.locator("canvas").nth(1).evaluate((canvas) => [...canvas.getContext("2d").getImageData(0, 0, 28, 28).data].filter((_, i) => i % 4 === 3));
  greys.forEach((grey, i) => Math.abs(grey - 127.5) > 3 && expect(grey > 127).toBe(seen[i] === 255));
});

test("training begins with a finished run, faint; Train starts the visitor's own, and starting over brings it back", async ({ page }) => {
  await open(page);
  const figure = page.locator("#training");
  await figure.scrollIntoViewIfNeeded();
  await expect(figure).toHaveAttribute("data-kept", "");
  const run = JSON.parse(readFileSync(join(root, "www/data/finished.json"), "utf8"));
  // The curve is the kept one: it falls from its first bound to its last.
  const [first, last] = [run.curve[0], run.curve.at(-1)].map(({ held }) => held.toFixed(1));
  await expect(figure.locator(".chart")).toHaveAttribute("aria-label", new RegExp(`${first} at first, now ${last}`));
  expect(run.curve.at(-1).held).toBeLessThan(0.6 * run.curve[0].held);
  for (const { held, reconstruction, kl } of run.curve) expect(held).toBeCloseTo(reconstruction + kl, 1);
  await expect(figure.locator(".numbers")).toContainText(`${run.steps.toLocaleString("en")} steps`);
  const samples = figure.locator(".sheet canvas.ink");
  await expect.poll(async () => (await ink(samples)).share).toBeGreaterThan(0.05);
  expect(Number(await figure.locator(".learn").evaluate((element) => getComputedStyle(element).opacity))).toBeLessThan(0.6);
  expect(await figure.getAttribute("data-steps")).toBe(null);
  expect(await violations(page, "#training")).toEqual([]);

  await figure.locator("button[name=train]").click();
  await expect(figure).not.toHaveAttribute("data-kept", /.*/, { timeout: 30_000 });
  await expect.poll(async () => Number(await figure.getAttribute("data-steps")), { timeout: 30_000 }).toBeGreaterThan(2);
  expect(await figure.locator(".learn").evaluate((element) => getComputedStyle(element).opacity)).toBe("1");
  await figure.locator("button[name=train]").click();
  await figure.locator("button[name=reset]").click();
  await expect(figure).toHaveAttribute("data-kept", "");
  await expect(figure.locator(".chart")).toHaveAttribute("aria-label", new RegExp(`now ${last}`));
});
