// Writes the package's package.json: `node .ci/manifest.mjs PKG`. What the crate says too comes from Cargo.toml.

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const metadata = JSON.parse(execFileSync("cargo", ["metadata", "--no-deps", "--offline", "--format-version", "1"], { encoding: "utf8" }));
const { version, license, keywords, repository, homepage } = metadata.packages[0];
const { name, description, ...rest } = JSON.parse(readFileSync(".ci/package.json", "utf8"));
const manifest = { name, version, description, license, keywords, homepage, repository: { type: "git", url: `git+${repository}.git` }, ...rest };
writeFileSync(join(process.argv[2], "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
