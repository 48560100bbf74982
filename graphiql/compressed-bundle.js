// Writes what Vite built as the gateway serves it: each file gzip-compressed under its hashed name, and a manifest.

import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { extname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const TYPES = {
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".md": "text/markdown; charset=utf-8",
  ".ttf": "font/ttf",
};
const SOURCES = fileURLToPath(new URL(".", import.meta.url));
// Neither changes what is built.
const NO_SOURCES = new Set(["node_modules", "README.md"]);

/** A Vite plugin. `folder` is the URL of a folder that holds nothing else: it is emptied first. */
export function compressedBundle(folder) {
  return {
    name: "compressed-bundle",
    apply: "build",
    // Last, so that the licences are among the files.
    enforce: "post",
    generateBundle: { order: "post", handler: (_, bundle) => write(fileURLToPath(folder), Object.values(bundle)) },
  };
}

function write(folder, outputs) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const entry = outputs.find((output) => output.isEntry);
  const files = {};
  for (const output of outputs.sort((a, b) => (a.fileName < b.fileName ? -1 : 1))) {
    const content = Buffer.from(output.type === "chunk" ? output.code : output.source);
    files[output.fileName] = { type: typeOf(output.fileName), sha256: sha256(content), bytes: content.length };
    writeFileSync(join(folder, `${output.fileName}.gz`), compress(content));
  }
  const chunks = loadedAtOnce(entry, new Map(outputs.map((output) => [output.fileName, output])));
  const manifest = {
    sources: digestOfSources(),
    // The last one is the page's own; the others are named so that they are loaded beside it, and not after it.
    scripts: chunks.map((chunk) => chunk.fileName),
    styles: chunks.flatMap((chunk) => [...chunk.viteMetadata.importedCss]),
    files,
  };
  writeFileSync(join(folder, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** A chunk after all those it imports, each once. What is imported while the page runs isn't among them. */
function loadedAtOnce(chunk, outputs, found = new Set()) {
  for (const name of chunk.imports) loadedAtOnce(outputs.get(name), outputs, found);
  return [...found.add(chunk)];
}

function typeOf(name) {
  const type = TYPES[extname(name)];
  if (!type) throw new Error(`${name}: say in compressed-bundle.js what type that is.`);
  return type;
}

function compress(content) {
  const compressed = gzipSync(content, { level: 9 });
  // The operating system it was built on, which would make the same content another file.
  compressed[9] = 255;
  return compressed;
}

/** The digest of `sha256 path` lines, sorted by path, of all that the bundle is built from. */
function digestOfSources() {
  const lines = readdirSync(SOURCES, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path, name: relative(SOURCES, path).split(sep).join("/") }))
    .filter(({ name }) => !NO_SOURCES.has(name.split("/")[0]))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ path, name }) => `${sha256(readFileSync(path))} ${name}\n`);
  return sha256(lines.join(""));
}

function sha256(content) {
  return createHash("sha256").update(content).digest("hex");
}
