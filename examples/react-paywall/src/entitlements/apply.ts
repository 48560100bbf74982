import type { ChangesSubscription, KnownQuery } from "../gql/graphql";

export type Change = ChangesSubscription["entitlementsChanged"];

/**
 * What is known after a change.
 *
 * Entitlements that were lost stay in the list, saying so themselves: by their ids, everything else on the screen that
 * shows one of them learns of it as well.
 */
export function apply(known: KnownQuery, change: Change): KnownQuery {
  const customer = known.viewer?.customer;
  if (!customer?.entitlements) return known;
  if (change.revision <= customer.revision && !change.snapshot) return known;
  const told = [...change.removed, ...change.changed, ...change.added].map(({ entitlement }) => entitlement);
  const kept = change.snapshot ? [] : customer.entitlements.nodes;
  const nodes = [...new Map([...kept, ...told].map((entitlement) => [entitlement.id, entitlement])).values()];
  return {
    ...known,
    viewer: {
      ...known.viewer!,
      customer: { ...customer, revision: change.revision, entitlements: { ...customer.entitlements, nodes } },
    },
  };
}
