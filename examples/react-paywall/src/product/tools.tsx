import type { ComponentType } from "react";

import { Gate } from "../entitlements/Gate";
import type { FeatureKey } from "../feature-keys";
import { Projects } from "./Projects";
import { Reports } from "./Reports";
import { SingleSignOn } from "./SingleSignOn";
import { TimeTracking } from "./TimeTracking";

/** A page of the product, and the feature it takes to use it. */
export type Tool = { slug: string; title: string; feature: FeatureKey; Content: ComponentType };

export const TOOLS: readonly [Tool, ...Tool[]] = [
  { slug: "projects", title: "Projects", feature: "projects", Content: Projects },
  { slug: "reports", title: "Reports", feature: "reports", Content: Reports },
  { slug: "time", title: "Time", feature: "time-tracking", Content: TimeTracking },
  { slug: "sign-on", title: "Single sign-on", feature: "sso", Content: SingleSignOn },
];

export function ToolPage({ tool: { title, feature, Content } }: { tool: Tool }) {
  return (
    <>
      <title>{`${title} · Fieldwork`}</title>
      <h1>{title}</h1>
      <Gate key={feature} feature={feature}>
        <Content />
      </Gate>
    </>
  );
}
