// The demo's server and a headless browser, for measurements.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { chromium, firefox } from "@playwright/test";

/** Starts both; `name` is chromium or firefox. CHROME and FIREFOX say where they are. */
export async function launch(name = "chromium") {
  const server = spawn("cargo", ["run", "--quiet", "--locked", "--release", "--", "serve", "--port", "0", "--json"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(server.stdout, "data");
  const { url } = JSON.parse(line);
  const browser =
    name === "firefox"
      ? await firefox.launch({ executablePath: process.env.FIREFOX || "/usr/bin/firefox-esr" })
      : await chromium.launch({
          executablePath: process.env.CHROME || "/usr/bin/chromium",
          args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"],
        });
  const close = async () => {
    await browser.close();
    server.kill();
  };
  return { browser, url, close };
}
