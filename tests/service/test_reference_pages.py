"""The reference of a small schema: what each part of an SDL becomes."""

from pathlib import Path

import pytest

from docs.making.reference import write_reference

SDL = """
type Query {
  "One shelf."
  shelf(
    "Its id."
    id: ID!
    "Its order."
    order: Order! = UP
  ): Shelf
}

"A board with books."
type Shelf {
  "The books on it."
  books(first: Int = 20): BookConnection!
  "How long it is."
  length: Int @deprecated(reason: "Use `books`. Removed on 2027-01-01.")
}

"Books in pages."
type BookConnection {
  nodes: [Book!]!
}

"Something to read."
type Book {
  title: String!
}

"Which way."
enum Order {
  "From below."
  UP
}

"One of two ways to name it."
input BookBy @oneOf {
  "By id."
  id: ID
}
"""


@pytest.fixture
def pages(tmp_path: Path) -> dict[str, str]:
    """The reference of it, with one operation."""
    (tmp_path / "schema.graphql").write_text(SDL)
    (tmp_path / "operations").mkdir()
    (tmp_path / "operations" / "Read.graphql").write_text(
        "# What is there\n# to read?\nquery Read { shelf(id: 1) { books { nodes { title } } } }\n"
    )
    return write_reference(tmp_path)


def test_a_field_tells_its_type_its_arguments_and_their_defaults(pages: dict[str, str]) -> None:
    assert "Answers [`Shelf`](objects.md#Shelf)." in pages["queries.md"]
    assert (
        "[`order`](#Query.shelf.order){#Query.shelf.order .member} [`Order!`](enums.md#Order) = `UP`\n\n"
        ":   Its order.\n" in pages["queries.md"]
    )
    assert "[`Int`](scalars.md#Int) = `20`" in pages["objects.md"]


def test_what_is_deprecated_says_so_before_anything_else(pages: dict[str, str]) -> None:
    assert ":   **Deprecated.** Use `books`. Removed on 2027-01-01.\n\n    How long it is.\n" in pages["objects.md"]


def test_a_type_says_which_fields_answer_it_also_in_pages(pages: dict[str, str]) -> None:
    assert "Something to read.\n\nAnswered by [`Shelf.books`](objects.md#Shelf.books)." in pages["objects.md"]
    assert "Answered by [`Query.shelf`](queries.md#Query.shelf)." in pages["objects.md"]


def test_an_input_of_which_one_is_given_says_so(pages: dict[str, str]) -> None:
    assert "One of two ways to name it.\n\nExactly one of these is given." in pages["inputs.md"]


def test_what_an_operation_asks_for_leads_to_it(pages: dict[str, str]) -> None:
    assert "## Read {#Read}\n\nWhat is there to read?\n\n```graphql\nquery Read" in pages["operations.md"]
    for page in ("queries.md", "objects.md", "connections.md"):
        assert "In operations: [Read](operations.md#Read)." in pages[page]
