// Images that are not MNIST's: other shapes and colours in the widget and in the tab, and the article's section on them.

import { deflateSync, gzipSync } from "node:zlib";
import { expect, test } from "@playwright/test";
import { host, ink, keepConsoleClean, prefer, violations } from "./shared.js";

keepConsoleClean();

const widget = (page) => page.locator("attentive-writer");
const painted = (page) => widget(page).locator("canvas[part=canvas]");
const WALLS = { pairs: "mnist-two-digits", houses: "svhn-32", photographs: "cifar" };

/** The weights of a model that was trained a little in a page, as a file that pages find. */
async function made(page, name, preset, changes) {
  await page.goto("embed/frame.css");
  const bytes = await page.evaluate(async ([preset, changes]) => {
    const { default: init, Dataset, Trainer, configure } = await import("/pkg/attentive_writer.js");
    await init();
    const config = configure(preset, changes);
    const { width, height, channels } = config;
    // Of the first channel the upper half, of the others the lower.
    const levels = Uint8Array.from({ length: 8 * channels * width * height }, (_, p) => {
      const [channel, y] = [Math.floor(p / width / height) % channels, Math.floor(p / width) % height];
      return (y < height / 2) === (channel === 0) ? 255 : 0;
    });
    const data = Dataset.ofLevels(levels, width, height, channels);
    const trainer = Trainer.on(data, config, { batch: 4, warm_up: 1, learning_rate: 0.01 });
    for (let i = 0; i < 12; i++) trainer.stepOn(data);
    return [...trainer.export()];
  }, [preset, changes]);
  await page.route(`**/${name}`, (route) => route.fulfill({ contentType: "application/octet-stream", body: Buffer.from(bytes) }));
}

/** The size of a canvas, of its box, and the means of its halves, upper and lower, cell by cell of a grid. */
const seen = (page, [columns, rows]) =>
  painted(page).evaluate((canvas, [columns, rows]) => {
    const { width, height } = canvas;
    const [w, h] = [width / columns, height / rows];
    const mean = (x, y) => {
      const { data } = canvas.getContext("2d").getImageData(x, y, w, Math.floor(h / 2));
      return [0, 1, 2, 3].map((c) => data.filter((_, i) => i % 4 === c).reduce((sum, v) => sum + v, 0) / (data.length / 4));
    };
    const cells = Array.from({ length: columns * rows }, (_, i) => [0, 1].map((half) => mean((i % columns) * w, Math.floor(i / columns) * h + half * Math.ceil(h / 2))));
    const box = canvas.getBoundingClientRect();
    return { width, height, box: [box.width, box.height], cells };
  }, [columns, rows]);

test("two channels of 20 by 36 are drawn by the widget in their shape and colours", async ({ page }) => {
  await made(page, "shape.safetensors", "mnist-small", { width: 20, height: 36, channels: 2, glimpses: 6, hidden: 24 });
  await host(page, `<attentive-writer weights="shape.safetensors" count="6" size="100" autoplay controls style="width: 300px"></attentive-writer>`);
  await expect(widget(page)).toHaveAttribute("state", "done");
  const { width, height, box, cells } = await seen(page, [3, 2]);
  expect([width, height]).toEqual([300, 360]);
  expect(box).toEqual([300, 360]);
  for (const [above, below] of cells) {
    expect(above[0]).toBeGreaterThan(above[1] + 60);
    expect(below[1]).toBeGreaterThan(below[0] + 60);
    for (const half of [above, below]) expect([half[1], half[3]]).toEqual([half[2], 255]);
  }
  // Each window lies in its own cell: of the second row, in the lower half, which begins at 180.
  await widget(page).evaluate((element) => element.seek(3));
  const windows = widget(page).locator("canvas[part=windows]");
  expect((await ink(windows)).share).toBeGreaterThan(0.001);
  const rows = await windows.evaluate((canvas) => [0, 180].map((y) => canvas.getContext("2d").getImageData(0, y, 300, 180).data.some((v, i) => i % 4 === 3 && v)));
  expect(rows).toEqual([true, true]);
  // A click tells which was clicked.
  await widget(page).evaluate((element) => element.addEventListener("pick", ({ detail }) => (element.dataset.picked = detail.index)));
  for (const [x, y, index] of [[50, 170, 0], [250, 170, 2], [50, 190, 3], [250, 350, 5]]) {
    await painted(page).click({ position: { x, y }, force: true });
    await expect(widget(page)).toHaveAttribute("data-picked", String(index));
  }
});

