// The page as a folder that any static host serves as it is, under a sub-path too: `node .ci/site.mjs [FOLDER]`, after .ci/pkg.
//
// Three settings, in the environment. SITE is the address that the folder will have: the page then names it as its canonical
// one, and gives others the whole address of its picture. SOURCE is where the repository's files are shown, such as
// https://github.com/OWNER/NAME/blob/main; by default the repository of Cargo.toml, if it is no placeholder. "How it was
// made" then leads there. COMPRESS=1 writes a .br and a .gz beside each file that shrinks by a tenth, for hosts that send
// them in its place: nginx's brotli_static and gzip_static, Caddy's precompressed, `attentive-writer serve --site`.
//
// What the page asks for before the first glimpse is bundled, if esbuild is there (`npm ci`): the widget's modules into two, the
// page's and the worker's, the page's own into one, and its style sheets into one. Each request costs milliseconds.
//
// Pages, the service worker and the modules that others import keep their addresses. All else lies in a folder named after a
// hash of its contents: what a browser has kept of it is right for ever, and an update never mixes two versions. The version
// before is left where it lies, for pages that are still open.

import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path/posix";
import { brotliCompressSync, gzipSync } from "node:zlib";

const out = process.argv[2] ?? "target/site";
const pkg = process.env.PKG ?? "pkg";
/** A setting that is an address, with a slash at its end; null if it is not given. */
function setting(name, otherwise = "") {
  const text = process.env[name] || otherwise;
  if (!text) return null;
  if (!/^https?:\/\/[^\s"<>]+$/.test(text)) throw new Error(`${name} is ${text}; expected an address, https://…`);
  return text.endsWith("/") ? text : `${text}/`;
}
const site = setting("SITE");
const [, repository = ""] = /^repository = "(.*)"$/m.exec(readFileSync("Cargo.toml", "utf8")) ?? [];
const source = setting("SOURCE", /\.example\b/.test(repository) ? "" : `${repository}/blob/HEAD`);
/** Of www, what a host does not serve: pages have places of their own, the rest is for the repository's README. */
const left = (path) => /\.(html|md|d\.ts)$/.test(path) || path.startsWith("www/media");
/** What others import, by an address that stays. */
const ENTRIES = ["pkg/www/element.js", "pkg/attentive_writer.js", "pkg/widget/attentive_writer.js"];

/** Modules that are bundled -> what they import later, or may not have twice. */
const BUNDLES = { element: [], worker: [], main: ["./element.js", "./addresses.js", "./wasm.js", "./figures/*", "./article/*"] };

const list = (folder) => readdirSync(folder, { recursive: true }).map((name) => join(folder, name)).filter((path) => statSync(path).isFile()).sort();
/** [source, place in the version's folder] */
const files = [
  ...list("www").filter((path) => !left(path)).map((path) => [path, path]),
  ...list(pkg).map((path) => [path, join("pkg", relative(pkg, path))]),
];
/** [place in the version's folder, text]: what takes the place of a module that imports others. */
const bundles = await import("./widget.mjs").then(
  ({ bundle }) => Promise.all(Object.entries(BUNDLES).map(async ([entry, external]) => [`www/${entry}.js`, await bundle(entry, { pkg, external })])),
  ({ message }) => (console.error(`modules stay apart: ${message}`), []),
);
/** The article's style sheets, one after the other; those for print stay apart, and come after them. */
const SHEET = / *<link rel="stylesheet" href="([^"]*)" \/>\n/g;
const SHEETS = "sheets.css";
const sheets = [...readFileSync("www/index.html", "utf8").matchAll(SHEET)].map(([, name]) => readFileSync(join("www", name), "utf8"));
/** [place in the version's folder, text]: what is written there besides, or in a module's place. */
const made = [...bundles, [`www/${SHEETS}`, sheets.join("\n")]];
const hash = createHash("sha256");
for (const [source, place] of files) hash.update(place).update("\0").update(readFileSync(source)).update("\0");
for (const [place, text] of made) hash.update(place).update("\0").update(text).update("\0");
const version = hash.digest("hex").slice(0, 12);

function write(place, text) {
  mkdirSync(dirname(join(out, place)), { recursive: true });
  writeFileSync(join(out, place), text);
}

/** The article with what only the site knows: its own address, where its sources are, and one style sheet. */
function settled(given) {
  const html = given.replace(new RegExp(`(${SHEET.source})+`), `    <link rel="stylesheet" href="${SHEETS}" />\n`);
  const shown = source ? html.replace(/<a data-source="([^"]*)"/g, (whole, path) => `<a href="${source}${path}"`) : html;
  if (!site) return shown;
  return shown
    .replace(/(<meta property="og:image" content=")([^"]*)/, (whole, tag, picture) => `${tag}${site}${picture}`)
    .replace("</head>", `  <link rel="canonical" href="${site}" />\n    <meta property="og:url" content="${site}" />\n  </head>`);
}

