"""Keeps secrets out of what is written down: whatever looks like one is masked, wherever it stands in a text."""

import math
import re
from collections.abc import Iterable, Mapping
from typing import cast

LONGEST_TEXT = 32_768
"""Characters that are kept of one text: room for a traceback with its causes."""

_DEEPEST = 6
_SCALARS = (int, type(None))

# A value under one of these names is masked whatever it looks like.
_SECRET_NAMES = re.compile(r"authorization|cookie|password|passwd|secret|token", re.IGNORECASE)

# Each pattern takes all it has looked at or gives up within a bounded distance, so that no text makes this slow.
_SECRETS = (
    # API keys and session tokens. What stays names the kind and the environment; a part of one is masked too.
    (re.compile(r"(adms?_[a-z0-9]{1,255}_)[A-Za-z0-9]{8,}"), r"\1***"),
    # Secrets of webhooks.
    (re.compile(r"(whsec_)[A-Za-z0-9+/=]{8,}"), r"\1***"),
    # JSON Web Tokens: `eyJ` is how a JSON object begins in base64. Half a token tells its holder as the whole does.
    (re.compile(r"eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)*"), "***"),
    # The header as it stands in a request, a mapping or a list of pairs; and what it holds, by itself.
    (
        re.compile(
            r"""(?i)(authorization[\\"']{0,4}\s{0,4}[:=,]\s{0,4}(?:b?[\\"']{1,4})?)(\w{1,16}\s{1,4})?[^\s"',;)}\]]+"""
        ),
        r"\1***",
    ),
    (re.compile(r"(?i)\b(bearer|basic)\s{1,4}[A-Za-z0-9._~+/=-]{8,}"), r"\1 ***"),
    # Passwords in URLs, connection strings and settings.
    (re.compile(r"""(://[^:/@\s"'<>]{0,64}):[^\s"'<>]{1,256}@"""), r"\1:***@"),
    (
        re.compile(r"""(?i)((?:password|passwd|secret)[\\"']{0,4}\s{0,4}[:=]\s{0,4}[\\"']{0,4})[^\s"'&,;)}\]]+"""),
        r"\1***",
    ),
)


def scrub(text: str) -> str:
    """The text without its secrets, and cut in the middle if it is longer than anybody would read."""
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    if len(text) <= LONGEST_TEXT:
        return text
    half = LONGEST_TEXT // 2
    return f"{text[:half]} [... {len(text) - 2 * half} characters left out ...] {text[-half:]}"


def scrubbed(value: object, depth: int = 0) -> object:
    """The value as JSON can hold it, every text in it scrubbed. What JSON doesn't know is shown by its `repr`."""
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, _SCALARS) or (isinstance(value, float) and math.isfinite(value)):
        return value
    if depth < _DEEPEST and isinstance(value, Mapping):
        items = cast("Mapping[object, object]", value).items()
        return {scrub(str(key)): _scrubbed_item(str(key), item, depth + 1) for key, item in items}
    if depth < _DEEPEST and isinstance(value, list | tuple | set | frozenset):
        return [scrubbed(item, depth + 1) for item in cast("Iterable[object]", value)]
    return scrub(repr(value))


def _scrubbed_item(name: str, value: object, depth: int) -> object:
    return "***" if isinstance(value, str) and _SECRET_NAMES.search(name) else scrubbed(value, depth)
