import { company } from "../company";
import { day } from "../format";
import type { BoughtFragment } from "../gql/graphql";
import { useAction } from "./useAction";

type Subscription = NonNullable<BoughtFragment["subscriptions"]>["nodes"][number];

/** What a customer pays for, or where to begin. */
export function Subscriptions({ subscriptions }: { subscriptions: Subscription[] }) {
  if (subscriptions.length > 0) return subscriptions.map((each) => <Paid key={each.id} subscription={each} />);
  return (
    <section className="card row">
      <p>You have no plan.</p>
      <a className="button" href="#/plans">
        See the plans
      </a>
    </section>
  );
}

/** One subscription: what is in it, how it goes on, and how to stop it. */
function Paid({ subscription }: { subscription: Subscription }) {
  const { isBusy, problem, run } = useAction();
  const isCancelled = subscription.cancelAt !== null;
  const products = subscription.items.map(({ product }) => product.name).join(", ");
  return (
    <section className="card row" aria-label={products}>
      <div>
        <strong>{products}</strong>
        <p>{describe(subscription)}</p>
        <div role="alert">{problem && <p className="notice">{problem}</p>}</div>
      </div>
      <button disabled={isBusy} onClick={() => run(() => company.cancelAtPeriodEnd(subscription.id, !isCancelled))}>
        {isCancelled ? "Keep it after all" : "Cancel at the end of the period"}
      </button>
    </section>
  );
}

function describe({ status, trialEnd, cancelAt, currentPeriodEnd }: Subscription): string {
  if (cancelAt) return `Cancelled. It is yours until ${day(cancelAt)}.`;
  switch (status) {
    case "TRIALING":
      return trialEnd ? `A trial until ${day(trialEnd)}.` : "A trial.";
    case "PAST_DUE":
      return "A payment is late.";
    case "UNPAID":
      return "It wasn't paid, and gives you nothing until it is.";
    case "PAUSED":
      return "Paused.";
    case "ACTIVE":
      return currentPeriodEnd ? `Goes on from period to period, next on ${day(currentPeriodEnd)}.` : "";
    default:
      // A status that is new since this was written. The table below says what it gives.
      return "";
  }
}
