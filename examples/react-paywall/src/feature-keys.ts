// Written by `admittance codegen keys --language typescript`. Changes made by hand are lost.

/** The lookup keys of all active features, in order, with their names. */
export const FEATURE_KEYS = [
  /** AI drafts */
  "ai-drafts",
  /** AI summaries */
  "ai-summaries",
  /** API */
  "api",
  /** Audit log */
  "audit-log",
  /** Automations */
  "automations",
  /** Boards */
  "boards",
  /** Calendar */
  "calendar",
  /** Chat support */
  "chat-support",
  /** Comments */
  "comments",
  /** Custom fields */
  "custom-fields",
  /** Dashboards */
  "dashboards",
  /** Data residency */
  "data-residency",
  /** Export */
  "export",
  /** File storage */
  "file-storage",
  /** Git synchronisation */
  "git-sync",
  /** Guests */
  "guests",
  /** IP allow-list */
  "ip-allowlist",
  /** Portfolios */
  "portfolios",
  /** Priority support */
  "priority-support",
  /** Projects */
  "projects",
  /** Reports with drill-down */
  "reports",
  /** User provisioning (SCIM) */
  "scim",
  /** Service level agreement */
  "sla",
  /** Single sign-on */
  "sso",
  /** Success manager */
  "success-manager",
  /** Time tracking */
  "time-tracking",
  /** Two-factor sign-in */
  "two-factor",
  /** Version history */
  "version-history",
  /** Webhooks */
  "webhooks",
] as const;

/** The lookup key of a feature that is in the catalogue. */
export type FeatureKey = (typeof FEATURE_KEYS)[number];

const KNOWN: ReadonlySet<string> = new Set(FEATURE_KEYS);

/** Whether a text from elsewhere, such as an answer or an address, is a key that is known here. */
export function isFeatureKey(text: string): text is FeatureKey {
  return KNOWN.has(text);
}

/** An operation's variables, of which `lookupKey` and `lookupKeys` take nothing but keys of features. */
export type WithFeatureKeys<Variables> = {
  [Name in keyof Variables]: Name extends "lookupKey" | "lookupKeys" ? Keyed<Variables[Name]> : Variables[Name];
};

type Keyed<Value> = Value extends string ? FeatureKey : Value extends readonly string[] ? FeatureKey[] : Value;
