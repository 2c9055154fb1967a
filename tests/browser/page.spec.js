// The real page in a real browser, used by clicking.

import { expect, test } from "@playwright/test";
import { draw, host, ink, watchConsole } from "./shared.js";

/** Problems that a visitor's console would show. */
let problems;

test.beforeEach(({ page }) => {
  problems = watchConsole(page);
});

const html = (page) => page.locator("html");
const wall = (page) => page.locator("#wall");
const pad = (page) => page.locator("#pad");

async function open(page, address = "?seed=3") {
  await page.goto(address);
  await expect(html(page)).toHaveAttribute("data-state", "ready");
}

/** Goes to the pad, which is laid anew when its weights come. */
async function near(page) {
  await pad(page).scrollIntoViewIfNeeded();
  await expect.poll(() => pad(page).evaluate((element) => element.glimpses)).toBe(64);
}

async function scribble(page) {
  // What lies above the pad has come: the lines under the figures are the last.
  await expect(page.locator(".tools").first()).toBeAttached();
  await near(page);
  await draw(page, pad(page).locator("canvas[part=pad]"), [[0.3, 0.35], [0.4, 0.2], [0.6, 0.2], [0.68, 0.35], [0.6, 0.5], [0.3, 0.82], [0.75, 0.8]]);
  expect((await ink(pad(page).locator("canvas[part=pad]"))).share, "the strokes are on the pad").toBeGreaterThan(0.05);
}

test("opens and draws to the last glimpse", async ({ page }) => {
  await open(page);
  await expect(wall(page)).toHaveAttribute("state", "drawing");
  const canvas = wall(page).locator("canvas[part=canvas]");
  const windows = wall(page).locator("canvas[part=windows]");
  await expect.poll(async () => (await ink(windows)).share, { message: "windows are drawn" }).toBeGreaterThan(0.001);
  const fog = await ink(canvas);
  await wall(page).evaluate((element) => (element.speed = 60));
  await expect(wall(page)).toHaveAttribute("state", "done");
  await expect(wall(page)).toHaveAttribute("glimpse", "64");
  const digits = await ink(canvas);
  expect(digits.hash).not.toBe(fog.hash);
  expect(digits.share).toBeGreaterThan(0.05);
  expect(digits.share).toBeLessThan(0.3);
  expect((await ink(windows)).share, "the finished wall has no windows").toBe(0);
  expect(problems).toEqual([]);
});

test("the same seed draws the same wall, another seed another", async ({ page }) => {
  const picture = async (address) => {
    await open(page, address);
    await wall(page).evaluate((element) => element.seek(64));
    await expect(wall(page)).toHaveAttribute("state", "done");
    return (await ink(wall(page).locator("canvas[part=canvas]"))).hash;
  };
  const first = await picture("?seed=3");
  expect(await picture("?seed=4")).not.toBe(first);
  expect(await picture("?seed=3")).toBe(first);
});

test("pause holds, step moves one glimpse, play goes on", async ({ page }) => {
  await open(page);
  const glimpse = async () => Number(await wall(page).getAttribute("glimpse"));
  await expect.poll(glimpse).toBeGreaterThan(2);
  await wall(page).locator("button[name=play]").click();
  await expect(wall(page)).toHaveAttribute("state", "paused");
  // A frame that was asked for before the click may still come.
  await page.waitForTimeout(200);
  const held = await glimpse();
  await page.waitForTimeout(800);
  expect(await glimpse()).toBe(held);
  await wall(page).locator("button[name=step]").click();
  await expect(wall(page)).toHaveAttribute("glimpse", String(held + 1));
  await wall(page).locator("button[name=play]").click();
  await expect(wall(page)).toHaveAttribute("state", "drawing");
  await expect.poll(glimpse).toBeGreaterThan(held + 3);
  expect(problems).toEqual([]);
});

test("scrub goes back to what was shown, by the range and by the keyboard", async ({ page }) => {
  await open(page);
  const canvas = wall(page).locator("canvas[part=canvas]");
  const range = wall(page).locator("input[name=glimpse]");
  await range.fill("12");
  await expect(wall(page)).toHaveAttribute("glimpse", "12");
  await expect(wall(page)).toHaveAttribute("state", "paused");
  const early = await ink(canvas);
  await range.fill("50");
  await expect(wall(page)).toHaveAttribute("glimpse", "50");
  expect((await ink(canvas)).hash).not.toBe(early.hash);
  await range.fill("13");
  await range.press("ArrowLeft");
  await expect(wall(page)).toHaveAttribute("glimpse", "12");
  expect((await ink(canvas)).hash).toBe(early.hash);
  expect(problems).toEqual([]);
});

