// How the page looks: what can be told apart, what stays together, and what is printed.

import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "@playwright/test";
import { ink, keepConsoleClean, openArticle, prefer } from "./shared.js";

keepConsoleClean();

const open = (page, address) => openArticle(page, "#lens .bar", address);

for (const colorScheme of ["light", "dark"]) {
  test(`every pad has a border that can be seen, ${colorScheme}`, async ({ page }) => {
    await prefer(page, { colorScheme });
    await open(page, "?seed=3&own=1");
    for (const pad of ["#pad .pad", "#latent .pad", "#training .pad"]) {
      const border = await page.locator(pad).first().evaluate((element) => {
        const context = new OffscreenCanvas(1, 1).getContext("2d");
        const on = (...colors) => {
          for (const color of colors) {
            context.fillStyle = color;
            context.fillRect(0, 0, 1, 1);
          }
          return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
        };
        const style = getComputedStyle(element);
        const paper = getComputedStyle(document.body).backgroundColor;
        const [edge, ground] = [on(paper, style.borderTopColor), on(paper)];
        return { width: style.borderTopWidth, style: style.borderTopStyle, apart: Math.max(...edge.map((v, i) => Math.abs(v - ground[i]))) };
      });
      expect(border, pad).toMatchObject({ width: "1px", style: "solid" });
      expect(border.apart, pad).toBeGreaterThan(20);
    }
  });
}

test("at 390 pixels swatches stay with their labels, numbers with their deviation, and code scrolls", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await open(page);
  for (const label of await page.locator(".legend span").all()) {
    await label.scrollIntoViewIfNeeded();
    expect(await label.evaluate((element) => element.getClientRects().length)).toBe(1);
    const height = await label.evaluate((element) => element.getBoundingClientRect().height);
    expect(height).toBeLessThan(24);
  }
  await page.locator("#random").scrollIntoViewIfNeeded();
  await expect(page.locator("#random > .scroll td").filter({ hasText: "±" })).toHaveCount(4);
  const cells = page.locator("td").filter({ hasText: "±" });
  for (const cell of await cells.all()) {
    const lines = await cell.evaluate((element) => {
      const range = document.createRange();
      range.selectNodeContents(element);
      return new Set([...range.getClientRects()].map((rect) => Math.round(rect.top))).size;
    });
    expect(lines, await cell.textContent()).toBe(1);
  }
  const code = page.locator("section[aria-labelledby=embed] .code pre").first();
  expect(await code.evaluate((element) => element.scrollWidth > element.clientWidth && getComputedStyle(element).overflowX)).toBe("auto");
  expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0);
  // The digits between two scribbles are large enough to be told.
  await page.locator("#latent").scrollIntoViewIfNeeded();
  const way = page.locator("#latent .strip canvas").first();
  await expect.poll(async () => (await ink(way)).share).toBeGreaterThan(0.03);
  expect((await way.boundingBox()).height).toBeGreaterThan(120);
});

test("at 360 pixels the tables of numbers fit, and choices show all of their words", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 800 });
  await open(page);
  await page.locator("#random").scrollIntoViewIfNeeded();
  const compared = page.locator("#random > .scroll");
  await expect(compared.locator("td").filter({ hasText: "±" })).toHaveCount(4);
  for (const table of [compared, page.getByRole("region", { name: "Bounds" }), page.getByRole("region", { name: "Times" })]) {
    expect(await table.evaluate((element) => element.scrollWidth - element.clientWidth)).toBe(0);
  }
  await page.locator("#training summary").first().click();
  for (const choice of await page.locator("select").all()) {
    const [words, room] = await choice.evaluate((select) => {
      const context = new OffscreenCanvas(1, 1).getContext("2d");
      const { font, paddingLeft, paddingRight } = getComputedStyle(select);
      context.font = font;
      const widest = Math.max(...[...select.options].map(({ text }) => context.measureText(text).width));
      return [widest, select.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight)];
    });
    expect(words).toBeGreaterThan(20);
    expect(words).toBeLessThan(room);
  }
});

test("code is copied by a button", async ({ page, context, browserName }) => {
  test.skip(browserName !== "chromium", "only Chromium's clipboard can be read by a test");
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await open(page);
  const button = page.locator("section[aria-labelledby=embed] .code button").first();
  await expect(button).toHaveText("Copy");
  await button.click();
  await expect(button).toHaveText("Copied");
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(
    '<script type="module" src="https://YOUR.SITE/attentive-writer/www/element.js"></script>\n<attentive-writer count="12" autoplay controls></attentive-writer>',
  );
});

