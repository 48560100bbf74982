import { type Entitlement, useEntitlement } from "../entitlements/useEntitlement";
import type { FeatureKey } from "../feature-keys";
import { day } from "../format";
import type { Product } from "./PlanTable";

type Props = { id: string; name: string; feature: FeatureKey; products: Product[]; held: string[] };

/**
 * A feature: whether the customer has it, which products have it, and of a locked one which would unlock it. Not one
 * they pay for already: it comes with the next period, or waits for a payment.
 */
export function FeatureRow({ id, name, feature, products, held }: Props) {
  const entitlement = useEntitlement(feature);
  return (
    <tr data-feature={feature} data-state={entitlement.state}>
      <th scope="row">{name}</th>
      <td>{say(entitlement)}</td>
      {products.map((product) => {
        const hasIt = product.features.nodes.some((attached) => attached.feature.id === id);
        const isOffer = entitlement.state === "locked" && !held.includes(product.id);
        return <td key={product.id}>{hasIt && <Mark isOffer={isOffer} />}</td>;
      })}
    </tr>
  );
}

function Mark({ isOffer }: { isOffer: boolean }) {
  const label = isOffer ? "would unlock it" : "has it";
  return (
    <span className={isOffer ? "mark offer" : "mark"} role="img" aria-label={label} title={label}>
      {isOffer ? "+" : "✓"}
    </span>
  );
}

function say(entitlement: Entitlement): string {
  switch (entitlement.state) {
    case "unknown":
      return "…";
    case "locked":
      return "locked";
    case "open":
      return entitlement.until ? `until ${day(entitlement.until)}` : "yes";
  }
}
