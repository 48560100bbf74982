// A company's own subgraph: users, who know the customers that they are by an id of the company's.
import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { parse } from "graphql";

const user = (id) => ({ __typename: "User", id, name: `The user ${id}`, customer: { externalId: id } });
const numbered = (count) => Array.from({ length: count }, (_, index) => user(`c${index}`));

const resolvers = {
  Query: {
    node: (_, { id }) => user(id),
    viewer: () => user("acme"),
    users: (_, { first }) => ({
      edges: numbered(first).map((node) => ({ cursor: node.id, node })),
      pageInfo: { hasNextPage: false, hasPreviousPage: false },
    }),
  },
  User: { __resolveReference: ({ id }) => user(id) },
};

/** Serves it on a free port. */
export async function serveCompany(sdl) {
  const server = new ApolloServer({ schema: buildSubgraphSchema({ typeDefs: parse(sdl), resolvers }) });
  const { url } = await startStandaloneServer(server, { listen: { host: "127.0.0.1", port: 0 } });
  return { url, stop: () => server.stop() };
}
