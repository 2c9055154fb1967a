// The page in WebKitGTK, Safari's engine: `node tests/browser/webkit.mjs`, with target/release built. It needs
// WebKitWebDriver (Debian: webkit2gtk-driver) and Xvfb (xvfb), and speaks WebDriver to it by fetch.

import assert from "node:assert/strict";
import { execSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { found } from "./chrome.js";

const root = resolve(import.meta.dirname, "../..");
const [DISPLAY, DRIVER, SERVER] = [":97", 4497, Number(process.env.PORT ?? 8175)];
const PAGE = `http://localhost:${SERVER}/`;
/** Milliseconds for what a page is waited for. */
const PATIENCE = 60_000;

const sleep = (milliseconds) => new Promise((r) => setTimeout(r, milliseconds));

/** WebKit's own small browser, where Debian and others put it. */
function miniBrowser() {
  if (process.env.MINIBROWSER) return process.env.MINIBROWSER;
  const places = execSync("ls -d /usr/lib/*/webkit2gtk-4*/MiniBrowser /usr/libexec/webkit2gtk-4*/MiniBrowser 2>/dev/null || true", { encoding: "utf8" });
  const place = places.split("\n").find((path) => path && existsSync(path));
  if (!place) throw new Error("no MiniBrowser found; set MINIBROWSER to its path");
  return place;
}

// ---- What is started here, and ended here

const started = [];
function start(command, parameters, env = {}) {
  const child = spawn(command, parameters, { env: { ...process.env, ...env }, stdio: ["ignore", "ignore", "inherit"] });
  started.push(child);
}

async function answers(url) {
  for (const end = Date.now() + PATIENCE; Date.now() < end; await sleep(200)) {
    try {
      await fetch(url);
      return;
    } catch {
      // Not yet.
    }
  }
  throw new Error(`${url} does not answer`);
}

// ---- WebDriver

let session;

async function command(method, path, body) {
  const response = await fetch(`http://127.0.0.1:${DRIVER}/session${path}`, {
    method,
    ...(method === "POST" && { body: JSON.stringify(body ?? {}), headers: { "content-type": "application/json" } }),
  });
  const { value } = await response.json();
  if (!response.ok) throw new Error(`${path}: ${value.error}: ${value.message}`);
  return value;
}

const open = (path) => command("POST", `/${session}/url`, { url: PAGE + path });
/** What an expression is in the page. */
const ask = (expression) => command("POST", `/${session}/execute/sync`, { script: `return (${expression});`, args: [] });

/** Waits until an expression is true in the page. */
async function until(expression, what = expression) {
  let value;
  for (const end = Date.now() + PATIENCE; Date.now() < end; await sleep(250)) {
    value = await ask(expression);
    if (value) return value;
  }
  throw new Error(`waited in vain until ${what}; at last it was ${JSON.stringify(value)}`);
}

/** Draws with the mouse through points, in the pixels of the window. The driver has no fingers: it makes one mouse of them. */
async function draw(points) {
  const [first, ...rest] = points.map(([x, y], k) => ({ type: "pointerMove", x: Math.round(x), y: Math.round(y), duration: k ? 30 : 0 }));
  const actions = [first, { type: "pointerDown", button: 0 }, ...rest, { type: "pointerUp", button: 0 }];
  await command("POST", `/${session}/actions`, { actions: [{ type: "pointer", id: "mouse", parameters: { pointerType: "mouse" }, actions }] });
}

const click = (selector) => ask(`(${selector}).click() ?? true`);
const INK = `((canvas) => {
  if (!canvas?.width) return 0;
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let sum = 0;
  for (let i = 3; i < data.length; i += 4) sum += data[i];
  return sum / 255 / (data.length / 4);
})`;
/** The strongest red of a canvas: how light its ink is. */
const LIGHT = `((canvas) => Math.max(...canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.filter((_, i) => i % 4 === 0)))`;

// ---- The suite

const WALL = `document.querySelector("#wall")`;
const FIGURE = `document.querySelector("#training")`;
const part = (widget, selector) => `${widget}.shadowRoot.querySelector(${JSON.stringify(selector)})`;

/** The page, with the training figure in sight. */
async function openTraining() {
  await open("?seed=3");
  await until(`Boolean(${FIGURE}?.querySelector("button[name=train]"))`);
  await ask(`${FIGURE}.scrollIntoView() ?? true`);
}

const tests = {
  async "the wall draws to its end, pauses, steps, and goes on"() {
    await open("?seed=3");
    await until(`document.documentElement.dataset.state === "ready"`);
    await until(`${WALL}.state === "drawing" && ${WALL}.glimpse > 2`);
    await until(`${INK}(${part(WALL, "canvas[part=windows]")}) > 0.001`, "windows are drawn");
    await click(part(WALL, "button[name=play]"));
    await until(`${WALL}.state === "paused"`);
    await sleep(500);
    const held = await ask(`${WALL}.glimpse`);
    await click(part(WALL, "button[name=step]"));
    await until(`${WALL}.glimpse === ${held + 1}`);
    await ask(`(${WALL}.speed = 60)`);
    await click(part(WALL, "button[name=play]"));
    await until(`${WALL}.state === "done" && ${WALL}.glimpse === 64`);
    const share = await ask(`${INK}(${part(WALL, "canvas[part=canvas]")})`);
    assert.ok(share > 0.05 && share < 0.3, `share of ink ${share}`);
  },

  async "a pad redraws a scribble; a tap says that it needs more"() {
    await open("embed/frame.html?mode=redraw&speed=60");
    const widget = `document.querySelector("attentive-writer")`;
    await until(`${widget}?.glimpses === 64`);
    const pad = part(widget, "canvas[part=pad]");
    const { x, y, width } = await ask(`(({ x, y, width }) => ({ x, y, width }))(${pad}.getBoundingClientRect())`);
    const at = (points) => points.map(([a, b]) => [x + width * a, y + width * b]);
    await draw(at([[0.5, 0.5]]));
    await until(`/larger/.test(${part(widget, ".hint")}.textContent) && !${part(widget, ".hint")}.hidden`, "the pad asks for more");
    assert.ok((await ask(`${INK}(${pad})`)) > 0.004, "a tap is a dot");
    await ask(`${widget}.clear() ?? true`);
    await draw(at([[0.3, 0.25], [0.6, 0.2], [0.65, 0.4], [0.35, 0.8], [0.75, 0.8]]));
    await until(`${widget}.state === "done"`);
    assert.match(await ask(`${part(widget, ".status")}.textContent`), /glimpse 64 of 64: .* nats$/);
    assert.ok((await ask(`${INK}(${part(widget, "figure:last-child canvas[part=canvas]")})`)) > 0.02);
  },

  async "the widget on a page that is dark by its style; its events"() {
    await open("embed/plain.html");
    await until(`Boolean(customElements.get("attentive-writer"))`);
    await ask(`((element) => {
      document.body.style.cssText = "background: #101418; color: #e6e6e6";
      globalThis.seen = [];
      for (const [name, value] of Object.entries({ count: 4, seed: 9, speed: 60, autoplay: "" })) element.setAttribute(name, value);
      for (const type of ["ready", "glimpse", "done"]) element.addEventListener(type, () => globalThis.seen.push(type));
      element.id = "made";
      document.body.prepend(element);
      return true;
    })(document.createElement("attentive-writer"))`);
    const widget = `document.querySelector("#made")`;
    await until(`${widget}.state === "done"`);
    const events = await ask("globalThis.seen");
    assert.equal(events[0], "ready");
    assert.equal(events.at(-1), "done");
    assert.ok(events.filter((type) => type === "glimpse").length >= 65);
    const canvas = part(widget, "canvas[part=canvas]");
    assert.ok((await ask(`${LIGHT}(${canvas})`)) > 220, "ink is light on a dark page");
    await ask(`(document.body.style.color = "#000")`);
    await until(`${LIGHT}(${canvas}) < 10`, "ink follows the page");
  },

  async "it trains: the bound falls, it pauses, and it is there after a reload"() {
    await openTraining();
    await click(`${FIGURE}.querySelector("button[name=train]")`);
    await until(`Number(${FIGURE}.dataset.steps) > 20`);
    const first = Number(await until(`${FIGURE}.dataset.nats`));
    await until(`Number(${FIGURE}.dataset.nats) < ${first - 10}`, "the bound has fallen");
    assert.ok((await ask(`${INK}(${FIGURE}.querySelector(".sheet .ink"))`)) > 0.01);
    await click(`${FIGURE}.querySelector("button[name=train]")`);
    await until(`${FIGURE}.dataset.state === "paused"`);
    await sleep(1500);
    await openTraining();
    await until(`/back at step/.test(${FIGURE}.querySelector(".numbers").textContent)`, "the training is back");
  },
};

async function main() {
  start("Xvfb", [DISPLAY, "-screen", "0", "1280x1024x24", "-nolisten", "tcp"]);
  start(join(root, "target/release/attentive-writer"), ["serve", "--port", String(SERVER)]);
  const quiet = { WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1", WEBKIT_DISABLE_COMPOSITING_MODE: "1", LIBGL_ALWAYS_SOFTWARE: "1" };
  start(found("WEBKITDRIVER", ["WebKitWebDriver"]), [`--port=${DRIVER}`], { DISPLAY, ...quiet });
  await Promise.all([answers(PAGE), answers(`http://127.0.0.1:${DRIVER}/status`)]);
  const options = { binary: miniBrowser(), args: ["--automation", "--geometry=1200x950"] };
  const { sessionId, capabilities } = await command("POST", "", { capabilities: { alwaysMatch: { "webkitgtk:browserOptions": options } } });
  session = sessionId;
  console.log(`${capabilities.browserName} ${capabilities.browserVersion}`);
  let failed = 0;
  for (const [name, test] of Object.entries(tests)) {
    const before = performance.now();
    try {
      await test();
      console.log(`ok      ${name} (${((performance.now() - before) / 1000).toFixed(1)} s)`);
    } catch (error) {
      failed++;
      console.log(`failed  ${name}\n        ${error.message}`);
    }
  }
  await command("DELETE", `/${session}`);
  return failed;
}

let code = 1;
try {
  code = (await main()) ? 1 : 0;
} catch (error) {
  console.error(`error: ${error.message}`);
} finally {
  for (const child of started.toReversed()) child.kill();
}
process.exit(code);
