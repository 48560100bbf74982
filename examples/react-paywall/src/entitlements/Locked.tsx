import { useQuery } from "@apollo/client/react";

import type { FeatureKey } from "../feature-keys";
import { WhyLocked } from "./documents";
import { explain } from "./explain";

/** In the place of what a customer may not use: why, and what would unlock it. */
export function Locked({ feature }: { feature: FeatureKey }) {
  // Asked anew each time a gate closes, for why may differ from last time.
  const { data } = useQuery(WhyLocked, { variables: { lookupKeys: [feature] }, fetchPolicy: "cache-and-network" });
  const decision = data?.viewer?.customer?.access?.[0];
  // The newest comes first, and the plans were made from the smallest on.
  const plans = decision?.unlockedBy.map(({ name }) => name).toReversed() ?? [];
  return (
    <section className="locked" data-locked={feature}>
      <h2>{decision?.feature?.name ?? "This feature"} is locked</h2>
      {decision && <p>{explain(decision.reason)}</p>}
      {plans.length > 0 && <p>It comes with {new Intl.ListFormat("en-GB", { type: "disjunction" }).format(plans)}.</p>}
      <a className="button" href="#/plans">
        See the plans
      </a>
    </section>
  );
}
