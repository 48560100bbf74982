/** Has a client of graphql-ws give up a connection that leaves it without an answer for so long. */
export function endWhenSilent(client, seconds) {
  let timer;
  const heard = () => clearTimeout(timer);
  const asked = () => {
    heard();
    timer = setTimeout(client.terminate, seconds * 1000);
  };
  client.on("connecting", asked);
  client.on("connected", heard);
  client.on("ping", (isReceived) => isReceived || asked());
  client.on("pong", (isReceived) => isReceived && heard());
  client.on("closed", heard);
}

/** A `fetch` that gives an answer up once nothing of it has come for so long. */
export function fetchUntilSilent(seconds) {
  return async (url, init) => {
    const silence = new AbortController();
    let timer;
    const heard = () => {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), seconds * 1000);
    };
    heard();
    init.signal.addEventListener("abort", () => clearTimeout(timer));
    const response = await fetch(url, { ...init, signal: AbortSignal.any([init.signal, silence.signal]) });
    if (!response.ok) clearTimeout(timer);
    const noting = new TransformStream({
      transform(piece, answer) {
        heard();
        answer.enqueue(piece);
      },
      flush: () => clearTimeout(timer),
    });
    return new Response(response.body?.pipeThrough(noting), response);
  };
}
