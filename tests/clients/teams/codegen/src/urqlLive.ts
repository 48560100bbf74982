// Gates in graphcache that follow what is changed elsewhere, by a subscription over HTTP.
import { Client, fetchExchange } from "@urql/core";
import { cacheExchange } from "@urql/exchange-graphcache";
import schema from "../graphql/introspection.json" with { type: "json" };
import { headers, url } from "./counted";
import { graphql } from "./gql";

// --8<-- [start:documents]
const GATES = graphql(`
  query OpenGates($by: CustomerBy!, $lookupKeys: [String!]!) {
    customer(by: $by) {
      id
      revision
      access(lookupKeys: $lookupKeys) {
        id
        lookupKey
        hasAccess
      }
    }
  }
`);

const CHANGES = graphql(`
  subscription OpenGateChanges($by: CustomerBy!, $afterRevision: Int!, $lookupKeys: [String!]!) {
    entitlementsChanged(customer: $by, afterRevision: $afterRevision) {
      id
      customer {
        id
        revision
        access(lookupKeys: $lookupKeys) {
          id
          lookupKey
          hasAccess
        }
      }
    }
  }
`);
// --8<-- [end:documents]

// --8<-- [start:follow]
const client = new Client({
  url,
  preferGetMethod: false,
  fetchOptions: { headers },
  // As server-sent events, by the same exchange as everything else.
  fetchSubscriptions: true,
  exchanges: [
    cacheExchange({
      schema,
      keys: { EntitlementSource: () => null, TestClockProgress: () => null, UserError: () => null },
    }),
    fetchExchange,
  ],
});

const variables = { by: { externalId: "willow-grant-revoked" }, lookupKeys: ["scim"] };
const { data } = await client.query(GATES, variables);
const following = client
  .subscription(CHANGES, { ...variables, afterRevision: data!.customer!.revision })
  .subscribe(() => {});
// --8<-- [end:follow]

const seen: unknown[] = [];
const opened = new Promise<void>((resolve) => {
  client.query(GATES, variables).subscribe(({ data }) => {
    seen.push(data?.customer?.access?.[0]?.hasAccess);
    if (seen.at(-1)) resolve();
  });
});
const [customer, feature] = [{ externalId: "willow-grant-revoked" }, { lookupKey: "scim" }];
const response = await fetch(url, {
  method: "POST",
  headers: { ...headers, "content-type": "application/json" },
  body: JSON.stringify({
    query: "mutation($input: GrantEntitlementInput!) { grantEntitlement(input: $input) { userErrors { code } } }",
    variables: { input: { customer, feature } },
  }),
});
const refused = (await response.json()).data.grantEntitlement.userErrors;
await opened;
following.unsubscribe();

console.log(JSON.stringify({ seen, refused }));
