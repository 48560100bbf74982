// graphql-ws: queries over one socket, an error that ends its own operation alone, and a credential that opens nothing.
// The client is that of docs/websocket.md.
import { readFileSync } from "node:fs";
import { createClient } from "graphql-ws";

const { ADMITTANCE_URL: address, ADMITTANCE_KEY: key } = process.env;
const page = readFileSync(new URL("../../docs/websocket.md", import.meta.url), "utf8");
const shown = page
  .match(/^```js\n(.*?)^```/ms)[1]
  .replace(/^import .*\n/m, "")
  .replace(/wss:.*\/graphql/, address.replace(/^http/, "ws"));
const make = new Function("createClient", "freshToken", `${shown}; return client;`);
const connect = (secret) => make((options) => createClient({ ...options, retryAttempts: 0 }), async () => secret);

const ask = (client, query, variables) =>
  new Promise((resolve) => {
    let answer = null;
    client.subscribe(
      { query, variables },
      {
        next: (value) => (answer = value),
        error: (error) => resolve({ refused: error.code ?? error.map(({ extensions }) => extensions.code) }),
        complete: () => resolve(answer),
      },
    );
  });

const client = connect(key);
const [viewer, features, bad, after] = [
  ...(await Promise.all([
    ask(client, "{ viewer { kind } }"),
    ask(client, "query($first: Int) { features(first: $first) { totalCount } }", { first: 1 }),
    ask(client, "{ nothing }"),
  ])),
  await ask(client, "{ viewer { livemode } }"),
];
await client.dispose();
console.log(JSON.stringify({ viewer, features, bad, after, stranger: await ask(connect("wrong"), "{ viewer { id } }") }));
