// The suite in Firefox as it is installed, by WebDriver BiDi: `npx playwright test --config tests/browser/firefox.config.js`.
// FIREFOX names one that is not on the path.

import { defineConfig } from "@playwright/test";
import { found } from "./chrome.js";
import chromium from "./playwright.config.js";

const use = { ...chromium.use, browserName: "firefox", channel: "moz-firefox" };
const executablePath = found("FIREFOX", ["firefox-esr", "firefox"]);
/** A user of the night, who wants no motion: a test cannot say so, a profile can. */
const firefoxUserPrefs = { "layout.css.prefers-color-scheme.content-override": 0, "ui.prefersReducedMotion": 1 };

export default defineConfig({
  ...chromium,
  // What a user does and sees; what Chromium's own protocol alone can do is skipped in its test.
  testMatch: /(element|embed|figures|looks?|offline|page|training)\.spec\.js/,
  timeout: 120_000,
  expect: { timeout: 30_000 },
  projects: [
    { name: "firefox", use: { ...use, launchOptions: { executablePath } } },
    { name: "at night", grep: /\bdark\b|without motion/, use: { ...use, launchOptions: { executablePath, firefoxUserPrefs } } },
  ],
});