for (const [preset, changes] of [
  ["mnist-small", { width: 36, height: 7, channels: 1, glimpses: 3, hidden: 16 }],
  ["svhn-32", { width: 11, height: 24, channels: 3, glimpses: 3, hidden: 16 }],
  ["cifar", { width: 15, height: 9, channels: 4, glimpses: 3, hidden: 16 }],
]) {
  const { width, height, channels } = changes;
  test(`${width} by ${height} with ${channels} channels has its aspect, before anything is drawn again too`, async ({ page }) => {
    await made(page, "shape.safetensors", preset, changes);
    await host(page, `<attentive-writer weights="shape.safetensors" count="1" size="120" autoplay></attentive-writer>`);
    await expect(widget(page)).toHaveAttribute("state", "done");
    const { box, cells: [[above, below]] } = await seen(page, [1, 1]);
    expect(box[0]).toBe(120);
    expect(Math.abs(box[1] - (120 * height) / width)).toBeLessThan(1);
    if (channels > 1) {
      expect(above[0]).toBeGreaterThan(above[1] + 30);
      expect(below[2]).toBeGreaterThan(below[0] + 30);
      expect(above[3]).toBe(255);
    } else {
      expect(above[3]).toBeGreaterThan(below[3] + 60);
    }
    await widget(page).evaluate((element) => (element.size = 60));
    await expect.poll(async () => (await painted(page).boundingBox()).width).toBe(60);
    expect(Math.abs((await painted(page).boundingBox()).height - (60 * height) / width)).toBeLessThan(1);
  });
}

test("a model of 60 by 60 draws, in its own size", async ({ page }) => {
  await made(page, "sixty.safetensors", "mnist-two-digits", { glimpses: 4, hidden: 24 });
  await host(page, `<attentive-writer weights="sixty.safetensors" count="2" size="90" autoplay></attentive-writer>`);
  const size = await widget(page).evaluate((element) => new Promise((resolve) => {
    if (element.glimpses) resolve(null);
    element.addEventListener("ready", ({ detail: { config } }) => resolve([config.width, config.height]), { once: true });
  }));
  if (size) expect(size).toEqual([60, 60]);
  await expect(widget(page)).toHaveAttribute("state", "done");
  const { width, height, cells } = await seen(page, [2, 1]);
  expect([width, height]).toEqual([180, 90]);
  for (const [above, below] of cells) expect(above[3]).toBeGreaterThan(below[3] + 60);
});

test("house numbers are drawn in colour, whatever the page's ink is", async ({ page }) => {
  await host(page, `<attentive-writer weights="weights/svhn-32.safetensors" count="6" seed="3" autoplay style="color: #0a0"></attentive-writer>`);
  await expect(widget(page)).toHaveAttribute("state", "done", { timeout: 30_000 });
  const { opaque, coloured, green } = await painted(page).evaluate((canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const pixels = Array.from({ length: data.length / 4 }, (_, i) => [...data.subarray(4 * i, 4 * i + 4)]);
    const share = (is) => pixels.filter(is).length / pixels.length;
    const spread = ([r, g, b]) => Math.max(r, g, b) - Math.min(r, g, b);
    return { opaque: share((p) => p[3] === 255), coloured: share((p) => spread(p) > 12), green: share(([r, g, b]) => r < 20 && g > 150 && b < 20) };
  });
  expect(opaque).toBe(1);
  expect(coloured).toBeGreaterThan(0.1);
  expect(green).toBeLessThan(0.01);
});

