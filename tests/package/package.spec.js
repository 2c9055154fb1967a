// The package by itself: what is in it and how much, its types, Node, and the widget as one file.

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { serve } from "../browser/shared.js";
import { drawsAndRedraws, pack, pkg, project, root, run } from "./kit.js";

const json = (path) => JSON.parse(readFileSync(path, "utf8"));
/** As `gzip -9` makes them, which Node's own zlib does not reach by 1 %. */
const gzipped = (...files) => files.reduce((sum, file) => sum + execFileSync("gzip", ["-9c", join(pkg, file)]).length, 0);

test("the tarball holds what it should, and no more", () => {
  const { files } = pack();
  for (const file of ["README.md", "LICENSE-MIT", "LICENSE-APACHE", "package.json", "attentive_writer.js", "attentive_writer.d.ts",
    "attentive_writer_bg.wasm", "attentive_writer_relaxed_bg.wasm", "widget/attentive_writer.js", "widget/attentive_writer.d.ts",
    "widget/attentive_writer_bg.wasm", "widget/attentive_writer_relaxed_bg.wasm", "www/element.js", "www/element.d.ts", "www/worker.js",
    "www/weights/mnist-int8.safetensors", "www/weights/mnist-int8.encoder.safetensors"]) expect(files).toContain(file);
  expect(files.filter((file) => !/\.(js|d\.ts|wasm|safetensors)$|^(README\.md|LICENSE-\w+|package\.json)$/.test(file))).toEqual([]);
  const { homepage, repository, license, version } = json(join(pkg, "package.json"));
  expect([homepage, repository.url, license]).toEqual([expect.stringMatching(/^https:/), expect.stringMatching(/^git\+https:.*\.git$/), "MIT OR Apache-2.0"]);
  expect(readFileSync(join(root, "Cargo.toml"), "utf8")).toContain(`version = "${version}"`);
});

test("READMEs of both registries link nothing that only a repository has", () => {
  for (const readme of ["src/README.md", "www/README.md"]) {
    const links = [...readFileSync(join(root, readme), "utf8").matchAll(/\]\(([^)\s]+)|\bsrc="([^"]+)/g)].map(([, link, src]) => link ?? src);
    expect(links.filter((link) => !link.startsWith("https://") && link !== "attentive-writer/www/element.js")).toEqual([]);
  }
});

test("the widget weighs 15 kB of JavaScript and 128 kB of wasm at most, gzipped", () => {
  expect(gzipped("www/element.js", "www/worker.js")).toBeLessThanOrEqual(15_000);
  for (const name of ["attentive_writer_bg.wasm", "attentive_writer_relaxed_bg.wasm"]) {
    expect(gzipped(`widget/${name}`), name).toBeLessThanOrEqual(128_000);
  }
});

