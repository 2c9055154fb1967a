import react from "@vitejs/plugin-react";

// Under a sub-path, as many sites are.
export default { base: "/sub/path/", plugins: [react()], build: { emptyOutDir: true } };
