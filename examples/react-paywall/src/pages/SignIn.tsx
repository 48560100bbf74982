import { type FormEvent, useEffect, useState } from "react";

import { company, type Customer, Failed } from "../company";

type Props = {
  /** Whether a session has just ended by itself. */
  hasEnded: boolean;
  onSignIn: (customer: string) => Promise<void>;
};

/** The company's sign-in, as far as this example pretends it. */
export function SignIn({ hasEnded, onSignIn }: Props) {
  const [customers, setCustomers] = useState<Customer[]>([]);
  const [problem, setProblem] = useState(hasEnded ? "Your session has ended. Sign in again to go on." : "");

  const report = (reason: unknown) => setProblem(explain(reason));
  useEffect(() => {
    company.customers().then(setCustomers, report);
  }, []);

  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault();
    onSignIn(String(new FormData(event.currentTarget).get("customer"))).catch(report);
  }

  return (
    <main className="sign-in">
      <h1>Fieldwork</h1>
      <div role="alert">{problem && <p className="notice">{problem}</p>}</div>
      <h2>Sign in as</h2>
      <ul>
        {customers.map(({ externalId, name, note }) => (
          <li key={externalId}>
            <button onClick={() => onSignIn(externalId).catch(report)}>
              <strong>{name}</strong>
              <span>{note}</span>
            </button>
          </li>
        ))}
      </ul>
      <form className="row" onSubmit={submit}>
        <label>
          Or as another, by external id
          <input name="customer" required autoComplete="off" />
        </label>
        <button>Sign in</button>
      </form>
    </main>
  );
}

function explain(reason: unknown): string {
  const isUnknown = reason instanceof Failed && reason.status === 404;
  return isUnknown ? "There is no such customer." : "The server can't be reached. Try again in a while.";
}
