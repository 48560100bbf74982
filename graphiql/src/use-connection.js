import { useEffect, useMemo, useRef, useState } from "react";

import { connect, describeCaller, refuseAll } from "./connection.js";

const ASKING = "Paste an API key or a session token above, then run an operation.";

/**
 * The credential and what follows from it. It lives in this component's state and nowhere else: not in storage, not in
 * the address, not in the document.
 *
 * `state` is "none", "checking", "connected" or "refused"; `caller` says who is connected; `message` what is wrong.
 * `schema` is null where none can be asked for, and undefined where it can.
 */
export function useConnection(graphqlPath) {
  const url = useMemo(() => new URL(graphqlPath, location.href).href, [graphqlPath]);
  const [connection, setConnection] = useState(null);
  const [{ state, caller, message }, setStatus] = useState({ state: "none" });
  // What comes of the credential that was given last, once it has been checked: a promise of a connection.
  const latest = useRef(Promise.resolve(refuseAll(ASKING)));
  const [unconnected] = useState(() => ({ fetcher: (...operation) => runByLatest(latest, operation), schema: null }));

  async function tryCredential(secret) {
    setStatus({ state: "checking" });
    const checked = describeCaller(url, secret);
    const attempt = checked.then(({ refused, message }) => (refused ? refuseAll(message) : connectBy(secret)));
    latest.current = attempt;
    const [{ refused, message, caller }, made] = await Promise.all([checked, attempt]);
    // Another credential was pasted in the meantime.
    if (attempt !== latest.current) return;
    setConnection(refused ? null : made);
    setStatus(refused ? { state: "refused", message } : { state: "connected", caller });
  }

  function connectBy(secret) {
    // The credential is kept when it is refused later: a session that ran out leaves the schema on the screen.
    return connect(url, secret, ({ refused, message }) =>
      setStatus((was) => ({ ...was, state: refused ? "refused" : "connected", message })),
    );
  }

  function forget() {
    latest.current = Promise.resolve(refuseAll(ASKING));
    setConnection(null);
    setStatus({ state: "none" });
  }

  useEffect(() => connection?.close, [connection]);

  const { fetcher, schema } = connection ?? unconnected;
  return { fetcher, schema, state, caller, message, tryCredential, forget };
}

/** Whoever runs an operation while a credential is being checked waits for it, and isn't asked for one. */
async function runByLatest(latest, operation) {
  const attempt = latest.current;
  const { fetcher } = await attempt;
  return attempt === latest.current ? fetcher(...operation) : runByLatest(latest, operation);
}