test("every address in what ships is that of a file", () => {
  for (const file of pack().files.filter((file) => file.endsWith(".js"))) {
    const addresses = [...readFileSync(join(pkg, file), "utf8").matchAll(/new URL\(\s*["'`]([^"'`]+)["'`],\s*import\.meta\.url/g)];
    for (const [, address] of addresses) expect(pack().files).toContain(join(file, "..", address));
    expect(addresses.length, file).toBe({ "www/element.js": 5, "www/worker.js": 0 }[file] ?? 1);
  }
});

test("Node draws, redraws and trains; the element is nothing there", () => {
  expect(run(project("node"), ["node", "draw.js"])).toContain("drawn, redrawn and trained");
});

/** Type-checks files of a project, strictly and the libraries' declarations, too. */
function check(folder, compiler, lib, files, ...options) {
  const tsc = join(compiler, "bin/tsc");
  run(folder, ["node", tsc, "--noEmit", "--strict", "--skipLibCheck", "false", "--module", "nodenext", "--target", "es2022", "--lib", lib, "--jsx", "react-jsx", ...options, ...files]);
}

for (const compiler of ["typescript", "typescript-5"]) {
  test(`types are strict, by ${compiler}${compiler === "typescript" ? "" : " @long"}`, () => {
    const folder = project("types");
    const at = join(folder, "node_modules", compiler);
    const pages = ["use.ts", "svelte.ts", "react.tsx", "preact.tsx", "solid.tsx", "shared/Widgets.tsx"];
    check(folder, at, "es2022,dom,dom.iterable", pages, "--types", "react");
    check(folder, at, "esnext,dom,dom.iterable", ["use.ts", "using.ts"], "--types", "react");
    check(folder, at, "es2022", ["server.ts"], "--types", "node");
    // And where no framework is installed.
    const bare = project("node");
    writeFileSync(join(bare, "use.ts"), readFileSync(join(folder, "use.ts")));
    for (const lib of ["es2022,dom", "es2023,dom"]) check(bare, at, lib, ["use.ts"]);
  });
}

test("declarations say what there is, and nothing else", () => {
  const folder = project("types");
  // Names as they are at run time; what begins with two underscores is the bindings' own.
  const listed = run(folder, ["node", "--input-type=module", "--eval", `
    const own = (object) => Object.getOwnPropertyNames(object).filter((name) => !/^(__|constructor$|length$|name$|prototype$)/.test(name));
    const { AttentiveWriter } = await import("attentive-writer/element");
    const modules = {};
    for (const name of ["attentive-writer", "attentive-writer/widget"]) {
      const module = await import(name);
      const classes = Object.entries(module).filter(([, value]) => /^class/.test(value));
      modules[name] = { names: Object.keys(module), classes: classes.map(([key, value]) => [key, own(value.prototype), own(value)]) };
    }
    const callbacks = ["connectedCallback", "disconnectedCallback", "attributeChangedCallback"];
    const element = [...own(AttentiveWriter.prototype), ...own(Object.getPrototypeOf(AttentiveWriter).prototype)];
    console.log(JSON.stringify({ modules, element: element.filter((name) => !callbacks.includes(name)) }));`]);
  const { modules, element } = JSON.parse(listed);
  const union = (names) => names.map((name) => JSON.stringify(name)).join(" | ") || "never";
  let count = 0;
  const same = (type, names) => `const same${count++}: Same<${type}, ${union(names)}> = true;`;
  const lines = Object.entries(modules).flatMap(([module, { names, classes }], i) => [
    `import * as module${i} from ${JSON.stringify(module)};`,
    same(`keyof typeof module${i}`, names),
    ...classes.flatMap(([name, members, statics]) => [
      same(`keyof module${i}.${name} & string`, members),
      same(`Exclude<keyof typeof module${i}.${name}, "prototype">`, statics),
    ]),
  ]);
  expect(count).toBeGreaterThan(12);
  writeFileSync(join(folder, "exact.ts"), [
    `import type { AttentiveWriter } from "attentive-writer/element";`,
    "type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : { missing: Exclude<B, A> }) : { invented: Exclude<A, B> };",
    ...lines,
    same("Exclude<keyof AttentiveWriter, keyof HTMLElement>", element),
  ].join("\n"));
  check(folder, join(folder, "node_modules/typescript"), "es2022,dom", ["exact.ts"]);
});

test("everything in one file: a page that opens from disk, and a script for two lines of HTML", async ({ page }) => {
  const folder = join(root, "target/projects/single");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const said = run(root, ["node", ".ci/single.mjs", join(folder, "attentive-writer.html")]);
  for (const name of ["attentive-writer.html", "attentive-writer.js"]) expect(said).toMatch(new RegExp(`${name}: \\d+ kB, \\d+ kB gzipped`));
  const fetched = [];
  page.on("request", (request) => /^(http|ws)/.test(request.url()) && fetched.push(new URL(request.url()).pathname));

  await page.goto(`file://${folder}/attentive-writer.html`);
  await expect(page.locator("attentive-writer").first()).toHaveAttribute("state", "done");
  const pad = page.locator("attentive-writer").last();
  await pad.locator("button[name=example]").click();
  await expect(pad).toHaveAttribute("state", "done");
  expect(fetched).toEqual([]);

  const tags = `<attentive-writer id="wall" seed="1" count="4" size="64" speed="60" autoplay></attentive-writer>
    <attentive-writer id="pad" mode="redraw" speed="60"></attentive-writer>`;
  writeFileSync(join(folder, "index.html"), `<!doctype html><script type="module" src="attentive-writer.js"></script>${tags}`);
  writeFileSync(join(folder, "classic.html"), `<!doctype html><script src="attentive-writer.js"></script>${tags}`);
  const server = await serve(folder);
  await drawsAndRedraws(page, server.url);
  server.close();
  expect(fetched.filter((path) => path !== "/favicon.ico")).toEqual(["/", "/attentive-writer.js"]);
  await drawsAndRedraws(page, `file://${folder}/classic.html`);
});
