// Stripe's library as docs/stripe.md uses it: only its address is ours.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import Stripe from "stripe";

const { ADMITTANCE_ADDRESS, ADMITTANCE_KEY } = process.env;

export const SUMMARY = "entitlements.active_entitlement_summary.updated";

const page = readFileSync(new URL("../../docs/stripe.md", import.meta.url), "utf8");
const shown = page.match(/^```js\n(.*?)^```/ms)[1].replace(/^import .*\n/m, "");
const use = new Function("Stripe", "address", "key", `${shown}; return { stripe, activeKeys }`);

export function connect(address = ADMITTANCE_ADDRESS, key = ADMITTANCE_KEY, more = {}) {
  const withMore = function (secret, options) {
    return new Stripe(secret, { ...options, ...more });
  };
  return use(withMore, address, key).stripe;
}

export const { stripe, activeKeys } = use(Stripe, ADMITTANCE_ADDRESS, ADMITTANCE_KEY);

export const unique = (word) => `${word}-${randomUUID()}`;

export const newFeature = (key = unique("feature")) =>
  stripe.entitlements.features.create({ name: key, lookup_key: key });

// A product that gives new features, and those.
export async function newProduct(count = 1) {
  const product = await stripe.products.create({ name: unique("product") });
  const features = [];
  for (let each = 0; each < count; each += 1) {
    features.push(await newFeature());
    await stripe.products.createFeature(product.id, { entitlement_feature: features.at(-1).id });
  }
  return { product: product.id, features };
}

export async function newSubscriber(product, more = {}) {
  const customer = await stripe.customers.create();
  const items = [{ price: `price_1month_${product}` }];
  const subscription = await stripe.subscriptions.create({ customer: customer.id, items, ...more });
  return { customer: customer.id, subscription: subscription.id };
}

// That a call is refused as the library's error of a kind, with what programs go by.
export async function isRefused(call, kind, expected) {
  await assert.rejects(call, (error) => {
    const { statusCode, code, param } = error;
    assert.equal(error.constructor.name, kind);
    assert.deepEqual({ statusCode, code, param }, { code: undefined, param: undefined, ...expected });
    assert.ok(error.message && error.requestId);
    return true;
  });
}

export async function all(list) {
  const found = [];
  for await (const each of list) found.push(each);
  return found;
}
