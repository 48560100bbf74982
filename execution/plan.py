"""What an operation is compiled to: selections of fields, each of which knows how it is had and how it is answered."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
)
from graphql.execution.values import VariableValues

from execution.running import Complete, Level, Places

Fetch = Callable[[Level, "Field"], list[Any]]
"""What a field of a level's objects resolves to, one for each; exceptions stand for themselves."""

Convert = Callable[[Any], Any]
"""Makes of a value, as graphql-core has it, what a resolver takes."""

MakeArguments = Callable[[VariableValues], dict[str, Any] | None]
"""Makes what a resolver takes as its arguments; None if they have to be made the long way."""


class Taken(NamedTuple):
    """The name by which a resolver takes an argument; `convert`: what is made of its value before, if anything."""

    name: str
    convert: Convert | None


class Conversion(NamedTuple):
    """What becomes of arguments between graphql-core and the resolver.

    `all`: makes those a resolver takes of graphql-core's. `each`: the same for one by its name, where that can be told.
    """

    all: Callable[[dict[str, Any]], dict[str, Any]]
    each: Mapping[str, Taken] | None


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a document that was validated, with what is looked up in it while it runs."""

    schema: GraphQLSchema
    document: DocumentNode
    definition: OperationDefinitionNode
    fragments: dict[str, FragmentDefinitionNode]
    root_type: GraphQLObjectType
    hide_suggestions: bool


@dataclass(frozen=True, slots=True)
class Access:
    """How a field's values are had.

    `fetch`: for all objects of a level. `get`: from one object, if that is all it takes; then `attribute` is the name
    of the attribute it reads, or several joined by dots, if that is what it does. `may_call`: what is read may be a
    function, to be called for the value. `batch`: answers for all objects of a level at once, in place of `fetch`.
    """

    fetch: Fetch
    get: Callable[[Any], Any] | None = None
    attribute: str | None = None
    may_call: bool = False
    batch: Callable[[Level, "Field"], Coroutine[Any, Any, list[Any]]] | None = None


@dataclass(frozen=True, slots=True)
class Leaf:
    """How a column of a scalar or an enum is serialised: at once if `quick` can, otherwise by `results`."""

    quick: Callable[[list[Any]], list[Any] | None]
    results: Callable[[Places, list[Any]], list[Any]]


@dataclass(slots=True, eq=False)
class Field:
    """A field as one selection of one object type asks for it, however many places of the document name it.

    `order`: its position in the answer. `type`: an output type. `leaf`: set if that is a scalar or an enum.
    `make_arguments`: a quick way to those the resolver takes; the long one leads through graphql-core and `conversion`.
    `constant`: no variable is in them, and once they are known they are kept as `arguments`, if nobody can change them.
    """

    key: str
    name: str
    order: int
    nodes: list[FieldNode]
    definition: GraphQLField
    parent_type: GraphQLObjectType
    type: Any
    access: Access = field(repr=False)
    complete: Complete = field(repr=False)
    leaf: Leaf | None = field(repr=False)
    conversion: Conversion | None = field(repr=False)
    make_arguments: MakeArguments | None = field(repr=False)
    constant: bool = False
    arguments: dict[str, Any] | None = None


@dataclass(slots=True, eq=False)
class Selection:
    """What is asked of the objects of one type at one place.

    `read` begins the answers of a level, with all that is at hand in its objects; `steps` are the fields that remain.
    `source`: the text `read` was made of.
    """

    type: GraphQLObjectType
    steps: Sequence[Field]
    read: Callable[[Level], None] = field(repr=False)
    source: str = field(repr=False)
