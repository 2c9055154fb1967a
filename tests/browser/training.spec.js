// Training in the tab: it learns, it can be stopped, kept, taken along, and it fails in words.

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, test } from "@playwright/test";
import { draw, ink, watchConsole } from "./shared.js";

const root = resolve(import.meta.dirname, "../..");
const figure = (page) => page.locator("#training");
const steps = async (page) => Number((await figure(page).getAttribute("data-steps")) ?? 0);
const nats = async (page) => Number((await figure(page).getAttribute("data-nats")) ?? NaN);
const status = (page) => figure(page).locator("> .status").first();

async function open(page, address = "?seed=3") {
  await page.goto(address);
  await expect(figure(page).locator("button[name=train]")).toBeAttached();
  await figure(page).scrollIntoViewIfNeeded();
  await expect(figure(page).locator(".slider output").first()).not.toBeEmpty();
}

/** Reloads and goes to the figure, until it stays in sight: figures above it grow as they come, and a browser goes back to
 *  where the page was before. */
async function again(page) {
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("data-state", "ready");
  await expect(figure(page).locator("button[name=train]")).toBeAttached();
  await expect(async () => {
    await figure(page).scrollIntoViewIfNeeded();
    await page.waitForTimeout(700);
    await expect(figure(page)).toBeInViewport({ timeout: 100 });
  }).toPass();
}

async function mark(page, points) {
  await draw(page, figure(page).locator(".own .pad-host canvas").first(), points);
  await figure(page).locator("button[name=keep]").click();
}

const set = (slider, value) => slider.evaluate((input, v) => {
  input.value = v;
  input.dispatchEvent(new Event("input"));
}, value);

test("from nothing: the bound falls, samples come, it pauses, steps, and is there after a reload", async ({ page }) => {
  test.setTimeout(120_000);
  const problems = watchConsole(page);
  await open(page);
  const fetched = [];
  page.on("request", (request) => fetched.push(request.url()));
  await figure(page).locator("button[name=train]").click();
  await expect.poll(() => steps(page), { timeout: 30_000 }).toBeGreaterThan(20);
  expect(fetched.some((url) => url.endsWith("mnist.bits.gz"))).toBe(true);
  await expect.poll(() => nats(page)).toBeGreaterThan(0);
  const first = await nats(page);
  await expect.poll(() => nats(page), { timeout: 60_000 }).toBeLessThan(first - 20);
  await expect(figure(page).locator(".numbers")).toContainText("images a second");
  await expect.poll(() => figure(page).locator(".chart path.held").getAttribute("d")).toContain("L");
  expect((await ink(figure(page).locator(".sheet .ink"))).share).toBeGreaterThan(0.01);

  await figure(page).locator("button[name=train]").click();
  await expect(figure(page)).toHaveAttribute("data-state", "paused");
  await page.waitForTimeout(500);
  const held = await steps(page);
  await page.waitForTimeout(500);
  expect(await steps(page)).toBe(held);
  await figure(page).locator("button[name=once]").click();
  await expect.poll(() => steps(page)).toBe(held + 1);

  await again(page);
  await expect(figure(page).locator(".numbers")).toContainText(`back at step ${held}`);
  await figure(page).locator("button[name=train]").click();
  await expect.poll(() => steps(page)).toBeGreaterThan(held + 5);
  await figure(page).locator("button[name=reset]").click();
  await expect(figure(page)).toHaveAttribute("data-state", "idle");
  await again(page);
  await page.waitForTimeout(800);
  await expect(figure(page)).not.toHaveAttribute("data-state", "paused");
  expect(problems).toEqual([]);
});

/** Trains for a while, and pauses: what is kept is at this step. */
async function trained(page) {
  await open(page);
  await figure(page).locator("button[name=train]").click();
  await expect.poll(() => steps(page), { timeout: 30_000 }).toBeGreaterThan(5);
  await figure(page).locator("button[name=train]").click();
  await expect(figure(page)).toHaveAttribute("data-state", "paused");
  await page.waitForTimeout(500);
  return steps(page);
}

