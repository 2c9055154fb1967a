// Where it looks, by hand: what is moved is looked at again, and every number is the engine's.

import { expect, test } from "@playwright/test";
import { draw, ink, keepConsoleClean, openArticle, prefer, violations } from "./shared.js";

const DATA = ["images-idx3", "labels-idx1"].map((part) => `data/digits-${part}-ubyte.gz`);

keepConsoleClean();

const figure = (page) => page.locator("#looking");
const piece = (page, i) => figure(page).locator(`[data-piece="${i}"]`);
const image = (page) => figure(page).locator(".field canvas");

/** Opens the page at the figure; with `look` in the address it does not play by itself. */
async function open(page, address = "?seed=3&look=8") {
  await openArticle(page, "#looking .field", address);
  await figure(page).scrollIntoViewIfNeeded();
  await figure(page).locator(".field").scrollIntoViewIfNeeded();
  await expect(figure(page).locator(".verdict")).toHaveText([/%/, /%/]);
  await expect(figure(page).locator(":scope > div > .status")).toContainText("DRAW");
}

/** What the page shows of a model: its probabilities, and the box of its first square. */
const shown = (page, kind) =>
  figure(page).evaluate((root, kind) => ({
    probabilities: [...root.querySelectorAll(`.of-${kind} .odds i`)].map((bar) => parseFloat(bar.style.height) / 100),
    box: ["x", "y", "width"].map((name) => Number(root.querySelector(`.marks-${kind} rect`).getAttribute(name))),
  }), kind);

/** The same from the engine, asked on the page itself: of a digit of the set in clutter, with some pieces moved; and the
 *  variances of its gradients at glimpse 4, for some seeds. */
function expected(page, weights, { moved = {}, glimpse = 8, seeds = [] }) {
  return page.evaluate(async ({ data, weights, moved, glimpse, seeds }) => {
    const [engine, { relaxed }] = await Promise.all(["../pkg/attentive_writer.js", "wasm.js"].map((path) => import(new URL(path, location.href).href)));
    await engine.default({ module_or_path: new URL(`../pkg/attentive_writer${relaxed ? "_relaxed" : ""}_bg.wasm`, location.href) });
    const files = [...data, `weights/${weights}.safetensors`].map(async (path) => new Uint8Array(await (await fetch(path)).arrayBuffer()));
    const [images, labels, bytes] = await Promise.all(files);
    const field = new engine.Digits(images, labels).field(0, 41);
    field.draw(new engine.Dataset(images).image(0));
    for (const [i, [x, y]] of Object.entries(moved)) field.place(Number(i), x, y);
    const looker = new engine.Looker(bytes);
    const sight = looker.look(field.image());
    for (let t = 0; t < glimpse; t++) sight.step();
    const [x, y, stride, sigma] = sight.window();
    // A retina has its sides where a window has its stride.
    const half = looker.config.eye === "read" ? ((looker.config.patch - 1) * stride) / 2 + sigma : stride / 2;
    const variances = seeds.map((seed) => {
      const { pathwise, scoreWithBaseline, score } = looker.placeGradients(field.image(), 7, 3, 48, seed);
      return [pathwise, scoreWithBaseline, score].map((estimator) => estimator.variance);
    });
    return { probabilities: [...sight.probabilities()], box: [x - half, y - half, 2 * half], image: [...field.image()], variances };
  }, { data: DATA, weights, moved, glimpse, seeds });
}

async function agrees(page, kind, weights, what) {
  const { probabilities, box } = await expected(page, weights, what);
  await expect.poll(async () => Math.max(...(await shown(page, kind)).probabilities.map((p, i) => Math.abs(p - probabilities[i])))).toBeLessThan(1e-4);
  (await shown(page, kind)).box.forEach((v, i) => expect(v).toBeCloseTo(box[i], 3));
}

async function drag(page, i, dx, dy) {
  await piece(page, i).scrollIntoViewIfNeeded();
  const box = await piece(page, i).boundingBox();
  const scale = (await image(page).boundingBox()).width / 100;
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + dx * scale, y + dy * scale, { steps: 8 });
  await page.mouse.up();
}

