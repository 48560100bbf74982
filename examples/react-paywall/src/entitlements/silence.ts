import type { Client } from "graphql-ws";

/**
 * Has a client give up a connection that leaves it without an answer for so long.
 *
 * A network may be gone without a word: nothing is closed, and nothing comes any more. `graphql-ws` pings, but leaves
 * it to us to miss the answer.
 */
export function endWhenSilent(client: Client, seconds: number): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const heard = () => clearTimeout(timer);
  const asked = () => {
    heard();
    timer = setTimeout(() => client.terminate(), seconds * 1000);
  };
  client.on("connecting", asked);
  client.on("connected", heard);
  client.on("ping", (isReceived) => isReceived || asked());
  client.on("pong", (isReceived) => isReceived && heard());
  client.on("closed", heard);
}
