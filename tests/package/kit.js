// What the specs of the package share: projects made fresh from its tarball, servers, and what each page must do.

import { execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { join, resolve } from "node:path";
import { expect } from "@playwright/test";
import { draw, ink, watchConsole } from "../browser/shared.js";

export const root = resolve(import.meta.dirname, "../..");
/** The package that is tested: pkg/, or the folder that PKG names. */
export const pkg = resolve(root, process.env.PKG ?? "pkg");
/** Projects are built here; what npm installed stays from run to run. */
const builds = join(root, "target/projects");

/** Runs a command and gives what it printed; throws with that if it failed. */
export function run(cwd, [command, ...parameters], env = {}) {
  try {
    const options = { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...quiet, ...env } };
    return execFileSync(command, parameters, options);
  } catch (error) {
    throw new Error(`${command} ${parameters.join(" ")} in ${cwd}:\n${error.stdout}\n${error.stderr}`, { cause: error });
  }
}

/** No colours to be taken for text, and nothing that calls home. */
const quiet = { NO_COLOR: "1", FORCE_COLOR: undefined, NEXT_TELEMETRY_DISABLED: "1", ASTRO_TELEMETRY_DISABLED: "1", CI: "1" };

let tarball = null;

/** The tarball, and the files in it. */
export function pack() {
  if (!tarball) {
    mkdirSync(builds, { recursive: true });
    const [packed] = Object.values(JSON.parse(run(builds, ["npm", "pack", pkg, "--json"])));
    tarball = { path: join(builds, packed.filename), files: packed.files.map((file) => file.path).sort() };
  }
  return tarball;
}

/** A project of projects/, with what it needs and the package installed; gives its folder. */
export function project(name) {
  const from = join(import.meta.dirname, "projects", name);
  const folder = join(builds, name);
  mkdirSync(folder, { recursive: true });
  for (const old of readdirSync(folder)) if (old !== "node_modules" && old !== "installed.json") rmSync(join(folder, old), { recursive: true });
  cpSync(from, folder, { recursive: true });
  cpSync(join(import.meta.dirname, "shared"), join(folder, "shared"), { recursive: true });
  const lock = join(folder, "package-lock.json");
  const installed = join(folder, "installed.json");
  if (existsSync(lock) && !(existsSync(installed) && readFileSync(lock).equals(readFileSync(installed)))) {
    run(folder, ["npm", "ci", "--no-audit", "--no-fund"]);
    cpSync(lock, installed);
  }
  rmSync(join(folder, "node_modules/attentive-writer"), { recursive: true, force: true });
  run(folder, ["npm", "install", "--no-save", "--no-audit", "--no-fund", "--prefer-offline", pack().path]);
  return folder;
}

/** A port that is free now. */
async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts a project's own server, which is given its port, and waits until it answers. */
export async function start(folder, command, env = {}) {
  const port = await freePort();
  const [name, ...parameters] = command.map((word) => word.replace("PORT", port));
  const options = { cwd: folder, detached: true, stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...quiet, ...env, PORT: String(port), HOST: "127.0.0.1" } };
  const server = spawn(name, parameters, options);
  let said = "";
  for (const stream of [server.stdout, server.stderr]) stream.on("data", (data) => (said += data));
  // npx starts processes of its own: the group ends together.
  const close = () => process.kill(-server.pid);
  const url = `http://127.0.0.1:${port}/`;
  for (let tries = 0; tries < 300; tries++) {
    if (server.exitCode !== null) throw new Error(`${command.join(" ")} ended:\n${said}`);
    if (await fetch(url).then(() => true, () => false)) return { url, close };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  close();
  throw new Error(`${command.join(" ")} does not answer:\n${said}`);
}

/** What is wrong with a page's requests and on its console. */
export function watch(page) {
  const problems = watchConsole(page);
  page.on("response", (response) => {
    if (response.status() >= 400 && !response.url().endsWith("/favicon.ico")) problems.push(`${response.status()} ${response.url()}`);
  });
  page.on("requestfailed", (request) => problems.push(`${request.failure().errorText} ${request.url()}`));
  return problems;
}

export const scribble = [[0.3, 0.35], [0.4, 0.2], [0.6, 0.2], [0.68, 0.35], [0.6, 0.5], [0.3, 0.82], [0.75, 0.8]];

/** Opens an address: its wall draws to the end, its pad reads a scribble and redraws it. Gives both pictures' hashes. */
export async function drawsAndRedraws(page, address) {
  const problems = watch(page);
  await page.goto(address);
  const wall = page.locator("#wall");
  await wall.scrollIntoViewIfNeeded();
  await expect(wall).toHaveAttribute("state", "done");
  await expect(wall).toHaveAttribute("glimpse", "64");
  const drawn = await ink(wall.locator("canvas[part=canvas]"));
  expect(drawn.share).toBeGreaterThan(0.05);
  expect(drawn.share).toBeLessThan(0.3);

  const pad = page.locator("#pad");
  await draw(page, pad.locator("canvas[part=pad]"), scribble);
  await expect(pad).toHaveAttribute("state", "done");
  await expect(pad).toHaveAttribute("glimpse", "64");
  const redrawn = await ink(pad.locator("canvas[part=canvas]").last());
  expect(redrawn.share).toBeGreaterThan(0.03);
  expect(redrawn.share).toBeLessThan(0.4);
  expect(problems).toEqual([]);
  return [drawn.hash, redrawn.hash];
}
