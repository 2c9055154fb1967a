// The article's figures, by hand: each answers, and what it shows follows from the engine.

import { expect, test } from "@playwright/test";
import { draw, ink, keepConsoleClean, openArticle, prefer, violations } from "./shared.js";

keepConsoleClean();

const open = (page, address) => openArticle(page, "#lens .bar", address);

const set = (slider, value) => slider.evaluate((input, v) => {
  input.value = v;
  input.dispatchEvent(new Event("input"));
}, value);

test("a digit of the wall opens, and is scrubbed, by mouse and by keyboard", async ({ page }) => {
  await open(page);
  await page.locator("#wall").evaluate((wall) => wall.seek(64));
  const canvas = page.locator("#wall canvas[part=canvas]");
  await canvas.click({ position: { x: 30, y: 30 } });
  const detail = page.locator("#detail");
  await expect(detail).toBeVisible();
  await expect(detail.locator("h3")).toHaveText("Digit 1 of 60");
  await expect(detail.locator(".bars rect")).toHaveCount(64);
  const large = detail.locator(".large canvas.ink");
  await expect.poll(async () => (await ink(large)).share).toBeGreaterThan(0.03);
  const done = await ink(large);
  const range = detail.locator("input[name=detail-glimpse]");
  await set(range, 20);
  await expect(detail.locator(".status")).toContainText("glimpse 20 costs");
  expect((await ink(large)).hash).not.toBe(done.hash);
  const [before, after] = await Promise.all([0, 2].map(async (i) => (await ink(detail.locator(".steps canvas").nth(i))).hash));
  expect(before).not.toBe(after);
  await range.focus();
  await range.press("ArrowRight");
  await expect(detail.locator(".status")).toContainText("glimpse 21 costs");
  // What was after glimpse 20 is before glimpse 21.
  await expect.poll(async () => (await ink(detail.locator(".steps canvas").first())).hash).toBe(after);
  await expect(page).toHaveURL(/digit=0/);
  await expect(page).toHaveURL(/glimpse=21/);
  await page.reload();
  await expect(page.locator("#detail")).toBeVisible();
  await expect(page.locator("#detail .status")).toContainText("glimpse 21 costs");
});

test("downloads are what they say", async ({ page, browserName }) => {
  test.skip(browserName !== "chromium", "Playwright does not tell of Firefox's downloads of blobs");
  await open(page, "?seed=3&digit=5");
  const detail = page.locator("#detail");
  await expect(detail.locator(".status")).toContainText("costs");
  const magic = { PNG: [0x89, 0x50, 0x4e, 0x47], GIF: [0x47, 0x49, 0x46, 0x38], SVG: [0x3c, 0x73, 0x76, 0x67] };
  for (const [kind, bytes] of Object.entries(magic)) {
    const download = page.waitForEvent("download");
    await detail.getByRole("button", { name: `Download as ${kind}`, exact: true }).click();
    const stream = await (await download).createReadStream();
    const [chunk] = await stream.take(1).toArray();
    expect([...chunk.subarray(0, 4)], kind).toEqual(bytes);
  }
});

test("the lens: dragging moves the grid, and the gradient brings the error down", async ({ page }) => {
  await open(page);
  const lens = page.locator("#lens");
  await lens.scrollIntoViewIfNeeded();
  const error = async () => Number(/= ([\d.]+);/.exec(await lens.locator(".status").textContent())?.[1]);
  await expect.poll(error).toBeGreaterThan(0);
  const back = lens.locator(".lens-parts canvas").nth(3);
  const first = await ink(back);
  await draw(page, lens.locator(".grid"), [[0.5, 0.5], [0.3, 0.7]]);
  await expect.poll(async () => (await ink(back)).hash).not.toBe(first.hash);
  await expect(page).toHaveURL(/gx=-0/);
  await expect(lens.locator(".grid circle")).toHaveCount(25);
  await set(lens.locator("input[name=filters]"), 8);
  await expect(lens.locator(".grid circle")).toHaveCount(64);
  const before = await error();
  await lens.getByRole("button", { name: "Follow the gradient" }).click();
  await expect.poll(error, { timeout: 20_000 }).toBeLessThan(before * 0.9);
  await lens.getByRole("button", { name: "Stop" }).click();
  await lens.locator(".grid").focus();
  const held = await ink(back);
  await page.keyboard.press("ArrowLeft");
  await expect.poll(async () => (await ink(back)).hash).not.toBe(held.hash);
});

