import type { ReactNode } from "react";

import type { FeatureKey } from "../feature-keys";
import { Locked } from "./Locked";
import { Skeleton } from "./Skeleton";
import { useEntitlement } from "./useEntitlement";

type Props = {
  feature: FeatureKey;
  /** What stands in its place while it is locked; by default why, and what would unlock it. */
  fallback?: ReactNode;
  children: ReactNode;
};

/**
 * Shows its children to who may use a feature.
 *
 * It hides, and protects nothing: whatever must not be had without the feature is refused by the company's back end,
 * which asks the gateway itself.
 */
export function Gate({ feature, fallback = <Locked feature={feature} />, children }: Props) {
  const { state } = useEntitlement(feature);
  if (state === "unknown") return <Skeleton />;
  return state === "open" ? children : fallback;
}
