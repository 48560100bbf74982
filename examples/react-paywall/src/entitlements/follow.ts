import type { ApolloClient } from "@apollo/client";

import { apply } from "./apply";
import { clock } from "./clock";
import { Changes, Known } from "./documents";

/** Asks for all there is to know. From here on only changes are asked for. */
export async function ask(apollo: ApolloClient): Promise<void> {
  const { data } = await apollo.query({ query: Known, fetchPolicy: "network-only" });
  if (data?.viewer) clock.hearTime(data.viewer.environment.now);
}

/** Has everything else that is on the screen asked for anew: what it shows, no event tells. */
export async function askAgain(apollo: ApolloClient): Promise<void> {
  // What fails says so in its own place.
  await apollo.refetchObservableQueries().catch(() => undefined);
}

/** Writes every change after the revision that is known into the cache, until the subscription ends or fails. */
export async function follow(apollo: ApolloClient, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const afterRevision = apollo.cache.readQuery({ query: Known })?.viewer?.customer?.revision ?? 0;
  // What is written is what follows from a change, and not the change: hence "no-cache".
  const changes = apollo.subscribe({ query: Changes, variables: { afterRevision }, fetchPolicy: "no-cache" });
  await new Promise<void>((resolve, reject) => {
    const subscription = changes.subscribe({
      next({ data, error }) {
        if (!data) return reject(error);
        const change = data.entitlementsChanged;
        clock.hearPast(change.at);
        apollo.cache.updateQuery({ query: Known }, (known) => known && apply(known, change));
        void askAgain(apollo);
      },
      error: reject,
      complete: resolve,
    });
    const stop = () => {
      subscription.unsubscribe();
      resolve();
    };
    signal.addEventListener("abort", stop);
    subscription.add(() => signal.removeEventListener("abort", stop));
  });
}
