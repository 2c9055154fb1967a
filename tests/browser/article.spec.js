// What goes over the whole article: contents that follow, addresses to copy, words explained, code that runs, and what
// the page says when it was opened from disk.

import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "@playwright/test";
import { keepConsoleClean, openArticle, violations } from "./shared.js";

const root = resolve(import.meta.dirname, "../..");
/** Sections that others link to, in the story's order; some come with their own figures. */
const STORY = ["watch", "machine", "cost", "redraw", "attention", "looks", "anysize", "randomness", "autoencoder", "latentspace", "images", "learning", "numbers", "made", "cite", "embed"];
const WORDS = ["glimpse", "latent", "prior", "posterior", "KL", "nat", "bound", "LSTM", "filterbank", "stride"];

keepConsoleClean();

const open = (page, address) => openArticle(page, "#contents a", address);

const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
const current = (page) => page.locator("#contents [aria-current]");

test("the list of contents has every section, in the story's order, and follows the reader", async ({ page }) => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await open(page);
  const ids = await page.locator("main > section > h2").evaluateAll((all) => all.map(({ id }) => id));
  expect(ids).toEqual(STORY.filter((id) => ids.includes(id)));
  for (const id of ["watch", "redraw", "attention", "looks", "anysize", "randomness", "autoencoder", "latentspace", "learning", "numbers", "cite", "embed"]) expect(ids).toContain(id);
  const links = page.locator("#contents a");
  expect(await links.evaluateAll((all) => all.map((link) => link.getAttribute("href")))).toEqual(ids.map((id) => `#${id}`));
  await expect(links.first()).toBeVisible();
  await expect(current(page)).toHaveAttribute("href", "#watch");
  // By scrolling, each in its turn, down to the last.
  for (const id of ["attention", "autoencoder", "learning"]) {
    await page.locator(`#${id}`).evaluate((heading) => scrollTo(0, heading.getBoundingClientRect().top + scrollY - 100));
    await expect(current(page)).toHaveAttribute("href", `#${id}`);
  }
  await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
  await expect(current(page)).toHaveAttribute("href", "#embed");
  await expect(current(page)).toHaveCount(1);
  // By a click, also where the page ends before the heading comes to its top.
  await links.filter({ hasText: "Cite" }).click();
  await expect(current(page)).toHaveAttribute("href", "#cite");
  await expect(page).toHaveURL(/#cite$/);
});

test("on a phone the contents are folded; a section's link unfolds no gap and covers no heading", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await open(page);
  const fold = page.locator("#contents button");
  const first = page.locator("#contents a").first();
  await expect(first).toBeHidden();
  await expect(fold).toHaveText("Contents: Watch it draw");
  await fold.click();
  await expect(first).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(first).toBeHidden();
  await expect(fold).toBeFocused();
  await fold.click();
  await page.locator("#contents a", { hasText: "Attention is arithmetic" }).click();
  await expect(first).toBeHidden();
  await expect(fold).toHaveText("Contents: Attention is arithmetic");
  const [bar, heading] = await Promise.all(["#contents", "#attention"].map((selector) => page.locator(selector).boundingBox()));
  expect(heading.y).toBeGreaterThanOrEqual(bar.y + bar.height);
  expect(await overflow(page)).toBeLessThanOrEqual(0);
});

test("a heading's link copies its section's address, without what the figures show", async ({ page, context, browserName }) => {
  test.skip(browserName !== "chromium", "the clipboard can be read in Chromium alone");
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await open(page, "?seed=3&digit=2");
  const link = page.locator("#looks + .anchor");
  await link.focus();
  await page.keyboard.press("Enter");
  await expect(page.locator(".told")).toHaveText("address copied");
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(new URL(copied).hash).toBe("#looks");
  expect(new URL(copied).search).toBe("");
  await expect(page).toHaveURL(/#looks$/);
  // A citation, from its block.
  await page.locator("section[aria-labelledby=cite] .code button").first().click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/^@inproceedings\{gregor2015draw,[^]*pages {5}= \{1462--1471\}/);
});

test("a heading with its link wraps at 360 pixels without running over the edge", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await open(page);
  for (const anchor of await page.locator(".anchor").all()) {
    const { x, width } = await anchor.boundingBox();
    expect(x + width).toBeLessThanOrEqual(360);
  }
});