test("a pad whose model reads other images says so", async ({ page }) => {
  await host(page, `<attentive-writer mode="redraw" weights="weights/svhn-32.safetensors"></attentive-writer>`);
  await expect(widget(page)).toHaveAttribute("state", "error");
  await expect(widget(page).locator(".status")).toContainText("reads images of 32 × 32 with 3 channels; a scribble is of 28 × 28 with 1");
});

// ---- The article's section

test("nothing of other images is fetched before they near; then they draw in their colours, windows shown", async ({ page }) => {
  const asked = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname.split("/").at(-1)));
  await page.goto("?seed=3");
  await expect(page.locator("html")).toHaveAttribute("data-state", "ready");
  await page.waitForTimeout(1500);
  const own = Object.values(WALLS).map((name) => `${name}.safetensors`);
  expect(asked.filter((name) => own.includes(name))).toEqual([]);
  for (const [id, name] of Object.entries(WALLS)) {
    const wall = page.locator(`#${id}`);
    await wall.scrollIntoViewIfNeeded();
    await expect.poll(() => wall.evaluate((element) => element.glimpse), { timeout: 30_000 }).toBeGreaterThan(8);
    await wall.evaluate((element) => element.seek(20));
    expect(asked).toContain(`${name}.safetensors`);
    expect((await ink(wall.locator("canvas[part=windows]"))).share, id).toBeGreaterThan(0.002);
    const canvas = wall.locator("canvas[part=canvas]");
    const coloured = await canvas.evaluate((element) => {
      const { data } = element.getContext("2d").getImageData(0, 0, element.width, element.height);
      let count = 0;
      for (let i = 0; i < data.length; i += 4) if (data[i + 3] === 255 && Math.max(...data.subarray(i, i + 3)) - Math.min(...data.subarray(i, i + 3)) > 12) count++;
      return count / (data.length / 4);
    });
    if (id === "pairs") expect((await ink(canvas)).share).toBeGreaterThan(0.005);
    else expect(coloured, id).toBeGreaterThan(0.05);
  }
  // An encoder is of no use here.
  expect(asked.filter((name) => own.map((file) => file.replace(".safetensors", ".encoder.safetensors")).includes(name))).toEqual([]);
});

for (const colorScheme of ["light", "dark"]) {
  test(`other images: no accessibility violations, and nothing wider than a phone, ${colorScheme}`, async ({ page }) => {
    await prefer(page, { colorScheme });
    await page.setViewportSize({ width: 360, height: 800 });
    await page.goto("?seed=3");
    for (const id of Object.keys(WALLS)) {
      const wall = page.locator(`#${id}`);
      await wall.scrollIntoViewIfNeeded();
      await expect.poll(() => wall.evaluate((element) => element.glimpse), { timeout: 30_000 }).toBeGreaterThan(0);
    }
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    expect(await violations(page, "section[aria-labelledby=images]")).toEqual([]);
    // The terms lie where the text points to.
    for (const link of await page.locator("section[aria-labelledby=images] a[href^=weights]").all()) {
      const answer = await page.request.get(await link.getAttribute("href"));
      expect(answer.ok(), await link.textContent()).toBe(true);
    }
  });
}

test("printed from a dark page, pictures in colour are not turned over", async ({ page }) => {
  await prefer(page, { colorScheme: "dark" });
  await page.goto("?seed=3");
  const wall = page.locator("#houses");
  await wall.scrollIntoViewIfNeeded();
  await expect.poll(() => wall.evaluate((element) => element.glimpse), { timeout: 30_000 }).toBeGreaterThan(0);
  await wall.evaluate((element) => element.seek(32));
  const filter = (id) => page.locator(`#${id} canvas[part=canvas]`).evaluate((canvas) => getComputedStyle(canvas).filter);
  await page.evaluate(() => (document.documentElement.dataset.dark = ""));
  await prefer(page, { colorScheme: "dark", media: "print" });
  expect(await filter("wall")).toContain("invert");
  expect(await filter("houses")).toBe("none");
});