test("what was kept is not lost where it cannot be brought back: a start tries again, starting over lets it go", async ({ page }) => {
  test.setTimeout(120_000);
  const held = await trained(page);
  // A record of an earlier version, whose digits lay elsewhere.
  await page.evaluate(() => new Promise((resolve, reject) => {
    const request = indexedDB.open("attentive-writer", 1);
    request.onsuccess = () => {
      const store = request.result.transaction("training", "readwrite").objectStore("training");
      store.get("state").onsuccess = ({ target: { result } }) => {
        result.origin.url = "http://localhost/gone.bits.gz";
        store.put(result, "state").onsuccess = () => (request.result.close(), resolve(null));
      };
    };
    request.onerror = reject;
  }));
  await page.route("**/mnist.bits.gz", (route) => route.abort("internetdisconnected"));
  await again(page);
  await expect(status(page)).toContainText("mnist.bits.gz could not be fetched");
  for (const begin of [
    () => figure(page).locator("button[name=train]").click(),
    () => figure(page).locator("input[type=file]").setInputFiles(WEIGHTS),
  ]) {
    await begin();
    await expect(figure(page)).toHaveAttribute("data-state", "stopped");
    await expect(status(page)).toContainText("mnist.bits.gz could not be fetched");
    expect(await figure(page).getAttribute("data-steps")).toBe(null);
  }
  await page.unroute("**/mnist.bits.gz");
  await figure(page).locator("button[name=train]").click();
  await expect.poll(() => steps(page), { timeout: 30_000 }).toBeGreaterThan(held);

  await page.route("**/mnist.bits.gz", (route) => route.abort("internetdisconnected"));
  await again(page);
  await expect(status(page)).toContainText("mnist.bits.gz could not be fetched");
  await figure(page).locator("button[name=reset]").click();
  await expect(figure(page)).toHaveAttribute("data-state", "idle");
  await page.unroute("**/mnist.bits.gz");
  await figure(page).locator("button[name=train]").click();
  await expect(figure(page)).toHaveAttribute("data-state", "training", { timeout: 30_000 });
  expect(await steps(page)).toBeLessThan(held);
});

test("a worker that dies is told of, and a start goes on from what was kept", async ({ page }) => {
  await page.addInitScript(() => {
    const Real = Worker;
    globalThis.Worker = class extends Real {
      constructor(url, options) {
        super(url, options);
        if (String(url).endsWith("train-worker.js")) globalThis.trainer = this;
      }
    };
  });
  const held = await trained(page);
  await figure(page).locator("button[name=train]").click();
  await expect(figure(page)).toHaveAttribute("data-state", "training");
  await page.evaluate(() => {
    globalThis.trainer.terminate();
    globalThis.trainer.dispatchEvent(new ErrorEvent("error", { message: "out of memory", cancelable: true }));
  });
  await expect(status(page)).toContainText("out of memory");
  await expect(figure(page)).toHaveAttribute("data-state", "stopped");
  await figure(page).locator("button[name=train]").click();
  await expect(figure(page)).toHaveAttribute("data-state", "training", { timeout: 30_000 });
  await expect.poll(() => steps(page)).toBeGreaterThan(held);
});

test("a start in the moment the figure appears counts, and goes on from what was kept", async ({ page }) => {
  await page.addInitScript(() => {
    new MutationObserver((_, observer) => {
      const train = document.querySelector("#training button[name=train]");
      if (!train) return;
      observer.disconnect();
      train.click();
    }).observe(document, { childList: true, subtree: true });
  });
  await page.goto("?seed=3");
  await expect.poll(() => steps(page), { timeout: 30_000 }).toBeGreaterThan(5);
  await figure(page).scrollIntoViewIfNeeded();
  await figure(page).locator("button[name=train]").click();
  await expect(figure(page)).toHaveAttribute("data-state", "paused");
  await page.waitForTimeout(500);
  const held = await steps(page);
  await page.reload();
  await expect.poll(() => steps(page), { timeout: 30_000 }).toBeGreaterThan(held);
  await expect(figure(page)).toHaveAttribute("data-state", "training");
});

test("out of sight it goes slowly, and says so", async ({ page }) => {
  await open(page);
  await figure(page).locator("button[name=train]").click();
  await expect.poll(() => steps(page), { timeout: 30_000 }).toBeGreaterThan(10);
  await page.evaluate(() => scrollTo(0, 0));
  await expect(status(page)).toContainText("out of sight");
  const pace = async () => {
    const before = await steps(page);
    await page.waitForTimeout(2000);
    return (await steps(page)) - before;
  };
  expect(await pace()).toBeLessThanOrEqual(6);
  await figure(page).scrollIntoViewIfNeeded();
  await expect(status(page)).not.toContainText("out of sight");
  expect(await pace()).toBeGreaterThan(6);
});

