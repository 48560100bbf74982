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
  const [credential, setCredential] = useState(null);
  const [{ state, caller, message }, setStatus] = useState({ state: "none" });
  const latest = useRef(0);

  async function tryCredential(secret) {
    const attempt = ++latest.current;
    setStatus({ state: "checking" });
    const answer = await describeCaller(url, secret);
    // Another credential was pasted in the meantime.
    if (attempt !== latest.current) return;
    setCredential(answer.refused ? null : secret);
    setStatus(
      answer.refused ? { state: "refused", message: answer.message } : { state: "connected", caller: answer.caller },
    );
  }

  function forget() {
    latest.current++;
    setCredential(null);
    setStatus({ state: "none" });
  }

  const reason = credential === null && state === "refused" ? message : ASKING;
  const connection = useMemo(() => {
    if (credential === null) return refuseAll(reason);
    // The credential is kept when it is refused later: a session that ran out leaves the schema on the screen.
    return connect(url, credential, ({ refused, message }) =>
      setStatus((was) => ({ ...was, state: refused ? "refused" : "connected", message })),
    );
  }, [url, credential, reason]);
  useEffect(() => connection.close, [connection]);

  const { fetcher, schema } = connection;
  return { fetcher, schema, state, caller, message, tryCredential, forget };
}
