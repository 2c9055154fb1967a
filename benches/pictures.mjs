// The README's pictures, and the one that others show beside a link to the page, by the weights as they are:
// `node benches/pictures.mjs`, after the test command has set things up.
// Writes www/media/page.png, www/media/draw.gif and www/card.png; `node benches/pictures.mjs card` the last alone.

import { execFileSync } from "node:child_process";
import { draw } from "../tests/browser/shared.js";
import { launch } from "./browser/launch.mjs";

const [SEED, GLIMPSE] = [1, 38];
/** A glimpse at which one can tell what most digits will be. */
const CARD = 50;
/** A two, in shares of the pad. */
const TWO = [[0.28, 0.32], [0.4, 0.18], [0.6, 0.18], [0.72, 0.34], [0.64, 0.5], [0.3, 0.8], [0.74, 0.8]];

const { browser, url, close } = await launch();

/** Three figures of the page, one below the other: the wall, the machine, and the pad with a scribble of ours. */
async function readme() {
  const context = await browser.newContext({ viewport: { width: 1100, height: 1330 }, colorScheme: "light" });
  const page = await context.newPage();
  const seek = (widget, glimpse) =>
    page.locator(widget).evaluate(async (element, g) => {
      await element.seek(g);
      if (element.glimpse !== g) throw new Error(`at glimpse ${element.glimpse}`);
    }, glimpse);
  await page.goto(`${url}?seed=${SEED}&machine=${GLIMPSE}`);
  await page.locator("#wall[state=drawing], #wall[state=done]").waitFor();
  await page.locator("#glimpses").scrollIntoViewIfNeeded();
  await page.locator("#glimpses .status", { hasText: `After glimpse ${GLIMPSE}` }).waitFor();
  await page.locator("#pad").scrollIntoViewIfNeeded();
  await page.waitForFunction(() => document.querySelector("#pad").glimpses);
  await draw(page, page.locator("#pad canvas[part=pad]"), TWO);
  await page.locator("#pad[state=drawing]").waitFor();
  await seek("#pad", GLIMPSE);
  await seek("#wall", GLIMPSE);
  await page.mouse.move(0, 0);
  const figures = [];
  for (const figure of ["#wall", "#glimpses .machine", "#pad"]) {
    await page.locator(figure).scrollIntoViewIfNeeded();
    await page.waitForTimeout(500);
    figures.push(await page.locator(figure).screenshot());
  }
  const sheet = await context.newPage();
  const pictures = figures.map((bytes) => `<img src="data:image/png;base64,${bytes.toString("base64")}">`).join("");
  await sheet.setContent(`<style>body { margin: 0; padding: 32px; display: grid; gap: 40px; background: #fffdf8 } img { display: block; width: 100% }</style>${pictures}`);
  await sheet.screenshot({ path: "www/media/page.png", fullPage: true });
  await context.close();
}

/** The card: the name, and digits half drawn, 1200 × 630. */
async function card() {
  const page = await (await browser.newContext({ viewport: { width: 1200, height: 630 }, colorScheme: "light" })).newPage();
  await page.goto(`${url}embed/frame.html?count=21&size=160&seed=${SEED}&theme=light`);
  await page.locator("attentive-writer[state=drawing], attentive-writer[state=done]").waitFor();
  await page.evaluate(async (glimpse) => {
    const widget = document.querySelector("attentive-writer");
    widget.controls = false;
    await new Promise((resolve) => widget.addEventListener("ready", resolve, { once: true }));
    await widget.seek(glimpse);
    const title = Object.assign(document.createElement("p"), { textContent: "Attentive Writer: a neural network that draws, explained" });
    Object.assign(title.style, { font: "500 42px/1 Palatino, Georgia, serif", margin: "0", padding: "46px 40px 30px", color: "#1c1a17" });
    document.body.prepend(title);
    Object.assign(document.body.style, { background: "#fffdf8", padding: "0 40px" });
  }, CARD);
  await page.waitForTimeout(500);
  await page.screenshot({ path: "www/card.png" });
}

try {
  if (process.argv[2] !== "card") await readme();
  await card();
} finally {
  await close();
}
if (process.argv[2] === "card") process.exit();
const sheet = ["--count", "12", "--seed", "3", "--columns", "6", "--size", "56", "--out", "www/media/draw.gif"];
execFileSync("cargo", ["run", "--quiet", "--locked", "--release", "--", "sample", "--weights", "www/weights/mnist.safetensors", ...sheet], { stdio: "inherit" });
