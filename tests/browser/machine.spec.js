// The machine and what it pays, by hand: their numbers are those of a drawing and of an evaluation by the engine.

import { expect, test } from "@playwright/test";
import { ink, keepConsoleClean, prefer, violations } from "./shared.js";

const BOXES = ["looks", "read", "encoder", "latents", "decoder", "patch", "stroke", "canvas"];
const ENCODER_HALF = BOXES.slice(0, 3);

keepConsoleClean();

const machine = (page) => page.locator("#glimpses");
const box = (page, name) => page.locator(`#glimpses [data-part=${name}]`);
const words = (page) => page.locator("#glimpses .part-words");
const price = (page) => page.locator("#price");
const alphas = (canvas) =>
  canvas.evaluate((c) => Array.from(c.getContext("2d").getImageData(0, 0, c.width, c.height).data).filter((_, i) => i % 4 === 3));
const apart = (one, other) => (one.length === other.length ? Math.max(...one.map((a, i) => Math.abs(a - other[i]))) : Infinity);
const set = (slider, value) => slider.evaluate((input, v) => {
  input.value = v;
  input.dispatchEvent(new Event("input"));
}, value);
const fixed = (v, digits) => v.toFixed(digits).replace("-", "−");

async function open(page, address, figure = machine(page)) {
  await page.goto(address);
  await expect(page.locator("html")).toHaveAttribute("data-state", "ready");
  await expect(figure.locator("button").first()).toBeAttached();
  await figure.scrollIntoViewIfNeeded();
  await expect(figure.locator(".status")).toContainText("After glimpse", { timeout: 30_000 });
}

/** What the engine says, asked on the page itself: `ask({ engine, writer, digit, alphas }, more)`, of the set's first `kind`. */
async function engine(page, ask, more) {
  const there = await page.evaluateHandle(async ({ kind }) => {
    const [engine, { relaxed }] = await Promise.all(["../pkg/attentive_writer.js", "wasm.js"].map((path) => import(new URL(path, location.href).href)));
    await engine.default({ module_or_path: new URL(`../pkg/attentive_writer${relaxed ? "_relaxed" : ""}_bg.wasm`, location.href) });
    const bytes = async (path) => new Uint8Array(await (await fetch(path)).arrayBuffer());
    const [images, labels] = await Promise.all(["images-idx3", "labels-idx1"].map((part) => bytes(`data/digits-${part}-ubyte.gz`)));
    const writer = new engine.Writer(await bytes("weights/mnist-int8.safetensors"));
    writer.addEncoder(await bytes("weights/mnist-int8.encoder.safetensors"));
    const [set, digits] = [new engine.Dataset(images), new engine.Digits(images, labels)];
    let first = 0;
    while (digits.label(first) !== kind) first++;
    const alphas = (run) => Array.from(run.picture(1, 0).data).filter((_, i) => i % 4 === 3);
    return { engine, writer, digit: set.binary().slice(784 * first, 784 * (first + 1)), alphas };
  }, { kind: 2, ...more });
  return there.evaluate(ask, more);
}

