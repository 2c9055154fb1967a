// Ours against TensorFlow.js and ONNX Runtime Web, in a browser, on the same work:
//
//     (cd benches/browser && npm ci) && pip install -r benches/requirements.txt
//     python benches/browser/onnx_model.py www/weights/mnist.safetensors target/mnist.onnx
//     node benches/browser/compare.mjs [chromium | firefox] [rounds]
//
// (a) one digit, 64 glimpses; (b) 64 digits; (c) a training step of 32 images; (d) bytes to load. Same weights, same
// latents; canvases must agree within 1e-3, and training losses within the noise of the latents, before time counts. Runs interleave.

import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { start } from "./launch.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, "../..");
const [name = "chromium", rounds = "7"] = process.argv.slice(2);
const site = join(root, "target/browser-bench");

rmSync(site, { recursive: true, force: true });
mkdirSync(site, { recursive: true });
for (const folder of ["pkg", "www/weights"]) cpSync(join(root, folder), join(site, folder), { recursive: true });
cpSync(join(root, "target/mnist.onnx"), join(site, "mnist.onnx"));
for (const file of ["worker.js", "page.js"]) cpSync(join(here, file), join(site, file));
const modules = join(here, "node_modules");
mkdirSync(join(site, "ort"));
for (const file of readdirSync(join(modules, "onnxruntime-web/dist"))) {
  if (/^ort-wasm-simd-threaded\.(mjs|wasm)$|^ort\.wasm\.min\.mjs$/.test(file)) cpSync(join(modules, "onnxruntime-web/dist", file), join(site, "ort", file));
}
mkdirSync(join(site, "tfjs"));
for (const file of readdirSync(join(modules, "@tensorflow/tfjs-backend-wasm/dist"))) {
  if (file.endsWith(".wasm")) cpSync(join(modules, "@tensorflow/tfjs-backend-wasm/dist", file), join(site, "tfjs", file));
}
execFileSync(join(root, "node_modules/.bin/esbuild"), [join(here, "tf.js"), "--bundle", "--format=esm", "--minify", "--platform=browser", "--log-level=error",
  `--outfile=${join(site, "tf.bundle.js")}`]);
writeFileSync(join(site, "index.html"), `<!doctype html><title>Benchmark</title><script type="module" src="page.js"></script>`);

const types = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm" };
const server = createServer((request, response) => {
  const path = new URL(request.url, "http://x").pathname;
  const file = join(site, path === "/" ? "index.html" : path);
  if (!existsSync(file)) return response.writeHead(404).end();
  // Isolated, so that the peers may have threads.
  response.writeHead(200, { "content-type": types[extname(file)] ?? "application/octet-stream", "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp", "cross-origin-resource-policy": "same-origin" });
  response.end(readFileSync(file));
});
await new Promise((r) => server.listen(0, r));
const url = `http://localhost:${server.address().port}/`;

const browser = await start(name);

const ENGINES = [
  ["ours, relaxed SIMD", "ours", { relaxed: true, workers: 1 }],
  ["ours, relaxed SIMD, 2 Workers", "ours", { relaxed: true, workers: 2 }],
  ["ours, simd128", "ours", { relaxed: false, workers: 1 }],
  ["ONNX Runtime Web, wasm", "onnx", { threads: 1 }],
  ["ONNX Runtime Web, wasm, 2 threads", "onnx", { threads: 2 }],
  ["TensorFlow.js, wasm", "tensorflow", { backend: "wasm" }],
  ["TensorFlow.js, cpu", "tensorflow", { backend: "cpu" }],
];
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

/** In the page: times of `count` runs of a task on an engine, after checking it. */
async function measure([kind, options, task, count]) {
  const engine = window.engine(kind, options);
  const times = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    if (task === "step") window.loss = await engine.step(window.images, window.noise, 32);
    else window.drawn = await engine.draw(window.latents[task], task);
    times.push(performance.now() - start);
  }
  const reference = window.reference?.[task];
  const difference = task === "step" || !reference ? 0 : window.drawn.reduce((most, p, i) => Math.max(most, Math.abs(p - reference[i])), 0);
  return { times, difference, loss: window.loss, drawn: reference ? 0 : 1 };
}

