// The browsers of the suites.

import { execSync } from "node:child_process";

/** A program's path: what the environment's `variable` says, or the first of `names` on the path. */
export function found(variable, names) {
  if (process.env[variable]) return process.env[variable];
  for (const name of names) {
    try {
      return execSync(`command -v ${name}`, { encoding: "utf8" }).trim();
    } catch {
      // The next one.
    }
  }
  throw new Error(`none of ${names.join(", ")} found; set ${variable} to one's path`);
}

export const launchOptions = {
  executablePath: found("CHROME", ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]),
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
};
