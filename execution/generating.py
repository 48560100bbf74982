"""Python written for one selection: it reads what is at hand in the objects of a level and begins their answers.

Written out, a level costs one pass over the objects for each field, without a call into anything, and one that makes
the dictionaries, whose keys are in place for what comes later too.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from keyword import iskeyword
from types import CodeType
from typing import Any

from graphql import GraphQLObjectType

from execution.columns import is_ordinary, without_exceptions
from execution.core import is_awaitable
from execution.plan import Field, Leaf, Selection
from execution.resolving import call_functions, read_singly
from execution.running import FieldPlaces, Level

_KEPT_CODE = 2_000
_KEPT_LENGTH = 4_000
"""Longer texts are not kept: whoever sends ever new documents with long selections would fill the memory."""


def select(type_: GraphQLObjectType, fields: Sequence[Field], keys: Sequence[str], *, read_all: bool) -> Selection:
    """A selection of fields. `keys`: those of the answer in their order, fields and `__typename`s.

    `read_all`: fields without a resolver are read at once; otherwise each waits for its turn.
    """
    at_hand = [each for each in fields if read_all and each.leaf is not None and each.access.get is not None]
    source = _source(type_, at_hand, {each.key for each in fields}, keys)
    scope: dict[str, Any] = {"_singly": _singly, "_amend": _amend}
    for number, each in enumerate(at_hand):
        scope[f"field_{number}"] = each
        scope[f"get_{number}"] = each.access.get
        scope[f"leaf_{number}"] = each.leaf
        scope[f"quick_{number}"] = each.leaf and each.leaf.quick
    code = _compiled(source) if len(source) <= _KEPT_LENGTH else _compiled.__wrapped__(source)
    exec(code, scope)  # noqa: S102 - written above, of names that were checked and texts that were quoted
    read: Callable[[Level], None] = scope["read"]
    return Selection(type_, [each for each in fields if each not in at_hand], read, source)


def _source(type_: GraphQLObjectType, at_hand: Sequence[Field], keys_of_fields: set[str], keys: Sequence[str]) -> str:
    lines = [f"def read(level):  # {type_.name}", "    parents = level.parents"]
    values: dict[str, str] = {}
    for number, each in enumerate(at_hand):
        lines += _column(number, each)
        values[each.key] = f"value_{number}"
    entries = [f"{key!r}: {values.get(key, 'None') if key in keys_of_fields else repr(type_.name)}" for key in keys]
    names = [f"{kind}_{number}" for number in range(len(at_hand)) for kind in ("value",)]
    columns = [f"column_{number}" for number in range(len(at_hand))]
    if not names:
        loop = "for _ in parents"
    elif len(names) == 1:
        loop = f"for {names[0]} in {columns[0]}"
    else:
        loop = f"for {', '.join(names)} in zip({', '.join(columns)})"
    lines += ["    level.outs = [", f"        {{{', '.join(entries)}}}", f"        {loop}", "    ]"]
    return "\n".join(lines) + "\n"


def _column(number: int, field: Field) -> list[str]:
    column = f"column_{number}"
    name = field.access.attribute
    is_plain = name is not None and all(part.isidentifier() and not iskeyword(part) for part in name.split("."))
    lines = [
        "    try:",
        f"        {column} = [{f'parent.{name}' if is_plain else f'get_{number}(parent)'} for parent in parents]",
        "    except Exception:",
        f"        {column} = _singly(get_{number}, parents)",
    ]
    return [
        *lines,
        f"    {column} = quick_{number}({column}) or _amend(level, field_{number}, leaf_{number}, {column})",
    ]


@lru_cache(_KEPT_CODE)
def _compiled(source: str) -> CodeType:
    return compile(source, "<selection>", "exec")


_singly = read_singly


def _amend(level: Level, field: Field, leaf: Leaf, values: list[Any]) -> list[Any]:
    """A column that can't be serialised at once; nulls for now if something in it has to be awaited."""
    if field.access.may_call:
        values = call_functions(level, field, values)
    places = FieldPlaces(level, field)
    if not is_ordinary(values):
        if any(map(is_awaitable, values)):
            level.late.append((field, values))
            return [None] * len(values)
        values = without_exceptions(places, values)
    return leaf.results(places, values)
