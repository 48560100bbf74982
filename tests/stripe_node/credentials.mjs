// Who may not ask, and who has asked too often: each is an error of its own.
import test from "node:test";
import { connect, isRefused } from "./shop.mjs";

const { ADMITTANCE_ADDRESS, READER_KEY, LIMITED_ADDRESS } = process.env;

test("a wrong key, one without the scope, and one that is spent are told apart", async () => {
  const once = { maxNetworkRetries: 0 };
  const wrong = connect(ADMITTANCE_ADDRESS, "sk_test_wrong", once);
  await isRefused(wrong.customers.list(), "StripeAuthenticationError", { statusCode: 401 });
  const reader = connect(ADMITTANCE_ADDRESS, READER_KEY, once);
  await isRefused(reader.customers.list(), "StripePermissionError", { statusCode: 403 });
  const limited = connect(LIMITED_ADDRESS, undefined, once);
  await limited.products.list({ limit: 10 });
  await isRefused(limited.products.list(), "StripeRateLimitError", { statusCode: 429, code: "rate_limit" });
});
