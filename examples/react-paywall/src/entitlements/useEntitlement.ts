import type { FeatureKey } from "../feature-keys";
import { getFragmentData } from "../gql";
import { EntitlementState } from "./documents";
import { useConnection } from "./Entitlements";
import { useHasPassed } from "./useHasPassed";
import { useKnown } from "./useKnown";

/** Unknown: until the gateway has answered, to who isn't known to have it. `until`: its end, as far as one is known. */
export type Entitlement = { state: "unknown" } | { state: "open"; until: string | null } | { state: "locked" };

/** Whether the signed-in customer may use a feature, now and from now on. */
export function useEntitlement(feature: FeatureKey): Entitlement {
  const known = getFragmentData(EntitlementState, useKnown()?.viewer?.customer?.entitlements?.nodes);
  // An archived feature goes on entitling, and another may have its key by now: either will do.
  const held = known?.filter(({ lookupKey, hasAccess }) => lookupKey === feature && hasAccess) ?? [];
  const until = latest(held.map(({ activeTo }) => activeTo));
  // It ends by itself, whether or not the gateway can be reached to say so.
  const isOver = useHasPassed(until);
  const isConnecting = useConnection() === "connecting";
  if (held.length > 0 && !isOver) return { state: "open", until };
  // Who was locked out when they left may have paid since: that isn't shown before it is known to be true still.
  return known && !isConnecting ? { state: "locked" } : { state: "unknown" };
}

/** The last of some ends; null, for none, is later than any. */
function latest(ends: (string | null)[]): string | null {
  const last = Math.max(...ends.map((end) => (end === null ? Infinity : Date.parse(end))));
  return Number.isFinite(last) ? new Date(last).toISOString() : null;
}
