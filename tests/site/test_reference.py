"""The reference says of the schema all that the SDL says, each in a place of its own."""

import re
from collections.abc import Iterator
from html import unescape

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    introspection_types,
)

from tests.pages import ROOT
from tests.site.built import Site

ROOTS = {"Query": "queries", "Mutation": "mutations", "Subscription": "subscriptions"}


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    """The public one."""
    return build_schema((ROOT / "graphql" / "schema.graphql").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def reference(site: Site) -> dict[str, str]:
    """The pages of the reference."""
    return {path: page.text for path, page in site.pages.items() if path.startswith("reference/")}


def _coordinates(schema: GraphQLSchema) -> Iterator[tuple[str, str | None]]:
    """Every type, field, argument and value that is documented, with its description."""
    for named in schema.type_map.values():
        if named.name in introspection_types:
            continue
        if named.name not in ROOTS:
            yield named.name, named.description
        if isinstance(named, GraphQLEnumType):
            yield from ((f"{named.name}.{name}", value.description) for name, value in named.values.items())
        if isinstance(named, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            for name, each in named.fields.items():
                yield f"{named.name}.{name}", each.description
                # A mutation has its input's own section in place of an argument.
                if isinstance(each, GraphQLField) and named.name != "Mutation":
                    yield from ((f"{named.name}.{name}.{at}", given.description) for at, given in each.args.items())


def test_everything_in_the_schema_has_a_place_of_its_own(
    schema: GraphQLSchema, site: Site, reference: dict[str, str]
) -> None:
    anchors = [anchor for path in reference for anchor in site.pages[path].read.anchors if not anchor.startswith("__")]

    documented = [coordinate for coordinate, _ in _coordinates(schema)]

    assert len(documented) > 800
    assert [coordinate for coordinate in documented if anchors.count(coordinate) != 1] == []


def test_every_description_is_told(schema: GraphQLSchema, reference: dict[str, str]) -> None:
    told = _plain("".join(reference.values()))

    missing = [at for at, description in _coordinates(schema) if description and _plain(description) not in told]

    assert missing == []


def _plain(text: str) -> str:
    """Its words, without marks of HTML and Markdown."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>|`", "", text))).strip()