test("several workers train together, and where helpers cannot start, one goes on", async ({ page }) => {
  await open(page);
  await figure(page).locator("summary", { hasText: "what it costs" }).click();
  await set(figure(page).locator("input[name=workers]"), 2);
  await figure(page).locator("button[name=train]").click();
  await expect(figure(page)).toHaveAttribute("data-workers", "2", { timeout: 30_000 });
  await expect(figure(page).locator(".numbers")).toContainText("by 2 workers");
  // One fewer while it trains: the helper goes, the training does not.
  const before = await steps(page);
  await set(figure(page).locator("input[name=workers]"), 1);
  await expect(figure(page)).toHaveAttribute("data-workers", "1");
  await expect.poll(() => steps(page)).toBeGreaterThan(before + 5);
  await figure(page).locator("button[name=reset]").click();

  // A browser whose workers may not start workers of their own.
  await page.route("**/train-worker.js", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${await response.text()}\nself.Worker = class { constructor() { throw new Error("none") } };` });
  });
  await again(page);
  await set(figure(page).locator("input[name=workers]"), 2);
  await figure(page).locator("button[name=train]").click();
  await expect.poll(() => steps(page), { timeout: 30_000 }).toBeGreaterThan(10);
  await expect(figure(page)).toHaveAttribute("data-workers", "1");
});

test("trained weights are a file that the command line, and this page, read", async ({ page, browserName }) => {
  test.skip(browserName !== "chromium", "Playwright does not tell of Firefox's downloads of blobs");
  await open(page);
  await figure(page).locator("button[name=train]").click();
  await expect.poll(() => steps(page), { timeout: 30_000 }).toBeGreaterThan(5);
  const download = page.waitForEvent("download");
  await figure(page).getByRole("button", { name: "Download as weights" }).click();
  const folder = mkdtempSync(join(tmpdir(), "attentive-writer-"));
  try {
    const file = join(folder, "mine.safetensors");
    await (await download).saveAs(file);
    const sheet = join(folder, "sheet.png");
    execFileSync(join(root, "target/release/attentive-writer"), ["sample", "--weights", file, "--count", "4", "--out", sheet, "--json"]);
    expect(readFileSync(sheet).subarray(1, 4).toString()).toBe("PNG");
    await page.reload();
    await figure(page).scrollIntoViewIfNeeded();
    await figure(page).locator("input[type=file]").setInputFiles(file);
    await expect(status(page)).toContainText("mine.safetensors: read: trained weights, 10 glimpses, 128 hidden units");
    await expect(figure(page).locator(".numbers")).toContainText("step 0, 0 s of training; 10 glimpses a digit; held-out bound");
    await expect(figure(page).locator("select[name=model]")).toHaveValue("mine.safetensors");
    await expect.poll(async () => (await ink(figure(page).locator(".sheet .ink"))).share).toBeGreaterThan(0.01);
    await figure(page).locator("button[name=train]").click();
    await expect.poll(() => steps(page), { timeout: 30_000 }).toBeGreaterThan(3);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

const WEIGHTS = ["mnist-int8.safetensors", "mnist-int8.encoder.safetensors"].map((name) => join(root, "www/weights", name));

/** Drops files of the disk on the figure, as a hand would. */
async function drop(page, files) {
  const cdp = await page.context().newCDPSession(page);
  const box = await figure(page).locator(".sheet").boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const data = { items: [], files, dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver"]) await cdp.send("Input.dispatchDragEvent", { type, x, y, data });
  await expect(figure(page)).toHaveClass(/over/);
  await cdp.send("Input.dispatchDragEvent", { type: "drop", x, y, data });
  await expect(figure(page)).not.toHaveClass(/over/);
}

test("shipped weights: a half alone says what to do, both together are loaded and shown, chosen or dropped", async ({ page, browserName }) => {
  test.setTimeout(120_000);
  await open(page);
  const input = figure(page).locator("input[type=file]");
  const together = "choose mnist-int8.safetensors and mnist-int8.encoder.safetensors together";
  await input.setInputFiles(WEIGHTS[0]);
  await expect(status(page)).toContainText(`mnist-int8.safetensors: the half that draws alone, which cannot be trained; ${together}`);
  await input.setInputFiles(WEIGHTS[1]);
  await expect(status(page)).toContainText("mnist-int8.encoder.safetensors: the half that reads alone");
  await expect(status(page)).toContainText(together);
  await figure(page).locator("button[name=train]").click();
  await expect.poll(() => nats(page), { timeout: 30_000 }).toBeGreaterThan(90);
  await expect(figure(page).locator("input[name=glimpses]")).toHaveValue("10");
  // While a model trains: it rests, and if what is brought cannot be read, it is still there.
  await input.setInputFiles(WEIGHTS[0]);
  await expect(status(page)).toContainText(together);
  const held = await steps(page);
  await page.waitForTimeout(500);
  expect(await steps(page)).toBe(held);
  await figure(page).locator("button[name=train]").click();
  await expect.poll(() => steps(page)).toBeGreaterThan(held);

  // Only Chromium lets a test drop files of the disk.
  const drops = browserName === "chromium" ? [() => drop(page, WEIGHTS.toReversed())] : [];
  for (const bring of [() => input.setInputFiles(WEIGHTS), ...drops]) {
    await bring();
    await expect(status(page)).toContainText("read: trained weights, 64 glimpses, 256 hidden units; it can be trained on, with this page's digits", { timeout: 30_000 });
    // The figures of the model before are gone, and this one's are there.
    expect(await steps(page)).toBe(0);
    expect(await nats(page)).toBeLessThan(90);
    await expect(figure(page).locator(".numbers")).toContainText("step 0, 0 s of training; 64 glimpses a digit; held-out bound");
    await expect(figure(page).locator(".chart")).toHaveAttribute("aria-label", /([\d.]+) at first, now \1$/);
    await expect(figure(page).locator("input[name=glimpses]")).toHaveValue("64");
    await expect(figure(page).locator("input[name=hidden]")).toHaveValue("256");
    await expect(figure(page).locator("select[name=model]")).toHaveValue(/mnist-int8/);
    await expect(figure(page)).toHaveAttribute("data-state", "paused");
  }
  await figure(page).locator("button[name=once]").click();
  await expect.poll(() => steps(page), { timeout: 30_000 }).toBe(1);
});

test("a checkpoint of the command line goes on where it was; a folder of pictures is dropped", async ({ page, browserName }) => {
  test.setTimeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), "attentive-writer-"));
  try {
    const data = join(folder, "train.bits");
    writeFileSync(data, gunzipSync(readFileSync(join(root, "www/data/mnist.bits.gz"))).subarray(0, 100 * 98));
    const out = join(folder, "run.safetensors");
    execFileSync(join(root, "target/release/attentive-writer"), ["train", "--preset", "mnist-small", "--data", data, "--out", out, "--batch", "20", "--epochs", "2", "--seed", "3", "--json"]);
    const [checkpoint] = readdirSync(folder).filter((name) => name.endsWith(".checkpoint"));
    await open(page);
    const input = figure(page).locator("input[type=file]");
    await input.setInputFiles(join(folder, checkpoint));
    await expect(status(page)).toContainText(`${checkpoint}: read: a training at step 10, 10 glimpses, 128 hidden units; it can be trained on, with this page's digits`);
    await expect(figure(page).locator("input[name=batch]")).toHaveValue("20");
    await figure(page).locator("button[name=once]").click();
    await expect.poll(() => steps(page)).toBe(11);
    // With data beside it, it goes on with those.
    await input.setInputFiles([join(folder, checkpoint), data]);
    await expect(status(page)).toContainText(/at step 10, .*; it can be trained on$/);
    await input.setInputFiles({ name: "torn.checkpoint", mimeType: "application/octet-stream", buffer: readFileSync(join(folder, checkpoint)).subarray(0, 5000) });
    await expect(status(page)).toContainText("torn.checkpoint: ");

    const pictures = join(folder, "pictures");
    mkdirSync(join(pictures, "more"), { recursive: true });
    const png = await page.evaluate(async () => {
      const canvas = new OffscreenCanvas(28, 28);
      canvas.getContext("2d").fillRect(8, 8, 12, 12);
      return [...new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer())];
    });
    for (let i = 0; i < 24; i++) writeFileSync(join(pictures, i % 2 ? "more" : "", `${i}.png`), Buffer.from(png));
    writeFileSync(join(pictures, ".DS_Store"), "what a system leaves");
    if (browserName !== "chromium") return;
    await drop(page, [pictures]);
    await expect(status(page)).toContainText("a new model trains on it");
    await expect.poll(() => steps(page), { timeout: 30_000 }).toBeGreaterThan(2);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("what cannot be read is named, with what is", async ({ page }) => {
  await open(page);
  const input = figure(page).locator("input[type=file]");
  const reads = "this figure reads data sets (IDX, .npy, .amat, .bits, .mat of MATLAB 5 or CIFAR-10's .bin, gzipped or not), ten or more pictures, .safetensors weights (one file, or both halves together), and a .checkpoint of the command line";
  const png = await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(28, 28);
    canvas.getContext("2d").fillRect(8, 8, 12, 12);
    return [...new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer())];
  });
  const picture = { name: "one.png", mimeType: "image/png", buffer: Buffer.from(png) };
  await input.setInputFiles(picture);
  await expect(status(page)).toHaveText(`one.png: one picture is too few to learn from; ${reads}`);
  await input.setInputFiles({ name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("Dear diary, today I drew a seven.") });
  await expect(status(page)).toContainText("notes.txt: ");
  await expect(status(page)).toContainText(reads);
  await input.setInputFiles({ name: "broken.png", mimeType: "image/png", buffer: Buffer.from("no picture") });
  await expect(status(page)).toContainText("broken.png: ");
  await input.setInputFiles([WEIGHTS[0], WEIGHTS[1], join(root, "www/weights/mnist.safetensors")]);
  await expect(status(page)).toHaveText("several models at once; choose one: a file, or its two halves");
  await expect(figure(page)).toHaveAttribute("data-state", "stopped");
});