test("size: with attention the parameters stand still, without they grow", async ({ page }) => {
  await open(page);
  const figure = page.locator("#size");
  await figure.scrollIntoViewIfNeeded();
  const cells = figure.locator("tbody td");
  const read = async () => (await cells.allTextContents()).map((text) => Number(text.replaceAll(",", "")));
  await set(figure.locator("input[name=size]"), 28);
  // Encoder, latent, decoder, and the decoder's heads: two windows and a patch.
  const gates = 4 * 256;
  const parameters = gates * (8 + 256 + 256 + 1) + 200 * 257 + gates * (100 + 256 + 1) + (25 + 10) * 257;
  await expect.poll(async () => (await read())[0]).toBe(parameters);
  const small = await read();
  await set(figure.locator("input[name=size]"), 448);
  await expect.poll(async () => (await read())[2]).toBeGreaterThan(100 * small[2]);
  const large = await read();
  expect(large[0]).toBe(small[0]);
  expect(large[1]).toBe(small[1]);
  const canvas = page.locator("#large canvas[part=canvas]");
  await expect.poll(() => canvas.evaluate((c) => c.width)).toBe(448);
});

test("randomness: every family draws, and shows its gradient", async ({ page }) => {
  await open(page);
  const figure = page.locator("#random");
  await figure.scrollIntoViewIfNeeded();
  const select = figure.locator("select");
  await expect(figure.locator(".chart .bin")).toHaveCount(48);
  await expect(figure.locator("> .scroll")).toBeVisible();
  const names = await select.locator("option").allTextContents();
  expect(names.length).toBeGreaterThanOrEqual(15);
  for (const name of names) {
    await select.selectOption(name);
    await expect(figure.locator(".chart")).toHaveAttribute("aria-label", new RegExp(`^${name.replace(/[()]/g, ".")}:`));
    expect(await figure.locator(".dot").count()).toBe(14);
    expect(await figure.locator(".chart .bin").evaluateAll((bins) => bins.filter((b) => b.getAttribute("height") > 2).length)).toBeGreaterThan(3);
  }
  // The table holds them all, each with its draws; a row chooses.
  await figure.locator("summary").click();
  await expect(figure.locator(".families tbody tr")).toHaveCount(names.length);
  await figure.locator(".families").getByRole("button", { name: "von Mises" }).click();
  await expect(figure.locator(".chart")).toHaveAttribute("aria-label", /^von Mises:/);
  await select.selectOption("Normal");
  await set(figure.locator("input[name=theta0]"), 2);
  await expect(figure.locator("> .scroll tbody tr").last()).toContainText("2.00");
});

test("latents: the way between two scribbles, and digits that share some", async ({ page }) => {
  await open(page);
  const figure = page.locator("#latent");
  await figure.scrollIntoViewIfNeeded();
  const [way, shared] = [figure.locator(".strip canvas").first(), figure.locator(".strip canvas").nth(1)];
  await expect.poll(async () => (await ink(way)).share).toBeGreaterThan(0.03);
  await expect.poll(async () => (await ink(shared)).share).toBeGreaterThan(0.03);
  const before = await ink(way);
  await figure.locator("button", { hasText: "Clear" }).first().click();
  await draw(page, figure.locator(".pad-host canvas").first(), [[0.5, 0.15], [0.5, 0.85]]);
  await expect.poll(async () => (await ink(way)).hash).not.toBe(before.hash);
  // Holding every glimpse leaves eight equal digits.
  await set(figure.locator("input[name=to]"), 64);
  await expect
    .poll(() =>
      shared.evaluate((canvas) => {
        const cells = [0, 1, 7].map((i) => canvas.getContext("2d").getImageData((i * canvas.width) / 8, 0, canvas.width / 8, canvas.height).data);
        return cells[0].every((v, i) => v === cells[1][i] && v === cells[2][i]);
      }),
    )
    .toBe(true);
});

