"""Parameters as Stripe's libraries and curl send them: form-encoded, with brackets for what is inside what.

`metadata[team]=growth`, `expand[]=feature`, `items[0][quantity]=2`, `items[][quantity]=2`. A library for it (qs) folds
what is nested too deeply into names and drops what doesn't fit; here that must be an error that names the parameter.
"""

import re
from typing import TypeAlias
from urllib.parse import parse_qsl

from gateway.rest.errors import RestError

FORM = "application/x-www-form-urlencoded"
"""What requests name it as."""

MAX_PARAMETERS = 1_000
MAX_DEPTH = 6

FormValue: TypeAlias = "str | list[FormValue] | dict[str, FormValue]"
Form = dict[str, FormValue]

_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")


def read_form(encoded: bytes) -> Form:
    """The parameters of a body or of a query string. Of one that is sent twice the last counts. Raises: RestError."""
    try:
        pairs = parse_qsl(encoded.decode(), keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS)
    except UnicodeDecodeError:
        raise RestError("The parameters must be form-encoded UTF-8.") from None
    except ValueError:
        raise RestError(f"At most {MAX_PARAMETERS:,} parameters can be sent at once.") from None
    form: Form = {}
    for name, value in pairs:
        _put(form, _path(name), value, name)
    return form


def _path(name: str) -> tuple[str, ...]:
    """`a[b][]` as a, b and the empty text, which stands for one more of a list."""
    match = _NAME.fullmatch(name)
    if match is None:
        # No name of ours: whatever it is meant to be, it is answered as any other unknown one.
        return (name,)
    path = (match[1], *match[2][1:-1].split("][")) if match[2] else (match[1],)
    if len(path) > MAX_DEPTH:
        raise _misfit(name)
    return path


def _put(inside: Form, path: tuple[str, ...], value: str, name: str) -> None:
    first, rest = path[0], path[1:]
    if not rest:
        if not isinstance(inside.get(first, ""), str):
            raise _misfit(name)
        inside[first] = value
    elif rest[0]:
        inner = inside.setdefault(first, {})
        if not isinstance(inner, dict):
            raise _misfit(name)
        _put(inner, rest, value, name)
    else:
        entries = inside.setdefault(first, [])
        if not isinstance(entries, list):
            raise _misfit(name)
        _append(entries, rest[1:], value, name)


def _append(entries: list[FormValue], path: tuple[str, ...], value: str, name: str) -> None:
    """One more entry; or, of `items[][price]` and `items[][quantity]`, more of the one before, which hasn't it yet."""
    if not path:
        entries.append(value)
        return
    if not path[0]:
        raise _misfit(name)
    last = entries[-1] if entries else None
    if not isinstance(last, dict) or _holds(last, path):
        last = Form()
        entries.append(last)
    _put(last, path, value, name)


def _holds(inside: Form, path: tuple[str, ...]) -> bool:
    inner = inside.get(path[0])
    return _holds(inner, path[1:]) if len(path) > 1 and isinstance(inner, dict) else inner is not None


def _misfit(name: str) -> RestError:
    return RestError(f"The parameter {name} is nested too deeply, or stands for two kinds of values.", param=name[:100])
