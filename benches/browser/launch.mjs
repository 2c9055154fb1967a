// Headless browsers for measurements, and the demo's server.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { chromium } from "@playwright/test";

/** Starts chromium or firefox; CHROME and FIREFOX say where they are. Both have newContext, version and close. */
export async function start(name = "chromium") {
  if (name !== "firefox") {
    return chromium.launch({
      executablePath: process.env.CHROME || "/usr/bin/chromium",
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"],
    });
  }
  // Playwright drives a Firefox of its own only; the one that people have is driven by WebDriver BiDi.
  const { launch } = await import("puppeteer-core");
  const browser = await launch({ browser: "firefox", headless: true, executablePath: process.env.FIREFOX || "/usr/bin/firefox-esr" });
  const version = await browser.version();
  return { newContext: () => browser.createBrowserContext(), version: () => version.replace(/^firefox\//i, ""), close: () => browser.close() };
}

/** Starts the demo's server, with more options if need be, and a browser. */
export async function launch(name, options = []) {
  const server = spawn("cargo", ["run", "--quiet", "--locked", "--release", "--", "serve", "--port", "0", "--json", ...options], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(server.stdout, "data");
  const { url } = JSON.parse(line);
  const browser = await start(name);
  const close = async () => {
    await browser.close();
    server.kill();
  };
  return { browser, url, close };
}
