import { clock } from "./entitlements/clock";
import { useConnection } from "./entitlements/Entitlements";
import { dayAndTime } from "./format";

/** Says when what is on the screen may no longer be true, and is silent as long as it is. */
export function ConnectionBanner() {
  const isLost = useConnection() === "lost";
  // There from the beginning, and filled later: screen readers tell of what changes in a region they know.
  return (
    <div className="banner" role="status" aria-live="polite">
      {isLost && <p>{sentence(clock.heardAt())}</p>}
    </div>
  );
}

function sentence(heardAt: number | undefined): string {
  if (heardAt === undefined) return "What you may use can't be found out right now; trying again …";
  return `Showing what was true at ${dayAndTime(heardAt)}; reconnecting …`;
}
