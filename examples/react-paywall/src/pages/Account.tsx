import { useQuery } from "@apollo/client/react";

import { getFragmentData } from "../gql";
import { AccountPage, AccountRow, Bought } from "./documents";
import { EntitlementTable } from "./EntitlementTable";
import { Pending } from "./Pending";
import { Subscriptions } from "./Subscriptions";

/** What a customer pays for, and everything it gives them: until when, and why. */
export function Account() {
  const { data, error } = useQuery(AccountPage, { fetchPolicy: "cache-and-network" });
  const customer = data?.viewer?.customer;
  if (!customer) return <Pending error={error} />;

  const subscriptions = getFragmentData(Bought, customer).subscriptions?.nodes ?? [];
  const rows = getFragmentData(AccountRow, customer.entitlements?.nodes ?? []);
  return (
    <>
      <title>Account · Fieldwork</title>
      <h1>Account</h1>
      <Subscriptions subscriptions={subscriptions} />
      <EntitlementTable title="What you may use" rows={rows.filter(({ hasAccess }) => hasAccess)} />
      <EntitlementTable title="What is to come" rows={rows.filter(({ status }) => status === "SCHEDULED")} />
      <EntitlementTable
        title="What you had"
        rows={rows.filter(({ hasAccess, status }) => !hasAccess && status !== "SCHEDULED")}
      />
    </>
  );
}