/** What the engine says of a page of two test digits after so many glimpses, asked on the page itself. */
const pageOf = (page, index, glimpse) =>
  page.evaluate(async ([index, glimpse]) => {
    const [engine, { relaxed }] = await Promise.all(["../pkg/attentive_writer.js", "wasm.js"].map((path) => import(new URL(path, location.href).href)));
    await engine.default({ module_or_path: new URL(`../pkg/attentive_writer${relaxed ? "_relaxed" : ""}_bg.wasm`, location.href) });
    const bytes = async (path) => new Uint8Array(await (await fetch(path)).arrayBuffer());
    const writer = new engine.Writer(await bytes("weights/mnist-two-digits.safetensors"));
    if (!writer.canRedraw) writer.addEncoder(await bytes("weights/mnist-two-digits.encoder.safetensors"));
    const values = new engine.Dataset(await bytes("data/digits-images-idx3-ubyte.gz")).pairs(60, 40, 1).binary();
    const pixels = values.slice(3600 * index, 3600 * (index + 1));
    const run = writer.redraw(pixels, { seed: 1, size: 300 });
    run.seek(glimpse);
    const alphas = Array.from(run.picture(1, 0).data).filter((_, i) => i % 4 === 3);
    const [kl, reconstruction] = [run.kl().reduce((sum, v) => sum + v, 0), run.reconstruction().at(-1)];
    return { pixels: [...pixels], alphas, words: `After glimpse ${glimpse}: reconstruction ${reconstruction.toFixed(1)} + KL ${kl.toFixed(1)} = ${(reconstruction + kl).toFixed(1)} nats.` };
  }, [index, glimpse]);

const alphas = (canvas) =>
  canvas.evaluate((c) => Array.from(c.getContext("2d").getImageData(0, 0, c.width, c.height).data).filter((_, i) => i % 4 === 3));
const apart = (one, other) => (one.length === other.length ? Math.max(...one.map((a, i) => Math.abs(a - other[i]))) : Infinity);

test("a page of two test digits is read and redrawn, glimpse by glimpse, when a button asks for it", async ({ page }) => {
  const asked = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname.split("/").at(-1)));
  const encoder = "mnist-two-digits.encoder.safetensors";
  await page.goto("?seed=3");
  const figure = page.locator("#page");
  const button = figure.locator("button[name=read-page]");
  await expect(button).toBeAttached();
  await figure.scrollIntoViewIfNeeded();
  await page.waitForTimeout(500);
  expect(asked).not.toContain(encoder);
  await button.click();
  await expect(figure.locator(".status")).toContainText("After glimpse", { timeout: 30_000 });
  expect(asked).toContain(encoder);
  const time = figure.locator("input[name=page-glimpse]");
  const goTo = (glimpse) => time.evaluate((input, v) => {
    input.value = v;
    input.dispatchEvent(new Event("input"));
  }, glimpse);
  const [read, written] = [0, 1].map((i) => figure.locator(".pages .sheet").nth(i));
  const agrees = async (index, glimpse) => {
    const wanted = await pageOf(page, index, glimpse);
    await expect(figure.locator(".status")).toHaveText(wanted.words);
    expect(apart(await alphas(written.locator("canvas.ink")), wanted.alphas)).toBeLessThan(2);
    // Five of the canvas's pixels to one of the page.
    const seen = await alphas(read.locator("canvas.ink"));
    expect(wanted.pixels.filter((v, p) => (seen[(5 * Math.floor(p / 60) + 2) * 300 + 5 * (p % 60) + 2] > 127) !== (v === 1))).toEqual([]);
  };
  // Moved by hand, it stays there.
  await goTo(30);
  await agrees(0, 30);
  for (const sheet of [read, written]) expect((await ink(sheet.locator("canvas.windows"))).share).toBeGreaterThan(0.001);
  await page.waitForTimeout(500);
  await agrees(0, 30);
  await time.focus();
  await page.keyboard.press("ArrowRight");
  await agrees(0, 31);
  await goTo(64);
  await agrees(0, 64);
  for (const sheet of [read, written]) expect((await ink(sheet.locator("canvas.windows"))).share).toBe(0);
  await button.click();
  await expect(time).not.toHaveValue("64");
  await goTo(64);
  await agrees(1, 64);
});

