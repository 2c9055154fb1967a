// The README's pictures, by the weights as they are: `node benches/pictures.mjs`, after the test command has set things up.
// Writes www/media/page.png and www/media/draw.gif.

import { execFileSync } from "node:child_process";
import { draw } from "../tests/browser/shared.js";
import { launch } from "./browser/launch.mjs";

const [SEED, GLIMPSE] = [1, 34];
/** A two, in shares of the pad. */
const TWO = [[0.28, 0.32], [0.4, 0.18], [0.6, 0.18], [0.72, 0.34], [0.64, 0.5], [0.3, 0.8], [0.74, 0.8]];

const { browser, url, close } = await launch();
const page = await (await browser.newContext({ viewport: { width: 1100, height: 1330 }, colorScheme: "light" })).newPage();
const seek = (widget, glimpse) =>
  page.locator(widget).evaluate(async (element, g) => {
    await element.seek(g);
    if (element.glimpse !== g) throw new Error(`at glimpse ${element.glimpse}`);
  }, glimpse);
await page.goto(`${url}?seed=${SEED}`);
await page.locator("#wall[state=drawing], #wall[state=done]").waitFor();
await page.locator("#pad").scrollIntoViewIfNeeded();
await page.waitForFunction(() => document.querySelector("#pad").glimpses);
await draw(page, page.locator("#pad canvas[part=pad]"), TWO);
await page.locator("#pad[state=drawing]").waitFor();
await seek("#pad", GLIMPSE);
await seek("#wall", GLIMPSE);
await page.mouse.move(0, 0);
await page.evaluate(() => scrollTo(0, 0));
await page.waitForTimeout(500);
await page.screenshot({ path: "www/media/page.png" });
await close();

const sheet = ["--count", "12", "--seed", "3", "--columns", "6", "--size", "56", "--out", "www/media/draw.gif"];
execFileSync("cargo", ["run", "--quiet", "--locked", "--release", "--", "sample", "--weights", "www/weights/mnist.safetensors", ...sheet], { stdio: "inherit" });
