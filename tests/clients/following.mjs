// Follows the holder's own customer with the code that docs/subscriptions.md shows, by one client or the other, and
// prints each change as a line of JSON. It ends with the customer.
import { createClient as byEvents } from "graphql-sse";
import { createClient as bySocket } from "graphql-ws";
import WebSocket from "ws";

import { apply, follow } from "../../docs/examples/follow.mjs";

const { ADMITTANCE_URL: url, ADMITTANCE_KEY: key, ADMITTANCE_TRANSPORT: transport } = process.env;
const authorization = `Bearer ${key}`;
const client =
  transport === "websocket"
    ? // Node 20's own WebSocket doesn't say that a handshake failed.
      bySocket({
        url: url.replace(/^http/, "ws"),
        connectionParams: { authorization },
        webSocketImpl: WebSocket,
        retryAttempts: 0,
      })
    : byEvents({ url, headers: { authorization }, retryAttempts: 0 });

let keys = new Set();
for await (const change of follow(client, 0)) {
  keys = apply(keys, change);
  console.log(JSON.stringify({ revision: change.revision, snapshot: change.snapshot, keys: [...keys].sort() }));
}
