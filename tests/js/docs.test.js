// What the documents point to is there.

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { test } from "node:test";

const root = resolve(import.meta.dirname, "../..");
const documents = [...readdirSync(root), ...["benches/training", "docs", "src", "www"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true }).map((name) => join(folder, name)))].filter((path) => path.endsWith(".md"));

/** A document, without its blocks of code. */
const text = (path) => readFileSync(join(root, path), "utf8").replaceAll(/^```[^]*?^```/gm, "");

test("every relative link leads to a file", () => {
  assert.ok(documents.includes("README.md") && documents.includes("docs/architecture.md"));
  const lost = documents.flatMap((path) =>
    [...text(path).matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, link]) => link.replace(/#.*/, ""))
      .filter((link) => link && !/^[a-z]+:/.test(link) && !existsSync(join(root, dirname(path), link)))
      .map((link) => `${path}: ${link}`),
  );
  assert.deepEqual(lost, []);
});

test("every path of the repository that a document names is there", () => {
  const lost = documents.flatMap((path) =>
    [...text(path).matchAll(/`((?:src|www|tests|benches|docs|examples|\.ci|\.github)\/[\w./-]+)`/g)]
      .map(([, named]) => named)
      // NAME.js stands for any.
      .filter((named) => !named.includes("NAME") && !existsSync(join(root, named)))
      .map((named) => `${path}: ${named}`),
  );
  assert.deepEqual(lost, []);
});

test("the README has no long lines, and is short", () => {
  const lines = readFileSync(join(root, "README.md"), "utf8").split("\n");
  assert.deepEqual(lines.filter((line) => line.length > 120), []);
  assert.ok(lines.length <= 140, `${lines.length} lines`);
});
