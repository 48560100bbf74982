import type { ApolloClient } from "@apollo/client";

import { createApollo } from "./apollo";
import { clock } from "./clock";
import { keepUpToDate, restore } from "./kept";
import { Session } from "./session";
import { type Connection, stayCurrent } from "./stayCurrent";

/** A customer's own client. `start` keeps its cache true, until what it returns is called. */
export type EntitlementsClient = {
  apollo: ApolloClient;
  start: (tell: (connection: Connection) => void) => () => void;
};

/** With what was known last, and nothing asked yet. */
export function openClient(customer: string): EntitlementsClient {
  const session = new Session(customer);
  const { apollo, socket } = createApollo(session);
  restore(apollo, customer);
  const start: EntitlementsClient["start"] = (tell) => {
    const ends = [
      socket.on("message", clock.hear),
      keepUpToDate(apollo, customer),
      stayCurrent(apollo, socket, session, tell),
    ];
    return () => ends.forEach((end) => end());
  };
  return { apollo, start };
}