test("the same seed and settings give the command line's losses", async ({ page }) => {
  test.setTimeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), "attentive-writer-"));
  try {
    const rows = gunzipSync(readFileSync(join(root, "www/data/mnist.bits.gz"))).subarray(0, 500 * 98);
    const data = join(folder, "train.bits");
    writeFileSync(data, rows);
    // 100 steps of 25 are 5 epochs of 500.
    const text = execFileSync(
      join(root, "target/release/attentive-writer"),
      ["train", "--preset", "mnist-small", "--data", data, "--out", join(folder, "out.safetensors"), "--batch", "25", "--seed", "4", "--threads", "1",
        "--learning-rate", "0.002", "--epochs", "5", "--json"],
      { encoding: "utf8" },
    );
    const bound = JSON.parse(execFileSync(join(root, "target/release/attentive-writer"),
      ["eval", "--weights", join(folder, "out.safetensors"), "--data", data, "--json"], { encoding: "utf8" }));
    expect(JSON.parse(text.trim().split("\n").at(-1)).step).toBe(100);
    await page.goto("embed/frame.css");
    const here = await page.evaluate(async (bytes) => {
      const { default: init, Dataset, Trainer } = await import("/pkg/attentive_writer.js");
      await init();
      const data = new Dataset(new Uint8Array(bytes), "train.bits");
      const trainer = Trainer.on(data, "mnist-small", { batch: 25, seed: 4, learning_rate: 0.002 });
      let loss = 0;
      for (let i = 0; i < 100; i++) loss = trainer.stepOn(data).loss_nats;
      return { loss, bound: trainer.bound(data).nll_bound_nats, steps: trainer.steps };
    }, [...rows]);
    expect(here.steps).toBe(100);
    // After 100 steps of rounding apart, the averaged weights' bound on the same images with the same noise.
    expect(Math.abs(here.bound / bound.nll_bound_nats - 1)).toBeLessThan(1e-3);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a rate that diverges stops, says so, and goes back to the last good state", async ({ page }) => {
  // It takes some hundred steps, which a busy machine has not done in half a minute.
  test.setTimeout(180_000);
  await open(page);
  await page.locator("#training details summary").first().click();
  await set(figure(page).locator("input[name=rate]"), 0);
  await figure(page).locator("button[name=train]").click();
  await expect(status(page)).toContainText("diverged", { timeout: 120_000 });
  await expect(status(page)).toContainText("quarter of the learning rate");
  await expect(figure(page)).toHaveAttribute("data-state", "stopped");
  await figure(page).locator("button[name=train]").click();
  await expect(figure(page)).toHaveAttribute("data-state", "training");
});