test("out of sight a drawing waits, and goes on when it is seen again", async ({ page }) => {
  await open(page);
  const large = page.locator("#large");
  await expect(large).toHaveAttribute("state", "idle");
  await page.waitForTimeout(500);
  await expect(large).not.toHaveAttribute("glimpse", /[1-9]/);
  await large.scrollIntoViewIfNeeded();
  await expect(large).toHaveAttribute("state", "drawing");
  await expect(wall(page)).toHaveAttribute("state", "paused");
  await wall(page).scrollIntoViewIfNeeded();
  await expect(wall(page)).toHaveAttribute("state", "drawing");
  expect(problems).toEqual([]);
});

test("a glimpse that was under way when the drawing left sight, or was paused, is the last one", async ({ page }) => {
  // Each glimpse takes so long that one is always under way.
  await page.addInitScript(() => {
    const post = Worker.prototype.postMessage;
    Worker.prototype.postMessage = function (message, ...rest) {
      setTimeout(() => post.call(this, message, ...rest), message.type === "step" ? 250 : 0);
    };
  });
  await open(page);
  const glimpse = async () => Number(await wall(page).getAttribute("glimpse"));
  await expect.poll(glimpse).toBeGreaterThan(1);
  await page.locator("#large").scrollIntoViewIfNeeded();
  await expect(wall(page)).toHaveAttribute("state", "paused");
  const held = await glimpse();
  await page.waitForTimeout(1200);
  expect(await glimpse()).toBeLessThanOrEqual(held + 1);
  await wall(page).scrollIntoViewIfNeeded();
  await expect(wall(page)).toHaveAttribute("state", "drawing");
  // Paused and played on while a glimpse is under way, it draws on once.
  const { drawn, seconds } = await wall(page).evaluate(async (element) => {
    element.speed = 1;
    const [glimpse, start] = [element.glimpse, performance.now()];
    for (let i = 0; i < 6; i++) {
      element.pause();
      element.play();
    }
    await new Promise((resolve) => setTimeout(resolve, 2000));
    return { drawn: element.glimpse - glimpse, seconds: (performance.now() - start) / 1000 };
  });
  expect(drawn).toBeGreaterThan(0);
  expect(drawn).toBeLessThanOrEqual(2 + seconds);
  expect(problems).toEqual([]);
});

test("a new seed goes into the address", async ({ page }) => {
  await open(page);
  await expect(page).toHaveURL(/seed=3/);
  await wall(page).locator("button[name=seed]").click();
  await expect(page).not.toHaveURL(/seed=3$/);
  const seed = await wall(page).getAttribute("seed");
  await expect(page).toHaveURL(new RegExp(`seed=${seed}$`));
  await expect(wall(page)).toHaveAttribute("state", "drawing");
});

test("redraw answers a scribble", async ({ page }) => {
  await open(page);
  await scribble(page);
  await expect(pad(page)).toHaveAttribute("state", "drawing");
  const seen = pad(page).locator("figure").nth(1);
  const drawn = pad(page).locator("figure").nth(3);
  const colored = (locator) => expect.poll(async () => (await ink(locator.locator(".windows").first())).share).toBeGreaterThan(0.001);
  await colored(seen);
  await colored(drawn);
  const error = pad(page).locator("figure").nth(2);
  await colored(error);
  // Two patches of two by two: of the image, and of the error.
  for (const figure of [seen, error]) {
    const patch = figure.locator(".patch .ink");
    expect(await patch.evaluate((canvas) => canvas.width)).toBe(2);
    expect((await ink(patch)).share).toBeGreaterThan(0.01);
  }
  await expect(pad(page).getByRole("status")).toContainText("nats");
  await pad(page).evaluate((element) => element.seek(64));
  await expect(pad(page)).toHaveAttribute("state", "done");
  // What it wrote covers what it read.
  const overlap = await pad(page).evaluate((element) => {
    const [read, written] = ["figure:nth-child(2) .ink", "figure:nth-child(4) .ink"].map((path) => element.shadowRoot.querySelector(path)).map((canvas) => {
      const small = new OffscreenCanvas(28, 28);
      small.getContext("2d").drawImage(canvas, 0, 0, 28, 28);
      return small.getContext("2d").getImageData(0, 0, 28, 28).data.filter((_, i) => i % 4 === 3);
    });
    let both = 0;
    let either = 0;
    read.forEach((a, i) => {
      both += a > 127 && written[i] > 127;
      either += a > 127 || written[i] > 127;
    });
    return both / either;
  });
  expect(overlap).toBeGreaterThan(0.5);
  await pad(page).locator("button[name=clear]").click();
  await expect(pad(page)).toHaveAttribute("state", "idle");
  expect(problems).toEqual([]);
});

