// What the specs share.

import { existsSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import AxeBuilder from "@axe-core/playwright";
import { expect, test } from "@playwright/test";

/** Share of a canvas that is inked, and a sum that tells pictures apart. */
export function ink(locator) {
  return locator.evaluate((canvas) => {
    if (!canvas.width || !canvas.height) return { share: 0, hash: 0 };
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let sum = 0;
    let hash = 0;
    for (let i = 3; i < data.length; i += 4) {
      sum += data[i];
      hash = (hash * 31 + data[i]) | 0;
    }
    return { share: sum / 255 / (data.length / 4), hash };
  });
}

/** Gathers what a visitor's console would show as errors. */
export function watchConsole(page) {
  const problems = [];
  // A browser asks every page for an icon; only ours have one.
  const counts = (message) => message.type() === "error" && !message.location().url.endsWith("/favicon.ico");
  page.on("console", (message) => counts(message) && problems.push(message.text()));
  page.on("pageerror", (error) => problems.push(error.message));
  return problems;
}

/** In a spec: no test of it may leave an error in a visitor's console. */
export function keepConsoleClean() {
  let problems;
  test.beforeEach(({ page }) => {
    problems = watchConsole(page);
  });
  test.afterEach(() => expect(problems).toEqual([]));
}

/** Opens the article, until it is ready, a part of it is there that comes after the first strokes, and nothing more
 *  comes that would move what lies below: the lines under its figures are the last. */
export async function openArticle(page, part, address = "?seed=3") {
  await page.goto(address);
  await expect(page.locator("html")).toHaveAttribute("data-state", "ready");
  await expect(page.locator(part).first()).toBeAttached();
  await expect(page.locator(".tools").first()).toBeAttached();
}

/** What axe finds against a page's accessibility, or against a part of it: each rule, and where it is broken. */
export async function violations(page, part = "html") {
  const found = await new AxeBuilder({ page }).include(part).analyze();
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join("; ").slice(0, 400)}`);
}

/** What a system's user prefers, and the medium, as media queries. */
const QUERIES = {
  colorScheme: (scheme) => `(prefers-color-scheme: ${scheme})`,
  reducedMotion: (motion) => `(prefers-reduced-motion: ${motion})`,
  media: (medium) => medium,
};

/** Sets what the user prefers. Only Chromium lets a test do so: elsewhere the test is skipped if the browser does not
 *  prefer it by itself. */
export async function prefer(page, media) {
  await page.emulateMedia(media);
  const queries = Object.entries(media).map(([name, value]) => QUERIES[name](value));
  const lacking = await page.evaluate((queries) => queries.filter((query) => !matchMedia(query).matches), queries);
  test.skip(lacking.length > 0, `this browser is not ${lacking.join(", ")}`);
}

/** Opens a page of our own making, of the same origin, with the widget's script. */
export async function host(page, body, { style = "" } = {}) {
  const html = `<!doctype html><meta charset="utf-8"><title>Host</title><link rel="icon" href="icon.svg"><style>${style}</style><script type="module" src="element.js"></script>${body}`;
  await page.route("**/host.html", (route) => route.fulfill({ contentType: "text/html", body: html }));
  await page.goto("host.html");
}

/** Draws a line through points, shares of a canvas's box. */
export async function draw(page, canvas, points) {
  await canvas.scrollIntoViewIfNeeded();
  // A widget that was far off is built when it nears.
  await expect.poll(() => canvas.evaluate((element) => {
    const { host } = element.getRootNode();
    return !host?.matches("attentive-writer") || host.glimpses > 0 || host.state === "error";
  })).toBe(true);
  // What lies above may still be coming.
  let box = null;
  await expect.poll(async () => {
    const before = box;
    box = await canvas.boundingBox();
    return before?.y === box.y;
  }).toBe(true);
  const [first, ...rest] = points.map(([x, y]) => [box.x + box.width * x, box.y + box.height * y]);
  await page.mouse.move(...first);
  await page.mouse.down();
  for (const point of rest) await page.mouse.move(...point, { steps: 6 });
  await page.mouse.up();
}

/** Serves a folder under a path, for any origin. */
export async function serve(folder, base = "/") {
  const types = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm", ".css": "text/css", ".svg": "image/svg+xml" };
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://x").pathname);
    let file = join(folder, path.slice(base.length));
    if (existsSync(file) && statSync(file).isDirectory()) file = join(file, "index.html");
    if (!path.startsWith(base) || !existsSync(file)) return response.writeHead(404).end();
    const headers = { "content-type": types[extname(file)] ?? "application/octet-stream", "access-control-allow-origin": "*" };
    response.writeHead(200, headers).end(readFileSync(file));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}${base}`, close: () => server.close() };
}
