import react from "@vitejs/plugin-react";
import { type Connect, defineConfig, type Plugin } from "vite";

import { Company } from "./backend/company";
import { serveCompany } from "./backend/server";

const { ADMITTANCE_URL: url = "http://127.0.0.1:8000/graphql", ADMITTANCE_KEY: key = "" } = process.env;
// The page and the gateway are one origin, as behind a proxy of your own. With two, name the page's in `cors_origins`.
// This path alone: below it are the contract's files.
const proxy = { "^/graphql$": { target: new URL(url).origin, ws: true } };

/** The company's back end, in the process that serves the page: in development, and with what was built. */
function company(): Plugin {
  const mount = ({ middlewares }: { middlewares: Connect.Server }) => {
    middlewares.use("/company", serveCompany(new Company({ url, key })));
  };
  return { name: "company", configureServer: mount, configurePreviewServer: mount };
}

export default defineConfig({
  plugins: [react(), company()],
  server: { host: "127.0.0.1", proxy },
  preview: { host: "127.0.0.1", proxy },
  build: { target: "es2022" },
});
