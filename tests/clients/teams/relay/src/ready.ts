// Only compiled: scalars are what the map says they are, and a subscription's rows are deleted and appended by directive.
import { graphql } from "relay-runtime";

export const READY = graphql`
  query readyQuery($by: CustomerBy!) {
    customer(by: $by) {
      createdAt
      metadata
      access(lookupKeys: ["sso"]) {
        reason
      }
    }
  }
`;

// --8<-- [start:append]
export const APPEND = graphql`
  mutation readyCreateMutation($input: CreateFeatureInput!, $connections: [ID!]!) {
    createFeature(input: $input) {
      feature @appendNode(connections: $connections, edgeTypeName: "FeatureEdge") {
        id
        name
      }
      userErrors {
        code
      }
    }
  }
`;
// --8<-- [end:append]

export const DELETE = graphql`
  mutation readyDeleteMutation($input: DeleteCustomerInput!) {
    deleteCustomer(input: $input) {
      customer {
        id @deleteRecord
      }
    }
  }
`;

// --8<-- [start:live]
export const LIVE = graphql`
  subscription readyLiveSubscription($customer: CustomerBy) {
    entitlementsChanged(customer: $customer) {
      revision
      added {
        entitlement {
          id
          hasAccess
        }
      }
    }
  }
`;
// --8<-- [end:live]
