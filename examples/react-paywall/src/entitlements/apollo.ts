import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from "@apollo/client";
import { SetContextLink } from "@apollo/client/link/context";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { OperationTypeNode } from "graphql";
import { type Client, createClient } from "graphql-ws";

import possibleTypes from "../../graphql/possibleTypes.json";
import { fetchInTime } from "./fetchInTime";
import type { Session } from "./session";
import { endWhenSilent } from "./silence";

const PATH = "/graphql";
const SILENT_SECONDS = 10;

/** Queries by HTTP, subscriptions by a WebSocket that is open for as long as there is one, both with the session's token. */
export function createApollo(session: Session): { apollo: ApolloClient; socket: Client } {
  const bearer = async () => ({ authorization: `Bearer ${await session.token()}` });
  const socket = createClient({
    url: `${location.origin.replace("http", "ws")}${PATH}`,
    connectionParams: bearer,
    keepAlive: SILENT_SECONDS * 1000,
    // By itself it would ask again for what came after the revision of the beginning.
    retryAttempts: 0,
    on: { closed: (event) => isRefusal(event) && session.forget() },
  });
  endWhenSilent(socket, SILENT_SECONDS);
  const http = ApolloLink.from([
    new SetContextLink(async ({ headers }) => ({ headers: { ...headers, ...(await bearer()) } })),
    new HttpLink({ uri: PATH, fetch: fetchInTime }),
  ]);
  const link = ApolloLink.split(
    ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
    new GraphQLWsLink(socket),
    http,
  );
  // The cache is one customer's, whose viewer is the same whichever token asks. With an id of its own for each token,
  // an answer to the next would hide what earlier ones said.
  const cache = new InMemoryCache({ possibleTypes, typePolicies: { Viewer: { keyFields: [] } } });
  // A question that is on its way may be answered with what was true before the change that makes us ask again.
  return { apollo: new ApolloClient({ cache, link, queryDeduplication: false }), socket };
}

/** Whether a connection was closed for its credential: wrong or revoked, or expired. */
function isRefusal(event: unknown): boolean {
  return event instanceof CloseEvent && [4401, 4403].includes(event.code);
}