test("without motion a page that is read is there at once; what cannot be fetched is told, and can be asked for again", async ({ page }) => {
  await prefer(page, { reducedMotion: "reduce" });
  await page.route("**/mnist-two-digits.encoder.safetensors", (route) => route.fulfill({ status: 200, body: "no weights" }));
  await page.goto("?seed=3");
  const figure = page.locator("#page");
  await figure.locator("button[name=read-page]").click();
  await expect(figure.locator(".status.failed")).toContainText("not a safetensors file");
  await page.unroute("**/mnist-two-digits.encoder.safetensors");
  await figure.locator("button[name=read-page]").click();
  await expect(figure.locator(".status")).toContainText("After glimpse 64");
  await expect(figure.locator(".status.failed")).toHaveCount(0);
  await expect(figure.locator("input[name=page-glimpse]")).toHaveValue("64");
});

// ---- What the tab reads

/** CRC-32 of bytes, as PNG has it. */
const crc = (bytes) => ~bytes.reduce((c, byte) => Array.from({ length: 8 }).reduce((c) => (c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1), c ^ byte), -1) >>> 0;
function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc(body));
  return Buffer.concat([length, body, sum]);
}

/** A PNG of one kind: its bits a sample, PNG's number of its colours, and the bytes of a row. */
function png(width, height, depth, color, rowOf, palette = null) {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([depth, color, 0, 0, 0], 8);
  const rows = Buffer.concat(Array.from({ length: height }, (_, y) => Buffer.from([0, ...rowOf(y)])));
  const parts = [chunk("IHDR", head), ...(palette ? [chunk("PLTE", Buffer.from(palette))] : []), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))];
  return Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), ...parts]);
}

const word = (v) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(v);
  return bytes;
};
const words = (...all) => Buffer.concat(all.map(word));
const element = (kind, bytes) => Buffer.concat([words(kind, bytes.length), bytes, Buffer.alloc((8 - (bytes.length % 8)) % 8)]);
/** A MATLAB 5 file with one variable of bytes. */
function matlab(name, sides) {
  const levels = Buffer.from(Array.from({ length: sides.reduce((n, side) => n * side, 1) }, (_, p) => (p / 40) % 256));
  const matrix = [element(6, words(9, 0)), element(5, words(...sides)), element(1, Buffer.from(name)), element(2, levels)];
  const head = Buffer.concat([Buffer.from("MATLAB 5.0 MAT-file, made up".padEnd(124)), Buffer.from([0, 1]), Buffer.from("IM")]);
  return Buffer.concat([head, element(14, Buffer.concat(matrix))]);
}
/** Rows of CIFAR-10's binary batches. */
const batch = (count) => Buffer.from(Array.from({ length: count * 3073 }, (_, p) => (p % 3073 ? (p % 3073) / 24 : p % 10)));