test("another model's plan leaves none of the last one's changes in the address", async ({ page }) => {
  await open(page, "?seed=3&glimpses=3&rate=-3&batch=7&attention=0");
  await figure(page).locator("summary", { hasText: "what it costs" }).click();
  await figure(page).locator("select[name=model]").selectOption({ index: 3 });
  await expect(page).toHaveURL(/model=/);
  expect([...new URL(page.url()).searchParams.keys()].sort()).toEqual(["model", "seed"]);
});

test("a second tab neither takes nor loses what the first keeps", async ({ page, context }) => {
  await open(page);
  await figure(page).locator("button[name=train]").click();
  await expect.poll(() => steps(page), { timeout: 30_000 }).toBeGreaterThan(3);
  await figure(page).locator("button[name=train]").click();
  await expect(figure(page)).toHaveAttribute("data-state", "paused");
  await figure(page).locator("button[name=once]").click();
  await expect(figure(page).locator("button[name=train]")).toHaveText("Train on");
  const second = await context.newPage();
  await open(second);
  await figure(second).locator("button[name=train]").click();
  await expect.poll(() => steps(second), { timeout: 30_000 }).toBeGreaterThan(3);
  await figure(second).locator("button[name=train]").click();
  await expect(status(second)).toContainText("another tab");
  await figure(second).locator("button[name=reset]").click();
  await expect(figure(second)).toHaveAttribute("data-state", "idle");
  await second.close();
  await again(page);
  await expect(figure(page)).toHaveAttribute("data-state", "paused", { timeout: 30_000 });
  expect(await steps(page)).toBeGreaterThan(3);
});

