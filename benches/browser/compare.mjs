// Ours against ONNX Runtime Web, tract, TensorFlow.js and jax-js, in a browser, on the same work:
//
//     (cd benches/browser && npm ci) && pip install -r benches/requirements.txt
//     node benches/browser/compare.mjs [--tasks 1,64,step] [chromium | firefox] [rounds] [part of a row's name ...]
//
// (a) one digit, 64 glimpses; (b) 64 digits; (c) a training step of 32 images; (d) bytes to load. All have the model that
// the page draws with, and the same latents. Canvases are held against ours in f32, and the losses of the first three
// steps, from the same weights with the same noise, against those of the engine run natively. What differs by more than is
// said beside it below has no time. Runs interleave. `--tasks` chooses among (a), (b) and (c): `--tasks 1,64` leaves training
// out. Names choose rows beside the first, which all are held against. PYTHON names the Python that has the requirements,
// if it is not `python`. tract is built here, by the tools that `.ci/tools` puts in place; the first build takes minutes.

import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { start } from "./launch.mjs";
import { build, serve, site } from "./site.mjs";

const { values, positionals } = parseArgs({ options: { tasks: { type: "string", default: "1,64,step" } }, allowPositionals: true });
const [name = "chromium", rounds = "7", ...only] = positionals;
const asked = values.tasks.split(",");
const TASKS = [1, 64, "step"].filter((task) => asked.includes(String(task)));
if (TASKS.length !== asked.length) throw new Error(`--tasks ${values.tasks}: expected one or more of 1, 64 and step, with commas between`);
const BATCH = 32;
// How far a pixel may be off: that of an engine in f32, and that of ours in int8. A peer's int8 may move a pixel further; of
// its pixels so many may lie on the other side of one half.
const [F32, INT8, FLIPPED] = [1e-3, 1 / 255, 0.05];
// How far a loss may be off, as a share of it: the first, and one after an update. Adam's first steps are as large for the
// smallest gradients, whose sign f32 need not have right: PyTorch's second loss in f32 is 1.2e-3 from its own in f64.
const [LOSS, UPDATED] = [1e-4, 1e-2];

const ALL = [
  { label: "ours, int8 as on the page, relaxed SIMD", kind: "ours", options: { simd: "relaxed", numbers: "int8", workers: 1 }, within: INT8, trains: true },
  { label: "ours, int8, relaxed SIMD, 2 Workers", kind: "ours", options: { simd: "relaxed", numbers: "int8", workers: 2 }, within: INT8 },
  { label: "ours, int8, simd128", kind: "ours", options: { simd: "128", numbers: "int8", workers: 1 }, within: INT8, trains: true },
  { label: "ours, f32, relaxed SIMD", kind: "ours", options: { simd: "relaxed", numbers: "f32", workers: 1 }, within: F32 },
  ...[["f32", ""], ["int8, dynamic", "-int8"]].flatMap(([numbers, suffix]) => [["", "mnist"], [", LSTM operator", "mnist-lstm"]].flatMap(([how, file]) =>
    [1, 2].map((threads) => ({ label: `ONNX Runtime Web, ${numbers}${how}${threads > 1 ? `, ${threads} threads` : ""}`, kind: "onnx",
      options: { threads, file: `${file}${suffix}.onnx` }, ...(suffix ? { flipped: FLIPPED } : { within: F32 }) })))),
  ...[["", "mnist"], [", LSTM operator", "mnist-lstm"]].map(([how, file]) =>
    ({ label: `tract${how}, relaxed SIMD`, kind: "tract", options: { file: `${file}.onnx` }, within: F32 })),
  { label: "jax-js, wasm", kind: "jax", options: { threads: 1 }, within: F32, trains: true },
  { label: "jax-js, wasm, threads", kind: "jax", options: { threads: 2 }, within: F32, trains: true },
  { label: "TensorFlow.js, wasm", kind: "tensorflow", options: { backend: "wasm" }, within: F32, trains: true, slow: ["step"] },
  { label: "TensorFlow.js, cpu", kind: "tensorflow", options: { backend: "cpu" }, within: F32, slow: [1, 64] },
];
const ENGINES = ALL.filter(({ label }, i) => i === 0 || !only.length || only.some((part) => label.includes(part)));
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

/** In the page: the milliseconds of `count` runs of a task. */
async function measure([task, count, batch]) {
  const times = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    if (task === "step") await window.engine.step(window.images, window.noise[0], batch);
    else await window.engine.draw(window.latents[task], task);
    times.push(performance.now() - start);
  }
  return times;
}

/** In the page: the most that a canvas or a loss is off, and the share of pixels on the other side of one half. */
async function check([task, batch]) {
  const expected = window.reference[task];
  if (task !== "step") {
    const drawn = await window.engine.draw(window.latents[task], task);
    if (drawn.length !== expected.length) throw new Error(`${drawn.length} pixels for ${expected.length}`);
    const flipped = drawn.reduce((sum, p, i) => sum + Number(p > 0.5 !== expected[i] > 0.5), 0) / drawn.length;
    // Not a number is not near.
    return { off: drawn.reduce((most, p, i) => (Math.abs(p - expected[i]) <= most ? most : Math.abs(p - expected[i])), 0), flipped };
  }
  const losses = [];
  for (const noise of window.noise) losses.push(await window.engine.step(window.images, noise, batch));
  const off = losses.map((loss, i) => Math.abs(loss / expected[i] - 1));
  return { first: off[0], off: Math.max(...off), losses, expected: [...expected.slice(0, losses.length)] };
}

