// The programs of www/code run as they stand, and what they print is what the article says.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, test } from "node:test";

const root = resolve(import.meta.dirname, "../..");
/** A checkout in which the package is installed. */
const folder = mkdtempSync(join(tmpdir(), "attentive-writer-code-"));
mkdirSync(join(folder, "node_modules"));
mkdirSync(join(folder, "www"));
symlinkSync(join(root, "pkg"), join(folder, "node_modules/attentive-writer"), "junction");
for (const name of ["data", "weights"]) symlinkSync(join(root, "www", name), join(folder, "www", name), "junction");
cpSync(join(root, "www/code"), join(folder, "www/code"), { recursive: true });
after(() => rmSync(folder, { recursive: true }));

const run = (program, name) => execFileSync(program, [join("www/code", name)], { cwd: folder, encoding: "utf8" });
const python = () => {
  const program = process.env.PYTHON ?? "python3";
  try {
    execFileSync(program, ["-c", "import torch"], { stdio: "ignore" });
    return program;
  } catch {
    return null;
  }
};
const numbers = (text) => (text.match(/-?\d+\.?\d*/g) ?? []).map(Number);

/** What an evaluation gives for the first of the page's test digits alone, with the noise of seed 0. */
async function boundOfFirst() {
  const { default: init, Dataset, Writer } = await import("../../pkg/attentive_writer.js");
  await init();
  const read = (path) => readFileSync(join(root, path));
  const writer = new Writer(read("pkg/www/weights/mnist-int8.safetensors"));
  writer.addEncoder(read("pkg/www/weights/mnist-int8.encoder.safetensors"));
  const digits = new Dataset(read("www/data/digits-images-idx3-ubyte.gz")).binary().subarray(0, 784);
  return writer.bound(Dataset.ofLevels(Uint8Array.from(digits, (v) => 255 * v), 28, 28), 0);
}

