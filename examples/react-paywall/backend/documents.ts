import { graphql } from "../src/gql";

export const OpenSession = graphql(`
  mutation OpenSession($customer: CustomerBy!, $seconds: Int!) {
    createCustomerSession(input: { customer: $customer, expiresIn: $seconds }) {
      token
      customerSession {
        id
      }
      userErrors {
        message
      }
    }
  }
`);

export const CloseSession = graphql(`
  mutation CloseSession($id: ID!) {
    revokeCustomerSession(input: { id: $id }) {
      userErrors {
        message
      }
    }
  }
`);

export const CurrentSubscriptions = graphql(`
  query CurrentSubscriptions($customer: CustomerBy!) {
    customer(by: $customer) {
      id
      subscriptions(first: 20, status: [TRIALING, ACTIVE, PAST_DUE, UNPAID, PAUSED]) {
        nodes {
          id
          items {
            id
            product {
              id
              lookupKey
            }
          }
        }
      }
    }
  }
`);

export const Subscribe = graphql(`
  mutation Subscribe($customer: CustomerBy!, $product: ProductBy!) {
    createSubscription(input: { customer: $customer, items: [{ product: $product }] }) {
      userErrors {
        message
      }
    }
  }
`);

export const ChangeSubscription = graphql(`
  mutation ChangeSubscription($input: UpdateSubscriptionInput!) {
    updateSubscription(input: $input) {
      userErrors {
        message
      }
    }
  }
`);

export const CancelSubscription = graphql(`
  mutation CancelSubscription($id: ID!) {
    cancelSubscription(input: { id: $id }) {
      userErrors {
        message
      }
    }
  }
`);
