// Makes what wasm-bindgen wrote fit for a package: `node .ci/bindings.mjs FOLDER`.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const folder = process.argv[2];

/** Changes what must be there. */
function edit(name, ...changes) {
  const path = join(folder, name);
  let text = readFileSync(path, "utf8");
  for (const [what, by] of changes) {
    if (!text.includes(what)) throw new Error(`${path} no longer holds ${what}`);
    text = text.replaceAll(what, () => by);
  }
  writeFileSync(path, text);
}

// Node's fetch knows no files, and the engine lies beside its module.
edit(
  "attentive_writer.js",
  ["new URL('attentive_writer_bg.wasm', import.meta.url)", "new URL('./attentive_writer_bg.wasm', import.meta.url)"],
  ["module_or_path = fetch(module_or_path);", "module_or_path = fetchOrRead(module_or_path);"],
  [
    "let __wbg_init_promise;",
    `async function fetchOrRead(address) {
    const files = String(address).startsWith('file:') && globalThis.process?.getBuiltinModule?.('node:fs/promises');
    try {
        return await (files ? files.readFile(new URL(address)) : fetch(address));
    } catch (cause) {
        throw new Error(\`\${address instanceof Request ? address.url : address} could not be read (\${cause.message}); its bytes will do: init({ module_or_path: bytes })\`, { cause });
    }
}

let __wbg_init_promise;`,
  ],
);

// Declarations that hold with any library of types, a browser's or Node's: `using` where it knows that, and no word of it
// elsewhere.
const declarations = readFileSync(join(folder, "attentive_writer.d.ts"), "utf8");
const classes = [...declarations.matchAll(/export class (\w+) \{\n(?:(?!\n\}).|\n(?!\}))*?\[Symbol\.dispose\]/g)].map(([, name]) => name);
edit(
  "attentive_writer.d.ts",
  ["    [Symbol.dispose](): void;\n", ""],
  ["BufferSource", "ArrayBuffer | ArrayBufferView"],
  [
    "export type InitInput = RequestInfo | URL |",
    `declare global {
    // Empty where the project's library of types has none.
    interface Disposable {}
    interface ImageData {}
    namespace WebAssembly {
        interface Memory {}
        interface Module {}
        interface Table {}
    }
}
${classes.map((name) => `export interface ${name} extends Disposable {}`).join("\n")}

export type InitInput = string | Request | URL |`,
  ],
);