test("a digit is drawn for those who would not scribble", async ({ page }) => {
  await open(page);
  await near(page);
  await pad(page).locator("button[name=example]").click();
  await expect(pad(page)).toHaveAttribute("state", "drawing");
  expect((await ink(pad(page).locator("canvas[part=pad]"))).share).toBeGreaterThan(0.02);
});

test("missing weights show what failed, and a retry that works", async ({ page }) => {
  let missing = true;
  await page.route("**/mnist-int8.safetensors", (route) =>
    missing ? route.fulfill({ status: 404, body: "gone" }) : route.continue(),
  );
  await page.goto("?seed=3");
  await expect(html(page)).toHaveAttribute("data-state", "error");
  await expect(wall(page)).toHaveAttribute("state", "error");
  const status = wall(page).getByRole("status");
  await expect(status).toContainText("mnist-int8.safetensors");
  await expect(status).toContainText("404");
  missing = false;
  await wall(page).locator("button[name=retry]").click();
  await expect(wall(page)).not.toHaveAttribute("state", "error");
  for (const button of await page.locator("attentive-writer button[name=retry]").all()) await button.click();
  await expect(html(page)).toHaveAttribute("data-state", "ready");
  await wall(page).scrollIntoViewIfNeeded();
  await expect(wall(page)).toHaveAttribute("state", "drawing");
});

test("an engine that did not come is fetched when it is tried again, by widgets and by figures", async ({ page }) => {
  let offline = true;
  await page.route("**/*_bg.wasm", (route) => (offline ? route.abort("internetdisconnected") : route.continue()));
  await page.goto("?seed=3");
  await expect(wall(page)).toHaveAttribute("state", "error");
  const size = page.locator("#size");
  await size.scrollIntoViewIfNeeded();
  await expect(size.locator(".status")).toHaveClass(/failed/);
  offline = false;
  await size.locator("input[name=size]").fill("100");
  await expect(size.locator("tbody td").last()).not.toBeEmpty();
  await expect(size.locator(".failed")).toHaveCount(0);
  await wall(page).locator("button[name=retry]").click();
  await expect(wall(page)).toHaveAttribute("state", "drawing");
});

/** Keeps the page's workers, so that a test can let one die. */
const keepWorkers = (page) => page.addInitScript(() => {
  const Real = Worker;
  const all = (globalThis.workers = []);
  globalThis.Worker = class extends Real {
    constructor(url, options) {
      super(url, options);
      all.push([String(url), this]);
    }
  };
});
const die = (page, name) => page.evaluate((name) => {
  const [, worker] = globalThis.workers.findLast(([url]) => url.endsWith(name));
  worker.terminate();
  worker.dispatchEvent(new ErrorEvent("error", { message: "out of memory", cancelable: true }));
}, name);

test("a worker that dies is told of when it is next asked, and another takes its place", async ({ page }) => {
  await keepWorkers(page);
  await open(page);
  await wall(page).locator("button[name=play]").click();
  await expect(wall(page)).toHaveAttribute("state", "paused");
  await page.waitForTimeout(300);
  await die(page, "/worker.js");
  await wall(page).locator("button[name=step]").click();
  await expect(wall(page)).toHaveAttribute("state", "error");
  await expect(wall(page).getByRole("status")).toContainText("out of memory");
  await wall(page).locator("button[name=retry]").click();
  await expect(wall(page)).toHaveAttribute("state", "drawing");

  const size = page.locator("#size");
  await size.scrollIntoViewIfNeeded();
  const cell = size.locator("tbody td").last();
  await expect(cell).not.toBeEmpty();
  const before = await cell.textContent();
  await die(page, "/lab-worker.js");
  await size.locator("input[name=size]").fill("100");
  await expect(cell).not.toHaveText(before);
});

