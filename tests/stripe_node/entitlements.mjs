// Features, what products give, and what customers may use: every call, and what each can't do.
import assert from "node:assert/strict";
import test from "node:test";
import { activeKeys, isRefused, newFeature, newProduct, newSubscriber, stripe, unique } from "./shop.mjs";

const { features, activeEntitlements } = stripe.entitlements;
const INVALID = "StripeInvalidRequestError";

test("a feature is created, retrieved, changed and archived", async () => {
  const key = unique("sso");
  const made = await features.create({ name: "Single sign-on", lookup_key: key, metadata: { team: "identity" } });
  assert.deepEqual(
    { ...made },
    {
      id: made.id,
      object: "entitlements.feature",
      livemode: false,
      name: "Single sign-on",
      lookup_key: key,
      active: true,
      metadata: { team: "identity" },
    },
  );
  assert.deepEqual(await features.retrieve(made.id), made);
  const changed = await features.update(made.id, { name: "SSO", metadata: { team: "", tier: "gold" } });
  assert.deepEqual([changed.name, changed.metadata], ["SSO", { tier: "gold" }]);
  assert.deepEqual((await features.update(made.id, { metadata: "" })).metadata, {});
  assert.equal((await features.update(made.id, { active: false })).active, false);

  const again = await newFeature(key);
  const listed = async (more) => (await features.list({ lookup_key: key, ...more })).data.map((each) => each.id);
  assert.deepEqual(await listed(), [again.id]);
  assert.deepEqual(await listed({ archived: true }), [made.id]);

  await isRefused(features.update(made.id, { name: "x" }), INVALID, { statusCode: 400, param: "id" });
  const taken = { statusCode: 400, code: "resource_already_exists", param: "lookup_key" };
  await isRefused(newFeature(key), INVALID, taken);
  await isRefused(features.create({ name: "x" }), INVALID, {
    statusCode: 400,
    code: "parameter_missing",
    param: "lookup_key",
  });
  await isRefused(features.list({ limit: 101 }), INVALID, {
    statusCode: 400,
    code: "parameter_invalid_integer",
    param: "limit",
  });
  await isRefused(features.list({ colour: "red" }), INVALID, {
    statusCode: 400,
    code: "parameter_unknown",
    param: "colour",
  });
  await isRefused(features.retrieve("feat_1"), INVALID, { statusCode: 404, code: "resource_missing", param: "id" });
});

test("a feature is attached to a product, listed, retrieved and detached", async () => {
  const {
    product,
    features: [feature],
  } = await newProduct();
  const {
    data: [attached],
  } = await stripe.products.listFeatures(product);
  assert.deepEqual(
    { ...attached },
    {
      id: attached.id,
      object: "product_feature",
      livemode: false,
      entitlement_feature: { ...feature },
    },
  );
  assert.deepEqual(await stripe.products.retrieveFeature(product, attached.id), attached);
  await isRefused(stripe.products.createFeature(product, { entitlement_feature: feature.id }), INVALID, {
    statusCode: 400,
    code: "resource_already_exists",
    param: "entitlement_feature",
  });
  const gone = await stripe.products.deleteFeature(product, attached.id);
  assert.deepEqual({ ...gone }, { id: attached.id, object: "product_feature", deleted: true });
  await isRefused(stripe.products.deleteFeature(product, attached.id), INVALID, {
    statusCode: 404,
    code: "resource_missing",
    param: "id",
  });
});

test("what a customer may use is listed, expanded and retrieved", async () => {
  const {
    product,
    features: [feature],
  } = await newProduct();
  const { customer, subscription } = await newSubscriber(product);
  const {
    data: [listed],
  } = await activeEntitlements.list({ customer });
  assert.deepEqual(
    { ...listed },
    {
      id: listed.id,
      object: "entitlements.active_entitlement",
      feature: feature.id,
      livemode: false,
      lookup_key: feature.lookup_key,
    },
  );
  assert.deepEqual(await activeEntitlements.retrieve(listed.id), listed);
  const expanded = await activeEntitlements.list({ customer, expand: ["data.feature"] });
  assert.deepEqual({ ...expanded.data[0].feature }, { ...feature });
  const one = await activeEntitlements.retrieve(listed.id, { expand: ["feature"] });
  assert.equal(one.feature.name, feature.name);

  await stripe.subscriptions.cancel(subscription);
  assert.deepEqual(await activeKeys(customer), []);
  const missing = { statusCode: 404, code: "resource_missing", param: "id" };
  await isRefused(activeEntitlements.retrieve(listed.id), INVALID, missing);
  const nobody = { statusCode: 400, code: "resource_missing", param: "customer" };
  await isRefused(activeEntitlements.list({ customer: "cus_1" }), INVALID, nobody);
});

test("a subscription is changed, paused by its trial, resumed and cancelled", async () => {
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: 4_102_444_800 });
  const basic = await newProduct();
  const pro = await newProduct();
  const { customer, subscription } = await newSubscriber(basic.product, {
    trial_period_days: 7,
    trial_settings: { end_behavior: { missing_payment_method: "pause" } },
  });
  const { items } = await stripe.subscriptions.retrieve(subscription);
  const [item] = items.data;
  await stripe.subscriptions.update(subscription, { items: [{ id: item.id, price: `price_1month_${pro.product}` }] });
  assert.deepEqual(await activeKeys(customer), [pro.features[0].lookup_key]);

  await stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: clock.frozen_time + 8 * 86_400 });
  assert.equal((await stripe.subscriptions.retrieve(subscription)).status, "paused");
  assert.deepEqual(await activeKeys(customer), []);
  assert.equal((await stripe.subscriptions.resume(subscription)).status, "active");
  assert.deepEqual(await activeKeys(customer), [pro.features[0].lookup_key]);
  const listed = await stripe.subscriptions.list({ customer, expand: ["data.customer"] });
  assert.equal(listed.data[0].customer.id, customer);

  const added = await stripe.subscriptionItems.create({ subscription, price: `price_1month_${basic.product}` });
  assert.equal((await activeKeys(customer)).length, 2);
  assert.equal((await stripe.subscriptionItems.del(added.id)).deleted, true);
  assert.equal((await stripe.subscriptions.cancel(subscription)).status, "canceled");
  assert.deepEqual(await activeKeys(customer), []);
  assert.equal((await stripe.customers.del(customer)).deleted, true);
  assert.equal((await stripe.products.del((await newProduct()).product)).deleted, true);
});
