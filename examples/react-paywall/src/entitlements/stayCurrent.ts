import { type ApolloClient, CombinedGraphQLErrors } from "@apollo/client";
import type { Client } from "graphql-ws";

import { ask, askAgain, follow } from "./follow";
import { type Session, SignedOut } from "./session";

/** How the page and the gateway stand. Connecting: the gateway hasn't been heard since the page was loaded. */
export type Connection = "connecting" | "live" | "lost" | "signed out";

/** Nobody needs to be told of a gateway that is replaced by another, and is back by then. */
const GRACE_MS = 1_000;

/** A connection that has held for so long was a good one: the next may be tried at once. */
const STEADY_MS = 5_000;

type Tell = (connection: Connection) => void;

/**
 * Keeps the cache true: asks once, then follows the changes. Whatever breaks off is tried again, after the revision that
 * was seen last, so that nothing is missed. Returns what ends it.
 */
export function stayCurrent(apollo: ApolloClient, socket: Client, session: Session, tell: Tell): () => void {
  const end = new AbortController();
  let isAsked = false;
  let failures = 0;
  let connectedAt = Infinity;
  let grace: ReturnType<typeof setTimeout> | undefined;

  const beLive = () => {
    clearTimeout(grace);
    grace = undefined;
    tell("live");
  };

  async function attempt(): Promise<void> {
    if (!isAsked) {
      await ask(apollo);
      isAsked = true;
      beLive();
    }
    await follow(apollo, end.signal);
  }

  async function run(): Promise<void> {
    while (!end.signal.aborted) {
      connectedAt = Infinity;
      try {
        await attempt();
      } catch (problem) {
        if (problem instanceof SignedOut) return tell("signed out");
        if (isRefusal(problem)) session.forget();
      }
      if (end.signal.aborted) return;
      grace ??= setTimeout(() => tell("lost"), GRACE_MS);
      if (Date.now() - connectedAt > STEADY_MS) failures = 0;
      await pause(Math.random() * Math.min(500 * 2 ** failures++, 30_000), end.signal);
    }
  }

  const unlisten = socket.on("connected", () => {
    connectedAt = Date.now();
    if (failures > 0) void askAgain(apollo);
    beLive();
  });
  end.signal.addEventListener("abort", () => {
    unlisten();
    clearTimeout(grace);
  });
  void run();
  return () => end.abort();
}

/** Whether a query was refused for its credential. */
function isRefusal(problem: unknown): boolean {
  return CombinedGraphQLErrors.is(problem) && problem.errors.some((each) => each.extensions?.code === "UNAUTHENTICATED");
}

/** Waits; no longer than until the network is back, or all is over. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = () => {
      clearTimeout(timer);
      removeEventListener("online", over);
      signal.removeEventListener("abort", over);
      resolve();
    };
    const timer = setTimeout(over, milliseconds);
    addEventListener("online", over);
    signal.addEventListener("abort", over);
  });
}