test("the digit that was clicked is in the number field, and its bars have axes with round numbers", async ({ page }) => {
  await open(page);
  await page.locator("#wall").evaluate((wall) => wall.seek(64));
  await page.locator("#wall canvas[part=canvas]").click({ position: { x: 200, y: 100 } });
  await expect(page.locator("#detail h3")).toHaveText(/^Digit \d+ of 60$/);
  const number = /\d+/.exec(await page.locator("#detail h3").textContent())[0];
  expect(Number(number)).toBeGreaterThan(1);
  await expect(page.locator("input[name=which]")).toHaveValue(number);
  await page.getByRole("button", { name: "Next digit" }).click();
  await expect(page.locator("input[name=which]")).toHaveValue(String(Number(number) + 1));
  // The digit is redrawn before its bars are there.
  await expect(page.locator("#detail .bars")).toContainText("nats that each glimpse costs");
  // All at once: the digit before may still be there, and go.
  const { ticks, most, tallest, between } = await page.locator("#detail .bars").evaluate((chart) => {
    const lines = [...chart.querySelectorAll(".axis")].map((line) => Number(/M[\d.]+ ([\d.]+)/.exec(line.getAttribute("d"))[1]));
    return {
      ticks: [...chart.querySelectorAll("text")].map((text) => text.textContent),
      most: Number(/[\d.]+$/.exec(chart.getAttribute("aria-label"))[0]),
      tallest: Math.max(...[...chart.querySelectorAll("rect")].map((bar) => Number(bar.getAttribute("height")))),
      between: lines[0] - lines[1],
    };
  });
  expect(ticks).toContain("nats that each glimpse costs");
  expect(ticks.slice(-5, -1)).toEqual(["1", "20", "40", "60"]);
  const nats = ticks.slice(0, -5).map(Number);
  expect(nats.length).toBeGreaterThanOrEqual(2);
  nats.forEach((tick, i) => expect(tick).toBeCloseTo(i * nats[1], 6));
  expect(["1", "2", "5"]).toContain(String(nats[1]).replace(/[0.]/g, ""));
  // The tallest bar is as high as the axis says its nats are.
  expect((tallest / between) * nats[1]).toBeCloseTo(most, 1);
});

test("there is no blank above the digit of any size, and its slider stays put", async ({ page }) => {
  await open(page);
  const large = page.locator("#large");
  await large.scrollIntoViewIfNeeded();
  const gap = () => page.evaluate(() => {
    const text = document.querySelector(".sizes").previousElementSibling.getBoundingClientRect().bottom;
    return document.querySelector("#large").shadowRoot.querySelector(".plate").getBoundingClientRect().top - text;
  });
  expect(await gap()).toBeLessThan(60);
  const slider = page.locator("input[name=size]");
  const before = await slider.evaluate((element) => element.getBoundingClientRect().top + scrollY);
  for (const size of [28, 448]) {
    await slider.evaluate((input, v) => {
      input.value = v;
      input.dispatchEvent(new Event("input"));
    }, size);
    await expect.poll(() => large.locator("canvas[part=canvas]").evaluate((canvas) => canvas.width)).toBe(size);
    expect(await gap()).toBeLessThan(60);
    expect(await slider.evaluate((element) => element.getBoundingClientRect().top + scrollY)).toBeCloseTo(before, 0);
  }
});

test("the curve's ticks are round", async ({ page }) => {
  await open(page);
  const figure = page.locator("#training");
  await figure.scrollIntoViewIfNeeded();
  await figure.locator("button[name=train]").click();
  await expect.poll(() => figure.locator(".chart text").count(), { timeout: 40_000 }).toBeGreaterThan(5);
  const words = await figure.locator(".chart text").allTextContents();
  const ticks = words.filter((word) => !word.includes("s")).map(Number);
  ticks.forEach((tick, i) => expect(tick).toBe(i * ticks[1]));
  expect([1, 2, 5].some((digit) => String(ticks[1]).replace(/0+$/, "") === String(digit))).toBe(true);
  expect(words.filter((word) => word.endsWith(" s"))[0]).toBe("0 s");
});

