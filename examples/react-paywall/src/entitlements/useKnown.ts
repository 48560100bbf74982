import { useApolloClient } from "@apollo/client/react";
import { useCallback, useSyncExternalStore } from "react";

import type { KnownQuery } from "../gql/graphql";
import { Known } from "./documents";

/**
 * All that is known of the signed-in customer; null as long as nothing is.
 *
 * Straight from the cache. `useQuery` says it a moment later: after the page has been told that the gateway answered, and
 * a gate that is about to open would be locked for that moment.
 */
export function useKnown(): KnownQuery | null {
  const { cache } = useApolloClient();
  const watch = useCallback(
    (onChange: () => void) => cache.watch({ query: Known, optimistic: false, callback: onChange }),
    [cache],
  );
  return useSyncExternalStore(watch, () => cache.readQuery({ query: Known }));
}
