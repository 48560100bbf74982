import { useRef, useState } from "react";

/** The box for the credential, who it belongs to, and what to do without one. */
export function CredentialBar({ state, caller, message, tryCredential, forget, children }) {
  // Uncontrolled, so that the secret is in no attribute of the document.
  const box = useRef(null);
  const [shown, setShown] = useState(false);

  function submit(event) {
    event.preventDefault();
    const secret = box.current.value.trim();
    if (secret) tryCredential(secret);
  }

  function clear() {
    box.current.value = "";
    box.current.focus();
    forget();
  }

  return (
    <header className="bar">
      <h1>
        Admittance <small>GraphiQL</small>
      </h1>
      <form aria-label="Credential" autoComplete="off" onSubmit={submit}>
        <label htmlFor="credential">API key or session token</label>
        <span className="box">
          <input
            id="credential"
            ref={box}
            type={shown ? "text" : "password"}
            autoFocus
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            data-1p-ignore
            data-lpignore="true"
            aria-invalid={state === "refused"}
            aria-describedby="credential-status"
            onPaste={() => setTimeout(() => box.current.form.requestSubmit())}
          />
          <button type="button" aria-pressed={shown} aria-controls="credential" onClick={() => setShown(!shown)}>
            {shown ? "Hide" : "Show"}
          </button>
        </span>
        <button type="submit" className="primary" disabled={state === "checking"}>
          Connect
        </button>
        {state === "connected" && (
          <button type="button" onClick={clear}>
            Forget
          </button>
        )}
      </form>
      <Caller state={state} caller={caller} />
      {children}
      <Banner state={state} message={message} />
    </header>
  );
}

function Caller({ state, caller }) {
  return (
    <p id="credential-status" className={`caller ${state}`} role="status">
      {state === "checking" && "Checking…"}
      {state === "connected" && describe(caller)}
    </p>
  );
}

function describe(caller) {
  if (!caller) return "Connected";
  const { environment, livemode, customer } = caller;
  const who = customer ? (customer.name ?? customer.externalId ?? "A customer") : "API key";
  return (
    <>
      {who} · <strong>{environment?.name}</strong> {livemode && <em>live</em>}
    </>
  );
}

function Banner({ state, message }) {
  if (message) {
    return (
      <p className="banner trouble" role="alert">
        {message}
      </p>
    );
  }
  if (state !== "none") return null;
  return (
    <p className="banner">
      Paste an API key to run the operations below and to read the schema. <code>make serve</code> and{" "}
      <code>admittance serve --demo</code> print one for the demonstration data; <code>admittance keys create</code>{" "}
      makes one for your own. It stays in this page's memory and is gone when you close or reload it.
    </p>
  );
}
