// The suite in Firefox as it is installed, by WebDriver BiDi: `npx playwright test --config tests/browser/firefox.config.js`.
// FIREFOX names one that is not on the path.

import { defineConfig } from "@playwright/test";
import { found } from "./chrome.js";
import chromium from "./playwright.config.js";

export default defineConfig({
  ...chromium,
  // What a user does and sees; what Chromium's own protocol alone can do is skipped in its test.
  testMatch: /(element|embed|figures|look|offline|page|training)\.spec\.js/,
  timeout: 120_000,
  expect: { timeout: 30_000 },
  use: {
    ...chromium.use,
    browserName: "firefox",
    channel: "moz-firefox",
    launchOptions: { executablePath: found("FIREFOX", ["firefox-esr", "firefox"]) },
  },
});
