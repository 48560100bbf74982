import { graphql } from "../gql";

/** What a customer pays for now: a plan, and add-ons, in one subscription or in several. */
export const Bought = graphql(`
  fragment Bought on Customer {
    id
    subscriptions(first: 20, status: [TRIALING, ACTIVE, PAST_DUE, UNPAID, PAUSED]) {
      nodes {
        id
        status
        trialEnd
        currentPeriodEnd
        cancelAt
        items {
          id
          product {
            id
            name
          }
        }
      }
    }
  }
`);

/** What is sold, and what the customer has of it. */
export const PlansPage = graphql(`
  query PlansPage {
    products(active: true, first: 20) {
      nodes {
        id
        lookupKey
        name
        features(first: 50) {
          nodes {
            id
            feature {
              id
              lookupKey
              name
              active
            }
          }
        }
      }
    }
    viewer {
      id
      customer {
        id
        ...Bought
      }
    }
  }
`);

/** What the customer may use, might, and might once; until when, and why. */
export const AccountPage = graphql(`
  query AccountPage {
    viewer {
      id
      customer {
        id
        ...Bought
        entitlements(first: 100, status: [ACTIVE, SCHEDULED, EXPIRED, CANCELED]) {
          nodes {
            ...AccountRow
          }
        }
      }
    }
  }
`);

export const AccountRow = graphql(`
  fragment AccountRow on Entitlement {
    id
    status
    hasAccess
    activeFrom
    activeTo
    endReason
    feature {
      id
      name
    }
    sources {
      kind
      product {
        id
        name
      }
      grant {
        id
        reason
      }
    }
  }
`);
