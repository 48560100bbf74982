// A gateway that is newer than the types answers with a reason that wasn't there when they were made.
import { fetchQuery, graphql } from "relay-runtime";
import type { newerQuery } from "./__generated__/newerQuery.graphql";
import { environment } from "./environment";

const GATE = graphql`
  query newerQuery($by: CustomerBy!, $lookupKeys: [String!]!) {
    customer(by: $by) {
      access(lookupKeys: $lookupKeys) {
        reason
      }
    }
  }
`;

const { fetch } = globalThis;
globalThis.fetch = async (address, options) => {
  const response = await fetch(address, options);
  return new Response((await response.text()).replace("NOT_ENTITLED", "ON_HOLD"), response);
};

const variables = { by: { externalId: "zephyr-prospect" }, lookupKeys: ["projects"] };
const data = await fetchQuery<newerQuery>(environment, GATE, variables).toPromise();
console.log(data?.customer?.access?.[0]?.reason);
