// Follows the holder's own customer with the code of docs/subscriptions.md, by one client or the other, and prints each
// change as a line of JSON. It ends with the customer, or with a problem that it prints.
import { readFileSync } from "node:fs";

import { createClient as byEvents } from "graphql-sse";
import { createClient as bySocket } from "graphql-ws";
import WebSocket from "ws";

import { apply, follow } from "../../docs/examples/follow.mjs";
import { endWhenSilent, fetchUntilSilent } from "../../docs/examples/silence.mjs";

const { ADMITTANCE_URL: url, ADMITTANCE_KEY: key, ADMITTANCE_TRANSPORT: transport } = process.env;
const { ADMITTANCE_REVISION: revision = "0", ADMITTANCE_KEYS: keys = "[]" } = process.env;
// Everything is as much quicker here than the page has it.
const PACE = 10;

// Node 20's own WebSocket doesn't say that a handshake failed. This one says it in an event that somebody has to hear.
class Socket extends WebSocket {
  constructor(...given) {
    super(...given);
    this.on("error", () => {});
  }
}

function print(before, change) {
  const after = apply(before, change);
  console.log(JSON.stringify({ revision: change.revision, snapshot: change.snapshot, keys: [...after].sort() }));
  return after;
}

const page = readFileSync(new URL("../../docs/subscriptions.md", import.meta.url), "utf8");
const shown = [...page.matchAll(/^```js\n(.*?)^```/gms)].map(([, code]) => code);
const names = {
  createClient: {
    websocket: (options) => bySocket({ ...options, keepAlive: options.keepAlive / PACE, webSocketImpl: Socket }),
    events: byEvents,
  }[transport],
  endWhenSilent: (client, seconds) => endWhenSilent(client, seconds / PACE),
  fetchUntilSilent: (seconds) => fetchUntilSilent(seconds / PACE),
  freshToken: async () => key,
  revision: Number(revision),
  keys: new Set(JSON.parse(keys)),
  apply: print,
  follow,
};
const code = shown
  .find((each) => each.includes(`from "graphql-${transport === "websocket" ? "ws" : "sse"}"`))
  .replaceAll(/^import .*\n/gm, "")
  .replace(/https:.*\/graphql/, url)
  .replace(/wss:.*\/graphql/, url.replace(/^http/, "ws"));
const AsyncFunction = (async () => {}).constructor;

try {
  await new AsyncFunction(...Object.keys(names), code)(...Object.values(names));
} catch (problem) {
  const ended = [problem].flat().map((each) => each.extensions?.code ?? each.response?.status ?? each.code ?? String(each));
  console.log(JSON.stringify({ ended }));
}
