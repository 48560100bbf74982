"""Parameters of requests: how each kind is read from the texts of a form, and how it is described.

Bounds that use cases keep (lengths of names, numbers of metadata keys) are described here and judged there.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Literal, Self, cast

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema, core_schema

from gateway.preparing.validating import shortened
from gateway.rest.errors import ParameterWrong
from gateway.rest.forms import Form
from gateway.rest.moments import LATEST, instant_of
from resolvers.paging import LARGEST_PAGE
from resolvers.validation import METADATA_KEYS, METADATA_VALUE_LENGTH, MetadataChange

LONGEST_LIST = 100
"""How many entries a parameter may have that is a list. A use case may want fewer."""

_INTEGER = re.compile(r"-?[0-9]{1,18}")
_NUMBERED = re.compile(r"[0-9]{1,4}")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of parameter: how its text is read, and its JSON schema. Annotates the type it is read to."""

    read: Callable[[object], object]
    described: Mapping[str, Any]

    def __get_pydantic_core_schema__(self, _: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        del handler
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, _: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        del handler
        return dict(self.described)


@dataclass(frozen=True, slots=True)
class Listed:
    """Annotates a tuple of parameters that is sent as `a[]=x` or `a[0]=x`. `most`: how many there may be."""

    most: int = LONGEST_LIST

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(partial(_entries, most=self.most), handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), "maxItems": self.most}


class Group(BaseModel):
    """Parameters that belong together; anything else beside them is an unknown one."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


def text(longest: int | None = None, *, may_be_empty: bool = False) -> Kind:
    """A text. An empty one unsets what can be unset, and is refused elsewhere. `longest`: for the description."""
    bounds = {} if may_be_empty else {"minLength": 1}
    if longest is not None:
        bounds["maxLength"] = longest
    return Kind(partial(_text, may_be_empty=may_be_empty), {"type": "string", **bounds})


def integer(least: int, most: int) -> Kind:
    """A whole number within bounds."""
    described = {"type": "integer", "minimum": least, "maximum": most}
    return Kind(partial(_integer, least=least, most=most), described)


def one_of(*words: str) -> Kind:
    """One of some words."""
    return Kind(partial(_one_of, words=words), {"type": "string", "enum": list(words)})


def moment_or(word: str) -> Kind:
    """An instant, or a word for none; an empty one is read as None."""
    return Kind(partial(_moment_or, word=word), {"anyOf": [MOMENT.described, {"type": "string", "enum": [word]}]})


def _text(value: object, *, may_be_empty: bool) -> str:
    if not isinstance(value, str):
        raise ParameterWrong("Invalid string: it must be one text, without brackets")
    if not value and not may_be_empty:
        message = "You passed an empty string. That is an attempt to unset the parameter, which can't be unset."
        raise ParameterWrong(message, "parameter_invalid_empty")
    return value


def _integer(value: object, *, least: int, most: int) -> int:
    if not isinstance(value, str) or not _INTEGER.fullmatch(value):
        raise ParameterWrong(f"Invalid integer: {_shown(value)}", "parameter_invalid_integer")
    if not least <= int(value) <= most:
        raise ParameterWrong(f"This value must be from {least} to {most}; it is {value}.", "parameter_invalid_integer")
    return int(value)


def _flag(value: object) -> bool:
    if value not in ("true", "false"):
        raise ParameterWrong(f"Invalid boolean: {_shown(value)}")
    return value == "true"


def _one_of(value: object, *, words: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in words:
        raise ParameterWrong(f"Invalid value: {_shown(value)}; it must be one of {', '.join(words)}")
    return value


def _moment(value: object) -> datetime:
    return instant_of(_integer(value, least=0, most=LATEST))


def _moment_or(value: object, *, word: str) -> datetime | str | None:
    return (word or None) if value == word else _moment(value)


def _metadata(value: object) -> MetadataChange | None:
    """Entries, of which an empty text unsets its key; an empty text for all of them unsets them all."""
    if value == "":
        return None
    if not isinstance(value, dict) or not all(isinstance(each, str) for each in cast("Form", value).values()):
        raise ParameterWrong("Invalid object: metadata is a flat map of texts, as metadata[key]=value")
    return {key: each or None for key, each in cast("dict[str, str]", value).items()}


def _new_metadata(value: object) -> MetadataChange:
    """Entries of what is made only now: there is nothing yet that an empty text could unset."""
    return {key: each for key, each in (_metadata(value) or {}).items() if each is not None}


def _entries(value: object, *, most: int) -> object:
    """What was sent as a list, by `[]` or numbered; the numbers give the order and are nothing else."""
    if isinstance(value, dict):
        numbered = cast("dict[str, object]", value)
        if all(_NUMBERED.fullmatch(number) for number in numbered):
            value = [numbered[number] for number in sorted(numbered, key=int)]
    if not isinstance(value, list):
        raise ParameterWrong("Invalid array: send it as name[]=value or name[0]=value")
    entries = cast("list[object]", value)
    if len(entries) > most:
        raise ParameterWrong(f"Invalid array: it has {len(entries)} entries, and may have {most}")
    return entries


def _shown(value: object) -> str:
    return shortened(value) if isinstance(value, str) else "it must be one text, without brackets"


FLAG = Kind(_flag, {"type": "boolean"})
MOMENT = Kind(_moment, {"type": "integer", "format": "unix-time", "minimum": 0, "maximum": LATEST})
_ENTRIES = {
    "type": "object",
    "additionalProperties": {"type": "string", "maxLength": METADATA_VALUE_LENGTH},
    "maxProperties": METADATA_KEYS,
}
METADATA = Kind(_metadata, _ENTRIES)
NEW_METADATA = Kind(_new_metadata, _ENTRIES)
ID = text()

Now = Literal["now"]
NOW: Now = "now"
"""In place of an instant: at once."""


class Parameters(Group):
    """What a request may send."""

    expand: Annotated[tuple[Annotated[str, ID], ...], Listed()] = ()
    """Which fields of the answer to show whole instead of as an id."""

    @property
    def objects(self) -> int:
        """How many objects the answer has at the most."""
        return 1


class ListParameters(Parameters):
    """What a request for a list may send."""

    limit: Annotated[int, integer(1, LARGEST_PAGE)] = 10
    """How many objects to answer at the most."""
    starting_after: Annotated[str | None, ID] = None
    """The id of the object after which to go on."""
    ending_before: Annotated[str | None, ID] = None
    """The id of the object before which to end; not together with `starting_after`."""

    @model_validator(mode="after")
    def _one_cursor(self) -> Self:
        if self.starting_after is not None and self.ending_before is not None:
            message = "Pass `starting_after` or `ending_before`, not both."
            raise ParameterWrong(message, "parameters_exclusive", "ending_before")
        return self

    @property
    def objects(self) -> int:
        """As many as the page may hold."""
        return self.limit