test("the tab reads sets in colour, and tells what is wrong with those that are none", async ({ page }) => {
  await page.goto("embed/frame.css");
  const read = (name, bytes) =>
    page.evaluate(async ([name, bytes]) => {
      const { default: init, Dataset } = await import("/pkg/attentive_writer.js");
      await init();
      try {
        const { count, width, height, channels } = new Dataset(Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0)), name);
        return [count, width, height, channels];
      } catch (error) {
        return error.message;
      }
    }, [name, bytes.toString("base64")]);
  const mat = matlab("X", [32, 32, 3, 6]);
  expect(await read("train_32x32.mat", mat)).toEqual([6, 32, 32, 3]);
  expect(await read("train_32x32.mat.gz", gzipSync(mat))).toEqual([6, 32, 32, 3]);
  expect(await read("data_batch_1.bin", batch(5))).toEqual([5, 32, 32, 3]);
  const sheet = png(1024, 4, 8, 2, (y) => Array.from({ length: 3072 }, (_, x) => (x / 16 + y) % 256));
  expect(await read("test_batch.png", sheet)).toEqual([4, 32, 32, 3]);
  for (const [name, bytes, parts] of [
    ["a.mat", Buffer.from("\x89HDF\r\n\x1a\n and more", "latin1"), ["version 7.3", "HDF5"]],
    ["a.mat", Buffer.from("MATLAB 7.3 MAT-file, Platform: GLNXA64"), ["version 7.3"]],
    ["a.mat", mat.subarray(0, 100), ["cut short"]],
    ["a.mat", mat.subarray(0, 9000), ["cut short"]],
    ["a.mat", matlab("images", [32, 32, 3, 6]), ["images without X"]],
    ["a.mat", matlab("X", [6, 3, 32, 32]), ["X of 6×3×32×32", "1 to 4 channels"]],
    ["data_batch_1.bin", batch(5).subarray(0, 9000), ["9000 bytes", "multiple of 3073"]],
    ["test_batch.png", sheet.subarray(0, sheet.length / 2), ["cut short, or broken"]],
    ["test_batch.png", png(28, 28, 8, 0, () => Array(28).fill(9)), ["28×28, 8-bit grey", "1024 wide and 8-bit RGB"]],
  ]) {
    const said = await read(name, bytes);
    for (const part of parts) expect(said, name).toContain(part);
  }
});

const figure = (page) => page.locator("#training");
const said = (page) => figure(page).locator("> .status").first();
const steps = async (page) => Number((await figure(page).getAttribute("data-steps")) ?? 0);
const bring = (page, ...files) =>
  figure(page).locator("input[type=file]").setInputFiles(files.map(([name, buffer, mimeType = "application/octet-stream"]) => ({ name, buffer, mimeType })));

async function openTraining(page) {
  await page.goto("?seed=3&glimpses=2&hidden=32&batch=4&workers=1");
  await expect(figure(page).locator("button[name=train]")).toBeAttached();
  await figure(page).scrollIntoViewIfNeeded();
  await expect(figure(page).locator(".slider output").first()).not.toBeEmpty();
}

test("the tab trains on colours, and draws in them; what does not fit is told", async ({ page }) => {
  test.setTimeout(120_000);
  await openTraining(page);
  await bring(page, ["train_32x32.mat", matlab("X", [32, 32, 3, 40])]);
  await expect(said(page)).toContainText("train_32x32.mat: read; a new model trains on it");
  await expect.poll(() => steps(page), { timeout: 30_000 }).toBeGreaterThan(3);
  const sheet = figure(page).locator(".sheet canvas.ink");
  // Opaque, as colours are.
  await expect.poll(async () => (await ink(sheet)).share).toBe(1);
  // Taken along, it is a model in colour, for which grey data are of no use; nor are colours for a grey one.
  const download = page.waitForEvent("download");
  await figure(page).getByRole("button", { name: "Download as weights" }).click();
  const chunks = await (await (await download).createReadStream()).toArray();
  const weights = ["colour.safetensors", Buffer.concat(chunks)];
  const digits = ["train_grey.mat", matlab("X", [32, 32, 40])];
  await bring(page, weights, digits);
  await expect(said(page)).toHaveText("colour.safetensors: a model of images of 32 × 32 in colour; the data are of 32 × 32, grey");
  await bring(page, digits);
  await expect(said(page)).toContainText("train_grey.mat: read; a new model trains on it");
  await expect.poll(() => steps(page), { timeout: 30_000 }).toBeGreaterThan(3);
  const again = page.waitForEvent("download");
  await figure(page).getByRole("button", { name: "Download as weights" }).click();
  const grey = ["grey.safetensors", Buffer.concat(await (await (await again).createReadStream()).toArray())];
  await bring(page, grey, ["data_batch_1.bin", batch(20)]);
  await expect(said(page)).toHaveText("grey.safetensors: a model of images of 32 × 32, grey; the data are of 32 × 32 in colour");
  for (const [name, bytes, part] of [
    ["late.mat", Buffer.from("\x89HDF\r\n\x1a\n and more", "latin1"), "version 7.3"],
    ["short.mat", matlab("X", [32, 32, 3, 40]).subarray(0, 5000), "cut short"],
    ["data_batch_2.bin", batch(5).subarray(0, 9000), "multiple of 3073"],
  ]) {
    await bring(page, [name, bytes]);
    await expect(said(page)).toContainText(`${name}: `);
    await expect(said(page)).toContainText(part);
  }
});

