// The page as .ci/site.mjs writes it, under a sub-path of a host that knows nothing but files.

import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { draw, ink, serve } from "../browser/shared.js";
import { drawsAndRedraws, root, run, scribble, watch } from "./kit.js";

const folder = join(root, "target/projects/site");
const write = () => run(root, ["node", ".ci/site.mjs", folder]);

test.beforeAll(() => {
  rmSync(folder, { recursive: true, force: true });
  expect(write()).toMatch(/version [0-9a-f]{12}, \d+ files/);
});

test("draws, redraws, and does without a network when it has been seen", async ({ page, context }) => {
  const problems = watch(page);
  const paths = [];
  context.on("request", (request) => paths.push(new URL(request.url()).pathname));
  const server = await serve(folder, "/some/where/");
  await page.goto(`${server.url}?seed=3`);
  await expect(page.locator("html")).toHaveAttribute("data-state", "ready");
  const wall = page.locator("#wall");
  await wall.evaluate((element) => (element.speed = 60));
  await expect(wall).toHaveAttribute("state", "done");
  expect((await ink(wall.locator("canvas[part=canvas]"))).share).toBeGreaterThan(0.05);
  const pad = page.locator("#pad");
  await draw(page, pad.locator("canvas[part=pad]"), scribble);
  await expect(pad).toHaveAttribute("state", "done");
  // All figures, so that all that is loaded late is asked for.
  for (const figure of await page.locator(".figure").all()) if (await figure.isVisible()) await figure.scrollIntoViewIfNeeded();
  await page.waitForLoadState("networkidle");
  expect(problems).toEqual([]);
  // Few requests stand before the first glimpse: one sheet, and one for print, which comes after it.
  const html = readFileSync(join(folder, "index.html"), "utf8");
  expect([...html.matchAll(/rel="stylesheet" href="[0-9a-f]{12}\/www\/([^"]*)"/g)].map(([, name]) => name)).toEqual(["sheets.css", "print.css"]);
  expect(paths.filter((path) => !/^\/some\/where\/($|offline\.js$|[0-9a-f]{12}\/(www|pkg)\/)/.test(path) && path !== "/favicon.ico")).toEqual([]);

  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("data-state", "ready");
  await page.waitForLoadState("networkidle");
  server.close();
  await context.setOffline(true);
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("data-state", "ready");
  await wall.scrollIntoViewIfNeeded();
  await expect(wall).toHaveAttribute("state", /drawing|done/);
});

test("its pages for embedding, and its modules for others", async ({ page }) => {
  const server = await serve(folder, "/some/where/");
  const problems = watch(page);
  for (const name of readdirSync(join(folder, "embed"))) {
    await page.goto(`${server.url}embed/${name}`);
    const widget = (name === "markdown.html" ? page.frameLocator("iframe") : page).locator("attentive-writer").first();
    await expect(widget).toHaveAttribute("state", /idle|drawing|done/);
  }
  expect(problems).toEqual([]);

  const other = join(root, "target/projects/elsewhere");
  rmSync(other, { recursive: true, force: true });
  mkdirSync(other, { recursive: true });
  writeFileSync(join(other, "index.html"), `<!doctype html><script type="module" src="${server.url}www/element.js"></script>
    <attentive-writer id="wall" seed="1" count="4" size="64" speed="60" autoplay></attentive-writer>
    <attentive-writer id="pad" mode="redraw" speed="60"></attentive-writer>
    <script type="module">
      import init, { instructionSet } from "${server.url}pkg/attentive_writer.js";
      await init();
      document.body.dataset.set = instructionSet();
    </script>`);
  const elsewhere = await serve(other);
  await drawsAndRedraws(page, elsewhere.url);
  await expect(page.locator("body")).toHaveAttribute("data-set", "simd128");
  elsewhere.close();
  server.close();
});

test("its own address and its sources, by setting", () => {
  const to = join(root, "target/projects/addressed");
  rmSync(to, { recursive: true, force: true });
  const page = readFileSync(join(folder, "index.html"), "utf8");
  expect(page).not.toContain("canonical");
  expect(page).toContain('<a data-source="src/draw/">');
  run(root, ["env", "SITE=https://digits.example/draw", "SOURCE=https://code.example/blob/main", "node", ".ci/site.mjs", to]);
  const addressed = readFileSync(join(to, "index.html"), "utf8");
  expect(addressed).toContain('<link rel="canonical" href="https://digits.example/draw/" />');
  expect(addressed).toContain('<meta property="og:image" content="https://digits.example/draw/card.png" />');
  expect(addressed).toContain('href="https://code.example/blob/main/src/draw/"');
  expect(addressed).toContain("https://digits.example/draw/www/element.js");
  expect(addressed).not.toMatch(/data-source|YOUR\.SITE/);
  // A line to embed names a page that is there.
  const [, embedded] = /https:\/\/digits\.example\/draw\/(embed\/[^?]*)/.exec(readFileSync(join(to, "embed/markdown.html"), "utf8"));
  expect(existsSync(join(to, embedded))).toBe(true);
  expect(existsSync(join(to, "card.png"))).toBe(true);
  expect(() => run(root, ["env", "SITE=digits", "node", ".ci/site.mjs", to])).toThrow(/expected an address/);
});

test("the version before is kept, and nothing that is not a site is touched", () => {
  const [version] = readdirSync(folder).filter((name) => /^[0-9a-f]{12}$/.test(name));
  for (const [name, seconds] of [["000000000000", 1000], ["111111111111", 2000]]) {
    mkdirSync(join(folder, name));
    utimesSync(join(folder, name), seconds, seconds);
  }
  expect(write()).toContain("111111111111 is kept");
  expect(readdirSync(folder).filter((name) => /^[0-9a-f]{12}$/.test(name)).sort()).toEqual([version, "111111111111"].sort());
  expect(readFileSync(join(folder, "index.html"), "utf8")).toContain(`src="${version}/www/main.js"`);

  const mine = join(root, "target/projects/mine");
  mkdirSync(mine, { recursive: true });
  writeFileSync(join(mine, "letter.txt"), "dear");
  expect(() => run(root, ["node", ".ci/site.mjs", mine])).toThrow(/holds something else/);
  expect(existsSync(join(mine, "letter.txt"))).toBe(true);
});
