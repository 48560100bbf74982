import { Skeleton } from "../entitlements/Skeleton";

/** In the place of what isn't there yet, or can't be had. It comes by itself once the gateway answers again. */
export function Pending({ error }: { error: unknown }) {
  if (!error) return <Skeleton />;
  return <p className="empty">This can't be shown right now. It will be as soon as the connection is back.</p>;
}
