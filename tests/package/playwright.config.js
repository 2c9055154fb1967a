import { defineConfig } from "@playwright/test";
import { launchOptions } from "../browser/chrome.js";

export default defineConfig({
  testDir: ".",
  testMatch: "*.spec.js",
  fullyParallel: false,
  workers: 1,
  timeout: 600_000,
  expect: { timeout: 60_000 },
  reporter: "list",
  outputDir: "../../test-results",
  use: { actionTimeout: 60_000, navigationTimeout: 60_000, viewport: { width: 1200, height: 900 }, launchOptions },
});
