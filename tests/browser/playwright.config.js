import { defineConfig } from "@playwright/test";
import { launchOptions } from "./chrome.js";

/** PORT is for runs beside each other. */
const port = process.env.PORT ?? 8173;

export default defineConfig({
  testDir: ".",
  fullyParallel: false,
  workers: 2,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: "list",
  outputDir: "../../test-results",
  use: {
    baseURL: `http://localhost:${port}/`,
    viewport: { width: 1200, height: 900 },
    // Requests are to reach the tests' own answers; what the page does without a network has a test of its own.
    serviceWorkers: "block",
    launchOptions,
  },
  webServer: {
    command: `cargo run --locked --release -- serve --port ${port}`,
    cwd: "../..",
    url: `http://localhost:${port}/`,
    timeout: 300_000,
    reuseExistingServer: false,
  },
});
