// Bundles the widget into two modules, the page's and the worker's, neither of which needs another:
// `node .ci/widget.mjs PKG` writes them to PKG/www, which find the engine and the weights beside them.

import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { build, transformSync } from "esbuild";

/** Reads a module with a change that must find its place. */
const edited = (name, filter, change) => ({
  name,
  setup: (bundler) => bundler.onLoad({ filter }, ({ path }) => ({ contents: change(readFileSync(path, "utf8")), loader: "js" })),
});

/** Replaces what must be there. */
export function put(source, what, by) {
  if (!source.includes(what)) throw new Error(`the widget no longer holds ${what}`);
  return source.replaceAll(what, () => by);
}

/** The style sheet, in a template, as short as it can be. */
const shortened = (source) => source.replace(/`[^`]*`/, (text) => `\`${transformSync(text.slice(1, -1), { loader: "css", minify: true }).code.trim()}\``);

/** The bindings with another `init`. The worker is told where the engine lies: an address that is never used would be a riddle to
 *  other bundlers, and of all that may be given to the bindings' own it gives one thing. */
function given(source) {
  const [all] = /async function __wbg_load\([^]*?(?=\nexport \{)/.exec(source) ?? [];
  return put(source, all ?? "its own init", `async function __wbg_init({ module_or_path }) {
    const response = await fetch(module_or_path);
    if (!response.ok) throw new Error(\`\${module_or_path} could not be fetched (\${response.status} \${response.statusText})\`);
    const imports = __wbg_get_imports();
    // A server may not know the type.
    const streams = response.headers.get("content-type") === "application/wasm";
    const { instance, module } = await (streams
      ? WebAssembly.instantiateStreaming(response, imports)
      : WebAssembly.instantiate(await response.arrayBuffer(), imports));
    return __wbg_finalize_init(instance, module);
}
const initSync = null;
`);
}

/** Bundles `entry` of www/, with the engine of `pkg`; `addresses` changes the module of that name. */
export async function bundle(entry, { pkg, addresses = (source) => source, ...options }) {
  const engine = join(resolve(pkg), "widget/attentive_writer.js");
  const { outputFiles: [{ text }] } = await build({
    entryPoints: [`www/${entry}.js`],
    bundle: true,
    write: false,
    minify: true,
    format: "esm",
    target: "es2022",
    logLevel: "warning",
    plugins: [
      { name: "engine", setup: (bundler) => bundler.onResolve({ filter: /widget\/attentive_writer\.js$/ }, () => ({ path: engine })) },
      edited("given", /widget\/attentive_writer\.js$/, given),
      edited("style", /www\/style\.js$/, shortened),
      edited("addresses", /www\/addresses\.js$/, addresses),
    ],
    ...options,
  });
  return text;
}

if (process.argv[1] === import.meta.filename) {
  const { writeFileSync } = await import("node:fs");
  const pkg = process.argv[2];
  const addresses = (source) => put(source, '"../pkg/', '"../');
  for (const entry of ["element", "worker"]) writeFileSync(join(pkg, "www", `${entry}.js`), await bundle(entry, { pkg, addresses }));
}
