import type { FeatureKey } from "../feature-keys";
import type { PlansPageQuery } from "../gql/graphql";
import { FeatureRow } from "./FeatureRow";
import { Offer } from "./Offer";

export type Product = NonNullable<PlansPageQuery["products"]>["nodes"][number];

type Props = {
  products: Product[];
  /** The ids of those that the customer pays for. */
  held: string[];
  isBusy: boolean;
  run: (action: () => Promise<void>) => void;
};

/** Which product has which feature, and a way to have it. */
export function PlanTable({ products, held, isBusy, run }: Props) {
  return (
    <div className="scroll">
      <table className="card plans">
        <thead>
          <tr>
            <th scope="col">Feature</th>
            <th scope="col">You</th>
            {products.map((product) => (
              <th scope="col" key={product.id}>
                {product.name}
                <Offer product={product} isHeld={held.includes(product.id)} isBusy={isBusy} run={run} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {features(products).map(({ id, name, lookupKey }) => (
            // What the catalogue says is a key is one, also if it is newer than this build and its list of keys.
            <FeatureRow key={id} id={id} name={name} feature={lookupKey as FeatureKey} products={products} held={held} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** All that the products have to offer, each once, those of the smaller plans first. */
function features(products: Product[]) {
  const all = products.flatMap((product) => product.features.nodes.map(({ feature }) => feature).toReversed());
  // What is archived goes on for those who have it, and is offered to nobody.
  const offered = all.filter(({ active }) => active);
  return [...new Map(offered.map((feature) => [feature.id, feature])).values()];
}
