// What the page promises, measured: `node benches/page.mjs [load] [work] [look] [workers] [learn] [tune]`, after the test command has set
// things up. JSON Lines, one a promise.
//
// load: time and bytes from navigation to the first glimpse, cold, median of 10, of the site as `.ci/site.mjs` writes it with
// COMPRESS=1 (which takes a minute), sent compressed. work: how long a glimpse of 100 and
// of 400 digits takes, and for how long it blocks the main thread. look: how long a digit in clutter takes to name. learn: the small preset after 120 s in the tab. tune: the shipped
// model tuned on eight marks for 30 s.

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { launch } from "./browser/launch.mjs";

const wanted = process.argv.slice(2);
const parts = wanted.length ? wanted : ["load", "work", "look", "workers", "learn", "tune"];
const say = (value) => console.log(JSON.stringify(value));
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

/** In the page: resolves with the time since navigation when the wall shows its first glimpse. */
const firstGlimpse = () => {
  window.first = new Promise((resolve) => {
    const watch = new MutationObserver(() => {
      const wall = document.querySelector("#wall");
      if (!(wall?.glimpse > 0)) return;
      watch.disconnect();
      requestAnimationFrame(() => resolve(performance.now()));
    });
    watch.observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["glimpse"] });
  });
};

/** The site, compressed, for the server. */
function site() {
  const folder = "target/site-compressed";
  execFileSync("node", [".ci/site.mjs", folder], { env: { ...process.env, COMPRESS: "1" } });
  return ["--site", folder];
}

async function load({ browser, url }) {
  const [times, sizes, plain] = [[], [], []];
  // In the page and in its workers: what it would have been without compression.
  const decoded = () =>
    ["navigation", "resource"].flatMap((type) => performance.getEntriesByType(type)).reduce((sum, entry) => sum + entry.decodedBodySize, 0);
  for (let i = 0; i < 10; i++) {
    const context = await browser.newContext({ serviceWorkers: "block" });
    const page = await context.newPage();
    let bytes = 0;
    const client = await context.newCDPSession(page);
    await client.send("Network.enable");
    client.on("Network.loadingFinished", (event) => (bytes += event.encodedDataLength));
    await client.send("Target.setAutoAttach", { autoAttach: true, waitForDebuggerOnStart: false, flatten: true });
    page.on("worker", () => {});
    await page.addInitScript(firstGlimpse);
    // A worker's own fetches are seen through the page's resource log or, failing that, counted by the server's reply.
    context.on("requestfinished", async (request) => {
      if (/\.(wasm|safetensors)$|worker\.js|widget\//.test(request.url())) {
        const size = await request.sizes().catch(() => null);
        if (size) bytes += size.responseBodySize + size.responseHeadersSize;
      }
    });
    await page.goto(`${url}?seed=1`, { waitUntil: "commit" });
    times.push(await page.evaluate(() => window.first));
    sizes.push(bytes);
    const whole = await Promise.all([page, ...page.workers()].map((place) => place.evaluate(decoded)));
    plain.push(whole.reduce((sum, bytes) => sum + bytes, 0));
    await context.close();
  }
  say({ what: "first glimpse", median_ms: Math.round(median(times)), all_ms: times.map(Math.round), kilobytes: Math.round(median(sizes) / 1000), uncompressed_kilobytes: Math.round(median(plain) / 1000) });
}