/** Why a result does not count; nothing if it does. */
function wrong({ within, flipped }, task, found) {
  if (task === "step") return found.first <= LOSS && found.off <= UPDATED ? "" : `losses of ${found.losses.join(", ")} for ${found.expected.join(", ")}`;
  if (flipped) return found.flipped <= flipped ? "" : `${100 * found.flipped} % of the pixels flip`;
  return found.off <= within ? "" : `a canvas is ${found.off} off`;
}

const missing = build(BATCH);
const { url, close } = await serve();
const browser = await start(name);
const [table, checks, trouble] = [{}, {}, {}];
for (const { label } of ENGINES) [table[label], checks[label], trouble[label]] = [{ 1: [], 64: [], step: [] }, {}, []];

// One page for each engine: ONNX Runtime's thread count is the page's.
const pages = [];
for (const engine of ENGINES) {
  try {
    if (missing[engine.kind]) throw new Error(missing[engine.kind]);
    const page = await (await browser.newContext()).newPage();
    page.on("pageerror", (error) => console.error(engine.label, error.message));
    await page.goto(engine.kind === "jax" && engine.options.threads === 1 ? `${url}?alone` : url);
    await page.waitForFunction(() => window.prepare, undefined, { timeout: 60000 });
    await page.evaluate(([kind, options]) => window.prepare(kind, options), [engine.kind, engine.options]);
    pages.push({ ...engine, page });
  } catch (error) {
    trouble[engine.label].push(`does not run here: ${error.message.split("\n")[0]}`);
  }
}

for (const task of TASKS) {
  const able = [];
  for (const engine of pages.filter(({ trains }) => task !== "step" || trains)) {
    try {
      const found = await engine.page.evaluate(check, [task, BATCH]);
      checks[engine.label][task] = found;
      const why = wrong(engine, task, found);
      if (why) throw new Error(why);
      able.push(engine);
    } catch (error) {
      trouble[engine.label].push(`${task === "step" ? "training step" : `${task} digits`}: ${error.message.split("\n")[0]}`);
    }
  }
  for (let round = 0; round < Number(rounds); round++) {
    for (const { label, kind, slow, page } of able) {
      // Slow engines get fewer runs.
      if (round > 1 && slow?.includes(task)) continue;
      const count = task !== 1 ? 1 : kind === "tensorflow" ? 2 : 10;
      table[label][task].push(median(await page.evaluate(measure, [task, count, BATCH])));
    }
  }
}

const best = table[ENGINES[0].label];
const cell = (label, task) => {
  const times = table[label][task];
  if (!times.length) return "–";
  const ms = median(times);
  return `${ms < 10 ? ms.toFixed(2) : ms.toFixed(0)} ms (${(ms / median(best[task])).toFixed(2)} ×)`;
};
const share = (value, digits) => (value === undefined ? "–" : value.toExponential(digits));
const found = (label) => {
  const { 64: many, step } = checks[label];
  return [share(many?.off, 0), many ? `${(100 * many.flipped).toFixed(2)} %` : "–", share(step?.off, 0)];
};
const { version } = JSON.parse(readFileSync(join(site, "pkg/package.json")));
console.log(`${cpus()[0].model}, ${cpus().length} cores; ${name} ${browser.version()}; ours ${version}; median of ${rounds} interleaved rounds; in brackets the time over that of the first row.\n`);
console.log(`| | one digit | 64 digits | training step, ${BATCH} images | 64 canvases off by | pixels flipped | losses off by |\n|${" --- |".repeat(7)}`);
for (const { label } of ENGINES) console.log(`| ${label} | ${[...[1, 64, "step"].map((task) => cell(label, task)), ...found(label)].join(" | ")} |`);
const kB = (...files) => `${Math.round(files.reduce((sum, file) => sum + gzipSync(readFileSync(join(site, file)), { level: 9 }).length, 0) / 1000)} kB`;
const loads = [
  ["ours, the widget", "ours", ["pkg/www/element.js", "pkg/www/worker.js", "pkg/widget/attentive_writer_bg.wasm"]],
  ["jax-js", "jax", ["jax.bundle.js"]],
  ["TensorFlow.js, wasm backend", "tensorflow", ["tf.bundle.js", "tfjs/tfjs-backend-wasm-simd.wasm"]],
  ["tract, relaxed SIMD", "tract", ["tract/tract_draw.js", "tract/tract_draw_bg.wasm"]],
  ["ONNX Runtime Web, wasm", "onnx", ["ort/ort.wasm.min.mjs", "ort/ort-wasm-simd-threaded.mjs", "ort/ort-wasm-simd-threaded.wasm"]],
];
console.log("\n| gzip, before any weight | |\n| --- | --- |");
for (const [label, kind, files] of loads) console.log(`| ${label} | ${missing[kind] ? "–" : kB(...files)} |`);
const failures = Object.entries(trouble).flatMap(([label, whys]) => whys.map((why) => `${label}: ${why}`));
if (failures.length) console.log(`\nWithout a time:\n\n${failures.map((failure) => `- ${failure}`).join("\n")}`);
await browser.close();
close();
process.exitCode = failures.length ? 1 : 0;
