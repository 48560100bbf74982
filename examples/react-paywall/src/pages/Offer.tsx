import { isAddOn } from "../addOns";
import { company } from "../company";
import type { Product } from "./PlanTable";

type Props = { product: Product; isHeld: boolean; isBusy: boolean; run: (action: () => Promise<void>) => void };

/** Below a product's name: whether it is the customer's, and what they may do about it. */
export function Offer({ product, isHeld, isBusy, run }: Props) {
  const { lookupKey, name } = product;
  const badge = isHeld && <span className="badge">Yours</span>;
  // The back end sells by key, and nothing that has none. A plan is given up on the page of the account.
  if (!lookupKey || (isHeld && !isAddOn(product))) return badge;
  if (isHeld) {
    return (
      <>
        {badge}
        <button
          className="quiet"
          disabled={isBusy}
          onClick={() => run(() => company.giveBack(lookupKey))}
          aria-label={`Remove ${name}`}
        >
          Remove
        </button>
      </>
    );
  }
  const verb = isAddOn(product) ? "Add" : "Choose";
  return (
    <button disabled={isBusy} onClick={() => run(() => company.buy(lookupKey))} aria-label={`${verb} ${name}`}>
      {verb}
    </button>
  );
}
