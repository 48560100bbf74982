// A list page by page, in graphcache: what was read stays, and a mutation's object is the one that stands in the list.
import { Client, fetchExchange } from "@urql/core";
import { cacheExchange } from "@urql/exchange-graphcache";
import { relayPagination } from "@urql/exchange-graphcache/extras";
import schema from "../graphql/introspection.json" with { type: "json" };
import { countedFetch, headers, requests, url } from "./counted";
import { graphql } from "./gql";

// --8<-- [start:page]
const PAGE = graphql(`
  query FeaturePage($first: Int!, $after: String) {
    features(first: $first, after: $after) {
      edges {
        node {
          id
          name
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);
// --8<-- [end:page]

// --8<-- [start:rename]
const RENAME = graphql(`
  mutation Rename($input: UpdateFeatureInput!) {
    updateFeature(input: $input) {
      feature {
        id
        name
      }
      userErrors {
        code
        field
      }
    }
  }
`);
// --8<-- [end:rename]

const client = new Client({
  url,
  preferGetMethod: false,
  fetchOptions: { headers },
  fetch: countedFetch,
  exchanges: [
    cacheExchange({
      schema,
      keys: { EntitlementSource: () => null, TestClockProgress: () => null, UserError: () => null },
      resolvers: { Query: { features: relayPagination() } },
    }),
    fetchExchange,
  ],
});

// --8<-- [start:read]
const read = async (after: string | null) => {
  const { data, error } = await client.query(PAGE, { first: 2, after });
  if (error) throw error;
  return data!.features!;
};

const first = await read(null);
const second = await read(first.pageInfo.endCursor);
// --8<-- [end:read]
const renamed = second.edges[0]!.node;
await client.mutation(RENAME, { input: { feature: { id: renamed.id }, name: `${renamed.name} (renamed)` } });
const afterwards = await read(first.pageInfo.endCursor);
await client.mutation(RENAME, { input: { feature: { id: renamed.id }, name: renamed.name } });

console.log(
  JSON.stringify({
    first: first.edges.length,
    together: second.edges.length,
    differing: new Set(second.edges.map(({ node }) => node.id)).size,
    before: renamed.name,
    after: afterwards.edges[0]?.node.name,
    requests,
  }),
);
