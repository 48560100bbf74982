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

const FINAL = ["NOT_FOUND", "FORBIDDEN", "BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED"];

/** Every change after a revision, once and in order, until the customer is deleted. By a client of either package. */
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
      if (isFinal(problem)) throw problem;
    }
    await new Promise((resolve) => setTimeout(resolve, Math.random() * Math.min(500 * 2 ** failures, 30_000)));
  }
}

/** Whether asking again is no use: the server's own answer says so, or the credential opens nothing. */
function isFinal(problem) {
  const errors = Array.isArray(problem) ? problem : [];
  const isRefused = problem?.code === 4401 || problem?.response?.status === 401;
  return isRefused || errors.some(({ extensions }) => FINAL.includes(extensions.code));
}

/** The keys of what may be used, after a change. */
export function apply(keys, { snapshot, added, removed }) {
  const gone = removed.map(({ lookupKey }) => lookupKey);
  const kept = snapshot ? [] : [...keys].filter((key) => !gone.includes(key));
  return new Set([...kept, ...added.map(({ lookupKey }) => lookupKey)]);
}
