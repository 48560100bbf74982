const PATIENCE_MS = 15_000;

/** A `fetch` that gives up after a while: where a network is gone without a word, no answer ever comes. */
export function fetchInTime(url: RequestInfo | URL, init: RequestInit = {}): Promise<Response> {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  return fetch(url, { ...init, signal: init.signal ? AbortSignal.any([init.signal, patience]) : patience });
}
