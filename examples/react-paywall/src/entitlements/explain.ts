import type { AccessReason } from "../gql/graphql";

/** A sentence for each reason, and for none. */
export function explain(reason: AccessReason | undefined): string {
  switch (reason) {
    case "SUBSCRIPTION_ENDED":
      return "Your subscription has ended.";
    case "SUBSCRIPTION_NOT_IN_GOOD_STANDING":
      return "Your subscription is paused, or waits for a payment.";
    case "TRIAL_ENDED":
      return "Your trial has ended.";
    case "NOT_YET_ACTIVE":
      return "It is yours soon.";
    case "ITEM_REMOVED":
      return "Your present plan doesn't have it any more.";
    case "FEATURE_DETACHED":
      return "It is no longer part of your plan.";
    case "GRANT_ENDED":
    case "GRANT_REVOKED":
      return "It was given to you for a time, which is over.";
    default:
      // A reason that is new since this was written says what all of them say.
      return "Your present plan doesn't have it.";
  }
}
