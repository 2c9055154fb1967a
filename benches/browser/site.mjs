// The folder that the browser benchmark serves: our package, its peers, and one model for all.

import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, "../..");
const modules = join(here, "node_modules");
export const site = join(root, "target/browser-bench");
const options = { cwd: root, stdio: ["ignore", "pipe", "pipe"], encoding: "utf8", maxBuffer: 2 ** 28 };
const run = (command, ...args) => execFileSync(command, args, options);

/** Copies those files of a package that `wanted` names. */
function copy(from, to, wanted) {
  mkdirSync(join(site, to));
  for (const file of readdirSync(join(modules, from))) if (wanted.test(file)) cpSync(join(modules, from, file), join(site, to, file));
}

const bundle = (from, to) => run(join(root, "node_modules/.bin/esbuild"), join(here, from), "--bundle", "--format=esm", "--minify",
  "--platform=browser", "--log-level=error", `--outfile=${join(site, to)}`);

/** tract in WebAssembly. wasm-opt is left out: it took minutes, and what it made drew no faster. */
function tract() {
  const target = join(root, "target/peers");
  const crate = ["--manifest-path", join(here, "tract/Cargo.toml"), "--target", "wasm32-unknown-unknown", "--target-dir", target];
  const env = { ...process.env, RUSTFLAGS: "-C target-feature=+simd128,+relaxed-simd" };
  execFileSync("cargo", ["build", "--release", "--locked", "--quiet", ...crate], { ...options, env });
  run("wasm-bindgen", "--target", "web", "--no-typescript", "--remove-name-section", "--remove-producers-section",
    "--out-dir", join(site, "tract"), join(target, "wasm32-unknown-unknown/release/tract_draw.wasm"));
}

/** What must be there for a peer, and what says that it cannot be. */
function attempt(peers, missing, make) {
  try {
    make();
  } catch (error) {
    const said = String(error.stderr ?? "").trim().split("\n").at(-1) || error.message;
    for (const peer of peers) missing[peer] = said;
  }
}

/**
 * Makes the folder. The model is the one that the page draws with: its int8 weights, for the peers as f32. Gives why a
 * peer is missing, by its kind.
 */
export function build(batch) {
  rmSync(site, { recursive: true, force: true });
  mkdirSync(site, { recursive: true });
  const [shipped, model] = [join(root, "www/weights/mnist-int8.safetensors"), join(site, "model.safetensors")];
  // In one go: built one after the other, cargo would build the engine anew for each.
  const built = run("cargo", "build", "--release", "--bins", "--bench", "first_steps", "--message-format", "json").trim().split("\n").map((line) => JSON.parse(line));
  const program = (name) => built.find(({ executable, target }) => executable && target.name === name).executable;
  run(program("attentive-writer"), "export", "--weights", shipped, "--format", "f32", "--whole", "--out", model);
  run(program("first_steps"), model, "1", String(batch), site);
  cpSync(shipped, join(site, "mnist-int8.safetensors"));
  cpSync(join(root, "pkg"), join(site, "pkg"), { recursive: true });
  for (const file of ["worker.js", "page.js"]) cpSync(join(here, file), join(site, file));
  writeFileSync(join(site, "index.html"), `<!doctype html><title>Benchmark</title><script type="module" src="page.js"></script>`);

  const missing = {};
  attempt(["tensorflow"], missing, () => {
    copy("@tensorflow/tfjs-backend-wasm/dist", "tfjs", /\.wasm$/);
    bundle("tf.js", "tf.bundle.js");
  });
  attempt(["jax"], missing, () => bundle("jax.js", "jax.bundle.js"));
  attempt(["onnx"], missing, () => {
    copy("onnxruntime-web/dist", "ort", /^ort-wasm-simd-threaded\.(mjs|wasm)$|^ort\.wasm\.min\.mjs$/);
  });
  attempt(["tract"], missing, tract);
  attempt(["onnx", "tract"], missing, () => run(process.env.PYTHON || "python", join(here, "export_onnx.py"), join(site, "weights.safetensors"), site));
  return missing;
}

const types = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm" };
const isolated = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };

/** Serves the folder. A page is isolated, so that it may have threads, unless its query says `alone`. */
export async function serve() {
  const server = createServer((request, response) => {
    const { pathname, search } = new URL(request.url, "http://x");
    const file = join(site, pathname === "/" ? "index.html" : pathname);
    if (!existsSync(file)) return response.writeHead(404).end();
    const headers = { "content-type": types[extname(file)] ?? "application/octet-stream", "cross-origin-resource-policy": "same-origin" };
    response.writeHead(200, search === "?alone" ? headers : { ...headers, ...isolated });
    response.end(readFileSync(file));
  });
  await new Promise((listening) => server.listen(0, listening));
  return { url: `http://localhost:${server.address().port}/`, close: () => server.close() };
}