test("ten words are explained, by keyboard and by touch, and a note stays on the page", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await open(page);
  const named = await page.locator(".term").evaluateAll((all) => [...new Set(all.map((term) => term.dataset.term))]);
  expect(named.toSorted()).toEqual(WORDS.toSorted());
  const term = page.locator(".term[data-term=glimpse]").first();
  const note = term.locator("+ .note");
  await expect(note).toBeHidden();
  await term.focus();
  await page.keyboard.press("Enter");
  await expect(note).toBeVisible();
  await expect(note).toContainText("A glimpse is one step of the network");
  expect(await violations(page)).toEqual([]);
  const [word, box] = await Promise.all([term, note].map((one) => one.boundingBox()));
  expect(box.x).toBeGreaterThanOrEqual(0);
  expect(box.x + box.width).toBeLessThanOrEqual(360);
  expect(box.y).toBeGreaterThanOrEqual(word.y + word.height - 1);
  await page.keyboard.press("Escape");
  await expect(note).toBeHidden();
  await expect(term).toBeFocused();
  // Clicked again it closes.
  await term.click();
  await expect(note).toBeVisible();
  await term.click();
  await expect(note).toBeHidden();
  for (const other of await page.locator(".term").all()) {
    await other.click();
    await expect(page.locator(".note:popover-open")).toHaveCount(1);
    await page.keyboard.press("Escape");
  }
  expect(await overflow(page)).toBeLessThanOrEqual(0);
});

test("every figure has a question before it, whose answer is behind a fold", async ({ page }) => {
  await open(page);
  for (const question of await page.locator(".predict").all()) {
    await expect(question.locator("p")).toBeHidden();
    expect(await question.locator("summary").textContent()).toMatch(/^\s*Before .*\?\s*$/);
  }
  // Each section that has a figure has a question.
  const without = await page.locator("main > section").evaluateAll((all) =>
    all.filter((section) => section.querySelector("attentive-writer, .figure") && !section.querySelector(".predict")).map((section) => section.querySelector("h2").id));
  expect(without).toEqual([]);
  await page.locator(".predict summary").first().click();
  await expect(page.locator(".predict p").first()).toBeVisible();
});

test("a figure as code is the file that runs", async ({ page }) => {
  await open(page);
  // Each section that has a figure has a program.
  const without = await page.locator("main > section").evaluateAll((all) =>
    all.filter((section) => section.querySelector("attentive-writer, .figure") && !section.querySelector(".as-code")).map((section) => section.querySelector("h2").id));
  expect(without).toEqual([]);
  const fold = page.locator("section[aria-labelledby=redraw] .as-code");
  await fold.locator("summary").click();
  await expect(fold.locator("code")).toContainText("writer.redraw(normalise(scribble, 100, 100)");
  expect(await fold.locator("code").textContent()).toBe(readFileSync(join(root, "www/code/redraw.js"), "utf8").trimEnd());
  await fold.locator("button").click();
  await expect(fold.locator("button")).toHaveText(/Copied|Selected/);
  await fold.scrollIntoViewIfNeeded();
  expect(await violations(page)).toEqual([]);
});

test("opened from disk the page says why nothing draws, and names the file that does", async ({ browser }) => {
  const page = await browser.newPage();
  await page.goto(pathToFileURL(join(root, "www/index.html")).href);
  const notice = page.locator("#disk");
  await expect(notice).toBeVisible();
  await expect(notice).toContainText("opened from disk");
  const link = notice.locator("a");
  await expect(link).toHaveText("target/attentive-writer.html");
  // It is where .ci/single.mjs writes the file, seen from the page.
  const script = readFileSync(join(root, ".ci/single.mjs"), "utf8");
  expect(script).toContain('"target/attentive-writer.html"');
  expect(new URL(await link.getAttribute("href"), page.url()).href).toBe(pathToFileURL(join(root, "target/attentive-writer.html")).href);
  await page.close();
});

test("what goes over the article is asked for after the first glimpse", async ({ page }) => {
  await page.addInitScript(() => {
    new MutationObserver((_, observer) => {
      if (!(document.querySelector("#wall")?.["glimpse"] > 0)) return;
      observer.disconnect();
      window["first"] = performance.now();
    }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["glimpse"] });
  });
  await open(page);
  const { first, asked } = await page.evaluate(() => ({
    first: window["first"],
    asked: performance.getEntriesByType("resource").filter(({ name }) => /\/(article|code)\/|finished|card/.test(name)).map(({ name, startTime }) => [name, startTime]),
  }));
  expect(asked.length).toBeGreaterThan(5);
  for (const [name, start] of asked) expect(start, name).toBeGreaterThan(first);
});

test("served, the page keeps still about disks, and tells others what it is", async ({ page }) => {
  await open(page);
  await expect(page.locator("#disk")).toBeHidden();
  const content = (name) => page.locator(`meta[property="${name}"]`).getAttribute("content");
  expect(await content("og:title")).toBe(await page.title());
  expect((await content("og:description")).length).toBeGreaterThan(60);
  await expect(page.locator("meta[name=robots]")).toHaveAttribute("content", /index/);
  const picture = await page.request.get(await content("og:image"));
  expect(picture.headers()["content-type"]).toBe("image/png");
  const bytes = await picture.body();
  expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20)]).toEqual([1200, 630]);
  expect([await content("og:image:width"), await content("og:image:height")]).toEqual(["1200", "630"]);
  expect(bytes.length).toBeLessThan(300_000);
});
