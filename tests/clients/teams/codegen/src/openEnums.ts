// Only compiled: what the types must refuse, and what they must ask for.
import type { CustomerBy, ViewerKind } from "./gql/graphql";

// @ts-expect-error - a value that is new since the types were made isn't handled.
export function closed(kind: ViewerKind): string {
  switch (kind) {
    case "API_KEY":
      return "a key";
    case "CUSTOMER_SESSION":
      return "a session";
  }
}

export function open(kind: ViewerKind): string {
  switch (kind) {
    case "API_KEY":
      return "a key";
    case "CUSTOMER_SESSION":
      return "a session";
    default:
      return "something newer";
  }
}

// @ts-expect-error - exactly one of the two.
export const both: CustomerBy = { id: "cus_1", externalId: "acme" };
