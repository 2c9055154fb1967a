// One page with everything inside, which opens from disk: `node .ci/single.mjs [OUT]`, after .ci/pkg.

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const out = process.argv[2] ?? "target/attentive-writer.html";
const text = (path) => readFileSync(path, "utf8");
const data = (path, type = "application/octet-stream") => `data:${type};base64,${readFileSync(path).toString("base64")}`;

/** Replaces what must be there. */
function put(source, what, by) {
  if (!source.includes(what)) throw new Error(`the widget no longer holds ${what}`);
  return source.replaceAll(what, () => by);
}

// Both halves in int8: half the bytes of f16, for 0.05 nats.
const folder = mkdtempSync(join(tmpdir(), "attentive-writer-"));
const weights = join(folder, "whole.safetensors");
execFileSync("cargo", ["run", "--quiet", "--release", "--", "export", "--weights", "www/weights/mnist.safetensors", "--format", "int8", "--whole", "--out", weights, "--json"]);

// From disk browsers start classic workers only. One wasm build serves them all; the faster one is not worth its
// bytes here.
let worker = text("pkg/www/worker.js");
for (const name of ["attentive_writer_bg.wasm", "attentive_writer_relaxed_bg.wasm"]) {
  worker = put(worker, `new URL("../widget/${name}",import.meta.url)`, "WASM");
}
worker = execFileSync("node_modules/.bin/esbuild", ["--format=iife", "--minify", "--log-level=error", "--define:import.meta.url=''"], { input: worker, encoding: "utf8" });
worker = `const WASM=${JSON.stringify(data("pkg/widget/attentive_writer_bg.wasm", "application/wasm"))};${worker}`;
let element = put(text("pkg/www/element.js"), `{type:"module"}`, "{}");
element = put(element, `new URL("./worker.js",import.meta.url)`, "WORKER()");
element = put(element, `new URL("./weights/mnist-int8.safetensors",import.meta.url)`, `new URL(${JSON.stringify(data(weights))})`);
rmSync(folder, { recursive: true });
// In a script element, "</script" would end it.
const safe = (source) => source.replaceAll("</script", "<\\/script");
const code = `const SOURCE=${JSON.stringify(worker)};
let made;
const WORKER=()=>made??=new URL(URL.createObjectURL(new Blob([SOURCE],{type:"text/javascript"})));
${element}`;

mkdirSync(dirname(out), { recursive: true });
writeFileSync(out, `<!doctype html>
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
<script type="module">${safe(code)}</script>
</html>
`);
console.log(out);
