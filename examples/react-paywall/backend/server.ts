import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { json } from "node:stream/consumers";

import { type Company, type Opened, Refused } from "./company";
import { CUSTOMERS } from "./customers";

type Answer = { status: number; body?: unknown; cookie?: string };
type Body = Record<string, unknown>;

const DONE: Answer = { status: 204 };
const NOT_SIGNED_IN: Answer = { status: 401 };
const UNKNOWN: Answer = { status: 404 };
/** Of what went wrong between servers a browser learns nothing but that it did. */
const FAILED: Answer = { status: 502 };

/**
 * The company's own server, below /company. Its sign-in is a cookie that scripts can't read and other sites can't send;
 * that it asks for no password is what this example pretends.
 */
export function serveCompany(company: Company) {
  const signedIn = new Map<string, { customer: string; opened?: Opened }>();

  async function signIn(customer: string): Promise<Answer> {
    if (!(await company.knows(customer))) return UNKNOWN;
    const cookie = randomUUID();
    signedIn.set(cookie, { customer });
    return { ...DONE, cookie };
  }

  async function carryOut(action: string, cookie: string, body: Body): Promise<Answer> {
    const who = signedIn.get(cookie);
    if (!who) return NOT_SIGNED_IN;
    switch (action) {
      case "session": {
        who.opened = await company.openSession(who.customer);
        const { token, seconds } = who.opened;
        return { status: 200, body: { token, seconds, customer: who.customer } };
      }
      case "buy":
        await company.sell(who.customer, String(body.product));
        return DONE;
      case "give-back":
        await company.takeBack(who.customer, String(body.product));
        return DONE;
      case "cancel":
        await company.cancelAtPeriodEnd(who.customer, String(body.subscription), body.cancel === true);
        return DONE;
      case "sign-out":
        signedIn.delete(cookie);
        if (who.opened) await company.closeSession(who.opened.id);
        return { ...DONE, cookie: "" };
      default:
        return UNKNOWN;
    }
  }

  async function answer(request: IncomingMessage): Promise<Answer> {
    const action = request.url!.slice(1);
    if (request.method === "GET") return action === "customers" ? { status: 200, body: CUSTOMERS } : UNKNOWN;
    const isJson = request.headers["content-type"] === "application/json";
    const body = isJson ? ((await json(request)) as Body) : {};
    if (action === "sign-in") return signIn(String(body.customer));
    const cookie = /(?:^|; )signed-in=([^;]*)/.exec(request.headers.cookie ?? "")?.[1] ?? "";
    return carryOut(action, cookie, body).catch((problem: unknown) =>
      // A customer who is no more has no session.
      problem instanceof Refused && action === "session" ? NOT_SIGNED_IN : FAILED,
    );
  }

  return async (request: IncomingMessage, response: ServerResponse) => {
    const { status, body, cookie } = await answer(request).catch(() => FAILED);
    if (cookie !== undefined) {
      response.setHeader("set-cookie", `signed-in=${cookie}; Path=/company; HttpOnly; SameSite=Strict`);
    }
    response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
    response.end(body === undefined ? undefined : JSON.stringify(body));
  };
}