const placeOf = async (page, i) => (await piece(page, i).getAttribute("aria-label")).match(/at (\d+), (\d+)/).slice(1).map(Number);

test("a digit that is dragged is looked at where it lies, as the engine does", async ({ page }) => {
  await open(page);
  await agrees(page, "read", "cluttered", {});
  await agrees(page, "retina", "ram", {});
  const before = await shown(page, "read");
  const told = await figure(page).locator(":scope > div > .status").textContent();
  const [x, y] = await placeOf(page, 8);
  await drag(page, 8, x > 36 ? -30 : 30, y > 36 ? -30 : 30);
  const to = await placeOf(page, 8);
  expect(Math.abs(to[0] - x)).toBeGreaterThan(20);
  await agrees(page, "read", "cluttered", { moved: { 8: to } });
  await agrees(page, "retina", "ram", { moved: { 8: to } });
  const after = await shown(page, "read");
  expect(Math.hypot(after.box[0] - before.box[0], after.box[1] - before.box[1])).toBeGreaterThan(10);
  expect(after.probabilities).not.toEqual(before.probabilities);
  await expect(figure(page).locator(":scope > div > .status")).not.toHaveText(told);
  await expect(figure(page).locator(":scope > div > .status")).toContainText(`The digit lies at ${to[0]}, ${to[1]}.`);
  // What the canvas shows is the engine's image.
  const { image: pixels } = await expected(page, "cluttered", { moved: { 8: to } });
  const alpha = await image(page).evaluate((canvas) => Array.from(canvas.getContext("2d").getImageData(0, 0, 100, 100).data).filter((_, i) => i % 4 === 3));
  expect(Math.max(...alpha.map((a, i) => Math.abs(a - 255 * pixels[i])))).toBeLessThan(1);
});

test("keys move a piece, no further than the field goes, and the address keeps it", async ({ page }) => {
  await open(page);
  const [x, y] = await placeOf(page, 2);
  await piece(page, 2).focus();
  const by = x > 50 ? -1 : 1;
  for (let i = 0; i < 3; i++) await page.keyboard.press(by > 0 ? "ArrowRight" : "ArrowLeft");
  const down = y > 50 ? "ArrowUp" : "ArrowDown";
  await page.keyboard.press(`Shift+${down}`);
  const to = [x + 3 * by, y + (down === "ArrowDown" ? 10 : -10)];
  await expect.poll(() => placeOf(page, 2)).toEqual(to);
  await agrees(page, "read", "cluttered", { moved: { 2: to } });
  await expect(page).toHaveURL(/pieces=/);
  await page.reload();
  await expect(figure(page).locator(".field")).toBeAttached();
  await figure(page).scrollIntoViewIfNeeded();
  await expect.poll(() => piece(page, 2).getAttribute("aria-label")).toContain(`at ${to[0]}, ${to[1]}`);
  await piece(page, 2).focus();
  for (let i = 0; i < 12; i++) await page.keyboard.press("Shift+ArrowLeft");
  await expect.poll(async () => (await placeOf(page, 2))[0]).toBe(0);
});

test("new clutter leaves the digit, a new digit leaves the clutter, and one is drawn", async ({ page }) => {
  await open(page);
  const at = () => Promise.all([0, 1, 8].map((i) => placeOf(page, i)));
  const first = { picture: (await ink(image(page))).hash, at: await at() };
  await figure(page).getByRole("button", { name: "New clutter" }).click();
  await expect.poll(async () => (await ink(image(page))).hash).not.toBe(first.picture);
  const second = { picture: (await ink(image(page))).hash, at: await at() };
  expect(second.at[2]).toEqual(first.at[2]);
  expect(second.at.slice(0, 2)).not.toEqual(first.at.slice(0, 2));
  await expect(page).toHaveURL(/clutter=\d+/);
  await figure(page).getByRole("button", { name: "New digit" }).click();
  await expect.poll(async () => (await ink(image(page))).hash).not.toBe(second.picture);
  expect(await at()).toEqual(second.at);
  const third = (await ink(image(page))).hash;
  await figure(page).getByRole("button", { name: "Draw a digit" }).click();
  await draw(page, figure(page).locator(".pad-host canvas"), [[0.5, 0.15], [0.5, 0.85]]);
  await expect.poll(async () => (await ink(image(page))).hash).not.toBe(third);
  await expect(figure(page).locator(":scope > div > .status")).toContainText("The digit is yours.");
  expect(await at()).toEqual(second.at);
});