test("a glimpse that is read has the numbers of a redraw with the same seed", async ({ page }) => {
  await open(page, "?seed=3&machine=24&machine-digit=5");
  const ask = ({ writer, digit, alphas }, { glimpse, seed }) => {
    const run = writer.redraw(digit, { seed });
    run.seek(glimpse);
    const values = { read: [...run.readWindows()], write: [...run.writeWindows()], patch: [...run.writePatches()], patches: [...run.readPatches()] };
    const kl = run.kl()[glimpse - 1];
    const reconstruction = [...run.reconstruction()].slice(-2);
    const after = alphas(run);
    const latents = [...run.latents()].slice((glimpse - 1) * writer.config.latent, glimpse * writer.config.latent);
    return { ...values, kl, reconstruction, after, latents };
  };
  const agrees = async (more) => {
    const wanted = await engine(page, ask, more);
    await expect.poll(async () => apart(await alphas(box(page, "canvas").locator("canvas").first()), wanted.after)).toBeLessThan(2);
    for (const k of [0, 1, 2]) await expect(box(page, "latents").locator(`[data-latent="${k}"]`)).toContainText(`z ${fixed(wanted.latents[k], 2)}`);
    const window = ([x, y, stride, sigma, gamma]) => `centre ${fixed(x, 1)}, ${fixed(y, 1)}; stride ${fixed(stride, 2)}; sigma ${fixed(sigma, 2)} pixels; γ ${fixed(gamma, 2)}`;
    const numbers = {
      looks: window(wanted.read),
      read: `of x: ${wanted.patches.slice(0, 4).map((v) => fixed(v, 2)).join(", ")}`,
      latents: `KL of this glimpse ${fixed(wanted.kl, 2)} nats`,
      patch: `from ${fixed(Math.min(...wanted.patch), 2)} to ${fixed(Math.max(...wanted.patch), 2)}`,
      stroke: window(wanted.write),
      canvas: `${fixed(wanted.reconstruction[0], 1)} nats before, ${fixed(wanted.reconstruction[1], 1)} after`,
    };
    for (const [name, text] of Object.entries(numbers)) {
      await box(page, name).focus();
      await expect(words(page).locator(".numbers"), name).toContainText(text);
    }
  };
  await agrees({ kind: 5, seed: 1, glimpse: 24 });
  await set(machine(page).locator("input[name=machine-glimpse]"), 64);
  await agrees({ kind: 5, seed: 1, glimpse: 64 });
  await machine(page).locator("button[name=kind-7]").click();
  await machine(page).locator("button[name=machine-seed]").click();
  await agrees({ kind: 7, seed: 2, glimpse: 64 });
  await expect(page).toHaveURL(/machine-digit=7/);
  await page.reload();
  await expect(machine(page).locator("button[name=kind-7]")).toHaveAttribute("aria-pressed", "true");
  await machine(page).scrollIntoViewIfNeeded();
  await agrees({ kind: 7, seed: 2, glimpse: 64 });
});

test("a dream greys the encoder's half, and is the drawing of its seed", async ({ page }) => {
  await open(page, "?seed=3&machine=64&machine-seed=5");
  for (const name of ENCODER_HALF) expect((await ink(box(page, name).locator("canvas").first())).share, name).toBeGreaterThan(0.01);
  await machine(page).locator("button[name=machine-dreaming]").click();
  const wanted = await engine(page, ({ writer, alphas }) => {
    const run = writer.draw({ seed: 5 });
    run.seek(64);
    return alphas(run);
  }, {});
  await expect.poll(async () => apart(await alphas(box(page, "canvas").locator("canvas").first()), wanted)).toBeLessThan(2);
  for (const name of ENCODER_HALF) {
    for (const canvas of await box(page, name).locator("canvas").all()) expect((await ink(canvas)).share, name).toBe(0);
    await expect(box(page, name).locator(".pics")).toHaveCSS("filter", "grayscale(1)");
    await box(page, name).focus();
    await expect(words(page)).toContainText("Idle: a dream reads nothing");
  }
  for (const name of BOXES.slice(3)) await expect(box(page, name).locator(".pics")).toHaveCSS("filter", "none");
  await expect(box(page, "latents")).not.toContainText("μ");
  await box(page, "latents").focus();
  await expect(words(page).locator(".equations")).toContainText("(13)");
  await expect(machine(page).locator("button[name=kind-2]")).toBeDisabled();
  await expect(page).toHaveURL(/machine-mode=dreaming/);
  await machine(page).locator("button[name=machine-reading]").click();
  await expect.poll(async () => (await ink(box(page, "looks").locator("canvas").first())).share).toBeGreaterThan(0.01);
  await expect(box(page, "latents")).toContainText("μ");
});

test("every box says its equation, its shape and its weights, which are all that the model has", async ({ page }) => {
  await open(page, "?seed=3&machine=10");
  const { parameters, shapes } = await engine(page, ({ engine, writer }) => ({ parameters: writer.parameters, shapes: engine.tensors(writer.config) }), {});
  let sum = 0;
  for (const name of BOXES) {
    await box(page, name).focus();
    await expect(words(page).locator("math").first()).toBeVisible();
    const facts = await words(page).locator("dd").allTextContents();
    expect(facts[0], name).toMatch(/\d/);
    expect(facts[2].length, name).toBeGreaterThan(5);
    sum += Number(facts[1].replaceAll(",", "").replace("none", "0"));
  }
  expect(sum).toBe(parameters);
  expect(shapes.find(({ name }) => name === "encoder.weight_ih").shape).toEqual([4 * 256, 2 * 4 + 256]);
});

