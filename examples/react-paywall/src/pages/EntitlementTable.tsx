import { explain } from "../entitlements/explain";
import { day } from "../format";
import type { AccountRowFragment } from "../gql/graphql";

type Props = { title: string; rows: readonly AccountRowFragment[] };

/** Entitlements, each with its time and its reason; nothing at all if there are none. */
export function EntitlementTable({ title, rows }: Props) {
  if (rows.length === 0) return null;
  return (
    <section>
      <h2>
        {title} <span className="hint">{rows.length}</span>
      </h2>
      <table className="card even">
        <thead>
          <tr>
            <th scope="col">Feature</th>
            <th scope="col">When</th>
            <th scope="col">Why</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              <th scope="row">{row.feature.name}</th>
              <td>{when(row)}</td>
              <td>{why(row)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function when({ status, hasAccess, activeFrom, activeTo }: AccountRowFragment): string {
  if (status === "SCHEDULED") return `from ${day(activeFrom)}`;
  if (activeTo === null) return `since ${day(activeFrom)}`;
  return `${hasAccess ? "until" : "ended"} ${day(activeTo)}`;
}

/** What gives it; of what is over, why it ended. */
function why({ hasAccess, status, endReason, sources }: AccountRowFragment): string {
  if (!hasAccess && status !== "SCHEDULED") return explain(endReason ?? undefined);
  const names = sources.map(({ product, grant }) => product?.name ?? grant?.reason ?? "A gift");
  return [...new Set(names)].join(", ");
}
