// The programs of www/code run as they stand, and what they print is what the article says.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
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

test("none is longer than a reader's patience", async () => {
  const { readFileSync } = await import("node:fs");
  for (const name of Object.keys(HOLDS)) {
    const lines = readFileSync(join(root, "www/code", name), "utf8").split("\n").filter((line) => line.trim() && !/^\s*(\/\/|#|import )/.test(line));
    assert.ok(lines.length <= 22, `${name}: ${lines.length}`);
  }
});
