// A list page by page in Apollo's cache.
import { ApolloClient, HttpLink, InMemoryCache } from "@apollo/client";
import { relayStylePagination } from "@apollo/client/utilities";
import { headers, url } from "./counted";
import { graphql } from "./gql";

// --8<-- [start:lists]
const CUSTOMERS = graphql(`
  query CustomerList($first: Int!, $after: String) {
    customers(first: $first, after: $after) {
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

const client = new ApolloClient({
  cache: new InMemoryCache({
    // What filters the list tells its lists apart; what pages through it doesn't.
    typePolicies: { Query: { fields: { customers: relayStylePagination(["email"]) } } },
  }),
  link: new HttpLink({ uri: url, headers }),
});

const variables = { first: 2 };
const { data } = await client.query({ query: CUSTOMERS, variables });
const list = client.watchQuery({ query: CUSTOMERS, variables });
await list.fetchMore({ variables: { after: data?.customers?.pageInfo.endCursor } });
// --8<-- [end:lists]

const names = list.getCurrentResult().data?.customers?.edges?.map((edge) => edge?.node?.name) ?? [];
console.log(JSON.stringify(names));
client.stop();
