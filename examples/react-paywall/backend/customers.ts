/** Whom to sign in as; docs/demo-data.md knows others. */
export const CUSTOMERS = [
  { externalId: "quartz-waiting", name: "Quartz Minerals", note: "On Team. Time tracking comes with their next period." },
  { externalId: "opal-upgraded", name: "Opal Studios", note: "From Starter by way of Team to Business." },
  { externalId: "tundra-two-subscriptions", name: "Tundra Outdoor", note: "On Business, with both add-ons." },
  { externalId: "larch-canceling", name: "Larch Interiors", note: "Cancelled, and entitled to the end of the period." },
  { externalId: "acme-trialing", name: "Acme Rockets", note: "Trying out Business." },
  { externalId: "umber-grant-expiring", name: "Umber Design", note: "Single sign-on by a grant that ends in seven days." },
  { externalId: "grove-unpaid", name: "Grove Media", note: "Hasn't paid for eight days." },
  { externalId: "cedar-trial-expired", name: "Cedar Analytics", note: "Tried it, and didn't buy." },
  { externalId: "zephyr-prospect", name: "Zephyr Sails", note: "Has bought nothing so far." },
];
