// Does for Node what a bundler does for a browser: finds modules named without an ending, and lets Relay's plug-in replace
// graphql`...` by what its compiler made of it.
import { transformAsync } from "@babel/core";
import { statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { register } from "node:module";
import { fileURLToPath } from "node:url";
import { isMainThread } from "node:worker_threads";

const ENDINGS = ["", ".js", "/index.js"];

const isFile = (url) => statSync(url, { throwIfNoEntry: false })?.isFile() ?? false;

export async function resolve(specifier, context, next) {
  if (!specifier.startsWith(".")) return next(specifier, context);
  const candidates = ENDINGS.map((ending) => new URL(specifier + ending, context.parentURL));
  return next((candidates.find(isFile) ?? candidates[0]).href, context);
}

export async function load(url, context, next) {
  if (!url.startsWith("file:") || url.includes("/node_modules/") || !url.endsWith(".js")) return next(url, context);
  const text = await readFile(fileURLToPath(url), "utf8");
  if (!/graphql ?`/.test(text)) return next(url, context);
  const { code } = await transformAsync(text, {
    filename: fileURLToPath(url),
    plugins: [["babel-plugin-relay", { eagerEsModules: true }]],
    configFile: false,
    babelrc: false,
    cwd: fileURLToPath(new URL(".", import.meta.url)),
  });
  return { format: "module", source: code, shortCircuit: true };
}

// Node runs the hooks in a thread of their own.
if (isMainThread) register(import.meta.url);
