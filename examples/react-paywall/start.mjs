// One command for all of it: the gateway with its demonstration, unless one is there, and the page. Ctrl-C ends both.
import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createServer } from "vite";

const root = fileURLToPath(new URL("../../", import.meta.url));
const { env } = process;
env.ADMITTANCE_URL ??= `http://127.0.0.1:${env.PORT ?? 8000}/graphql`;
const health = new URL("/health/live", env.ADMITTANCE_URL);

const isServed = () => fetch(health).then(({ ok }) => ok, () => false);
const admittance = `${root}.venv/bin/admittance`;

let gateway;
if (!(await isServed())) {
  spawnSync(admittance, ["migrate"], { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
  gateway = spawn(admittance, ["serve", "--demo"], { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
  gateway.on("exit", (code) => process.exit(code ?? 0));
  while (!(await isServed())) await wait(100);
}
const keyFile = resolve(root, env.ADMITTANCE_DEMO_KEY_FILE ?? "admittance.demo-key");
env.ADMITTANCE_KEY ??= readFileSync(keyFile, "utf-8").trim();

const page = await createServer({ configLoader: "runner", logLevel: "warn" });
await page.listen();
console.log(`\nFieldwork, a paywall over the demonstration: ${page.resolvedUrls.local[0]}\n\nCtrl-C ends it.\n`);

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, async () => {
    gateway?.kill();
    await page.close();
    if (!gateway) process.exit();
  });
}
