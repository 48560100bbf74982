import { fetchInTime } from "./entitlements/fetchInTime";

/** A customer one may sign in as. */
export type Customer = { externalId: string; name: string; note: string };

/** The company's back end didn't do it. */
export class Failed extends Error {
  constructor(readonly status: number) {
    super(`The company's server answered ${status}.`);
  }
}

async function send(path: string, init?: RequestInit): Promise<Response> {
  const response = await fetchInTime(`/company/${path}`, init);
  if (!response.ok) throw new Failed(response.status);
  return response;
}

async function post(action: string, body: object): Promise<void> {
  await send(action, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

/** What the company's back end does for the page. */
export const company = {
  customers: async (): Promise<Customer[]> => (await send("customers")).json(),
  signIn: (customer: string) => post("sign-in", { customer }),
  signOut: () => post("sign-out", {}),
  // What these change arrives by the subscription, as it does when somebody else changes it.
  buy: (product: string) => post("buy", { product }),
  giveBack: (product: string) => post("give-back", { product }),
  cancelAtPeriodEnd: (subscription: string, cancel: boolean) => post("cancel", { subscription, cancel }),
};
