import { useQuery } from "@apollo/client/react";

import { getFragmentData } from "../gql";
import { Bought, PlansPage } from "./documents";
import { Pending } from "./Pending";
import { PlanTable, type Product } from "./PlanTable";
import { useAction } from "./useAction";

/** What is sold, from the catalogue, and what the customer has of it. */
export function Plans() {
  const { data, error } = useQuery(PlansPage, { fetchPolicy: "cache-and-network" });
  const { isBusy, problem, run } = useAction();
  const customer = getFragmentData(Bought, data?.viewer?.customer);
  if (!data?.products) return <Pending error={error} />;

  // The newest comes first, and the plans were made from the smallest on.
  const products = data.products.nodes.toReversed();
  const held = customer?.subscriptions?.nodes.flatMap(({ items }) => items.map(({ product }) => product.id)) ?? [];
  return (
    <>
      <title>Plans · Fieldwork</title>
      <h1>Plans</h1>
      <p role="status">{customer && say(products.filter(({ id }) => held.includes(id)))}</p>
      <div role="alert">{problem && <p className="notice">{problem}</p>}</div>
      {products.length > 0 ? (
        <PlanTable products={products} held={held} isBusy={isBusy} run={run} />
      ) : (
        <p className="empty">Nothing is sold at the moment.</p>
      )}
    </>
  );
}

/** What a screen reader tells of a choice, once it is true. */
function say(held: Product[]): string {
  const names = held.map(({ name }) => name);
  return names.length > 0 ? `You have ${new Intl.ListFormat("en-GB").format(names)}.` : "You have no plan.";
}
