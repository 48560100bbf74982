// graphql-sse: a query, a subscription, and what it is told when something stands against either.
import { createClient } from "graphql-sse";

const { ADMITTANCE_URL: url, ADMITTANCE_KEY: key } = process.env;
const connect = (secret) => createClient({ url, retryAttempts: 0, headers: { authorization: `Bearer ${secret}` } });

const ask = async (client, query, variables, most = 1) => {
  const answers = [];
  try {
    for await (const answer of client.iterate({ query, variables })) {
      if (answers.push(answer) === most) break;
    }
  } catch (error) {
    return { refused: error.response?.status ?? error.message };
  }
  return answers;
};

const CHANGES = `
  subscription($customer: CustomerBy, $after: Int) {
    entitlementsChanged(customer: $customer, afterRevision: $after) { revision added { lookupKey } }
  }`;
const client = connect(key);
console.log(
  JSON.stringify({
    viewer: await ask(client, "{ viewer { kind } }", {}, 2),
    bad: await ask(client, "{ nothing }", {}, 2),
    changes: await ask(client, CHANGES, { customer: { externalId: "acme" }, after: 0 }, 2),
    nobody: await ask(client, CHANGES, { customer: { externalId: "nobody" } }, 2),
    stranger: await ask(connect("wrong"), "{ viewer { id } }"),
  }),
);
client.dispose();
