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

/** What passes by itself, or with a fresh credential. */
const PASSING = ["UNAUTHENTICATED", "RATE_LIMITED", "TOO_MANY_OPERATIONS", "TIMEOUT", "SERVICE_UNAVAILABLE", "INTERNAL"];

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

/** Whether asking again is no use: the server won't have the operation, the credential, or the request itself. */
function isFinal(problem) {
  if (Array.isArray(problem)) return !problem.every(({ extensions }) => PASSING.includes(extensions.code));
  const status = problem?.response?.status;
  return [4400, 4401, 4406].includes(problem?.code) || (status >= 400 && status < 500 && ![408, 429].includes(status));
}

/** The keys of what may be used, after a change. */
export function apply(keys, { snapshot, added, removed }) {
  const gone = removed.map(({ lookupKey }) => lookupKey);
  const kept = snapshot ? [] : [...keys].filter((key) => !gone.includes(key));
  return new Set([...kept, ...added.map(({ lookupKey }) => lookupKey)]);
}
