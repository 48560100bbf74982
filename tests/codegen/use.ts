// How client teams use the keys of features. The compiler must refuse the lines that say so, and no others.
import { ApolloClient, HttpLink, InMemoryCache } from "@apollo/client";
import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { Client } from "@urql/core";

import { FEATURE_KEYS, type FeatureKey, isFeatureKey, type WithFeatureKeys } from "./keys";

// As GraphQL Code Generator writes them for an operation.
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
type GateQuery = { customer: { hasAccess: boolean | null } | null };
type GateQueryVariables = Exact<{ externalId: string; lookupKey: string; at?: string | null | undefined }>;
type RowsQueryVariables = Exact<{ lookupKeys: Array<string> | string; also?: Array<string> | null | undefined }>;
declare const GateDocument: TypedDocumentNode<GateQuery, GateQueryVariables>;
declare const RowsDocument: TypedDocumentNode<GateQuery, RowsQueryVariables>;

declare function hasAccess(key: FeatureKey): boolean;
hasAccess("sso");
hasAccess("ssso"); // refused

declare const asked: string;
hasAccess(asked); // refused
if (isFeatureKey(asked)) {
  hasAccess(asked);
}
FEATURE_KEYS.filter((key) => hasAccess(key));

// Every feature has its gate, and no other key has one.
const GATES: Record<FeatureKey, string> = { "audit-log": "/log", sso: "/sign-in" };
const TOO_FEW: Record<FeatureKey, string> = { sso: "/sign-in" }; // refused
export { GATES, TOO_FEW };

const GATE: TypedDocumentNode<GateQuery, WithFeatureKeys<GateQueryVariables>> = GateDocument;
const ROWS: TypedDocumentNode<GateQuery, WithFeatureKeys<RowsQueryVariables>> = RowsDocument;

const apollo = new ApolloClient({ cache: new InMemoryCache(), link: new HttpLink({ uri: "/graphql" }) });
apollo.query({ query: GATE, variables: { externalId: "acme", lookupKey: "sso" } });
apollo.query({ query: GATE, variables: { externalId: "acme", lookupKey: "ssso" } }); // refused
apollo.query({ query: ROWS, variables: { lookupKeys: ["sso", "audit-log"], also: ["any"] } });
apollo.query({ query: ROWS, variables: { lookupKeys: ["sso", "audit"] } }); // refused

const urql = new Client({ url: "/graphql", exchanges: [] });
urql.query(GATE, { externalId: "acme", lookupKey: "sso", at: null });
urql.query(GATE, { externalId: "acme", lookupKey: "ssso" }); // refused
urql.query(GATE, { lookupKey: "sso" }); // refused
urql.query(ROWS, { lookupKeys: "sso" });
urql.query(ROWS, { lookupKeys: ["audit"] }); // refused
