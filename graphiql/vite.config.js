import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

import { compressedBundle } from "./compressed-bundle.js";

export default defineConfig({
  plugins: [react(), compressedBundle(new URL("../gateway/graphiql/assets/", import.meta.url))],
  // Files name each other relatively, so the page works below a path of its own behind a proxy.
  base: "./",
  worker: { format: "es" },
  build: {
    target: "es2022",
    sourcemap: false,
    assetsDir: "",
    license: { fileName: "licenses.md" },
    // What GraphiQL weighs is Monaco, and Monaco isn't needed for the first paint.
    chunkSizeWarningLimit: 4000,
    rolldownOptions: {
      input: { graphiql: "src/main.jsx" },
      // Libraries apart from our own code: a change of ours leaves the names of all the large files as they are.
      output: {
        codeSplitting: {
          groups: [
            { name: "monaco", test: /node_modules\/(monaco-editor|monaco-graphql)\// },
            { name: "libraries", test: /node_modules\/(?!prettier\/)|rolldown\/runtime/ },
          ],
        },
      },
      // Directives for a compiler that has run over these packages already.
      onwarn: (warning, warn) => warning.code === "MODULE_LEVEL_DIRECTIVE" || warn(warning),
    },
    write: false,
  },
});
