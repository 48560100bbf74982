// A gateway that is newer than the types answers with a reason that wasn't there when they were made.
import { ApolloClient, HttpLink, InMemoryCache } from "@apollo/client";
import { Client, fetchExchange } from "@urql/core";
import { cacheExchange } from "@urql/exchange-graphcache";
import { GraphQLClient } from "graphql-request";
import possibleTypes from "../graphql/possibleTypes.json" with { type: "json" };
import schema from "../graphql/introspection.json" with { type: "json" };
import { headers, url } from "./counted";
import { PaywallGateDocument, type PaywallGateQuery } from "./gql/graphql";

const fromNewer: typeof fetch = async (address, options) => {
  const response = await fetch(address, options);
  return new Response((await response.text()).replace("NOT_ENTITLED", "ON_HOLD"), response);
};

const variables = { by: { externalId: "zephyr-prospect" }, lookupKeys: ["projects"] };
const reason = (data: PaywallGateQuery | undefined) => data?.customer?.access?.[0]?.reason;

const apollo = new ApolloClient({
  cache: new InMemoryCache({ possibleTypes }),
  link: new HttpLink({ uri: url, headers, fetch: fromNewer }),
});
const urql = new Client({
  url,
  preferGetMethod: false,
  fetchOptions: { headers },
  fetch: fromNewer,
  exchanges: [cacheExchange({ schema }), fetchExchange],
});
const request = new GraphQLClient(url, { headers, fetch: fromNewer });

console.log(
  JSON.stringify({
    apollo: reason((await apollo.query({ query: PaywallGateDocument, variables })).data),
    urql: reason((await urql.query(PaywallGateDocument, variables)).data),
    request: reason(await request.request(PaywallGateDocument, variables)),
  }),
);
apollo.stop();