test("the tab trains on images that are not square, and shows them so", async ({ page }) => {
  await openTraining(page);
  const header = `${`{'descr': '|u1', 'fortran_order': False, 'shape': (30, 36, 20, 2), }`.padEnd(117)}\n`;
  const levels = Buffer.from(Array.from({ length: 30 * 36 * 20 * 2 }, (_, p) => ((Math.floor(p / 40) % 36 < 18) === (p % 2 === 0) ? 255 : 0)));
  await bring(page, ["train.npy", Buffer.concat([Buffer.from(`\x93NUMPY\x01\x00v\x00${header}`, "latin1"), levels])]);
  await expect.poll(() => steps(page), { timeout: 30_000 }).toBeGreaterThan(3);
  const sheet = figure(page).locator(".sheet canvas.ink");
  // Eight in a row, and three rows.
  await expect.poll(() => sheet.evaluate((c) => c.getBoundingClientRect().width / c.getBoundingClientRect().height)).toBeCloseTo((8 * 20) / (3 * 36), 1);
  const [r, g, b] = await sheet.evaluate((c) => [...c.getContext("2d").getImageData(c.width / 16, c.height / 12, 1, 1).data]);
  expect(r).toBeGreaterThan(g + 60);
  expect(g).toBe(b);
});

test("pictures of mixed sizes, grey, with a palette, of 16 bits and with alpha are trained on in the tab", async ({ page }) => {
  await openTraining(page);
  const bar = (x, w) => (x > w / 3 && x < w / 2 ? 255 : 0);
  const row = (w, sample) => Array.from({ length: w }, (_, x) => sample(bar(x, w))).flat();
  const kinds = [
    (w) => png(w, w, 8, 0, () => row(w, (v) => [v])),
    (w) => png(w, w, 16, 0, () => row(w, (v) => [v, 0])),
    (w) => png(w, w, 8, 4, () => row(w, (v) => [v, 255])),
    (w) => png(w, w + 6, 8, 6, () => row(w, (v) => [255, 255, 255, v])),
    (w) => png(w, w, 8, 2, () => row(w, (v) => [v, v / 2, 0])),
    (w) => png(w, w - 4, 8, 3, () => row(w, (v) => [v ? 1 : 0]), [0, 0, 0, 255, 200, 100]),
  ];
  const files = Array.from({ length: 24 }, (_, i) => [`${i}.png`, kinds[i % 6](20 + i), "image/png"]);
  await bring(page, ...files);
  await expect(said(page)).toContainText("0.png: read; a new model trains on it");
  await expect.poll(() => steps(page), { timeout: 30_000 }).toBeGreaterThan(3);
  await bring(page, ...files.slice(0, 11), ["broken.png", kinds[0](30).subarray(0, 40), "image/png"]);
  await expect(said(page)).toContainText("broken.png: not a picture that this browser can read");
});