test("it is played, stepped and scrubbed by keyboard", async ({ page }) => {
  await prefer(page, { reducedMotion: "reduce" });
  await open(page, "?seed=3");
  const time = machine(page).locator("input[name=machine-glimpse]");
  // Nothing moves unasked.
  await page.waitForTimeout(800);
  await expect(time).toHaveValue("24");
  await time.focus();
  await time.press("ArrowRight");
  await expect(machine(page).locator("output")).toHaveText("25 of 64");
  await machine(page).locator("button[name=machine-step]").focus();
  await page.keyboard.press("Enter");
  await expect(time).toHaveValue("26");
  await expect(machine(page).locator(".status")).toContainText("After glimpse 26 of 64");
  await expect(page).toHaveURL(/machine=26/);
  const play = machine(page).locator("button[name=machine-play]");
  await play.focus();
  await page.keyboard.press("Enter");
  await expect(play).toHaveText("Pause");
  await expect.poll(async () => Number(await time.inputValue())).toBeGreaterThanOrEqual(28);
  await page.keyboard.press("Enter");
  await expect(play).toHaveText("Play");
  // From the last control the boxes follow, in the order of the glimpse.
  await time.focus();
  for (const name of BOXES) {
    await page.keyboard.press("Tab");
    await expect(box(page, name)).toBeFocused();
  }
});

test("it begins by itself when it comes into sight, and fetches nothing before it nears", async ({ page }) => {
  const asked = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname.split("/").at(-1)));
  await page.setViewportSize({ width: 1200, height: 420 });
  await page.goto("?seed=3");
  await expect(page.locator("html")).toHaveAttribute("data-state", "ready");
  await expect(machine(page).locator("button").first()).toBeAttached();
  await page.waitForTimeout(1000);
  const own = ["mnist-int8.encoder.safetensors", "digits-images-idx3-ubyte.gz", "digits-labels-idx1-ubyte.gz"];
  expect(asked.filter((name) => own.includes(name))).toEqual([]);
  await machine(page).locator(".machine").evaluate((grid) => grid.scrollIntoView({ block: "center" }));
  await expect(machine(page).locator("button[name=machine-play]")).toHaveText("Pause", { timeout: 30_000 });
  await expect.poll(async () => Number(await machine(page).locator("input[name=machine-glimpse]").inputValue()), { timeout: 30_000 }).toBeGreaterThanOrEqual(3);
  expect(asked).toEqual(expect.arrayContaining(own));
  await price(page).locator(".chart").first().evaluate((chart) => chart.scrollIntoView({ block: "center" }));
  await expect(price(page).locator("button[name=cost-play]")).toHaveText("Pause");
  await expect(price(page).locator("button[name=cost-play]")).toHaveText("Play");
  await expect(price(page).locator(".status")).toContainText("After glimpse 64");
});