/** What must hold of each program's output. */
const HOLDS = {
  "watch.js": (text) => assert.equal(text.match(/^glimpse /gm).length, 64),
  "redraw.js"(text) {
    const [bound, reconstruction, kl] = numbers(text);
    assert.ok(Math.abs(bound - reconstruction - kl) < 0.11 && kl > 5 && bound < 80, text);
  },
  "anysize.js"(text) {
    const lines = text.trim().split("\n").map(numbers);
    assert.deepEqual(lines.map(([size]) => size), [28, 56, 280]);
    // The same digit, by the same parameters, at every size.
    for (const [, , share, parameters] of lines) assert.ok(Math.abs(share - lines[0][2]) < 1 && parameters === lines[0][3], text);
  },
  "machine.js"(text) {
    const [reading, dreaming] = text.split("dreaming, from the prior:").map((part) => part.match(/^glimpse .*/gm));
    assert.deepEqual(reading.map((line) => numbers(line)[0]), [1, 16, 32, 64]);
    // Both begin with the same noise: z = μ + σ × noise where it reads, and the noise itself where it dreams.
    const three = (line, name) => numbers(line.split(`${name} `)[1]).slice(0, 3);
    const [noise, means, deviations, latents] = [three(dreaming[0], "z"), ...["μ", "σ", "z"].map((name) => three(reading[0], name))];
    noise.forEach((v, i) => assert.ok(Math.abs(latents[i] - means[i] - deviations[i] * v) < 0.03, text));
    assert.ok(dreaming.every((line) => !/[μσ]|read/.test(line)), text);
    const inks = reading.map((line) => numbers(line).at(-1));
    assert.ok(inks[3] > inks[0] + 30, text);
  },
  async "cost.js"(text) {
    const last = text.match(/^after glimpse 64.*/m)[0];
    const [, kl, reconstruction, bound] = numbers(last);
    const wanted = await boundOfFirst();
    for (const [name, nats] of Object.entries({ kl_nats: kl, reconstruction_nats: reconstruction, nll_bound_nats: bound })) assert.ok(Math.abs(wanted[name] - nats) < 0.06, `${name}: ${wanted[name]}\n${text}`);
    const [bits, plainly] = numbers(text.trim().split("\n").at(-1));
    assert.ok(Math.abs(bits - wanted.nll_bound_nats / Math.LN2) < 0.06 && plainly === 784, text);
  },
  "images.js"(text) {
    const sizes = text.trim().split("\n").map((line) => numbers(line.replace(/^.*ppm/, "")).slice(0, 3));
    assert.deepEqual(sizes, [[60, 60, 1], [32, 32, 3], [32, 32, 3]]);
    const [page, ...pictures] = ["mnist-two-digits", "svhn-32", "cifar"].map((name) => readFileSync(join(folder, `${name}.ppm`)));
    const pixels = (file, [width, height]) => Array.from({ length: width * height }, (_, i) => [...file.subarray(file.length + 3 * (i - width * height)).subarray(0, 3)]);
    const inked = pixels(page, sizes[0]);
    // On white paper some ink, which has no colour; the pictures have colours.
    const share = inked.filter(([r]) => r < 128).length / inked.length;
    assert.ok(share > 0.02 && share < 0.2 && inked.every(([r, g, b]) => r === g && g === b), `${share}`);
    for (const picture of pictures) assert.ok(pixels(picture, sizes[1]).some((pixel) => Math.max(...pixel) - Math.min(...pixel) > 10));
  },
  "looks.js": (text) => assert.ok(numbers(text)[0] >= 16, text),
  "autoencoder.js"(text) {
    // Out of nothing the autoencoder leaves scattered ink, the small DRAW strokes: more inked pixels have inked neighbours.
    const [, plain, draw] = text.split(/^.*out of nothing:$/m);
    const joined = (part) => {
      const rows = part.split("\n");
      const inked = rows.flatMap((row, y) => [...row].flatMap((c, x) => (c === "#" ? [[x, y]] : [])));
      const neighbours = ([x, y]) => [[0, 1], [0, -1]].filter(([dx, dy]) => rows[y + dy]?.[x + dx] === "#").length;
      return inked.reduce((sum, at) => sum + neighbours(at), 0) / inked.length;
    };
    assert.ok(joined(draw) > joined(plain) + 0.1, `${joined(plain)} ${joined(draw)}`);
  },
  "latentspace.js": (text) => assert.equal(text.trimEnd().split("\n").length >= 20, true),
  "learning.js"(text) {
    const bounds = text.trim().split("\n").map((line) => numbers(line).at(-1));
    assert.equal(bounds.length, 3);
    assert.ok(bounds[2] < bounds[0] - 10, text);
  },
  "attention.py"(text) {
    const [error, x, y] = numbers(text.replace(/e-\d+/g, ""));
    // The stroke lies to the right of the window's centre, and as far above it as below.
    assert.ok(error > 0.05 && error < 0.15 && x > 0 && /e-/.test(text) && Number.isFinite(y), text);
  },
  "randomness.py"(text) {
    const [through, around] = text.trim().split("\n").map((line) => numbers(line));
    assert.ok(Math.abs(through[0] + 1) < 0.1 && Math.abs(around[0] + 1) < 0.3, text);
    assert.ok(around[1] > 1.5 * through[1], text);
  },
};

test("every program has something to hold", () => assert.deepEqual(readdirSync(join(root, "www/code")).toSorted(), Object.keys(HOLDS).toSorted()));

for (const [name, holds] of Object.entries(HOLDS)) {
  test(`${name} runs`, (context) => {
    const program = name.endsWith(".py") ? python() : process.execPath;
    if (!program) return context.skip("there is no PyTorch here; PYTHON may name one");
    return holds(run(program, name));
  });
}

test("none is longer than a reader's patience", () => {
  for (const name of Object.keys(HOLDS)) {
    const lines = readFileSync(join(root, "www/code", name), "utf8").split("\n").filter((line) => line.trim() && !/^\s*(\/\/|#|import )/.test(line));
    assert.ok(lines.length <= 22, `${name}: ${lines.length}`);
  }
});
