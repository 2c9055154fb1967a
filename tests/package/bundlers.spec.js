// The package in the projects that people put it into, each fresh from the tarball, built as for production, and opened.
// Those marked @long are left to .ci/long.

import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { serve } from "../browser/shared.js";
import { drawsAndRedraws, project, run, start } from "./kit.js";

/** What a page draws is the same wherever it stands; the first page's is kept. */
let wall = null;

async function check(page, { url, close }, path = "") {
  try {
    const [drawn] = await drawsAndRedraws(page, url + path);
    wall ??= drawn;
    expect(drawn).toBe(wall);
  } finally {
    close();
  }
}

test("plain HTML with an import map", async ({ page }) => {
  await check(page, await serve(project("importmap"), "/sub/path/"));
});

for (const name of ["vanilla", "react"]) {
  test(`Vite: ${name}`, async ({ page }) => {
    const folder = project("vite");
    const said = run(folder, ["npx", "vite", "build", "--logLevel", "warn"], { PAGE: `${name}.html` });
    expect(said, "no warning").toBe("");
    await check(page, await serve(join(folder, "dist"), "/sub/path/"), `${name}.html`);
  });
}

test("Vite, in development", async ({ page }) => {
  const server = await start(project("vite"), ["npx", "vite", "--host", "127.0.0.1", "--port", "PORT"], { PAGE: "vanilla.html" });
  await check(page, server, "sub/path/vanilla.html");
});

test("webpack 5", async ({ page }) => {
  const folder = project("webpack");
  expect(run(folder, ["npx", "webpack"])).toMatch(/compiled successfully/);
  await check(page, await serve(join(folder, "dist")));
});

for (const bundler of ["turbopack", "webpack"]) {
  test(`Next 16, by ${bundler} @long`, async ({ page }) => {
    const folder = project("next");
    const env = { DIST: `.next-${bundler}` };
    run(folder, ["npx", "next", "build", `--${bundler}`], env);
    await check(page, await start(folder, ["npx", "next", "start", "--port", "PORT"], env));
    await expect(page.locator("main")).toHaveAttribute("data-server", "function");
  });
}

test("Astro @long", async ({ page }) => {
  const folder = project("astro");
  run(folder, ["npx", "astro", "build"]);
  await check(page, await serve(join(folder, "dist"), "/sub/path/"));
  await expect(page.locator("body")).toHaveAttribute("data-server", "function");
});

test("SvelteKit @long", async ({ page }) => {
  const folder = project("sveltekit");
  run(folder, ["npx", "vite", "build"]);
  await check(page, await start(folder, ["node", "build/index.js"]));
});
