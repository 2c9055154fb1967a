import react from "@vitejs/plugin-react";

// One page at a time, under a sub-path, as many sites are.
export default { base: "/sub/path/", plugins: [react()], build: { rolldownOptions: { input: process.env.PAGE } } };
