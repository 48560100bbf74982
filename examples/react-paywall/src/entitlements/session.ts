import { fetchInTime } from "./fetchInTime";

/** The customer isn't signed in with the company, or somebody else is by now: there is nothing to wait for. */
export class SignedOut extends Error {
  override name = "SignedOut";
}

type Token = { token: string; endsAt: number };

/** Sooner than this before its end a token is replaced, so that it doesn't expire on the way. */
const MARGIN_MS = 30_000;

/**
 * The token with which this page asks the gateway, as the company's own back end hands it out.
 *
 * It is held in memory alone. The company's sign-in, a cookie that scripts can't read, brings a new one after a reload.
 */
export class Session {
  readonly #customer: string;
  #token: Promise<Token> | undefined;

  constructor(customer: string) {
    this.#customer = customer;
  }

  /** Throws `SignedOut`, or whatever `fetch` throws where the back end isn't reached. */
  async token(): Promise<string> {
    const asked = (this.#token ??= this.#ask());
    const { token, endsAt } = await asked;
    if (Date.now() < endsAt) return token;
    // Of several who wait, the first one asks for the next, and for all.
    if (this.#token === asked) this.forget();
    return this.token();
  }

  /** The gateway won't have the token any more: who asks next gets a new one, or is signed out. */
  forget(): void {
    this.#token = undefined;
  }

  async #ask(): Promise<Token> {
    try {
      const response = await fetchInTime("/company/session", { method: "POST" });
      if (response.status === 401) throw new SignedOut("The session has ended.");
      if (!response.ok) throw new Error(`The session can't be renewed now: ${response.status}`);
      const { token, seconds, customer } = await response.json();
      // The cookie is the whole browser's, and another window may have signed in as somebody else.
      if (customer !== this.#customer) throw new SignedOut("Somebody else is signed in.");
      // How long, and not until when: the two clocks may differ.
      return { token, endsAt: Date.now() + seconds * 1000 - MARGIN_MS };
    } catch (problem) {
      this.forget();
      throw problem;
    }
  }
}
