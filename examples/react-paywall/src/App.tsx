import { useCallback, useEffect, useState } from "react";

import { company } from "./company";
import { Entitlements } from "./entitlements/Entitlements";
import { forget } from "./entitlements/kept";
import { SignIn } from "./pages/SignIn";
import { Shell } from "./Shell";

/** Who was signed in last. It opens nothing: the cookie does. It says whose entitlements to show until that is clear. */
const REMEMBERED = "customer";

export function App() {
  const [customer, setCustomer] = useState(() => localStorage.getItem(REMEMBERED));
  const [hasEnded, setHasEnded] = useState(false);

  /** Shows the pages of somebody else, or the sign-in. */
  const change = useCallback(
    (to: string | null, hasEnded = false) => {
      if (customer !== null) forget(customer);
      setCustomer(to);
      setHasEnded(hasEnded);
    },
    [customer],
  );

  // The cookie is the whole browser's: who signs in or out in another window does so here.
  useEffect(() => {
    const follow = ({ key, newValue }: StorageEvent) => key === REMEMBERED && change(newValue);
    addEventListener("storage", follow);
    return () => removeEventListener("storage", follow);
  }, [change]);

  const onSignedOut = useCallback(() => {
    localStorage.removeItem(REMEMBERED);
    change(null, true);
  }, [change]);

  async function signIn(externalId: string): Promise<void> {
    await company.signIn(externalId);
    localStorage.setItem(REMEMBERED, externalId);
    change(externalId);
  }

  async function signOut(): Promise<void> {
    await company.signOut().catch(() => undefined);
    localStorage.removeItem(REMEMBERED);
    change(null);
  }

  if (customer === null) return <SignIn hasEnded={hasEnded} onSignIn={signIn} />;
  return (
    <Entitlements key={customer} customer={customer} onSignedOut={onSignedOut}>
      <Shell onSignOut={signOut} />
    </Entitlements>
  );
}
