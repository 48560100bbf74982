"""Feature keys as a module of TypeScript."""

from collections.abc import Sequence

from gateway.codegen.catalogue import NamedKey
from gateway.codegen.texts import literal, one_line


def typescript(keys: Sequence[NamedKey]) -> str:
    """The module: `FEATURE_KEYS`, `FeatureKey`, `isFeatureKey`, `WithFeatureKeys`."""
    return "".join([_BEFORE, *map(_entry, keys), _AFTER])


def _entry(key: NamedKey) -> str:
    return f"  /** {_documented(key.name)} */\n  {literal(key.lookup_key, wide=_WIDE)},\n"


def _documented(name: str) -> str:
    # Nothing in it ends the comment, and at its beginning nothing is a tag or an instruction to the compiler.
    text = one_line(name).replace("*/", "*\\/")
    return f"\\{text}" if text.startswith("@") else text


_WIDE = "\\u{{{:x}}}"

_BEFORE = """\
// Written by `admittance codegen keys --language typescript`. Changes made by hand are lost.

/** The lookup keys of all active features, in order, with their names. */
export const FEATURE_KEYS = [
"""

_AFTER = """\
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
"""
