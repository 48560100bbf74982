"""What was otherwise here than in Stripe, for a report."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, cast

from pydantic_core import to_jsonable_python

from gateway.stripe_source.folding import subscription_facts
from gateway.stripe_source.kinds import SUBSCRIPTION_KIND
from gateway.stripe_source.ordering import Step
from gateway.stripe_source.states import State


@dataclass(frozen=True, slots=True)
class Mended:
    """One object that was otherwise here, or wasn't here at all; `how` is a phrase for people."""

    kind: str
    id: str
    how: str


def mended(kind: str, id_: str, before: Sequence[Step[Any]], after: Sequence[Step[Any]]) -> Mended | None:
    """What more observations made of an object; None if what follows from them is the same."""
    if not before:
        return Mended(kind, id_, "was missing")
    if changes := "; ".join(_changes(before[-1].state, after[-1].state)):
        return Mended(kind, id_, changes)
    if kind == SUBSCRIPTION_KIND and subscription_facts(id_, before) != subscription_facts(id_, after):
        return Mended(kind, id_, "part of its history was missing")
    return None


def _changes(before: State, after: State) -> Iterator[str]:
    old, new = asdict(before), asdict(after)
    for name in new:
        if old[name] == new[name]:
            continue
        if isinstance(new[name], tuple | list | dict):
            yield f"{name}: {_compared(_by_key(old[name]), _by_key(new[name]))}"
        else:
            yield f"{name}: {_shown(old[name])} instead of {_shown(new[name])}"


def _compared(old: Mapping[Any, Any], new: Mapping[Any, Any]) -> str:
    """How many of several were otherwise: all of them would fill the screen."""
    counts = {
        "missing": len(new.keys() - old.keys()),
        "too many": len(old.keys() - new.keys()),
        "otherwise": sum(old[key] != new[key] for key in old.keys() & new.keys()),
    }
    return ", ".join(f"{count} {how}" for how, count in counts.items() if count) or "in another order"


def _by_key(several: Any) -> Mapping[Any, Any]:  # noqa: ANN401 - entries, or what has an id or begins with one
    if isinstance(several, dict):
        return cast("dict[str, Any]", several)
    return {each["id"] if isinstance(each, dict) else each[0]: each for each in several}


def _shown(value: object) -> str:
    return "none" if value is None else str(to_jsonable_python(value))
