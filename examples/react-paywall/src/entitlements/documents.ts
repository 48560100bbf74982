import { graphql } from "../gql";

/** What a gate has to know of an entitlement. */
export const EntitlementState = graphql(`
  fragment EntitlementState on Entitlement {
    id
    lookupKey
    hasAccess
    activeTo
  }
`);

/**
 * All that the signed-in customer may use, and the revision at which that is true. Every gate reads this one answer.
 *
 * A page of a list has 100 objects at the most: a catalogue with more features than that has to be read to its end.
 */
export const Known = graphql(`
  query Known {
    viewer {
      id
      environment {
        id
        now
      }
      customer {
        id
        externalId
        name
        revision
        entitlements(first: 100) {
          nodes {
            id
            ...EntitlementState
          }
        }
      }
    }
  }
`);

/** Each change after a revision. "entitlement" is as of now even in a replay, so no gate flickers while it catches up. */
export const Changes = graphql(`
  subscription Changes($afterRevision: Int!) {
    entitlementsChanged(afterRevision: $afterRevision) {
      id
      revision
      at
      snapshot
      customer {
        id
      }
      added {
        id
        entitlement {
          id
          ...EntitlementState
        }
      }
      removed {
        id
        entitlement {
          id
          ...EntitlementState
        }
      }
      changed {
        id
        entitlement {
          id
          ...EntitlementState
        }
      }
    }
  }
`);

/** Why a gate is closed, and which products would open it. */
export const WhyLocked = graphql(`
  query WhyLocked($lookupKeys: [String!]!) {
    viewer {
      id
      customer {
        id
        access(lookupKeys: $lookupKeys) {
          id
          reason
          feature {
            id
            name
          }
          unlockedBy {
            id
            name
          }
        }
      }
    }
  }
`);
