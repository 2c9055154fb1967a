// What the documents point to is there.

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
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

test("the documents have a command to train every preset", () => {
  const presets = ["src/config.rs", "src/look/config.rs"].flatMap((path) => {
    const [, list] = /pub const PRESETS: &\[&str\] =\s*&\[([^\]]+)\]/.exec(readFileSync(join(root, path), "utf8"));
    return [...list.matchAll(/"([^"]+)"/g)].map(([, name]) => name);
  });
  assert.ok(presets.includes("cifar") && presets.includes("ram-pathwise"), `${presets}`);
  const document = readFileSync(join(root, "docs/data.md"), "utf8");
  const folders = [...document.matchAll(/^\| `([\w]+)` \| [^|]+ \| [^|]+ \|$/gm)].map(([, name]) => name);
  for (const preset of presets) {
    const [, data] = new RegExp(`^attentive-writer train --preset ${preset} --data (\\w+) --out`, "m").exec(document) ?? [];
    assert.ok(folders.includes(data), `${preset} trains on ${data}, of ${folders}`);
  }
});

/** Of the data sets that weights were trained on: what their terms are, or where they stand. */
const TERMS = [
  [/^svhn/, "SVHN: non-commercial use only, `svhn-32.txt`"],
  [/^cifar/, "CIFAR-10, and SVHN before: non-commercial use only, `cifar.txt`"],
  [/./, "MNIST: CC BY-SA 3.0"],
];
const weights = join(root, "www/weights");
const kilobytes = (file) => `${Math.round(statSync(join(weights, file)).size / 1000).toLocaleString("en")} kB`;

/** What the header of a weights file says: the model's shape, and how its numbers are written. */
function headerOf(file) {
  const bytes = readFileSync(join(weights, file));
  const { __metadata__: { config }, ...tensors } = JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE(0))).toString());
  const types = Object.values(tensors).map(({ dtype }) => dtype);
  return { ...JSON.parse(config), format: { I8: "int8", F16: "f16", F32: "f32" }[["I8", "F16", "F32"].find((type) => types.includes(type))] };
}

/** The shipped weights as a table. */
function tableOfWeights() {
  const files = readdirSync(weights).filter((name) => name.endsWith(".safetensors"));
  const rows = files.filter((file) => !file.includes(".encoder.")).map((file) => {
    const encoder = file.replace(/\.safetensors$/, ".encoder.safetensors");
    const { width, height, channels = 1, glimpses, format } = headerOf(file);
    const colours = channels === 1 ? "grey" : "colour";
    const [, terms] = TERMS.find(([name]) => name.test(file));
    return [`\`${file}\``, `${width}×${height}, ${colours}`, glimpses, format, kilobytes(file), files.includes(encoder) ? kilobytes(encoder) : "", terms];
  });
  const head = ["file", "images", "glimpses", "numbers", "to draw, or to name", "to read, too", "trained on"];
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

test("the table of the shipped weights is that of the files; UPDATE_DOCS=1 writes it anew", () => {
  const path = join(root, "docs/data.md");
  const between = /(<!-- weights:begin -->\n)[^]*?(?=\n<!-- weights:end -->)/;
  const document = readFileSync(path, "utf8");
  assert.match(document, between);
  const table = tableOfWeights();
  if (process.env.UPDATE_DOCS) writeFileSync(path, document.replace(between, (_, begin) => begin + table));
  assert.equal(between.exec(readFileSync(path, "utf8"))[0].split("\n").slice(1).join("\n"), table);
});

test("weights whose data set has terms of its own have them beside them, and stay out of the package and the crate", () => {
  const named = readdirSync(weights).filter((name) => /^(svhn|cifar)/.test(name));
  assert.ok(named.includes("svhn-32.safetensors") && named.includes("svhn-32.txt"));
  for (const file of named.filter((name) => name.endsWith(".safetensors"))) {
    const terms = file.replace(/(\.encoder)?\.safetensors$/, ".txt");
    assert.ok(named.includes(terms), `${file} lacks ${terms}`);
    const text = readFileSync(join(weights, terms), "utf8");
    assert.ok(text.includes(file), `${terms} does not name ${file}`);
    assert.match(text, /not in the npm\s+package, nor in the crate/);
  }
  for (const name of ["svhn-32.txt", "cifar.txt"]) assert.match(readFileSync(join(weights, name), "utf8"), /non-commercial use only/);
  // What is committed is what is published.
  const packed = readdirSync(join(root, "pkg"), { recursive: true }).map(String).filter((name) => name.endsWith(".safetensors"));
  assert.deepEqual(packed.sort(), ["www/weights/mnist-int8.encoder.safetensors", "www/weights/mnist-int8.safetensors"]);
  const [, include] = /^include = \[(.*)\]$/m.exec(readFileSync(join(root, "Cargo.toml"), "utf8"));
  assert.deepEqual(include.split(", "), ['"/src/**"', '"/LICENSE-*"']);
  const inSource = readdirSync(join(root, "src"), { recursive: true }).map(String).filter((name) => /\.(safetensors|png|mat|bin)$/.test(name));
  assert.deepEqual(inSource, []);
});
