"""What every answer is held to, whatever was asked: its shape, its codes, and not a word of Python."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

import httpx2

from schema.error_codes import ErrorCode

Json = Any

UNEXPECTED = frozenset({ErrorCode.INTERNAL, ErrorCode.SERVICE_UNAVAILABLE, ErrorCode.TIMEOUT})
"""Those that no request may cause: they say that something is wrong with the server."""

_STATUSES = frozenset({200, 400, 401, 403, 405, 413, 429})
_MEDIA_TYPES = frozenset({"application/json", "application/graphql-response+json"})

# A library's or a driver's words. What the request itself holds doesn't count, as errors may quote it.
_PYTHON = re.compile(
    r"""Traceback | \bNone(?:Type)?\b | \b(?:True|False)\b | <class | \bobject\ at\ 0x | \b\w+(?:Error|Exception)\b
    | \b(?:sqlalchemy|sqlite3?|aiosqlite|asyncpg|psycopg|postgres(?:ql)?|strawberry|orjson|starlette|uvicorn|asyncio)\b
    | \bgraphql\. | Expected\ Iterable | unhashable | positional\ argument | keyword\ argument | subscriptable
    | \bdatetime\.\w | \bUNSET\b | \bUndefined\b | \{' | \['(?!\w+'\]) | \bself\. | \.py\b | 'str' | \\x[0-9a-f]{2}
    | \b__(?!typename|schema|type)\w+__ | maximum\ recursion | \b0x[0-9a-f]{8,}
    | \bSELECT\b | \bINSERT\ INTO\b | \bconstraint\ failed | violates\ \w+\ constraint
    """,
    re.VERBOSE,
)


def objections(response: httpx2.Response, sent: str) -> Iterator[str]:
    """What is wrong with an answer; `sent` is the request as text."""
    if response.status_code not in _STATUSES:
        yield f"status {response.status_code}"
    body = body_of(response)
    if body is None:
        yield f"no JSON, but {response.headers.get('content-type')}"
    yield from _misshapen(body)
    for error in errors_of(body):
        yield from _error_objections(error)
    for message in _messages(body):
        for found in _PYTHON.finditer(message):
            if found[0] not in sent:
                yield f"{found[0]!r} in the message {message!r}"


def body_of(response: httpx2.Response) -> Json:
    """The answer's JSON; None if it isn't declared as such."""
    media_type = response.headers.get("content-type", "").partition(";")[0]
    return response.json() if media_type in _MEDIA_TYPES else None


def errors_of(body: Json) -> list[dict[str, Json]]:
    """The answer's errors, as far as they are objects."""
    errors: Json = cast("dict[str, Json]", body).get("errors") if isinstance(body, dict) else None
    return (
        [error for error in cast("list[Json]", errors) if isinstance(error, dict)] if isinstance(errors, list) else []
    )


def codes_of(body: Json) -> set[str]:
    """The codes of the answer's errors."""
    return {str(error.get("extensions", {}).get("code")) for error in errors_of(body)}


def reaches(data: Json) -> bool:
    """Whether an answer's data holds anything of an object that was asked for, the caller itself aside."""
    if isinstance(data, list):
        return any(reaches(each) for each in cast("list[Json]", data))
    if isinstance(data, Mapping):
        entries = cast("Mapping[str, Json]", data).items()
        return any(reaches(each) if name not in _SAY_NOTHING else _was_done(name, each) for name, each in entries)
    return data is not None


_SAY_NOTHING = ("viewer", "userErrors", "pageInfo", "totalCount", "__typename")
"""Fields that have a value even where nothing was found."""


def _was_done(name: str, value: Json) -> bool:
    """Whether it is the list of a mutation's mistakes, and there are none."""
    return name == "userErrors" and value == []


def _misshapen(body: Json) -> Iterator[str]:
    if not isinstance(body, dict):
        yield "the body is no object"
        return
    given = cast("dict[str, Json]", body)
    if unknown := given.keys() - {"data", "errors", "extensions"}:
        yield f"the body has {sorted(unknown)}"
    if "data" not in given and "errors" not in given:
        yield "neither data nor errors"
    if not isinstance(given.get("data", {}), dict | None):
        yield "the data is no object"
    if "errors" in given and len(errors_of(given)) != len(given["errors"] or [None]):
        yield "the errors are no list of objects"


def _error_objections(error: dict[str, Json]) -> Iterator[str]:
    if unknown := error.keys() - {"message", "extensions", "locations", "path"}:
        yield f"an error has {sorted(unknown)}"
    message, extensions = error.get("message"), error.get("extensions")
    if not isinstance(message, str) or not message.strip():
        yield "an error has no message"
    if not isinstance(extensions, dict) or "code" not in extensions:
        yield f"an error has no code: {message!r}"
        return
    code: Json = cast("dict[str, Json]", extensions)["code"]
    if code not in set(ErrorCode):
        yield f"the code {code!r} is none of ours"
    if code in UNEXPECTED:
        yield f"{code} at {error.get('path')}: {message!r}"
    if not all(isinstance(part, str | int) for part in error.get("path", [])):
        yield "a path is of something else than names and positions"


def _messages(body: Json) -> Iterator[str]:
    """The sentences of an answer: its errors', and those of what callers can mend."""
    if isinstance(body, dict):
        for name, each in cast("dict[str, Json]", body).items():
            if isinstance(each, str) and name.startswith("message"):
                yield each
            else:
                yield from _messages(each)
    elif isinstance(body, list):
        for each in cast("list[Json]", body):
            yield from _messages(each)