test("the last height is the bound that an evaluation gives for that digit", async ({ page }) => {
  await open(page, "?seed=3&cost=64", price(page));
  const ask = ({ engine, writer, digit }, { seed }) => {
    const set = engine.Dataset.ofLevels(Uint8Array.from(digit, (v) => 255 * v), 28, 28);
    const { nll_bound_nats, reconstruction_nats, kl_nats } = writer.bound(set, seed);
    return { bound: nll_bound_nats, reconstruction: reconstruction_nats, kl: kl_nats };
  };
  const agrees = async (more) => {
    const { bound, reconstruction, kl } = await engine(page, ask, more);
    const bits = (bound / Math.log(2)).toFixed(1);
    await expect(price(page).locator(".status")).toHaveText(`After glimpse 64: KL ${kl.toFixed(2)} + reconstruction ${reconstruction.toFixed(2)} = ${bound.toFixed(2)} nats, or ${bits} bits`);
    const bars = await price(page).locator(".stack rect").evaluateAll((rects) => rects.map((r) => ({ kind: r.classList[0], y: Number(r.getAttribute("y")), height: Number(r.getAttribute("height")) })));
    expect(bars).toHaveLength(2 * 65);
    const [spent, left] = bars.slice(-2);
    expect(spent.kind).toBe("spent");
    expect(spent.height / (spent.height + left.height)).toBeCloseTo(kl / bound, 3);
    // One stands on the other.
    expect(left.y + left.height).toBeCloseTo(spent.y, 6);
    await expect(price(page).locator(".bits")).toContainText(`${bits} bits, ${(kl / Math.log(2)).toFixed(1)} of them latents`);
    const [plainly, latents, pixels] = await price(page).locator(".bits rect").evaluateAll((rects) => rects.map((r) => Number(r.getAttribute("width"))));
    expect((latents + pixels) / plainly).toBeCloseTo(bound / Math.log(2) / 784, 3);
  };
  await agrees({ kind: 2, seed: 0 });
  // A kind of price has one colour in both charts, which is not the ink's.
  const colours = (chart) => price(page).locator(`${chart} rect:not(.later)`).evaluateAll((rects) => Object.fromEntries(rects.map((r) => [r.classList[0], getComputedStyle(r).fill])));
  const [stack, bits] = [await colours(".stack"), await colours(".bits")];
  expect([bits.spent, bits.left]).toEqual([stack.spent, stack.left]);
  expect(new Set([bits.spent, bits.left, "rgb(0, 0, 0)"]).size).toBe(3);
  await price(page).locator("button[name=kind-8]").click();
  await agrees({ kind: 8, seed: 0 });
  await price(page).locator("button[name=cost-seed]").click();
  await agrees({ kind: 8, seed: 1 });
  await expect(page).toHaveURL(/cost-digit=8/);
  // Pointing at a bar shows its glimpse; keys go on from there.
  const chart = price(page).locator(".stack");
  const { width } = await chart.boundingBox();
  await chart.hover({ position: { x: 44 + (width - 52) * (20.5 / 65), y: 100 } });
  await expect(price(page).locator(".status")).toContainText("After glimpse 20:");
  await price(page).locator("input[name=cost-glimpse]").press("ArrowRight");
  await expect(price(page).locator(".status")).toContainText("After glimpse 21:");
  await expect(price(page).locator(".stack rect.later")).toHaveCount(2 * 43);
  await expect(page).toHaveURL(/cost=21/);
});

test("without its weights each says so, and tries again when it is asked", async ({ page }) => {
  let missing = true;
  await page.route("**/mnist-int8.encoder.safetensors", (route) => (missing ? route.fulfill({ status: 404, body: "gone" }) : route.continue()));
  await page.goto("?seed=3&machine=24&cost=64");
  await expect(page.locator("html")).toHaveAttribute("data-state", "ready");
  for (const figure of [machine(page), price(page)]) {
    await figure.locator("button").first().scrollIntoViewIfNeeded();
    await expect(figure.locator(".failed")).toContainText("mnist-int8.encoder.safetensors");
  }
  missing = false;
  for (const figure of [machine(page), price(page)]) {
    await figure.locator("button[name=kind-4]").click();
    await expect(figure.locator(".status")).toContainText("After glimpse");
    await expect(figure.locator(".failed")).toHaveCount(0);
  }
});

test("the charts of what it pays are saved as SVG", async ({ page, browserName }) => {
  test.skip(browserName !== "chromium", "Playwright does not tell of Firefox's downloads of blobs");
  await open(page, "?seed=3&cost=64", price(page));
  for (const [kind, text] of [["nats", "the bound"], ["bits", "784 bits"]]) {
    const download = page.waitForEvent("download");
    await price(page).getByRole("button", { name: `Download as SVG of the ${kind}`, exact: true }).click();
    const parts = await (await (await download).createReadStream()).toArray();
    const saved = Buffer.concat(parts).toString();
    expect(saved.slice(0, 4)).toBe("<svg");
    expect(saved).toContain(text);
  }
});

for (const colorScheme of ["light", "dark"]) {
  for (const mode of ["reading", "dreaming"]) {
    test(`no accessibility violations, and nothing wider than a phone, ${mode}, ${colorScheme}`, async ({ page }) => {
      await prefer(page, { colorScheme });
      for (const width of [1200, 360]) {
        await page.setViewportSize({ width, height: 800 });
        await open(page, `?seed=3&machine=30&cost=30&machine-mode=${mode}`);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
        await price(page).scrollIntoViewIfNeeded();
        await expect(price(page).locator(".status")).toContainText("After glimpse");
        for (const id of ["machine", "cost"]) {
          expect(await violations(page, `section[aria-labelledby=${id}]`)).toEqual([]);
        }
        if (width === 360) await expect(box(page, "latents").locator("xpath=following-sibling::*[1]")).toHaveClass("part-words");
      }
    });
  }
}
