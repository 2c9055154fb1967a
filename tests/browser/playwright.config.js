import { execSync } from "node:child_process";
import { defineConfig } from "@playwright/test";

/** The browser: CHROME, or the first Chromium on the path. */
function chrome() {
  if (process.env.CHROME) return process.env.CHROME;
  for (const name of ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]) {
    try {
      return execSync(`command -v ${name}`, { encoding: "utf8" }).trim();
    } catch {
      // The next one.
    }
  }
  throw new Error("no Chromium found; set CHROME to its path");
}

const port = 8173;

export default defineConfig({
  testDir: ".",
  fullyParallel: false,
  workers: 1,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: "list",
  outputDir: "../../test-results",
  use: {
    baseURL: `http://localhost:${port}/`,
    viewport: { width: 1200, height: 900 },
    // Requests are to reach the tests' own answers; what the page does without a network has a test of its own.
    serviceWorkers: "block",
    launchOptions: {
      executablePath: chrome(),
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync"],
    },
  },
  webServer: {
    command: `cargo run --locked --release -- serve --port ${port}`,
    cwd: "../..",
    url: `http://localhost:${port}/`,
    timeout: 300_000,
    reuseExistingServer: false,
  },
});
