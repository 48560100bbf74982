"""Documents as hypothesis-graphql generates them, with values for the schema's own scalars."""

from pathlib import Path

from graphql import DocumentNode, NameNode, ObjectFieldNode, ValueNode, build_schema
from hypothesis import strategies as st
from hypothesis_graphql import Mode, mutations, nodes, queries

SCHEMA = build_schema(Path("graphql/schema.graphql").read_text(encoding="utf-8"))
"""The schema as clients have it in a file."""

_EDGES = (
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59.999Z",
    "9999-12-31T23:59:59.999-12:00",
    "2024-02-29t12:00:00.123456789z",
    "2026-02-30T00:00:00Z",
    "2026-01-15",
    "",
)
"""What a parser of one's own gets wrong first."""


def _entries(entries: dict[str, str | None]) -> ValueNode:
    return nodes.Object(
        [
            ObjectFieldNode(name=NameNode(value=key), value=nodes.Null if value is None else nodes.String(value))
            for key, value in entries.items()
        ]
    )


_instants = st.one_of(
    st.datetimes().map(lambda instant: f"{instant.isoformat(timespec='milliseconds')}Z"),
    st.sampled_from(_EDGES),
).map(nodes.String)
_keys = st.from_regex(r"[_A-Za-z][_0-9A-Za-z]{0,50}", fullmatch=True)
_metadata = st.dictionaries(_keys, st.none() | st.text(max_size=40), max_size=4).map(_entries)

SCALARS = {"DateTime": _instants, "Metadata": _metadata}
"""Strategies for the scalars that no generator knows."""


def valid_queries() -> st.SearchStrategy[DocumentNode]:
    """Queries for several root fields at once, valid by the schema as far as the generator knows it."""
    return queries(SCHEMA, custom_scalars=SCALARS, print_ast=_as_it_is)


def valid_mutations() -> st.SearchStrategy[DocumentNode]:
    """Mutations, several one after another."""
    return mutations(SCHEMA, custom_scalars=SCALARS, print_ast=_as_it_is)


def invalid_documents() -> st.SearchStrategy[DocumentNode]:
    """Queries and mutations with one violation of the schema each."""
    return st.one_of(
        queries(SCHEMA, custom_scalars=SCALARS, print_ast=_as_it_is, mode=Mode.NEGATIVE),
        mutations(SCHEMA, custom_scalars=SCALARS, print_ast=_as_it_is, mode=Mode.NEGATIVE),
    )


def _as_it_is(document: DocumentNode) -> DocumentNode:
    return document