/** Modules, and all that they import. */
function needed(...modules) {
  const found = new Set(modules);
  for (const path of found) {
    if (bundles.some(([place]) => place === path)) continue;
    const source = readFileSync(path, "utf8");
    for (const [, name] of source.matchAll(/^(?:import|export)\b[^"]*"(\.[^"]+)";$/gm)) found.add(join(dirname(path), name));
  }
  return found;
}
/** What the page asks for before the first glimpse. */
const early = needed("www/main.js", "www/element.js");

/** A page's text, its addresses those of this version's files. */
function rewritten(page) {
  const place = relative("www", page);
  const html = readFileSync(page, "utf8")
    .replaceAll("https://YOUR.SITE/attentive-writer/", (address) => site ?? address)
    .replace(/ *<link rel="modulepreload" href="([^"]*)" \/>\n/g, (line, address) => (early.has(join("www", address)) ? line : ""));
  return (place === "index.html" ? settled(html) : html).replace(/<[a-z][^<>]*>/gi, (tag) =>
    tag.replace(/\b(src|href|weights|encoder)="([^"]*)"/g, (whole, name, address) => {
      if (/^([a-z]+:|\/|#|\?|$)/i.test(address)) return whole;
      const [, path, rest] = /^([^?#]*)(.*)$/.exec(address);
      const file = join(dirname(page), path);
      if (!existsSync(file) && !made.some(([place]) => place === file)) throw new Error(`${page}: there is no ${address}`);
      return file.endsWith(".html") ? whole : `${name}="${relative(dirname(place), join(version, file))}${rest}"`;
    }),
  );
}

if (existsSync(out) && readdirSync(out).length && !existsSync(join(out, ".nojekyll"))) {
  throw new Error(`${out} holds something else; expected a folder that is empty, or that this wrote before`);
}
/** Versions before this one, the newest first. */
const old = existsSync(out) ? readdirSync(out).filter((name) => /^[0-9a-f]{12}$/.test(name) && name !== version) : [];
old.sort((a, b) => statSync(join(out, b)).mtimeMs - statSync(join(out, a)).mtimeMs);
if (existsSync(out)) for (const name of readdirSync(out)) if (name !== old[0]) rmSync(join(out, name), { recursive: true });

for (const [source, place] of files) {
  mkdirSync(dirname(join(out, version, place)), { recursive: true });
  cpSync(source, join(out, version, place));
}
for (const [place, text] of made) write(join(version, place), text);
for (const page of list("www").filter((path) => path.endsWith(".html"))) write(relative("www", page), rewritten(page));
// The picture of a link to the page, whose address others keep.
for (const name of ["offline.js", "card.png"]) cpSync(join("www", name), join(out, name));
write("robots.txt", `User-agent: *\nAllow: /\n`);
for (const entry of ENTRIES) {
  const place = entry.replace("pkg/www/", "www/");
  const address = JSON.stringify(relative(dirname(place), join(version, entry)));
  const named = !/export \{[^}]*\bas default\b/.test(readFileSync(join(pkg, relative("pkg", entry)), "utf8"));
  write(place, `export * from ${address};\n${named ? "" : `export { default } from ${address};\n`}`);
}
// For hosts that read them; GitHub Pages sends headers of its own, and needs to be told that nothing is to be rendered.
write("_headers", `/*\n  Access-Control-Allow-Origin: *\n  Cache-Control: no-cache\n/${version}/*\n  ! Cache-Control\n  Cache-Control: public, max-age=31536000, immutable\n`);
write(".nojekyll", "");

if (process.env.COMPRESS) {
  const shrink = { br: brotliCompressSync, gz: (bytes) => gzipSync(bytes, { level: 9 }) };
  for (const path of list(out).filter((path) => /\.(html|js|css|wasm|svg|json|safetensors)$/.test(path) && !path.includes(old[0] ?? "\0"))) {
    const whole = readFileSync(path);
    for (const [ending, compress] of Object.entries(shrink)) {
      const less = compress(whole);
      if (less.length < 0.9 * whole.length) writeFileSync(`${path}.${ending}`, less);
    }
  }
}

const bytes = list(out).reduce((sum, path) => sum + statSync(path).size, 0);
console.log(`${out}: version ${version}, ${files.length} files in it, ${(bytes / 1e6).toFixed(1)} MB in all${old[0] ? `; ${old[0]} is kept` : ""}`);
