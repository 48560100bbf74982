const CHANGES = `
  subscription Changes($afterRevision: Int) {
    entitlementsChanged(afterRevision: $afterRevision) {
      revision
      snapshot
      customer { id }
      added { lookupKey }
      removed { lookupKey }
    }
  }`;

const FINAL = new Set(["NOT_FOUND", "FORBIDDEN", "BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED"]);

/** Every change after a revision, once and in order, until the customer is deleted. `client`: of graphql-ws or graphql-sse. */
export async function* follow(client, afterRevision) {
  for (let failures = 0; ; failures++) {
    try {
      for await (const { data, errors } of client.iterate({ query: CHANGES, variables: { afterRevision } })) {
        if (errors) throw errors;
        const change = data.entitlementsChanged;
        afterRevision = change.revision;
        failures = 0;
        yield change;
        if (!change.customer) return;
      }
    } catch (problem) {
      // A list of errors is the server's answer; anything else is the connection's end.
      if (Array.isArray(problem) && problem.some(({ extensions }) => FINAL.has(extensions.code))) throw problem;
    }
    await new Promise((resolve) => setTimeout(resolve, Math.min(500 * 2 ** failures, 30_000) * Math.random()));
  }
}

/** The keys of what may be used, after a change. */
export function apply(keys, { snapshot, added, removed }) {
  const kept = snapshot ? [] : [...keys].filter((key) => !removed.some(({ lookupKey }) => lookupKey === key));
  return new Set([...kept, ...added.map(({ lookupKey }) => lookupKey)]);
}