async function work({ browser, url }) {
  // Faster than any screen, for what a glimpse and its paint take at most; and as fast as screens are.
  for (const [count, size, speed, workers] of [[100, 64, 1000, 1], [400, 40, 1000, 1], [400, 40, 1000, 2], [400, 40, 60, 1]]) {
    const context = await browser.newContext({ serviceWorkers: "block", viewport: { width: 1200, height: 900 } });
    const page = await context.newPage();
    await page.addInitScript(() => {
      const post = Worker.prototype.postMessage;
      Worker.prototype.postMessage = function (message, ...rest) {
        if (message.type === "step") window.asked = performance.now();
        post.call(this, message, ...rest);
      };
    });
    await page.goto(`${url}embed/frame.html?count=${count}&speed=${speed}&size=${size}&workers=${workers}&loop`);
    await page.evaluate(() => {
      window.long = [];
      new PerformanceObserver((list) => window.long.push(...list.getEntries().map((e) => e.duration))).observe({ type: "longtask", buffered: true });
      window.glimpses = [];
      document.querySelector("attentive-writer").addEventListener("glimpse", () => window.glimpses.push([performance.now(), window.asked]));
    });
    await page.waitForTimeout(10_000);
    const { long, times } = await page.evaluate(() => ({ long: window.long, times: window.glimpses }));
    const ordered = (values) => values.filter((v) => v < 1000).toSorted((x, y) => x - y);
    const gaps = ordered(times.slice(1).map(([t], i) => t - times[i][0]));
    const answers = ordered(times.map(([shown, asked]) => shown - asked));
    const at = (values, share) => Number(values[Math.floor(values.length * share)].toFixed(1));
    say({
      what: `${count} digits drawing, ${workers} worker${workers > 1 ? "s" : ""}, at most ${speed} glimpses a second`,
      long_tasks: long.length,
      longest_ms: Math.round(Math.max(0, ...long)),
      glimpses: gaps.length,
      between_ms_mean: Number((gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length).toFixed(1)),
      between_ms_median: at(gaps, 0.5),
      between_ms_95: at(gaps, 0.95),
      asked_to_shown_ms_median: at(answers, 0.5),
      asked_to_shown_ms_95: at(answers, 0.95),
    });
    await context.close();
  }
}

async function workers({ browser, url }) {
  for (const model of ["small", "paper"]) {
    for (const hands of [1, 2]) {
      const context = await browser.newContext({ serviceWorkers: "block", viewport: { width: 1200, height: 900 } });
      const page = await context.newPage();
      await page.goto(url);
      const figure = page.locator("#training");
      await figure.locator("button[name=train]").waitFor();
      await figure.scrollIntoViewIfNeeded();
      await figure.locator("summary", { hasText: "what it costs" }).click();
      const preset = figure.locator("select[name=model]");
      await preset.selectOption(await preset.locator("option", { hasText: model }).textContent());
      await figure.locator("input[name=workers]").evaluate((input, value) => {
        input.value = value;
        input.dispatchEvent(new Event("input"));
      }, hands);
      await figure.locator("button[name=train]").click();
      await page.waitForTimeout(10_000);
      // The page's own frames, while the figure shows how training goes.
      const frames = await page.evaluate(() => new Promise((resolve) => {
        const times = [];
        const frame = (now) => (times.push(now) < 300 ? requestAnimationFrame(frame) : resolve(times));
        requestAnimationFrame(frame);
      }));
      await page.waitForTimeout(5_000);
      const text = await figure.locator(".numbers").textContent();
      const gaps = frames.slice(1).map((t, i) => t - frames[i]).toSorted((x, y) => x - y);
      say({
        what: `training, ${model} model, ${hands} worker${hands > 1 ? "s" : ""}`,
        images_per_second: Number(text.match(/([\d.]+) images a second/)[1]),
        frames_per_second: Number((1000 / (gaps.reduce((a, b) => a + b, 0) / gaps.length)).toFixed(1)),
        frame_ms_95: Number(gaps[Math.floor(gaps.length * 0.95)].toFixed(1)),
      });
      await context.close();
    }
  }
}

/** All glimpses at a digit in clutter and the verdict after each, on one thread; the images are made beforehand. */
async function look({ browser, url }) {
  const page = await browser.newPage();
  await page.goto(url);
  for (const name of ["cluttered", "cluttered-4", "ram", "ram-4"]) {
    const times = await page.evaluate(async (name) => {
      const { relaxed } = await import(new URL("wasm.js", location.href).href);
      const engine = await import(new URL("../pkg/attentive_writer.js", location.href).href);
      await engine.default({ module_or_path: new URL(`../pkg/attentive_writer${relaxed ? "_relaxed" : ""}_bg.wasm`, location.href) });
      const bytes = async (path) => new Uint8Array(await (await fetch(path)).arrayBuffer());
      const digits = new engine.Digits(...(await Promise.all(["images-idx3", "labels-idx1"].map((of) => bytes(`data/digits-${of}-ubyte.gz`)))));
      const looker = new engine.Looker(await bytes(`weights/${name}.safetensors`));
      const images = Array.from({ length: 101 }, (_, i) => digits.field(i, i).image());
      return images.map((image) => {
        const begun = performance.now();
        const sight = looker.look(image);
        while (sight.step()) sight.probabilities();
        sight.free();
        return performance.now() - begun;
      });
    }, name);
    say({ what: `one digit in clutter, ${name}`, median_ms: Number(median(times).toFixed(2)), most_ms: Number(Math.max(...times).toFixed(2)) });
  }
  await page.close();
}