const table = Object.fromEntries(ENGINES.map(([label]) => [label, { 1: [], 64: [], step: [] }]));
// One page for each engine: ONNX Runtime's thread count is the page's.
const pages = [];
for (const [label, kind, options] of ENGINES) {
  const page = await (await browser.newContext()).newPage();
  page.on("pageerror", (error) => console.error(label, error.message));
  try {
    await page.goto(url);
    await page.waitForFunction(() => window.prepare);
    await page.evaluate(async ([kind, options]) => {
      await window.prepare(kind, options);
      // The latents and the reference canvases are ours, with simd128.
      const us = await window.prepare("ours", { relaxed: false, workers: 1 });
      window.latents = { 1: await us.latents(1, 1), 64: await us.latents(2, 64) };
      window.reference = { 1: await us.draw(window.latents[1], 1), 64: await us.draw(window.latents[64], 64) };
      if (kind !== "ours" || options.relaxed || options.workers > 1) us.close();
      // Digits to train on, and noise for those who take it.
      window.images = window.reference[64].slice(0, 32 * 784).map((p) => Number(p > 0.5));
      window.noise = window.latents[64].slice(0, 64 * 32 * 100);
      if (kind === "ours" && !options.relaxed && options.workers === 1) window.engines[JSON.stringify([kind, options])] = us;
    }, [kind, options]);
    pages.push([label, kind, options, page]);
  } catch (error) {
    console.error(`${label} does not run here: ${error.message.split("\n")[0]}`);
  }
}

const losses = {};
for (const task of [1, 64, "step"]) {
  const trains = (kind, options) => kind === "tensorflow" ? options.backend === "wasm" : kind === "ours" && options.workers === 1;
  const able = pages.filter(([, kind, options]) => task !== "step" || trains(kind, options));
  for (let round = -1; round < Number(rounds); round++) {
    for (const [label, kind, options, page] of able) {
      // The first round warms up and checks. Slow engines get fewer runs.
      const count = task === "step" ? 1 : task === 1 && kind !== "tensorflow" ? 10 : task === 1 ? 2 : 1;
      if (round > 1 && kind === "tensorflow" && (task === "step" || options.backend === "cpu")) continue;
      const { times, difference, loss } = await page.evaluate(measure, [kind, options, task, count]);
      if (round < 0) {
        if (!(difference < 1e-3)) throw new Error(`${label}: the canvas is ${difference} off`);
        losses[label] = loss;
      } else table[label][task].push(median(times));
    }
  }
}
const [[, ours0], ...rest] = Object.entries(losses).filter(([, loss]) => loss !== undefined);
for (const [label, loss] of rest.map(([l, v]) => [l, v])) {
  if (Math.abs(loss / ours0 - 1) > 0.2) throw new Error(`${label}: a loss of ${loss} against ${ours0}`);
}

const best = table["ours, relaxed SIMD"];
const cell = (label, task) => {
  const times = table[label][task];
  if (!times.length) return "–";
  const ms = median(times);
  const ratio = ms / median(best[task]);
  return `${ms < 10 ? ms.toFixed(2) : ms.toFixed(0)} ms (${ratio.toFixed(1)} ×)`;
};
console.log(`${name} ${browser.version()}; median of ${rounds} interleaved rounds; in brackets the time over that of ours with relaxed SIMD in one Worker.\n`);
console.log("| | one digit | 64 digits | training step, 32 images |\n| --- | --- | --- | --- |");
for (const [label] of ENGINES) console.log(`| ${label} | ${[1, 64, "step"].map((task) => cell(label, task)).join(" | ")} |`);
const kB = (...files) => `${Math.round(files.reduce((sum, file) => sum + gzipSync(readFileSync(join(site, file)), { level: 9 }).length, 0) / 1000)} kB`;
console.log("\n| gzip, before any weight | |\n| --- | --- |");
console.log(`| ours, the widget | ${kB("pkg/www/element.js", "pkg/www/worker.js", "pkg/widget/attentive_writer_bg.wasm")} |`);
console.log(`| TensorFlow.js, wasm backend | ${kB("tf.bundle.js", "tfjs/tfjs-backend-wasm-simd.wasm")} |`);
console.log(`| ONNX Runtime Web, wasm | ${kB("ort/ort.wasm.min.mjs", "ort/ort-wasm-simd-threaded.mjs", "ort/ort-wasm-simd-threaded.wasm")} |`);
await browser.close();
server.close();
