// Apollo Client: a query with variables, an error, and automatic persisted queries, by POST and by GET.
import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { createHash } from "node:crypto";

const { ADMITTANCE_URL: uri, ADMITTANCE_KEY: key } = process.env;
const QUERY = gql`
  query Viewer($first: Int) {
    viewer { kind }
    features(first: $first) { totalCount }
  }
`;

const sent = [];
const counting = (address, options) => {
  sent.push({ method: options.method, withQuery: `${address}${options.body ?? ""}`.includes("totalCount") });
  return fetch(address, options);
};
const headers = { authorization: `Bearer ${key}` };
const client = (link) => new ApolloClient({ cache: new InMemoryCache(), link });
const plain = client(new HttpLink({ uri, headers, fetch: counting }));
const persisted = (useGETForHashedQueries) =>
  client(
    ApolloLink.from([
      new PersistedQueryLink({
        sha256: (text) => createHash("sha256").update(text).digest("hex"),
        useGETForHashedQueries,
      }),
      new HttpLink({ uri, headers, fetch: counting }),
    ]),
  );

const results = {};
const run = async (name, apollo, options) => {
  sent.length = 0;
  const { data } = await apollo.query({ query: QUERY, variables: { first: 1 }, fetchPolicy: "network-only", ...options });
  results[name] = { data, sent: [...sent] };
};

await run("query", plain);
await run("persisted first", persisted(false));
await run("persisted again", persisted(false));
await run("persisted by GET", persisted(true));
try {
  await plain.query({ query: gql`query Bad { nothing }` });
} catch (error) {
  results.error = { isGraphQL: CombinedGraphQLErrors.is(error), code: error.errors?.[0]?.extensions?.code };
}
console.log(JSON.stringify(results));