test("while something is brought, nothing takes it away; before anything is trained, there is nothing to save", async ({ page }) => {
  await open(page);
  await figure(page).locator(".downloads button", { hasText: "weights" }).click();
  await expect(figure(page)).toContainText("nothing is trained yet");
  await figure(page).locator("button[name=train]").click();
  await expect.poll(() => steps(page), { timeout: 30_000 }).toBeGreaterThan(3);
  // The digits come slowly: Start over waits until there is a model again.
  let release;
  const held = new Promise((resolve) => (release = resolve));
  await page.route("**/mnist.bits.gz", async (route) => {
    await held;
    await route.continue();
  });
  const files = ["", ".encoder"].map((half) => join(root, `www/weights/mnist-small${half}.safetensors`));
  await figure(page).locator("input[type=file]").setInputFiles(files);
  for (const name of ["train", "reset", "once"]) await expect(figure(page).locator(`button[name=${name}]`)).toBeDisabled();
  release();
  await expect(status(page)).toContainText("trained weights", { timeout: 30_000 });
  for (const name of ["train", "reset", "once"]) await expect(figure(page).locator(`button[name=${name}]`)).toBeEnabled();
  await figure(page).locator("button[name=reset]").click();
  await expect(figure(page).locator("button[name=reset]")).toBeDisabled();
  await figure(page).locator("button[name=train]").click();
  await expect(figure(page).locator("button[name=reset]")).toBeEnabled();
  const before = await steps(page);
  await expect.poll(() => steps(page), { timeout: 30_000 }).toBeGreaterThan(before + 2);
});

test("bad files, an interrupted download, no marks, and a store that refuses are said", async ({ page }) => {
  await open(page);
  const input = figure(page).locator("input[type=file]");
  await input.setInputFiles({ name: "letters.idx", mimeType: "application/octet-stream", buffer: Buffer.from("not an IDX file at all") });
  await expect(status(page)).toContainText("letters.idx");
  await input.setInputFiles({ name: "model.safetensors", mimeType: "application/octet-stream", buffer: Buffer.from("12345678 nothing") });
  await expect(status(page)).toContainText("not a safetensors file");

  await page.locator("#training details", { hasText: "marks of your own" }).locator("summary").click();
  await figure(page).locator("button[name=teach]").click();
  await expect(status(page)).toContainText("there are no marks yet");

  await page.route("**/mnist.bits.gz", (route) => route.abort("connectionreset"));
  await figure(page).locator("button[name=train]").click();
  await expect(status(page)).toContainText("mnist.bits.gz could not be fetched");
  await page.unroute("**/mnist.bits.gz");
  await figure(page).locator("button[name=train]").click();
  await expect.poll(() => steps(page), { timeout: 30_000 }).toBeGreaterThan(3);
});

