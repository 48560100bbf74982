import type { ApolloClient } from "@apollo/client";

import type { KnownQuery } from "../gql/graphql";
import { clock } from "./clock";
import { Known } from "./documents";

type Kept = { known: KnownQuery; clock: ReturnType<typeof clock.read> };

const nameOf = (customer: string) => `entitlements:${customer}`;

/**
 * Puts what was known last of a customer into the cache, so that the first picture already shows it.
 *
 * What an earlier release of the app kept may lack fields that are asked for now. The cache then says that it doesn't
 * know the answer, as on a first visit.
 */
export function restore(apollo: ApolloClient, customer: string): void {
  clock.restore({ offset: 0, heardAt: undefined });
  try {
    const text = localStorage.getItem(nameOf(customer));
    if (text === null) return;
    const kept: Kept = JSON.parse(text);
    apollo.cache.writeQuery({ query: Known, data: kept.known });
    clock.restore(kept.clock);
  } catch {
    forget(customer);
  }
}

/** Keeps what the cache knows, at every change of it and when the page is left. Returns what ends it. */
export function keepUpToDate(apollo: ApolloClient, customer: string): () => void {
  const keep = () => {
    const known = apollo.cache.readQuery({ query: Known });
    if (known) put(customer, { known, clock: clock.read() });
  };
  const unwatch = apollo.cache.watch({ query: Known, optimistic: false, callback: keep });
  document.addEventListener("visibilitychange", keep);
  return () => {
    unwatch();
    document.removeEventListener("visibilitychange", keep);
  };
}

function put(customer: string, kept: Kept): void {
  try {
    localStorage.setItem(nameOf(customer), JSON.stringify(kept));
  } catch {
    // There is no room, or the browser keeps nothing: the next visit is as a first one.
  }
}

/** At the end of a session: the next person at this screen needn't know. */
export function forget(customer: string): void {
  localStorage.removeItem(nameOf(customer));
}
