// An upgrade by mutation, in Apollo's cache: the entitlement that is there changes in place, and who watches it is told.
import { ApolloClient, HttpLink, InMemoryCache } from "@apollo/client";
import possibleTypes from "../graphql/possibleTypes.json" with { type: "json" };
import { countedFetch, headers, requests, url } from "./counted";
import { graphql } from "./gql";

const GATE = graphql(`
  query UpgradeGate($by: CustomerBy!) {
    customer(by: $by) {
      id
      entitlement(lookupKey: "sso") {
        id
        hasAccess
        status
      }
      subscriptions(status: [ACTIVE], first: 1) {
        nodes {
          id
          items {
            id
          }
        }
      }
    }
  }
`);

// --8<-- [start:document]
const UPGRADE = graphql(`
  mutation Upgrade($input: UpdateSubscriptionInput!) {
    updateSubscription(input: $input) {
      change {
        id
        added {
          id
          entitlement {
            id
            hasAccess
            status
          }
        }
      }
      userErrors {
        code
        field
      }
    }
  }
`);
// --8<-- [end:document]

const cache = new InMemoryCache({ possibleTypes });
const client = new ApolloClient({ cache, link: new HttpLink({ uri: url, headers, fetch: countedFetch }) });
const variables = { by: { externalId: "pine-downgraded" } };
const states = () => Object.keys(cache.extract()).filter((id) => id.startsWith("Entitlement:"));

const seen: unknown[] = [];
const watching = client.watchQuery({ query: GATE, variables }).subscribe(({ data, dataState }) => {
  if (dataState === "complete") seen.push(data.customer?.entitlement);
});
const { data } = await client.query({ query: GATE, variables });
const before = states();
const subscription = data!.customer!.subscriptions!.nodes[0]!;

// --8<-- [start:mutate]
const upgraded = await client.mutate({
  mutation: UPGRADE,
  variables: {
    input: {
      id: subscription.id,
      items: [{ update: { id: subscription.items[0]!.id, product: { lookupKey: "business" } } }],
    },
  },
});
// --8<-- [end:mutate]
// Watchers are told in a turn of their own.
await new Promise((resolve) => setImmediate(resolve));
watching.unsubscribe();
const kept = states().filter((id) => before.includes(id));

console.log(JSON.stringify({ seen, before, kept, requests, refused: upgraded.data?.updateSubscription?.userErrors }));
