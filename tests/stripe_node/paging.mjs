// Lists of a thousand objects, whichever way they are walked through: each object once, in order.
import assert from "node:assert/strict";
import test from "node:test";
import { activeKeys, all, stripe } from "./shop.mjs";

const { CUSTOMER } = process.env;
const ids = (list) => list.map((each) => each.id);

test("a thousand features are walked through", async () => {
  const walked = ids(await all(stripe.entitlements.features.list({ limit: 100 })));
  assert.equal(walked.length, 1_000);
  assert.equal(new Set(walked).size, 1_000);
  const listed = await stripe.entitlements.features.list({ limit: 100 }).autoPagingToArray({ limit: 10_000 });
  assert.deepEqual(ids(listed), walked);
});

test("a thousand entitlements of one customer are walked through", async () => {
  const list = stripe.entitlements.activeEntitlements.list({
    customer: CUSTOMER,
    limit: 100,
    expand: ["data.feature"],
  });
  const walked = await all(list);
  const keys = walked.map((each) => each.feature.lookup_key);
  assert.equal(new Set(keys).size, 1_000);
  assert.deepEqual(await activeKeys(CUSTOMER), keys);
});

test("a list is walked through backwards", async () => {
  const walked = ids(await all(stripe.entitlements.features.list({ limit: 100 })));
  const last = walked.at(-1);
  const backwards = ids(await all(stripe.entitlements.features.list({ limit: 100, ending_before: last })));
  assert.deepEqual([...backwards].reverse(), walked.slice(0, -1));
});
