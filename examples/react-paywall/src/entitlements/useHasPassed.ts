import { useEffect, useReducer } from "react";

import { clock } from "./clock";

/** Timers stand still while a computer sleeps, so none is trusted for longer. */
const LONGEST_MS = 60_000;

/** Whether an instant has passed by the gateway's time; renders again when it does. Null never does. */
export function useHasPassed(instant: string | null): boolean {
  const [, renderAgain] = useReducer((count: number) => count + 1, 0);
  const left = instant === null ? Infinity : Date.parse(instant) - clock.now();
  useEffect(() => {
    if (left <= 0 || left === Infinity) return;
    const timer = setTimeout(renderAgain, Math.min(left, LONGEST_MS));
    return () => clearTimeout(timer);
  });
  return left <= 0;
}
