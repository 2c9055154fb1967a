// The widget with everything inside, after .ci/pkg: `node .ci/single.mjs [PAGE.html]` writes that page, which opens from
// disk, and beside it the script, for the widget's two lines of HTML.

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { bundle } from "./widget.mjs";

const pkg = process.env.PKG ?? "pkg";
const page = process.argv[2] ?? "target/attentive-writer.html";
const script = page.replace(/(\.html)?$/, ".js");
const data = (path, type = "application/octet-stream") => `data:${type};base64,${readFileSync(path).toString("base64")}`;

/** Both halves as one file in int8: half the bytes of f16, for 0.05 nats. */
function weights() {
  const folder = mkdtempSync(join(tmpdir(), "attentive-writer-"));
  const whole = join(folder, "whole.safetensors");
  execFileSync("cargo", ["run", "--quiet", "--release", "--", "export", "--weights", "www/weights/mnist.safetensors", "--format", "int8", "--whole", "--out", whole, "--json"]);
  const address = data(whole);
  rmSync(folder, { recursive: true });
  return address;
}

// From disk browsers start classic workers only. One wasm build serves them all; the faster one is not worth its
// bytes here.
const worker = await bundle("worker", { pkg, format: "iife" });
const wasm = data(`${pkg}/widget/attentive_writer_bg.wasm`, "application/wasm");
const addresses = () => `
  const [WASM, WEIGHTS] = [${JSON.stringify(wasm)}, ${JSON.stringify(weights())}];
  let worker;
  export const addresses = {
    workerType: "classic",
    worker: () => (worker ??= URL.createObjectURL(new Blob([${JSON.stringify(worker)}], { type: "text/javascript" }))),
    wasm: () => ({ simd128: WASM, relaxed: WASM }),
    weights: () => WEIGHTS,
    encoder: () => WEIGHTS,
  };`;
const notice = "/*! Attentive Writer, MIT OR Apache-2.0. Weights trained on MNIST (Y. LeCun, C. Cortes; CC BY-SA 3.0). */\n";
const code = notice + (await bundle("element", { pkg, addresses, format: "iife" }));

/** Writes a file, and says so. */
function write(path, text, what) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  const [bytes, gzipped] = [Buffer.byteLength(text), gzipSync(text, { level: 9 }).length].map((n) => Math.round(n / 1000));
  console.log(`${path}: ${bytes} kB, ${gzipped} kB gzipped; ${what}`);
}

write(script, code, `<script src="${script.split("/").at(-1)}"></script> and <attentive-writer autoplay></attentive-writer>`);
// In a script element, "</script" would end it.
write(page, `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Attentive Writer</title>
<style>
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; font: 1.1rem/1.6 Georgia, serif; color-scheme: light dark; }
</style>
<h1>Attentive Writer</h1>
<p>DRAW (Gregor et al., 2015), all of it in this one file. Trained on MNIST (Y. LeCun, C. Cortes; CC BY-SA 3.0).</p>
<attentive-writer count="40" autoplay controls></attentive-writer>
<h2>Scribble, and it redraws</h2>
<attentive-writer mode="redraw" controls></attentive-writer>
<script>${code.replaceAll("</script", "<\\/script")}</script>
</html>
`, "opens from disk");
