import { useState } from "react";

/** Something that a button has done elsewhere: whether it is under way, and what to say if it failed. */
export function useAction(): { isBusy: boolean; problem: string; run: (action: () => Promise<void>) => void } {
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");

  function run(action: () => Promise<void>): void {
    setBusy(true);
    setProblem("");
    action()
      .catch(() => setProblem("That didn't work. Try again in a while."))
      .finally(() => setBusy(false));
  }

  return { isBusy, problem, run };
}
