// graphql-ws: queries over one socket, an error that ends its own operation alone, and a credential that opens nothing.
import { createClient } from "graphql-ws";

const { ADMITTANCE_URL: address, ADMITTANCE_KEY: key } = process.env;
const url = address.replace(/^http/, "ws");
const connect = (secret) =>
  createClient({ url, retryAttempts: 0, connectionParams: { authorization: `Bearer ${secret}` } });

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
