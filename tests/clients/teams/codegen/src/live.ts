// Gates in Apollo's cache that follow what is changed elsewhere, by a subscription.
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { OperationTypeNode } from "graphql";
import { createClient } from "graphql-ws";
import { headers, url } from "./counted";
import { graphql } from "./gql";

// --8<-- [start:documents]
const GATES = graphql(`
  query Gates($by: CustomerBy!, $lookupKeys: [String!]!) {
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
  subscription GateChanges($by: CustomerBy!, $afterRevision: Int!, $lookupKeys: [String!]!) {
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

// --8<-- [start:link]
const socket = createClient({ url: url.replace(/^http/, "ws"), connectionParams: headers });
const client = new ApolloClient({
  cache: new InMemoryCache(),
  link: ApolloLink.split(
    ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
    new GraphQLWsLink(socket),
    new HttpLink({ uri: url, headers }),
  ),
});
// --8<-- [end:link]

// --8<-- [start:follow]
const variables = { by: { externalId: "willow-grant-revoked" }, lookupKeys: ["audit-log"] };
const { data } = await client.query({ query: GATES, variables });
const following = client
  .subscribe({ query: CHANGES, variables: { ...variables, afterRevision: data!.customer!.revision } })
  .subscribe(() => {});
// --8<-- [end:follow]

const seen: unknown[] = [];
const opened = new Promise<void>((resolve) => {
  client.watchQuery({ query: GATES, variables }).subscribe(({ data, dataState }) => {
    if (dataState !== "complete") return;
    seen.push(data.customer?.access?.[0]?.hasAccess);
    if (seen.at(-1)) resolve();
  });
});
const [customer, feature] = [{ externalId: "willow-grant-revoked" }, { lookupKey: "audit-log" }];
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
await socket.dispose();
client.stop();

console.log(JSON.stringify({ seen, refused }));