test("the article's words on latents hold of its weights: three are used, and the defaults show an 8, a 3 between, and a 6", async ({ page }) => {
  const bytes = readFileSync(join(resolve(import.meta.dirname, "../.."), "www/weights/mnist.safetensors"));
  const end = 8 + Number(bytes.readBigUInt64LE(0));
  const { "decoder.weight_ih": { shape: [rows, columns], data_offsets: [from], dtype } } = JSON.parse(bytes.subarray(8, end).toString());
  expect([dtype, columns]).toEqual(["F16", 100]);
  const used = new Set();
  // The largest magnitude of a column, as half-precision numbers are ordered by their bits.
  for (let i = 0; i < rows * columns; i++) if ((bytes.readUInt16LE(end + from + 2 * i) & 0x7fff) > 0x1400) used.add(i % columns);
  expect(used.size).toBe(3);

  await open(page);
  const figure = page.locator("#latent");
  await figure.scrollIntoViewIfNeeded();
  await expect(figure.locator("input[name=to]")).toHaveValue("32");
  const way = figure.locator(".strip canvas").first();
  const shared = figure.locator(".strip canvas").nth(1);
  await expect.poll(async () => (await ink(way)).share).toBeGreaterThan(0.03);
  await expect.poll(async () => (await ink(shared)).share).toBeGreaterThan(0.03);
  /** Enclosed whites of a digit in a row: an 8 has two, a 6 one, a 3 none. */
  const holes = (canvas, count) => canvas.evaluate((element, count) => Array.from({ length: count }, (_, k) => {
    const side = Math.round(element.width / count);
    const { data } = element.getContext("2d").getImageData(k * side, 0, side, side);
    const seen = Array.from({ length: side * side }, (_, i) => data[4 * i + 3] > 100);
    let areas = 0;
    for (let start = 0; start < side * side; start++) {
      if (seen[start]) continue;
      const stack = [start];
      let size = 0;
      seen[start] = true;
      while (stack.length) {
        const at = stack.pop();
        size++;
        const [x, y] = [at % side, Math.floor(at / side)];
        for (const [nx, ny] of [[x - 1, y], [x + 1, y], [x, y - 1], [x, y + 1]]) {
          const next = ny * side + nx;
          if (nx < 0 || ny < 0 || nx >= side || ny >= side || seen[next]) continue;
          seen[next] = true;
          stack.push(next);
        }
      }
      if (size > 12) areas++;
    }
    return areas - 1;
  }), count);
  const between = await holes(way, 9);
  expect([between[0], between[4], between[8]]).toEqual([2, 0, 1]);
  expect((await holes(shared, 8)).filter((count) => count === 2).length).toBeGreaterThanOrEqual(6);
});

for (const colorScheme of ["light", "dark"]) {
  test(`printed: every figure is drawn, seen or not, in dark ink, and no control is there; ${colorScheme}`, async ({ page }) => {
    await prefer(page, { colorScheme });
    await open(page);
    await page.evaluate(() => (window.print = () => (document.documentElement.dataset.printed = "yes")));
    // The key waits for all to be drawn.
    await page.keyboard.press("Control+p");
    await expect(page.locator("html")).toHaveAttribute("data-printed", "yes", { timeout: 30_000 });
    for (const canvas of ["#lens canvas.ink", "#latent .strip canvas", "#pad figure:last-child canvas[part=canvas]", "#large canvas[part=canvas]"]) {
      for (const one of await page.locator(canvas).all()) expect((await ink(one)).share, canvas).toBeGreaterThan(0.01);
    }
    await expect(page.locator("#size tbody td").first()).not.toBeEmpty();
    await expect(page.locator("#random .chart .bin")).toHaveCount(48);
    const states = await page.locator("attentive-writer").evaluateAll((all) => all.slice(1).map((widget) => widget.state));
    expect(states).toEqual(["done", "done", "done", "done", "done", "done"]);
    await prefer(page, { colorScheme, media: "print" });
    for (const control of ["button:not(.term)", "input", "select", ".controls", ".downloads"]) {
      for (const one of await page.locator(control).all()) expect(await one.isVisible(), control).toBe(false);
    }
    // As a reader of the paper sees it: ink, darker than paper.
    const picture = await page.locator("#large").screenshot();
    const { darkest, lightest } = await page.evaluate(async (bytes) => {
      const bitmap = await createImageBitmap(new Blob([new Uint8Array(bytes)]));
      const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
      context.drawImage(bitmap, 0, 0);
      const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
      const greys = Array.from({ length: data.length / 4 }, (_, i) => (data[4 * i] + data[4 * i + 1] + data[4 * i + 2]) / 3);
      return { darkest: Math.min(...greys), lightest: greys.toSorted((a, b) => a - b)[Math.floor(greys.length * 0.9)] };
    }, [...picture]);
    expect(darkest).toBeLessThan(60);
    expect(lightest).toBeGreaterThan(240);
  });
}

test("printed by the browser's menu: what was not seen is drawn as well", async ({ page }) => {
  await open(page);
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  for (const canvas of ["#lens canvas.ink", "#latent .strip canvas"]) await expect.poll(async () => (await ink(page.locator(canvas).first())).share).toBeGreaterThan(0.01);
  for (const id of ["pad", "large"]) await expect(page.locator(`#${id}`)).toHaveAttribute("state", "done");
});