test("where no worker can be made the widget says so, and tries again", async ({ page }) => {
  await page.addInitScript(() => {
    globalThis.Real = Worker;
    globalThis.told = [];
    addEventListener("error", ({ detail }) => detail && globalThis.told.push(detail.message), true);
    globalThis.Worker = class {
      constructor() {
        throw new Error("no worker here");
      }
    };
  });
  await host(page, "<attentive-writer autoplay></attentive-writer>");
  const widget = page.locator("attentive-writer");
  await expect(widget).toHaveAttribute("state", "error");
  await expect(widget.getByRole("status")).toContainText("no worker here");
  expect(await page.evaluate(() => globalThis.told)).toEqual(["no worker here"]);
  await page.evaluate(() => (globalThis.Worker = globalThis.Real));
  await widget.locator("button[name=retry]").click();
  await expect(widget).toHaveAttribute("state", /drawing|done/);
});

test("a pad whose model did not come is cleared, and tried again with what was scribbled", async ({ page }) => {
  let missing = true;
  await page.route("**/mnist-int8.safetensors", (route) => (missing ? route.fulfill({ status: 404, body: "gone" }) : route.continue()));
  await host(page, `<attentive-writer mode="redraw" controls style="width: 1168px"></attentive-writer>`);
  const widget = page.locator("attentive-writer");
  const canvas = widget.locator("canvas[part=pad]");
  await draw(page, canvas, [[0.2, 0.5], [0.8, 0.5]]);
  await widget.locator("button[name=clear]").click();
  expect((await ink(canvas)).share).toBe(0);
  await expect(widget).toHaveAttribute("state", "error");
  await expect(widget.getByRole("status").filter({ hasText: "404" })).toBeVisible();
  await draw(page, canvas, [[0.5, 0.2], [0.5, 0.8]]);
  const mine = await ink(canvas);
  missing = false;
  await widget.locator("button[name=retry]").click();
  await expect(widget).toHaveAttribute("state", "drawing");
  expect(await ink(canvas)).toEqual(mine);
});

test("a figure that does not come leaves the others, and is told; it comes when it is tried again", async ({ page }) => {
  let offline = true;
  await page.route("**/figures/lens.js", (route) => (offline ? route.abort("internetdisconnected") : route.continue()));
  await open(page);
  const told = page.locator("#missing");
  await expect(told).toContainText("lens.js");
  await expect(page.locator("#size table")).toBeAttached();
  await expect(page.locator(".tools").first()).toBeAttached();
  await page.evaluate(() => (window.print = () => (document.documentElement.dataset.printed = "yes")));
  await page.keyboard.press("Control+p");
  await expect(html(page)).toHaveAttribute("data-printed", "yes", { timeout: 30_000 });
  offline = false;
  await told.getByRole("button").click();
  await expect(page.locator("#lens .bar")).toHaveCount(1);
  await expect(told).toHaveCount(0);
  expect(await page.locator("#size table").count()).toBe(1);
});

test("without a network the page says so, and a scribble survives the retry", async ({ page }) => {
  let offline = true;
  await page.route("**/mnist-int8.encoder.safetensors", (route) => (offline ? route.abort("internetdisconnected") : route.continue()));
  await open(page);
  await scribble(page);
  await expect(pad(page)).toHaveAttribute("state", "error");
  await expect(pad(page).getByRole("status")).toContainText("could not be fetched");
  await expect(wall(page)).not.toHaveAttribute("state", "error");
  const before = await ink(pad(page).locator("canvas[part=pad]"));
  expect(before.share).toBeGreaterThan(0.02);
  offline = false;
  await pad(page).locator("button[name=retry]").click();
  await expect(pad(page)).toHaveAttribute("state", "drawing");
  expect((await ink(pad(page).locator("canvas[part=pad]"))).share).toBeCloseTo(before.share, 2);
});

test("foreign weights are refused by name", async ({ page }) => {
  await page.route("**/mnist-int8.safetensors", (route) => route.fulfill({ status: 200, body: "<html>not weights</html>" }));
  await page.goto("?seed=3");
  await expect(wall(page)).toHaveAttribute("state", "error");
  await expect(wall(page).getByRole("status")).toContainText("mnist-int8.safetensors: weights: not a safetensors file");
});

