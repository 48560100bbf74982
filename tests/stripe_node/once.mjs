// One request has one effect: under its key, and when the library sends it again by itself.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import test from "node:test";
import { all, connect, isRefused, stripe, unique } from "./shop.mjs";

const { ADMITTANCE_ADDRESS } = process.env;
const FAILURES = ["409", "429", "500", "503", "connection"];

test("a request is answered again under its key, and another one is refused", async () => {
  const idempotencyKey = unique("key");
  const params = { name: "SSO", lookup_key: unique("sso") };
  const first = await stripe.entitlements.features.create(params, { idempotencyKey });
  const second = await stripe.entitlements.features.create(params, { idempotencyKey });
  assert.deepEqual({ ...second }, { ...first });
  assert.equal(second.lastResponse.headers["idempotent-replayed"], "true");
  const other = stripe.entitlements.features.create({ ...params, name: "Other" }, { idempotencyKey });
  await isRefused(other, "StripeIdempotencyError", { statusCode: 400 });
});

// Passes requests on, and loses or spoils the first answer to each: after it was carried out.
async function spoiling(keys) {
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const failure = new URLSearchParams(body).get("name");
    const headers = { authorization: request.headers.authorization, "content-type": request.headers["content-type"] };
    const idempotencyKey = request.headers["idempotency-key"];
    headers["idempotency-key"] = idempotencyKey;
    const answer = await fetch(ADMITTANCE_ADDRESS + request.url, { method: "POST", body, headers });
    const answered = await answer.text();
    keys[failure] = [...(keys[failure] ?? []), idempotencyKey];
    if (keys[failure].length > 1)
      response.writeHead(answer.status, { "content-type": "application/json" }).end(answered);
    else if (failure === "connection") request.socket.destroy();
    else response.writeHead(Number(failure), { "stripe-should-retry": "true" }).end('{"error": {}}');
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

test("a request whose answer is lost is sent again and carried out once", async () => {
  const keys = {};
  const server = await spoiling(keys);
  const spoilt = connect(`http://127.0.0.1:${server.address().port}`);
  const made = await Promise.all(FAILURES.map((name) => spoilt.customers.create({ name })));
  server.closeAllConnections();
  server.close();

  const there = await all(stripe.customers.list());
  assert.deepEqual(there.map((each) => [each.id, each.name]).sort(), made.map((each) => [each.id, each.name]).sort());
  assert.equal(there.length, FAILURES.length);
  for (const failure of FAILURES) {
    assert.equal(keys[failure].length, 2);
    assert.equal(new Set(keys[failure]).size, 1);
  }
});
