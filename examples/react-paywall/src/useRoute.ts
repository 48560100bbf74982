import { useSyncExternalStore } from "react";

function subscribe(onChange: () => void): () => void {
  addEventListener("hashchange", onChange);
  return () => removeEventListener("hashchange", onChange);
}

/** The page that the address names, as "plans" in `#/plans`; empty at first. */
export const useRoute = () => useSyncExternalStore(subscribe, () => location.hash.replace(/^#\/?/, ""));
