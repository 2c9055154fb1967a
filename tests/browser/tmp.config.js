import base from "./playwright.config.js";
export default { ...base, webServer: undefined, timeout: 120_000, expect: { timeout: 30_000 }, use: { ...base.use, baseURL: "http://localhost:8421/www/" } };
