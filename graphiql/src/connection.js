import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { parse } from "graphql";
import { createClient } from "graphql-ws";

const CALLER = "query Caller { viewer { kind livemode environment { name } customer { name externalId } } }";
const INTROSPECTION = "IntrospectionQuery";

/**
 * Sends operations with a credential: queries and mutations by HTTP, subscriptions by a WebSocket that is opened with
 * the first of them. After each answer `onOutcome` is told `{ refused, message }`: whether the credential was, and what
 * concerns more than the operation, if anything does. Until it is closed.
 */
export function connect(url, credential, onOutcome) {
  let isClosed = false;
  const socket = createClient({
    url: url.replace(/^http/, "ws"),
    lazy: true,
    connectionParams: { authorization: `Bearer ${credential}` },
  });
  const fetcher = createGraphiQLFetcher({
    url,
    wsClient: socket,
    enableIncrementalDelivery: false,
    fetch: async (_, request) => {
      const response = await send(url, credential, request);
      const answer = await response.clone().json();
      if (!isClosed) onOutcome(outcomeOf(response, answer, JSON.parse(request.body).operationName));
      return response;
    },
  });
  function close() {
    isClosed = true;
    socket.dispose();
  }
  return { fetcher: (request, options) => fetcher(...upToDate(request, options)), close };
}

/**
 * A request as its document has it. GraphiQL reads a document a moment after it changed: whoever changes the tab and runs
 * at once would send the name of the other tab's operation.
 */
function upToDate(request, options) {
  let documentAST;
  try {
    documentAST = parse(request.query);
  } catch {
    // The server will say what is wrong with it.
    return [request, options];
  }
  const names = documentAST.definitions.filter(({ operation }) => operation).map(({ name }) => name?.value);
  const operationName = names.includes(request.operationName) ? request.operationName : names[0];
  return [{ ...request, operationName }, { ...options, documentAST }];
}

/** Answers everything itself, with one error: no request is sent that could only be refused. */
export function refuseAll(message) {
  return { fetcher: async () => ({ errors: [{ message }] }) };
}

/** Who a credential belongs to: `{ caller }`, which is null where that can't be asked, or `{ refused, message }`. */
export async function describeCaller(url, credential) {
  const response = await send(url, credential, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/graphql-response+json, application/json;q=0.9" },
    body: JSON.stringify({ query: CALLER, operationName: "Caller" }),
  });
  const { data, errors } = await response.json();
  // A server that takes trusted documents alone refuses the question, and not the credential.
  const refused = !response.ok && response.status !== 400;
  return refused ? { refused, message: firstMessage(errors, response) } : { caller: data?.viewer ?? null };
}

async function send(url, credential, request) {
  try {
    const headers = { ...request.headers, authorization: `Bearer ${credential}` };
    const response = await fetch(url, { ...request, headers, credentials: "omit", cache: "no-store" });
    if (response.headers.get("content-type")?.includes("json")) return response;
    // A proxy's page, most likely.
    return failure(response.status, `${url} answered ${response.status}, and not with JSON.`);
  } catch (error) {
    return failure(503, `${url} can't be reached: ${error.message}.`);
  }
}

function failure(status, message) {
  return Response.json({ errors: [{ message }] }, { status: status < 400 ? 502 : status });
}

function outcomeOf(response, { data, errors }, operationName) {
  if (response.status === 401) return { refused: true, message: firstMessage(errors, response) };
  const isWithoutSchema = operationName === INTROSPECTION && !data;
  return { refused: false, message: isWithoutSchema ? `No schema to show: ${firstMessage(errors, response)}` : null };
}

function firstMessage(errors, response) {
  return errors?.[0]?.message ?? `The server answered ${response.status}.`;
}