test("it plays once when it is seen, waits, steps and is scrubbed", async ({ page }) => {
  await page.goto("?seed=3");
  await expect(figure(page).locator(".field")).toBeAttached();
  const range = figure(page).locator("input[name=look]");
  await expect(range).toHaveValue("8");
  await figure(page).locator(".field").scrollIntoViewIfNeeded();
  await expect.poll(() => range.inputValue()).not.toBe("8");
  const play = figure(page).locator("button[name=looks-play]");
  await play.click();
  await expect(play).toHaveText("Play");
  const held = Number(await range.inputValue());
  await page.waitForTimeout(1000);
  expect(Number(await range.inputValue())).toBe(held);
  await figure(page).locator("button[name=looks-step]").click();
  await expect(range).toHaveValue(String((held % 8) + 1));
  await range.fill("3");
  await agrees(page, "read", "cluttered", { glimpse: 3 });
  await agrees(page, "retina", "ram", { glimpse: 3 });
  await expect(figure(page).locator(":scope > div > .status")).toContainText("After glimpse 3");
});

test("without motion it does not play by itself", async ({ page }) => {
  await prefer(page, { reducedMotion: "reduce" });
  await open(page, "?seed=3");
  await page.waitForTimeout(1000);
  await expect(figure(page).locator("input[name=look]")).toHaveValue("8");
});

test("the gradients of a place, their variances and their ratio are the engine's", async ({ page }) => {
  await open(page);
  const fold = figure(page).locator("details.places");
  await fold.locator("summary").click();
  const variances = async () => (await fold.locator("tbody td:last-child").allTextContents()).map(Number);
  await expect(fold.locator(".arrows .one")).toHaveCount(96);
  await expect(fold.locator(".arrows .mean")).toHaveCount(2);
  const { variances: [first, second] } = await expected(page, "ram", { seeds: [1, 2] });
  // They are shown with two digits.
  const near = async (wanted) => {
    const seen = await variances();
    return seen.length === 3 && seen.every((v, i) => Math.abs(v - wanted[i]) <= 0.051 * wanted[i]);
  };
  await expect.poll(() => near(first)).toBe(true);
  expect(await near(second)).toBe(false);
  await expect(fold.locator(".status")).toContainText(/times that of the|vary alike/);
  await fold.getByRole("button", { name: "Resample" }).click();
  await expect.poll(() => near(second)).toBe(true);
});

test("nothing is fetched before the figure nears, and one model works without the other", async ({ page }) => {
  const asked = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname.split("/").at(-1)));
  await page.route("**/ram.safetensors", (route) => route.fulfill({ status: 200, body: "no weights" }));
  const own = ["cluttered.safetensors", "ram.safetensors", ...DATA.map((path) => path.split("/").at(-1))];
  await page.goto("?seed=3&look=8");
  await expect(page.locator("html")).toHaveAttribute("data-state", "ready");
  await expect(figure(page).locator(".field")).toBeAttached();
  await page.waitForTimeout(1500);
  expect(asked.filter((name) => own.includes(name))).toEqual([]);
  await figure(page).scrollIntoViewIfNeeded();
  await expect(figure(page).locator(".of-retina .failed")).toContainText("ram.safetensors");
  expect(asked.filter((name) => own.includes(name)).sort()).toEqual([...own].sort());
  await agrees(page, "read", "cluttered", {});
});

for (const colorScheme of ["light", "dark"]) {
  test(`no accessibility violations, ${colorScheme}`, async ({ page }) => {
    await prefer(page, { colorScheme });
    await open(page);
    await figure(page).getByRole("button", { name: "Draw a digit" }).click();
    await figure(page).locator("details.places summary").click();
    await expect(figure(page).locator(".arrows .one")).toHaveCount(96);
    expect(await violations(page, "section[aria-labelledby=looks]")).toEqual([]);
  });
}