async function learn({ browser, url }) {
  const context = await browser.newContext({ serviceWorkers: "block", viewport: { width: 1200, height: 900 } });
  const page = await context.newPage();
  await page.goto(url);
  const figure = page.locator("#training");
  await figure.locator("button[name=train]").waitFor();
  await figure.scrollIntoViewIfNeeded();
  const nats = async () => Number(await figure.getAttribute("data-nats"));
  const started = Date.now();
  await figure.locator("button[name=train]").click();
  await page.waitForTimeout(120_000 - (Date.now() - started));
  const after = await nats();
  const text = await figure.locator(".numbers").textContent();
  await figure.locator("button[name=train]").click();
  await page.waitForTimeout(500);
  await figure.locator("button[name=once]").click();
  await page.waitForTimeout(500);
  const sheet = await figure.locator(".sheet").screenshot();
  writeFileSync("target/learned.png", sheet);
  say({ what: "small preset, 120 s in the tab", held_out_nats: after, text, sheet: "target/learned.png" });

  await context.close();
}

async function tune({ browser, url }) {
  const context = await browser.newContext({ serviceWorkers: "block", viewport: { width: 1200, height: 900 } });
  const page = await context.newPage();
  await page.goto(url);
  const figure = page.locator("#training");
  await figure.locator("button[name=train]").waitFor();
  await figure.scrollIntoViewIfNeeded();
  await page.locator("#training details", { hasText: "marks of your own" }).locator("summary").click();
  const shapes = [
    [[0.3, 0.2], [0.3, 0.8], [0.7, 0.8]], [[0.2, 0.3], [0.5, 0.7], [0.8, 0.3]], [[0.2, 0.8], [0.5, 0.2], [0.8, 0.8], [0.35, 0.55], [0.65, 0.55]],
    [[0.2, 0.2], [0.8, 0.8], [0.5, 0.5], [0.8, 0.2], [0.2, 0.8]], [[0.5, 0.15], [0.85, 0.8], [0.15, 0.8], [0.5, 0.15]],
    [[0.25, 0.85], [0.25, 0.15], [0.75, 0.85], [0.75, 0.15]], [[0.2, 0.2], [0.8, 0.2], [0.2, 0.8], [0.8, 0.8]], [[0.15, 0.5], [0.35, 0.2], [0.5, 0.5], [0.65, 0.8], [0.85, 0.5]],
  ];
  const pad = figure.locator(".own .pad-host canvas").first();
  for (const shape of shapes) {
    await pad.scrollIntoViewIfNeeded();
    const box = await pad.boundingBox();
    const points = shape.map(([x, y]) => [box.x + x * box.width, box.y + y * box.height]);
    await page.mouse.move(...points[0]);
    await page.mouse.down();
    for (const point of points.slice(1)) await page.mouse.move(...point, { steps: 8 });
    await page.mouse.up();
    await figure.locator("button[name=keep]").click();
  }
  const begun = Date.now();
  await figure.locator("button[name=teach]").click();
  await page.waitForTimeout(30_000 - (Date.now() - begun));
  const label = await figure.locator(".chart").getAttribute("aria-label");
  const [first, now] = label.match(/([\d.]+) at first, now ([\d.]+)/).slice(1).map(Number);
  await figure.locator("button[name=train]").click();
  await page.waitForTimeout(700);
  await figure.locator("button[name=once]").click();
  await page.waitForTimeout(1200);
  writeFileSync("target/tuned.png", await figure.locator(".sheet").screenshot());
  say({ what: "tuned on 8 marks, 30 s", before_nats: first, after_nats: now, ratio: Number((now / first).toFixed(2)), sheet: "target/tuned.png" });
  await context.close();
}

for (const part of parts) {
  const { browser, url, close } = await launch("chromium", part === "load" ? site() : []);
  try {
    await { load, work, look, workers, learn, tune }[part]({ browser, url });
  } finally {
    await close();
  }
}
