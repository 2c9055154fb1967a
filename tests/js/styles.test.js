// Style sheets: a figure's own rules are for that figure.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import test from "node:test";

const folder = resolve(import.meta.dirname, "../../www/figures");
/** What all figures share. */
const SHARED = "figures.css";

/** The selectors of a sheet, one by one. */
function selectors(file) {
  const text = readFileSync(join(folder, file), "utf8").replace(/\/\*[^]*?\*\//g, "");
  return [...text.matchAll(/([^{}]+)\{/g)].flatMap(([, list]) => list.split(/,(?![^(]*\))/)).map((selector) => selector.trim());
}

const classes = (selector) => [...selector.matchAll(/\.([a-z][\w-]*)/g)].map(([, name]) => name);

test("no rule of a figure's sheet begins with a class that another sheet has a use for", () => {
  const sheets = readdirSync(folder).filter((name) => name.endsWith(".css"));
  const own = sheets.filter((name) => name !== SHARED);
  assert.ok(own.length > 2, `${own}`);
  for (const sheet of own) {
    const first = new Set(selectors(sheet).filter((selector) => /^\.(?!figure\b)/.test(selector)).map((selector) => classes(selector)[0]));
    for (const other of sheets.filter((name) => name !== sheet)) {
      const shared = [...new Set(selectors(other).flatMap(classes))].filter((name) => first.has(name));
      assert.deepEqual(shared, [], `${sheet} styles every .${shared[0]}, and ${other} has it too; expected a rule that begins with a class of the figure's own`);
    }
  }
});
