import { isAddOn } from "../src/addOns";
import type { UpdateSubscriptionInput } from "../src/gql/graphql";
import {
  CancelSubscription,
  ChangeSubscription,
  CloseSession,
  CurrentSubscriptions,
  OpenSession,
  Subscribe,
} from "./documents";
import { ask, type Gateway } from "./gateway";

/** How long a token lasts. A page that goes on gets another. */
const SESSION_SECONDS = 900;

/** A customer's token, for their browser. */
export type Opened = { id: string; token: string; seconds: number };

/** The company's side of the gateway: the only one that holds a key, and the only one that changes what is sold. */
export class Company {
  readonly #gateway: Gateway;

  constructor(gateway: Gateway) {
    this.#gateway = gateway;
  }

  async knows(externalId: string): Promise<boolean> {
    return (await ask(this.#gateway, CurrentSubscriptions, { customer: { externalId } })).customer !== null;
  }

  async openSession(externalId: string): Promise<Opened> {
    const variables = { customer: { externalId }, seconds: SESSION_SECONDS };
    const { createCustomerSession: opened } = await ask(this.#gateway, OpenSession, variables);
    accept(opened);
    return { id: opened!.customerSession!.id, token: opened!.token!, seconds: SESSION_SECONDS };
  }

  async closeSession(id: string): Promise<void> {
    accept((await ask(this.#gateway, CloseSession, { id })).revokeCustomerSession);
  }

  /**
   * Sells a product from now on: a plan in place of the one they have, an add-on beside it. A real company takes the
   * money first.
   */
  async sell(externalId: string, lookupKey: string): Promise<void> {
    const product = { lookupKey };
    const items = await this.#itemsOf(externalId);
    const plan = items.find((item) => !isAddOn(item.product));
    if (items.some((item) => item.product.lookupKey === lookupKey)) return;
    if (plan) {
      const change = isAddOn(product) ? { add: { product } } : { update: { id: plan.id, product } };
      await this.#change({ id: plan.subscription.id, items: [change] });
    } else {
      accept((await ask(this.#gateway, Subscribe, { customer: { externalId }, product })).createSubscription);
    }
  }

  /** Takes an add-on back, from now on. */
  async takeBack(externalId: string, lookupKey: string): Promise<void> {
    const item = (await this.#itemsOf(externalId)).find(({ product }) => product.lookupKey === lookupKey);
    if (!item || !isAddOn(item.product)) return;
    const { id, items } = item.subscription;
    if (items.length > 1) {
      await this.#change({ id, items: [{ remove: item.id }] });
    } else {
      accept((await ask(this.#gateway, CancelSubscription, { id })).cancelSubscription);
    }
  }

  /** Cancels one of their subscriptions at the end of what was paid for, or takes that back. */
  async cancelAtPeriodEnd(externalId: string, id: string, cancelAtPeriodEnd: boolean): Promise<void> {
    // The id comes from a browser, which may name anybody's.
    const isTheirs = (await this.#subscriptionsOf(externalId)).some((subscription) => subscription.id === id);
    if (isTheirs) await this.#change({ id, cancelAtPeriodEnd });
  }

  /** All that they pay for, each with the subscription it is part of. */
  async #itemsOf(externalId: string) {
    const subscriptions = await this.#subscriptionsOf(externalId);
    return subscriptions.flatMap((subscription) => subscription.items.map((item) => ({ ...item, subscription })));
  }

  async #subscriptionsOf(externalId: string) {
    const { customer } = await ask(this.#gateway, CurrentSubscriptions, { customer: { externalId } });
    return customer?.subscriptions?.nodes ?? [];
  }

  async #change(input: UpdateSubscriptionInput): Promise<void> {
    accept((await ask(this.#gateway, ChangeSubscription, { input })).updateSubscription);
  }
}

/** The gateway won't have an input, for the reason it gives. */
export class Refused extends Error {}

function accept(payload: { userErrors: { message: string }[] } | null): void {
  const [refused] = payload?.userErrors ?? [];
  if (refused) throw new Refused(refused.message);
}
