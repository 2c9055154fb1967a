export default { turbopack: { root: import.meta.dirname }, outputFileTracingRoot: import.meta.dirname, distDir: process.env.DIST ?? ".next" };
