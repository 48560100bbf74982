// Only compiled: what the types must ask for.
import type { ResultOf } from "gql.tada";
import { graphql } from "./graphql";

const VIEWER = graphql(`
  query Viewer {
    viewer {
      kind
      expiresAt
    }
  }
`);

type Viewer = NonNullable<ResultOf<typeof VIEWER>["viewer"]>;

// @ts-expect-error - a value that is new since the types were made isn't handled.
export function closed({ kind }: Viewer): string {
  switch (kind) {
    case "API_KEY":
      return "a key";
    case "CUSTOMER_SESSION":
      return "a session";
  }
}

export const expires = ({ expiresAt }: Viewer): string => expiresAt ?? "never";

// @ts-expect-error - a scalar is no `any`.
export const wrong = ({ expiresAt }: Viewer): number => expiresAt;