test("pictures of the visitor's own are trained on", async ({ page }) => {
  await open(page);
  // Crosses and bars, dark on light and light on dark.
  const pictures = await page.evaluate(async () => {
    const out = [];
    for (let i = 0; i < 40; i++) {
      const canvas = new OffscreenCanvas(40, 40);
      const context = canvas.getContext("2d");
      context.fillStyle = i % 2 ? "#fff" : "#000";
      context.fillRect(0, 0, 40, 40);
      context.fillStyle = i % 2 ? "#000" : "#fff";
      context.fillRect(10 + (i % 5), 8, 6, 24);
      if (i % 3) context.fillRect(6, 18, 28, 5);
      out.push([...new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer())]);
    }
    return out;
  });
  const files = pictures.map((bytes, i) => ({ name: `${i}.png`, mimeType: "image/png", buffer: Buffer.from(bytes) }));
  await figure(page).locator("input[type=file]").setInputFiles(files);
  await expect.poll(() => nats(page), { timeout: 40_000 }).toBeGreaterThan(0);
  await expect.poll(() => nats(page), { timeout: 40_000 }).toBeLessThan(120);
});

test("a store that refuses costs the reload, not the training", async ({ page }) => {
  await page.route("**/figures/store.js", async (route) => {
    const response = await route.fetch();
    const body = (await response.text()).replace("indexedDB.open(NAME, 1)", "(() => { throw new Error('the quota is full') })()");
    await route.fulfill({ response, body });
  });
  await open(page);
  await expect(status(page)).toContainText("the quota is full");
  await figure(page).locator("button[name=train]").click();
  await expect.poll(() => steps(page), { timeout: 30_000 }).toBeGreaterThan(3);
  await figure(page).locator("button[name=train]").click();
  await expect(status(page)).toContainText("a reload would lose it");
  const held = await steps(page);
  await figure(page).locator("button[name=train]").click();
  await expect.poll(() => steps(page)).toBeGreaterThan(held);
});

test("a mark is kept, and drawn in the page's ink, also where the engine does not come", async ({ page }) => {
  await page.emulateMedia({ colorScheme: "light" });
  await page.route(/lab-worker\.js/, (route) => route.abort("internetdisconnected"));
  await page.goto("?seed=3&own=1");
  await expect(figure(page).locator("button[name=keep]")).toBeAttached();
  await mark(page, [[0.3, 0.2], [0.3, 0.8], [0.7, 0.8]]);
  const kept = figure(page).locator(".marks canvas");
  const { share } = await ink(kept);
  expect(share).toBeGreaterThan(0.05);
  await figure(page).locator("button[name=teach]").click();
  await expect(status(page)).toContainText("could not start");
  await page.emulateMedia({ colorScheme: "dark" });
  const brightest = () => kept.evaluate((canvas) => Math.max(...canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.filter((_, i) => i % 4 === 0)));
  await expect.poll(brightest).toBeGreaterThan(150);
  expect((await ink(kept)).share).toBeCloseTo(share, 3);
  await page.unroute(/lab-worker\.js/);
  await figure(page).locator("button[name=teach]").click();
  await expect.poll(() => nats(page), { timeout: 40_000 }).toBeGreaterThan(0);
});

test("marks of one's own: the bound on unseen shifts of them falls", async ({ page }) => {
  test.setTimeout(120_000);
  await open(page);
  await page.locator("#training details", { hasText: "marks of your own" }).locator("summary").click();
  await mark(page, [[0.3, 0.2], [0.3, 0.8], [0.7, 0.8]]);
  await mark(page, [[0.2, 0.3], [0.5, 0.7], [0.8, 0.3]]);
  await expect(figure(page).locator(".marks canvas")).toHaveCount(2);
  await figure(page).locator("button[name=teach]").click();
  await expect.poll(() => nats(page), { timeout: 40_000 }).toBeGreaterThan(0);
  const chart = figure(page).locator(".chart");
  const first = async () => Number(/: ([\d.]+) at first/.exec(await chart.getAttribute("aria-label"))?.[1]);
  await expect.poll(first, { timeout: 40_000 }).toBeGreaterThan(0);
  await expect.poll(() => nats(page), { timeout: 60_000 }).toBeLessThan((await first()) * 0.8);
});
