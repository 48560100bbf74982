// What is delivered is what the library verifies, and what is listed.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import test from "node:test";
import { newProduct, newSubscriber, stripe, SUMMARY } from "./shop.mjs";

test("a delivered event is verified, and is the one that is listed", async () => {
  let arrived;
  const arrival = new Promise((resolve) => {
    arrived = resolve;
  });
  const server = createServer(async (request, response) => {
    arrived({ body: await text(request), signature: request.headers["stripe-signature"] });
    response.end();
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${server.address().port}/hook`;
  const { id, secret } = await stripe.webhookEndpoints.create({ url, enabled_events: [SUMMARY] });

  const { product } = await newProduct(11);
  const { customer } = await newSubscriber(product);
  const { body, signature } = await arrival;
  server.closeAllConnections();
  server.close();

  const event = stripe.webhooks.constructEvent(body, signature, secret);
  assert.equal(event.type, SUMMARY);
  assert.equal(event.data.object.customer, customer);
  assert.deepEqual([event.data.object.entitlements.data.length, event.data.object.entitlements.has_more], [10, true]);
  assert.throws(() => stripe.webhooks.constructEvent(body, signature, `${secret}x`), {
    type: "StripeSignatureVerificationError",
  });
  assert.throws(() => stripe.webhooks.constructEvent(`${body} `, signature, secret));
  const kept = await stripe.events.retrieve(event.id);
  assert.deepEqual(JSON.parse(JSON.stringify(kept)), JSON.parse(JSON.stringify(event)));
  const { data } = await stripe.events.list({ type: SUMMARY });
  assert.deepEqual(
    data.map((each) => each.id),
    [event.id],
  );

  const {
    data: [listed],
  } = await stripe.webhookEndpoints.list();
  assert.deepEqual([listed.id, listed.secret], [id, undefined]);
  assert.equal((await stripe.webhookEndpoints.update(id, { disabled: true })).status, "disabled");
  assert.equal((await stripe.webhookEndpoints.del(id)).deleted, true);
});
