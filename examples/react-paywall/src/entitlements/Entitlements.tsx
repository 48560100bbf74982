import { ApolloProvider } from "@apollo/client/react";
import { createContext, type ReactNode, useContext, useEffect, useState } from "react";

import { openClient } from "./openClient";
import type { Connection } from "./stayCurrent";

const ConnectionContext = createContext<Connection>("connecting");

export const useConnection = () => useContext(ConnectionContext);

/** `customer`: whose. To show another's, give another `key` too. */
type Props = { customer: string; onSignedOut: () => void; children: ReactNode };

/** All below may ask what a customer may use. What was known last is there at once, and what is true soon after. */
export function Entitlements({ customer, onSignedOut, children }: Props) {
  const [client] = useState(() => openClient(customer));
  const [connection, setConnection] = useState<Connection>("connecting");

  useEffect(() => client.start(setConnection), [client]);
  useEffect(() => {
    if (connection === "signed out") onSignedOut();
  }, [connection, onSignedOut]);

  return (
    <ApolloProvider client={client.apollo}>
      <ConnectionContext value={connection}>{children}</ConnectionContext>
    </ApolloProvider>
  );
}