test("latents: one who is quicker than a digit keeps the stroke, and what is cleared stays so", async ({ page }) => {
  // What the lab is asked to draw, or to encode, comes late.
  await page.addInitScript(() => {
    const post = Worker.prototype.postMessage;
    Worker.prototype.postMessage = function (message, ...rest) {
      setTimeout(() => post.call(this, message, ...rest), ["digit", "encode"].includes(message.type) ? 1500 : 0);
    };
  });
  await open(page);
  const figure = page.locator("#latent");
  await figure.scrollIntoViewIfNeeded();
  const [way, shared] = [figure.locator(".strip canvas").first(), figure.locator(".strip canvas").nth(1)];
  await expect.poll(async () => (await ink(shared)).share, { timeout: 20_000 }).toBeGreaterThan(0.03);
  await expect.poll(async () => (await ink(way)).share).toBeGreaterThan(0.03);
  const pad = figure.locator(".pad-host canvas").first();
  await figure.locator("button[name=example0]").click();
  await draw(page, pad, [[0.5, 0.15], [0.5, 0.85]]);
  const mine = await ink(pad);
  await page.waitForTimeout(2500);
  expect(await ink(pad)).toEqual(mine);
  // A scribble that is cleared while it is read is on no way to anything.
  await draw(page, pad, [[0.2, 0.3], [0.8, 0.3]]);
  await figure.locator("button", { hasText: "Clear" }).first().click();
  const before = await ink(way);
  await page.waitForTimeout(2500);
  expect(await ink(way)).toEqual(before);
});

test("keys with a modifier are the browser's", async ({ page }) => {
  await open(page);
  await page.locator("#lens").scrollIntoViewIfNeeded();
  await expect(page.locator("#lens .status")).toContainText("error");
  const taken = await page.evaluate(() => {
    const press = (selector, key, modifiers) => !document.querySelector(selector).dispatchEvent(new KeyboardEvent("keydown", { key, cancelable: true, ...modifiers }));
    return [["#lens .grid", "+"], ["#planes .plane", "ArrowLeft"]].flatMap(([selector, key]) =>
      [{}, { ctrlKey: true }, { metaKey: true }, { altKey: true }].map((modifiers) => press(selector, key, modifiers)));
  });
  expect(taken).toEqual([true, false, false, false, true, false, false, false]);
});

for (const colorScheme of ["light", "dark"]) {
  test(`no accessibility violations, ${colorScheme}`, async ({ page }) => {
    await prefer(page, { colorScheme });
    await open(page, "?seed=3&digit=2");
    for (const id of ["lens", "looking", "size", "random", "latent", "training"]) await page.locator(`#${id}`).scrollIntoViewIfNeeded();
    await expect(page.locator("#latent .strip canvas").first()).toBeVisible();
    await page.waitForTimeout(500);
    expect(await violations(page)).toEqual([]);
  });
}

test("without motion nothing moves, and steps are made by hand", async ({ page }) => {
  await prefer(page, { reducedMotion: "reduce" });
  await open(page);
  const wall = page.locator("#wall");
  await expect(wall).toHaveAttribute("state", "done");
  await wall.locator("input[name=glimpse]").fill("10");
  await expect(wall).toHaveAttribute("glimpse", "10");
  await page.waitForTimeout(500);
  await expect(wall).toHaveAttribute("glimpse", "10");
  await wall.locator("button[name=step]").click();
  await expect(wall).toHaveAttribute("glimpse", "11");
});

test("nothing shifts while it loads", async ({ page }) => {
  await page.addInitScript(() => {
    window.shift = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
  });
  await open(page);
  await page.waitForTimeout(1500);
  expect(await page.evaluate(() => window.shift)).toBeLessThan(0.02);
});