test("the widget's life: methods, events, removal and return", async ({ page }) => {
  await open(page);
  const events = await page.evaluate(async () => {
    const element = document.createElement("attentive-writer");
    Object.entries({ count: 4, seed: 9, speed: 60 }).forEach(([name, value]) => element.setAttribute(name, value));
    const seen = [];
    for (const name of ["ready", "glimpse", "done"]) element.addEventListener(name, () => seen.push(name));
    const done = new Promise((resolve) => element.addEventListener("done", resolve, { once: true }));
    const ready = new Promise((resolve) => element.addEventListener("ready", resolve, { once: true }));
    document.querySelector("main").prepend(element);
    scrollTo(0, 0);
    await ready;
    await new Promise((resolve) => element.addEventListener("glimpse", resolve, { once: true }));
    element.play();
    await done;
    element.remove();
    await new Promise((resolve) => setTimeout(resolve, 50));
    const removed = element.getAttribute("state");
    const again = new Promise((resolve) => element.addEventListener("ready", resolve, { once: true }));
    document.querySelector("main").append(element);
    // Far below, it waits; in sight, it loads.
    await new Promise((resolve) => setTimeout(resolve, 300));
    const waiting = element.state;
    element.scrollIntoView();
    await again;
    return { seen: [...new Set(seen)], glimpses: seen.filter((name) => name === "glimpse").length, removed, waiting, state: element.state };
  });
  expect(events.seen).toEqual(["ready", "glimpse", "done"]);
  expect(events.glimpses).toBeGreaterThanOrEqual(65);
  expect(events.removed).toBe(null);
  expect(events.waiting).toBe("idle");
  expect(["loading", "idle"]).toContain(events.state);
  expect(problems).toEqual([]);
});

for (const width of [360, 768, 1440]) {
  test(`nothing runs over the edge at ${width} pixels`, async ({ page }) => {
    await page.setViewportSize({ width, height: 800 });
    await open(page);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
    const digit = await wall(page).locator("canvas[part=canvas]").boundingBox();
    expect(digit.width).toBeGreaterThan(250);
    expect(digit.width).toBeLessThanOrEqual(width);
    // Header, main and footer are one column in the middle.
    const columns = await page.evaluate(() =>
      ["header", "main", "footer"].map((tag) => {
        const box = document.querySelector(`body > ${tag}`).getBoundingClientRect();
        return [box.left, document.documentElement.clientWidth - box.right, box.width];
      }),
    );
    for (const [left, right, column] of columns) {
      expect(left).toBeCloseTo(right, 0);
      expect(column).toBeCloseTo(columns[0][2], 0);
      expect(column).toBeLessThanOrEqual(1100);
    }
  });
}

test("after the first visit it works without a network", async ({ browser, browserName, baseURL }) => {
  test.skip(browserName !== "chromium", "what is offline elsewhere navigates no more; offline.spec.js stops the server");
  const context = await browser.newContext({ baseURL, serviceWorkers: "allow" });
  const page = await context.newPage();
  await open(page);
  await page.evaluate(() => navigator.serviceWorker.ready);
  // A visit with the worker in place keeps all that the page asks for.
  await page.reload();
  await expect(html(page)).toHaveAttribute("data-state", "ready");
  await expect(page.locator("#lens .status")).toBeAttached();
  await page.locator("#lens").scrollIntoViewIfNeeded();
  await expect(page.locator("#lens .status")).toContainText("error");
  await context.setOffline(true);
  await page.goto("?seed=5");
  await expect(html(page)).toHaveAttribute("data-state", "ready");
  await expect(wall(page)).toHaveAttribute("seed", "5");
  await expect(wall(page)).toHaveAttribute("state", /drawing|done/);
  await page.locator("#lens").scrollIntoViewIfNeeded();
  await expect(page.locator("#lens .status")).toContainText("error");
  await context.close();
});

test("nobody else is asked for anything", async ({ page, baseURL }) => {
  const foreign = [];
  page.on("request", (request) => !/^(data|blob):/.test(request.url()) && !request.url().startsWith(baseURL) && foreign.push(request.url()));
  await open(page);
  for (const id of ["lens", "looking", "size", "random", "latent", "training"]) await page.locator(`#${id}`).scrollIntoViewIfNeeded();
  await page.waitForTimeout(1000);
  expect(foreign).toEqual([]);
});
