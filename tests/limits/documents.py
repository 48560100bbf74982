"""Documents made ready under chosen limits, and what became of them."""

from typing import Any

from graphql import GraphQLSchema

from gateway.preparing.limits import Limits
from gateway.preparing.preparation import Preparation, Prepared
from schema.build import SCHEMA

# Strawberry's schema holds the one of graphql-core that everything is checked against.
CORE: GraphQLSchema = SCHEMA._schema  # pyright: ignore[reportPrivateUsage]

Json = Any


def prepare(text: str, **limits: int) -> Prepared:
    """A document under the default limits, but for those given."""
    return Preparation(CORE, Limits(**limits)).prepare(text)


def prepare_trusted(text: str) -> Prepared:
    """A document of the installation's own."""
    return Preparation(CORE, Limits()).prepare(text, trusted=True)


def codes(prepared: Prepared) -> list[Json]:
    """The codes of a document's errors, in order."""
    return [(error.extensions or {}).get("code") for error in prepared.errors]


def cost(text: str, variables: dict[str, Json] | None = None, name: str | None = None) -> int:
    """What an operation that must be valid costs."""
    prepared = prepare(text)
    assert prepared.errors == ()
    return prepared.operation(name).cost(variables)
