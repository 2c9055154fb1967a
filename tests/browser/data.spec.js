// The tab reads what the command line reads, by the same code.

import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { expect, test } from "@playwright/test";

const root = resolve(import.meta.dirname, "../..");
const COUNT = 60;
const rows = gunzipSync(readFileSync(join(root, "www/data/mnist.bits.gz"))).subarray(0, COUNT * 98);
const bit = (i, p) => (rows[98 * i + (p >> 3)] >> (7 - (p & 7))) & 1;
const pixels = (value) => Uint8Array.from({ length: COUNT * 784 }, (_, k) => value(bit(Math.floor(k / 784), k % 784)));

const idxHeader = Buffer.alloc(16);
[0x0803, COUNT, 28, 28].forEach((word, i) => idxHeader.writeUInt32BE(word, 4 * i));
const text = Array.from({ length: COUNT }, (_, i) => `${Array.from({ length: 784 }, (_, p) => bit(i, p)).join(" ")}\n`).join("");
const npyHeader = Buffer.from(`\x93NUMPY\x01\x00v\x00${`{'descr': '<f4', 'fortran_order': False, 'shape': (${COUNT}, 28, 28), }`.padEnd(117)}\n`, "latin1");
const floats = Buffer.from(Float32Array.from({ length: COUNT * 784 }, (_, k) => bit(Math.floor(k / 784), k % 784)).buffer);

test("every format gives the tab the same images", async ({ page }) => {
  await page.goto("embed/frame.css");
  const files = {
    "train.bits": rows,
    "train.bits.gz": gzipSync(gzipSync(rows)),
    "binarized_mnist_train.amat": Buffer.from(text),
    "binarized_mnist_train.amat.gz": gzipSync(text),
    "train-images-idx3-ubyte": Buffer.concat([idxHeader, pixels((v) => 255 * v)]),
    "train.npy": Buffer.concat([npyHeader, floats]),
  };
  const read = (name, bytes, options) =>
    page.evaluate(async ([name, bytes, options]) => {
      const { default: init, Dataset } = await import("/pkg/attentive_writer.js");
      await init();
      try {
        const data = new Dataset(Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0)), name ?? undefined, options ?? undefined);
        const { count, width, height, channels, notes } = data;
        const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", data.levels()));
        return { count, width, height, channels, notes, digest: digest.join(" ") };
      } catch (error) {
        return { error: error.message };
      }
    }, [name, bytes.toString("base64"), options]);
  const expected = await read("train.bits", rows);
  expect(expected).toMatchObject({ count: COUNT, width: 28, height: 28, channels: 1, notes: [] });
  for (const [name, bytes] of Object.entries(files)) expect(await read(name, bytes), name).toEqual(expected);
  // Bit rows have no header: their name says what they are, or the options do.
  expect((await read(null, rows)).error).toContain(".bits");
  expect(await read("rows.bin", rows, { format: "bits" })).toEqual(expected);
  expect((await read("rows.bin", rows, { format: "bits", limit: 3 })).count).toBe(3);
  expect((await read("rows.bin", rows, { format: "png" })).error).toContain("expected a PNG");
  expect((await read("rows.bin", rows, { format: "tiff" })).error).toContain("idx, npy, amat, matlab, png, cifar, bits");
  expect((await read("rows.bin", rows, { colour: 1 })).error).toContain("colour");
  const ones = await read("ones-idx3-ubyte", Buffer.concat([idxHeader, pixels((v) => v)]));
  expect(ones.digest).toBe(expected.digest);
  expect(ones.notes).toEqual(["its values are 0 and 1, not 0 to 255: read as paper and ink"]);
});

test("the figure trains on an .amat, and says what is odd about a set", async ({ page }) => {
  await page.goto("?seed=3");
  const figure = page.locator("#training");
  await figure.scrollIntoViewIfNeeded();
  await expect(figure.locator(".slider output").first()).not.toBeEmpty();
  const input = figure.locator("input[type=file]");
  const steps = async () => Number((await figure.getAttribute("data-steps")) ?? 0);
  await input.setInputFiles({ name: "binarized_mnist_train.amat", mimeType: "text/plain", buffer: Buffer.from(text) });
  await expect.poll(steps, { timeout: 30_000 }).toBeGreaterThan(3);
  // Of several files the one for training is taken, and the others are told of.
  const whole = (name, buffer) => ({ name, mimeType: "application/octet-stream", buffer });
  const images = Buffer.concat([idxHeader, pixels((v) => 255 * v)]);
  for (const name of ["train-images-idx3-ubyte", "set.idx"]) {
    const others = [whole("README.txt", Buffer.from("what this is")), whole("t10k-images-idx3-ubyte", images)];
    await input.setInputFiles([...others, whole(name, images)]);
    await expect(figure.locator("> .status").first()).toContainText(`${name}: read; a new model trains on it; left out: README.txt, t10k`, { timeout: 30_000 });
  }
  const inverted = Buffer.concat([idxHeader, pixels((v) => 255 - 255 * v)]);
  await input.setInputFiles({ name: "inverted-idx3-ubyte", mimeType: "application/octet-stream", buffer: inverted });
  await expect(figure.locator("> .status").first()).toContainText("turned over", { timeout: 30_000 });
});
