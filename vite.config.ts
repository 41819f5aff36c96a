import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// One build for the whole product: the canvas (an island mounted by one tag), the code editor of contents, and the style
// sheet of every page.
export default defineConfig({
  base: "/static/dist/",
  publicDir: false,
  plugins: [react(), tailwindcss()],
  build: {
    outDir: "static/dist",
    emptyOutDir: false, // what a running product still asks for stays a while (config/embedded/node.py)
    manifest: "manifest.json",
    rollupOptions: { input: ["canvas/main.tsx", "static/js/content/code.ts", "static/css/app.css"] },
  },
  test: { include: ["canvas/**/*.test.{ts,tsx}"], passWithNoTests: true },
});
